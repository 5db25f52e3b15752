//! When to probe: often enough for fresh evidence, within the day's data, and never into a meeting.
//!
//! A state machine: [`Schedule::next`] says what to do now, [`Schedule::on_result`] and [`Schedule::on_change`] tell
//! it what happened. Times are spans since an epoch of the caller's choice, by a clock that is never set back; civil
//! time comes in as spans by that clock ([`Hours`], [`Window`]), so that no time zone is needed here.
//!
//! Three kinds of probe take turns, one at a time, the gate first: `turn` is what they have in common, `sustain` is
//! when the long one is worth its data, `cost` and `budget` are what probes may cost, `obstacle` is what stands in
//! their way.

mod budget;
mod cost;
mod jitter;
mod obstacle;
mod sustain;
mod turn;

use std::time::Duration;

use crate::{Mode, Reason, Verdict};
use budget::Budget;
pub(crate) use jitter::Jitter;
use sustain::Sustain;
use turn::{Pace, Turn};

pub use budget::Spent;
pub use cost::{Costs, most_bytes, usual_bytes};
pub use obstacle::{Hours, Meeting, Situation, Traffic, Window};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What an office sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// From one gate verdict to the next gate probe, give or take a fifth.
    pub interval: Duration,
    /// From one quality stream to the next, give or take a fifth.
    pub quality_interval: Duration,
    /// How long a gate verdict counts: no wish of a server delays the next probe until it has run out.
    pub gate_life: Duration,
    /// IP bytes of this side, both ways, that probes may cost within any 24 hours.
    pub daily_bytes: u64,
    /// The same while the link is metered; no more than `daily_bytes` counts.
    pub metered_daily_bytes: u64,
    /// What each kind of probe costs.
    pub costs: Costs,
    /// Rooms with different seeds probe at different times; the same seed gives the same times.
    pub seed: u64,
}

/// The longest time from one verdict to the next probe, if nothing stands in its way and no server wishes for more.
#[must_use]
pub fn longest_pause(interval: Duration) -> Duration {
    interval.saturating_mul(6) / 5
}

/// The shortest time from one verdict to the next probe of the same kind.
fn shortest_pause(interval: Duration) -> Duration {
    interval.saturating_mul(4) / 5
}

/// A sustain verdict of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sustained {
    /// How long ago it came.
    pub ago: Duration,
    /// Whether the link sustained the rates.
    pub passed: bool,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Probe, then tell the result.
    Probe(Mode),
    /// A probe may be made if the line is quiet: measure that, then ask again at once with what was found.
    Listen,
    /// Nothing can be done now.
    Wait {
        /// When to ask again, at the latest; no later than one interval from now, so that what is told of `put_off`
        /// stays fresh.
        until: Duration,
        /// What is due and must not be made, at most once for each mode.
        put_off: Vec<PutOff>,
    },
}

/// A probe that is due and not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutOff {
    /// Which kind.
    pub mode: Mode,
    /// Why; [`Reason::is_postponement`] holds.
    pub reason: Reason,
}

/// An attempt that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What it came to.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// What a busy server asked for.
    pub retry_after: Option<Duration>,
    /// When a server that granted wishes to be asked for the next gate probe. It takes the place of chance, no sooner than
    /// planned, nor so late that evidence runs out.
    pub next_probe_in: Option<Duration>,
    /// IP bytes of this side that it cost, both ways.
    pub bytes: u64,
}

/// When to probe.
#[derive(Debug, Clone)]
pub struct Schedule {
    plan: Plan,
    gate: Turn,
    sustain: Sustain,
    quality: Turn,
    budget: Budget,
    /// Somebody asked for a gate probe.
    demanded: bool,
    /// Since when no look has found the line quiet.
    busy_since: Option<Duration>,
    /// When this room begins after the office was closed.
    opening: Duration,
    jitter: Jitter,
}

impl Schedule {
    /// The schedule of a program that starts at `now`; `spent` is what probes cost before, the oldest first.
    #[must_use]
    pub fn new(plan: Plan, spent: Vec<Spent>, now: Duration) -> Self {
        let mut jitter = Jitter::new(plan.seed);
        let mut gate = Turn::new(Pace::gate(plan.interval));
        let mut quality = Turn::new(Pace::quality(plan.quality_interval));
        gate.due = now + jitter.stretch(plan.interval / FIRST_SPREAD, 0.0..1.0);
        quality.due = now + jitter.stretch(plan.quality_interval, 0.0..1.0);
        Self {
            plan,
            gate,
            sustain: Sustain::new(now, &mut jitter),
            quality,
            budget: Budget::new(spent, now),
            demanded: false,
            busy_since: None,
            opening: Duration::ZERO,
            jitter,
        }
    }

    /// What to do at `now`.
    pub fn next(&mut self, now: Duration, situation: Situation) -> Action {
        self.note(now, situation);
        let mut until = now + self.plan.interval;
        let mut put_off = Vec::new();
        for mode in [Mode::Gate, Mode::Sustain, Mode::Quality] {
            let due = self.due(mode, now, situation);
            if due > now {
                until = until.min(due);
                continue;
            }
            match self.obstacle(mode, now, situation) {
                None if self.minds_traffic(mode, now) && situation.traffic == Traffic::Unmeasured => {
                    return Action::Listen;
                }
                None => return Action::Probe(mode),
                Some((reason, over)) => {
                    until = until.min(over);
                    put_off.push(PutOff { mode, reason });
                }
            }
        }
        // Whoever asked has their answer: not now. It must not be made hours later. A turn that a busy server told, and the rest
        // after a probe, are waited for.
        self.demanded &= is_near(self.demanded_due(), now);
        Action::Wait { until, put_off }
    }

    /// An attempt at a probe of this kind ended at `now`. One that was stopped for a reason of this side's
    /// ([`Reason::is_postponement`]) is no failure: it is due again soon.
    pub fn on_result(&mut self, now: Duration, mode: Mode, attempt: Attempt) {
        self.budget.spend(now, attempt.bytes, self.plan.daily_bytes);
        match mode {
            Mode::Sustain => {
                self.sustain.on_result(now, attempt, self.plan.daily_bytes, &mut self.jitter);
            }
            Mode::Quality => self.quality.on_result(now, attempt, &mut self.jitter),
            Mode::Gate | Mode::Unknown => {
                self.gate.on_result(now, attempt, &mut self.jitter);
                self.demanded &= attempt.reason == Reason::ServerBusy && is_near(self.gate.held_until(), now);
                let wished = attempt.next_probe_in.filter(|_| attempt.verdict == Verdict::Pass);
                if let Some(wished) = wished {
                    self.gate.due = now + self.within_plan(wished);
                }
            }
        }
    }

    /// A server's wish, no sooner than the plan's soonest, and in time for the evidence.
    fn within_plan(&self, wished: Duration) -> Duration {
        let Plan { interval, gate_life, .. } = self.plan;
        let latest = interval.saturating_mul(2).min(gate_life.mul_f64(LATEST_OF_LIFE));
        wished.min(latest).max(shortest_pause(interval))
    }

    /// What was known of the link is worthless from `now` on: a gate probe is due at once, or as soon as a busy server
    /// wants to be asked again.
    pub fn on_change(&mut self, now: Duration) {
        self.gate.on_change(now);
        self.quality.on_change(now);
        self.sustain.on_change(now, &mut self.jitter);
        self.busy_since = None;
    }

    /// The network that the room is on is known from before. Says nothing once there is a newer verdict.
    pub fn recall(&mut self, now: Duration, sustained: Sustained) {
        self.sustain.recall(now, sustained);
    }

    /// Somebody wants a gate probe at `now`. Hours, metered links and other traffic don't stand in its way; a meeting that is
    /// known of and a spent budget do, and then the demand is over. It is never answered with what was found before: whoever asks
    /// may just have mended something. Right after a probe the next one waits for some [seconds](REST).
    /// Where a busy server told a turn within [`NEAR`], it is asked again then.
    pub fn on_demand(&mut self) {
        self.demanded = true;
    }

    /// What to remember at `now` before a probe of this kind begins: what was spent, and the most that it can cost. A
    /// program that is killed meanwhile can't tell any more.
    #[must_use]
    pub fn spent_at_most(&self, now: Duration, mode: Mode) -> Vec<Spent> {
        let mut spent = self.spent(now);
        spent.push(Spent { ago: Duration::ZERO, bytes: self.plan.costs.most(mode) });
        spent
    }

    /// What probes cost within the 24 hours before `now`, to be remembered beyond the program's end.
    #[must_use]
    pub fn spent(&self, now: Duration) -> Vec<Spent> {
        self.budget.spent(now)
    }
}

/// The first probe comes within this part of the interval: rooms that start together don't ask together.
const FIRST_SPREAD: u32 = 180;

/// From the end of a gate probe to one that somebody asks for. Who asks in a loop can't fill the line.
pub(super) const REST: Duration = Duration::from_secs(15);

/// Who asked waits for so long a turn, and no longer.
const NEAR: Duration = Duration::from_secs(10 * 60);

/// A server's wish may use up this much of a verdict's life: what is left pays for a retry or two.
const LATEST_OF_LIFE: f64 = 0.8;

fn is_near(turn: Duration, now: Duration) -> bool {
    (1..=NEAR.as_millis()).contains(&turn.saturating_sub(now).as_millis())
}

#[cfg(test)]
mod tests;
