//! Who may probe now, who later, and who not: how a server's line is shared out.
//!
//! A state machine without a clock: [`Admission::ask`] answers with a [`Lease`], a turn ([`Wait`]) or a [`Denial`];
//! [`Admission::on_use`] and [`Admission::on_end`] tell it what became of a lease. The laws, each held by a test:
//!
//! * what is granted at a moment is no more than the configured share of the line, in each direction;
//! * one asker holds one lease; a lease is for rate × time and no more bytes, is over when nothing of it is used within
//!   [`USED_WITHIN`], and in any case after [`longest_lease`];
//! * of the share, routine probes leave a part to pre-checks, and these a part to bookings ([`Purpose`]);
//! * who is told “busy” is told a turn, and turns are as far apart as probes take, so that ten thousand who ask at once
//!   come back one after the other. Who came at their turn and found no room comes before all who were told later; who
//!   comes without a turn, or before it, gets in where that delays nobody who has one;
//! * an asker has a day's allowance of bytes and of probes; what a probe may cost is taken before it is granted;
//! * what can't be accounted for is not granted.
//!
//! In the order of the files: `answer` is what is asked and answered, `asker` and `purpose` are who asks and what for,
//! [`Limits`] what an operator sets, `load` what a probe takes, `leases` what is granted, `queue` who was told to come
//! back, `day` and `known` what is remembered of each asker.

mod answer;
mod asker;
mod day;
mod known;
mod leases;
mod limits;
mod load;
mod purpose;
mod queue;

use std::time::Duration;

use crate::{Mode, credit, spread};
use known::{Everyone, Known};
use leases::Leases;
use load::Load;
use queue::{Queue, Ticket};

pub use answer::{Answer, Cause, Denial, Lease, Request, Standing, Wait};
pub use asker::Asker;
pub use leases::{LeaseId, USED_WITHIN};
pub use limits::{Limits, longest_lease, longest_train};
pub use purpose::Purpose;

/// Shares out a server's line.
#[derive(Debug)]
pub struct Admission {
    limits: Limits,
    leases: Leases,
    queue: Queue,
    everyone: Everyone,
    now: Duration,
}

impl Admission {
    /// Nothing is granted yet.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let (leases, queue) = (Leases::new(), Queue::default());
        Self { limits, leases, queue, everyone: Everyone::default(), now: Duration::ZERO }
    }

    /// Holds to other limits from now on. What is granted stays granted; where that is more than the new share, nothing
    /// more is granted until it fits.
    pub fn change(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The answer at `now`. `late`: the server's machine has no strength left for another probe. `chance` is evenly
    /// distributed from 0 to below 1.
    pub fn ask(&mut self, now: Duration, request: &Request, late: bool, chance: f64) -> Answer {
        let now = self.pass(now);
        match self.denial(now, request) {
            Some(denial) => Answer::Deny(denial),
            None => self.grant_or_wait(now, request, late, chance),
        }
    }

    /// Something of the lease is used at `now`. `false`: it is over, and so must the probe be.
    pub fn on_use(&mut self, now: Duration, id: LeaseId) -> bool {
        self.pass(now);
        self.leases.on_use(id)
    }

    /// The lease is over at `now`, and its probe cost `bytes`, IP, both ways; `None` if nobody counted, and then it is all
    /// that it could.
    pub fn on_end(&mut self, now: Duration, id: LeaseId, bytes: Option<u64>) {
        let now = self.now.max(now);
        self.end(now, id, bytes);
        self.pass(now);
    }

    /// What is so at `now`.
    pub fn standing(&mut self, now: Duration) -> Standing {
        self.pass(now);
        let (used, share) = (self.leases.used(), self.limits.share());
        Standing {
            leases: self.leases.count(),
            queue: self.queue.lengths(),
            granted_bps: [used.up, used.down],
            share_bps: [share.up, share.down],
            known: self.everyone.len(),
        }
    }

    /// Time never goes back.
    fn pass(&mut self, now: Duration) -> Duration {
        self.now = self.now.max(now);
        while let Some(id) = self.leases.overdue(self.now) {
            self.end(self.now, id, None);
        }
        self.queue.pass(self.now);
        self.now
    }

    fn end(&mut self, now: Duration, id: LeaseId, bytes: Option<u64>) {
        let Some(lease) = self.leases.end(now, id) else { return };
        let Some(known) = self.everyone.get_mut(&lease.asker) else { return };
        known.lease = None;
        if let Some(bytes) = bytes {
            let daily = self.limits.daily_bytes;
            known.bytes.give_back(lease.bytes.saturating_sub(bytes), daily);
            known.bytes.take(now, bytes.saturating_sub(lease.bytes), daily);
        }
    }

    fn denial(&self, now: Duration, request: &Request) -> Option<Denial> {
        let Request { mode, up, down, .. } = *request;
        if mode == Mode::Unknown {
            return Some(Denial::UnknownKind);
        }
        let lowest = mode.lowest_rate();
        if up < lowest || down < lowest {
            return Some(Denial::TooSlow { lowest });
        }
        let highest = self.limits.highest(mode);
        if up > highest.0 || down > highest.1 || !need(request).fits(self.limits.share()) {
            return Some(Denial::TooFast { up: highest.0, down: highest.1 });
        }
        let fresh = Known::default();
        let known = self.everyone.get(&request.asker).unwrap_or(&fresh);
        let (cost, daily) = (most_bytes(request), self.limits.daily_bytes);
        if !known.bytes.allows(now, cost, daily) {
            return Some(Denial::DayBytes { again_in: known.bytes.wait_for(now, cost, daily) });
        }
        let daily = self.limits.daily_probes.into();
        if !known.probes.allows(now, 1, daily) {
            return Some(Denial::DayProbes { again_in: known.probes.wait_for(now, 1, daily) });
        }
        None
    }

    fn grant_or_wait(&mut self, now: Duration, request: &Request, late: bool, chance: f64) -> Answer {
        let chance = if chance.is_finite() { chance.clamp(0.0, 1.0) } else { 1.0 };
        let busy = |retry_after, cause| Answer::Busy(Wait { retry_after, cause });
        let Some(known) = self.everyone.meet(now, &request.asker) else {
            return busy(CROWDED.mul_f64(1.0 + chance), Cause::TooManyAskers);
        };
        if known.lease.is_some() {
            return busy(RETRY.mul_f64(1.0 + chance), Cause::HoldsLease);
        }
        let (mode, need) = (request.mode, need(request));
        let purpose = believed(now, request, known);
        let ticket = known.ticket(now, mode, purpose).filter(|ticket| need.fits(ticket.need));
        let purpose = ticket.map_or(purpose, |ticket| ticket.purpose);
        let due = ticket.filter(|ticket| ticket.is_due(now));
        if !late && self.has_room(now, mode, purpose, need, ticket) {
            return Answer::Grant(self.grant(now, request, purpose, ticket, chance));
        }
        let wait = match (ticket, due) {
            (_, Some(ticket)) => self.send_away_again(now, &request.asker, ticket, chance),
            (Some(early), None) => early.turn - now,
            (None, None) => self.give_a_turn(now, request, purpose),
        };
        busy(wait, if late { Cause::Late } else { Cause::Taken })
    }

    /// Whether a probe can begin now, and nobody who comes before it is delayed.
    fn has_room(
        &self,
        now: Duration,
        mode: Mode,
        purpose: Purpose,
        need: Load,
        ticket: Option<Ticket>,
    ) -> bool {
        let ceiling = self.limits.ceiling(purpose);
        let used = self.leases.used();
        let others = match ticket.filter(|ticket| ticket.is_due(now)) {
            Some(ticket) => self.queue.owed_before(&ticket),
            None => {
                let until = now.saturating_add(self.leases.usual_hold(mode));
                let sustain_may_begin = self.sustain_has_room(need);
                self.queue.expected_before(purpose, until, ticket, sustain_may_begin, ceiling.minus(used))
            }
        };
        let taken = used.plus(others);
        // On a small server one probe is more than a part of the share: then it has all of it.
        taken.is_nothing()
            || (taken.plus(need).fits(ceiling) && (mode != Mode::Sustain || self.sustain_has_room(need)))
    }

    /// Whether a sustain probe that needs so much stays within what sustain probes may take.
    fn sustain_has_room(&self, need: Load) -> bool {
        self.leases.used_by_sustain().plus(need).fits(self.limits.sustain_ceiling())
    }

    fn grant(
        &mut self,
        now: Duration,
        request: &Request,
        purpose: Purpose,
        ticket: Option<Ticket>,
        chance: f64,
    ) -> Lease {
        let Request { ref asker, mode, up, down, .. } = *request;
        let next_probe_in = self.next_probe_in(chance);
        let bytes = most_bytes(request);
        let id = self.leases.grant(now, asker.clone(), mode, purpose, need(request), bytes);
        if let Some(known) = self.everyone.get_mut(asker) {
            known.lease = Some(id);
            known.bytes.take(now, bytes, self.limits.daily_bytes);
            known.probes.take(now, 1, self.limits.daily_probes.into());
            if ticket.is_none() && purpose > Purpose::Routine {
                known.urgent.take(now, 1, URGENT_DAILY);
            }
            if let Some(old) = known.set_ticket(mode, None) {
                self.queue.remove(&old);
            }
        }
        Lease {
            id,
            purpose,
            up: mode.sending_rate(up),
            down: mode.sending_rate(down),
            longest_train: longest_train(mode),
            used_within: USED_WITHIN,
            ends_within: longest_lease(mode),
            next_probe_in,
        }
    }

    /// Whoever waits makes the server as good as full.
    fn next_probe_in(&self, chance: f64) -> Option<Duration> {
        let load = if self.queue.is_empty() { self.leases.used().part_of(self.limits.share()) } else { 1.0 };
        spread::next_probe_in(load, chance)
    }

    /// For one who came at its turn.
    fn send_away_again(&mut self, now: Duration, asker: &Asker, ticket: Ticket, chance: f64) -> Duration {
        let Ticket { mode, purpose, need, .. } = ticket;
        let before = self.at_pace(self.queue.owed_work_before(&ticket), purpose);
        let wait = self.opening(now, mode, purpose, need).max(RETRY) + RETRY.mul_f64(chance) + before;
        // What other sustain probes hold back must not keep room from those that are not.
        let owed = mode != Mode::Sustain
            || self.sustain_has_room(need)
            || self.leases.used_by_sustain().is_nothing();
        let ticket = self.queue.again(now, ticket, owed, wait);
        if let Some(known) = self.everyone.get_mut(asker) {
            known.set_ticket(mode, Some(ticket));
        }
        wait
    }

    fn give_a_turn(&mut self, now: Duration, request: &Request, purpose: Purpose) -> Duration {
        let (mode, need) = (request.mode, need(request));
        let share = self.limits.share();
        let cost = self.leases.usual_hold(mode).mul_f64(need.part_of(share));
        let before = match mode {
            Mode::Sustain => {
                self.queue.sustain_work().mul_f64(share.part_of(self.limits.sustain_ceiling()) / PACE)
            }
            _ => self.at_pace(self.queue.work_before(purpose), purpose),
        };
        let wait = self.opening(now, mode, purpose, need).max(RETRY) + before;
        let ticket = self.queue.join(now, mode, purpose, need, cost, wait);
        if let Some(known) = self.everyone.get_mut(&request.asker) {
            if purpose > Purpose::Routine {
                known.urgent.take(now, 1, URGENT_DAILY);
            }
            if let Some(old) = known.set_ticket(mode, Some(ticket)) {
                self.queue.remove(&old);
            }
        }
        wait
    }

    /// How long it is until enough of what runs has probably ended.
    fn opening(&self, now: Duration, mode: Mode, purpose: Purpose, need: Load) -> Duration {
        let mut at = self.leases.likely_below(self.limits.ceiling(purpose).minus(need));
        if mode == Mode::Sustain {
            at = at.max(self.leases.sustain_likely_below(self.limits.sustain_ceiling().minus(need)));
        }
        at.map_or(Duration::ZERO, |at| at.saturating_sub(now))
    }

    /// The time that work for the whole share takes within what a purpose may fill beside the sustain probes that run.
    #[allow(clippy::cast_precision_loss)]
    fn at_pace(&self, work: Duration, purpose: Purpose) -> Duration {
        let ceiling = purpose.ceiling_percent() as f64 / 100.0;
        let left = ceiling - self.leases.used_by_sustain().part_of(self.limits.share());
        work.mul_f64(1.0 / (left.max(LEAST_LEFT) * PACE))
    }
}

/// What it takes of the server.
fn need(request: &Request) -> Load {
    let Request { mode, up, down, .. } = *request;
    Load::of_probe(mode.sending_rate(up), mode.sending_rate(down))
}

/// IP bytes that it may cost, both ways: the longest trains, their pre-trains, and what else is said.
fn most_bytes(request: &Request) -> u64 {
    let Request { mode, up, down, .. } = *request;
    let time = longest_train(mode) + credit::PRE_TRAIN;
    let trains = mode.sending_rate(up).bytes_in(time).saturating_add(mode.sending_rate(down).bytes_in(time));
    trains.saturating_add(BESIDE_TRAINS)
}

/// Above what handshake and control were seen to take.
const BESIDE_TRAINS: u64 = 256 * 1024;

/// A room is believed that it is in a hurry, but not all day long.
fn believed(now: Duration, request: &Request, known: &Known) -> Purpose {
    if request.asker.is_room() && known.urgent.allows(now, 1, URGENT_DAILY) {
        request.purpose
    } else {
        Purpose::Routine
    }
}

/// Probes with precedence that a room may ask for within 24 hours: an office with a conference each working hour, each
/// looked at twice, and as many by hand.
const URGENT_DAILY: u64 = 48;

/// The soonest that somebody is to come back.
const RETRY: Duration = Duration::from_secs(1);

/// The same where there are more than can be kept account of.
const CROWDED: Duration = Duration::from_secs(60);

/// Of a small server a sustain probe may leave nothing; what is left over is then not what it takes for good.
const LEAST_LEFT: f64 = 0.25;

/// Turns are given for this part of what could be served: probes that take longer than usual, and rooms that come late,
/// must not make a queue that never ends.
const PACE: f64 = 0.85;

#[cfg(test)]
mod tests;
