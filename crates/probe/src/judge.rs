//! The receiver's running decision on one train: does this link sustain the target rate?
//!
//! There is one judge for each kind of probe ([`for_train`]): the gate's, whose rule follows; `sustain`, which looks for
//! 21 s and more and has its rule on its own first page; and `quality`, which measures and says nothing about a rate.
//!
//! # The gate's rule
//! The sender sends slightly above the target. Every 20 ms the receiver looks, and the first line that holds is the
//! verdict (exactly: [`rule`], its numbers: [`thresholds`]):
//! 1. nothing arrives any more → inconclusive (outage);
//! 2. the losses are those of a bad link, not of a good one → **fail** (loss), or inconclusive (outage) if most of
//!    them are one hole;
//! 3. the delay has grown, steadily and since the start, so the link is slower than the sender → **fail** (queue grows);
//! 4. the delay has long been far above its minimum → **fail** (standing queue);
//! 5. a second is over, the queue is back at its minimum (all that was sent was served), the losses are those of a
//!    good link, and the delay was never much higher than the time spent would excuse → **pass**;
//! 6. six seconds are over → for how much of the time too high a queue would stand ([`queue_odds`]), and the losses,
//!    decide with milder limits; inconclusive if that does not settle it.
//!
//! A verdict with a [`doubt`] does not stand: the judgement goes on within the same train with the numbers of
//! [`Effort::Careful`], until a verdict without a doubt (2.5 s and more) or the end of its time (8 s). What is found
//! then with a doubt is given, and marked as borderline. [`Effort::Light`] gives what it finds.
//!
//! Around it: a sender that fell behind its own schedule makes the train inconclusive, never a statement about the
//! link; a pass must also have been delivered at the target rate by the receiver's own clock; a peer that breaks the
//! rules of the wire ends the judgement as inconclusive.
//!
//! # How it is built
//! * `admission`: which packets may count at all, what a peer must not do, and the bounds of memory;
//! * `delays`, `losses`, `sender`, `summary`: the evidence, collected packet by packet;
//! * [`view`]: the evidence as plain numbers, as it stands at one look;
//! * [`rule`]: the decision, a pure function of a view and the thresholds; [`loss_odds`] and [`queue_odds`]: its
//!   statistics of losses and of a queue that comes and goes;
//! * [`doubt`]: whether a decision is near the border, a pure function of the same view;
//! * `watch`: what the judges of the other kinds of probe share around the same evidence.
//!
//! Delay means one-way delay *variation*: arrival by the receiver's clock less the sender's stamp, relative to the
//! smallest seen. It needs no agreement of clocks.

use std::{fmt, time::Duration};

use crate::{Bitrate, DirectionResult, Mode, Reason, Verdict, control::TrainGrant, wire::PacketHeader};

mod admission;
mod delays;
pub mod doubt;
mod effort;
mod evidence;
pub mod loss_odds;
mod losses;
mod quality;
pub mod queue_odds;
pub mod rule;
mod sender;
mod summary;
mod sustain;
pub mod thresholds;
pub mod view;
mod watch;

pub use doubt::Doubt;
pub use effort::Effort;
use evidence::Evidence;
use quality::Quality;
use sustain::Sustain;
pub use thresholds::Thresholds;
use view::Ending;

/// The receiver of one train, whatever kind of probe it belongs to. Times are the receiver's clock, any epoch.
pub trait TrainJudge: fmt::Debug + Send {
    /// A packet arrived at `now`. The caller has checked that the datagram has its full size: a rate is judged by
    /// the number of packets. Packets of other trains and duplicates are ignored.
    fn on_packet(&mut self, now: Duration, header: PacketHeader);

    /// The sender says that it sent this many packets and ended.
    fn on_sent(&mut self, now: Duration, packets: u32);

    /// The time of the next look; call [`Self::look`] then. Every input may bring it forward: ask again after each.
    fn next_look(&self) -> Duration;

    /// Looks at the evidence at `now`; earlier than [`Self::next_look`] it only repeats what is known. Hand over all
    /// packets that have arrived first. Once there is a verdict it stays.
    fn look(&mut self, now: Duration) -> Option<(Verdict, Reason)>;

    /// Ends the judgement without a statement about the link, unless there is a verdict already.
    fn abandon(&mut self, reason: Reason);

    /// The finding so far, final once [`Self::look`] gave a verdict.
    fn result(&self) -> DirectionResult;
}

/// The judge for one train of a probe, or `None` for a kind of probe that this version does not know. A train that is
/// expected from `start` on (receiver's clock, any epoch) is held against `target`; `packet_bytes` are the IP bytes of
/// one full packet, `grant` holds the train's id, sending rate and limits. Only a gate knows efforts.
#[must_use]
pub fn for_train(
    mode: Mode,
    effort: Effort,
    grant: &TrainGrant,
    target: Bitrate,
    packet_bytes: u32,
    start: Duration,
) -> Option<Box<dyn TrainJudge>> {
    match mode {
        Mode::Gate => Some(Box::new(Judge::with_effort(grant, target, packet_bytes, start, effort))),
        Mode::Sustain => Some(Box::new(Sustain::judge(grant, target, packet_bytes, start))),
        Mode::Quality => Some(Box::new(Quality::judge(grant, packet_bytes, start))),
        Mode::Unknown => None,
    }
}

/// Judges one train of a gate probe from the packets that arrive. Its memory is bounded by the grant, and by 4 MiB whatever is granted.
#[derive(Debug)]
pub struct Judge {
    target: Bitrate,
    thresholds: Thresholds,
    evidence: Evidence,
    start: Duration,
    /// The sender's last word: when it came, and how many packets it had sent.
    ended: Option<(Duration, u32)>,
    next_look: Duration,
    /// Since when silence counts, if the receiver itself slept through a look.
    awake_since: Duration,
    finding: Option<(Verdict, Reason)>,
    doubts: Vec<Doubt>,
    /// Whether a doubtful finding is looked into with [`Effort::Careful`] while there is time.
    goes_on: bool,
    decided_at: Duration,
}

impl Judge {
    /// A train that is expected from `start` on (receiver's clock, any epoch) and must show that the link sustains `target`.
    /// `packet_bytes` are the IP bytes of one full packet; `grant` holds the train's id, sending rate and limits.
    #[must_use]
    pub fn new(grant: &TrainGrant, target: Bitrate, packet_bytes: u32, start: Duration) -> Self {
        Self::with_effort(grant, target, packet_bytes, start, Effort::Normal)
    }

    /// The same with more or less effort.
    #[must_use]
    pub fn with_effort(
        grant: &TrainGrant,
        target: Bitrate,
        packet_bytes: u32,
        start: Duration,
        effort: Effort,
    ) -> Self {
        let judge = Self::with_thresholds(grant, target, packet_bytes, start, Thresholds::of(effort));
        Self { goes_on: effort != Effort::Light, ..judge }
    }

    /// The same by another policy; a doubtful finding stands.
    #[must_use]
    pub fn with_thresholds(
        grant: &TrainGrant,
        target: Bitrate,
        packet_bytes: u32,
        start: Duration,
        thresholds: Thresholds,
    ) -> Self {
        Self {
            target,
            thresholds,
            evidence: Evidence::new(grant, packet_bytes),
            start,
            ended: None,
            next_look: start.saturating_add(seconds(thresholds.outage.first_packet_s)),
            awake_since: start,
            finding: None,
            doubts: Vec::new(),
            goes_on: false,
            decided_at: start,
        }
    }

    fn look_before_first(&self, now: Duration) -> Option<(Verdict, Reason)> {
        match self.ended {
            Some((_, 0)) => Some((Verdict::Inconclusive, Reason::SenderLate)),
            _ if now >= self.next_look => Some((Verdict::Inconclusive, Reason::Outage)),
            _ => None,
        }
    }

    fn look_after_first(&mut self, now: Duration, first: Duration) -> Option<(Verdict, Reason)> {
        if now.saturating_sub(self.next_look) > 2 * delays::BIN {
            // The receiver slept: what came meanwhile is only now being read, so the silence was its own.
            self.awake_since = now;
        }
        let bins = delays::bins_in(now.saturating_sub(first));
        self.next_look = first.saturating_add(delays::BIN.saturating_mul(bins.saturating_add(1)));
        let heard = self.evidence.last_arrival().unwrap_or(first).max(self.awake_since);
        let silence_s = now.saturating_sub(heard).as_secs_f64();
        let silent = silence_s >= self.thresholds.outage.silence_s;
        let view = match self.ended {
            Some((_, packets)) if silent || self.evidence.has_all_of(packets) => {
                self.evidence.view_of_whole(packets, self.target)
            }
            _ => {
                let time_is_up = now.saturating_sub(first) >= self.evidence.time_limit();
                let ending = if time_is_up { Ending::LastLook } else { Ending::Running };
                self.evidence.view_at(bins, silence_s, ending, self.target)
            }
        };
        let found = rule::decide(&view, &self.thresholds)?;
        self.doubts = doubt::doubts(&view, found, &self.thresholds);
        if self.goes_on && !self.doubts.is_empty() {
            self.thresholds = Thresholds::of(Effort::Careful);
            if !rule::is_over(&view, &self.thresholds) {
                self.doubts.clear();
                return None;
            }
        }
        Some(found)
    }

    fn decide(&mut self, now: Duration, found: (Verdict, Reason)) {
        self.finding = Some(found);
        self.decided_at = now;
    }
}

impl TrainJudge for Judge {
    fn on_packet(&mut self, now: Duration, header: PacketHeader) {
        if self.finding.is_some() {
            return;
        }
        let is_first = self.evidence.first_arrival().is_none();
        if self.evidence.admit(now, header).is_err() {
            self.decide(now, (Verdict::Inconclusive, Reason::PeerFailed));
        }
        if let (true, Some(first)) = (is_first, self.evidence.first_arrival()) {
            self.next_look = first.saturating_add(delays::BIN);
        }
    }

    fn on_sent(&mut self, now: Duration, packets: u32) {
        if self.finding.is_some() || self.ended.is_some() {
            return;
        }
        if self.evidence.close(packets).is_err() {
            return self.decide(now, (Verdict::Inconclusive, Reason::PeerFailed));
        }
        self.ended = Some((now, packets));
        if self.evidence.first_arrival().is_none() {
            let patience =
                if packets == 0 { Duration::ZERO } else { seconds(self.thresholds.outage.silence_s) };
            self.next_look = self.next_look.min(now.saturating_add(patience));
        }
    }

    fn next_look(&self) -> Duration {
        if self.finding.is_some() { Duration::ZERO } else { self.next_look }
    }

    fn look(&mut self, now: Duration) -> Option<(Verdict, Reason)> {
        if self.finding.is_none() && now >= self.next_look {
            let found = match self.evidence.first_arrival() {
                None => self.look_before_first(now),
                Some(first) => self.look_after_first(now, first),
            };
            if let Some(found) = found {
                self.decide(now, found);
            }
        }
        self.finding
    }

    fn abandon(&mut self, reason: Reason) {
        if self.finding.is_none() {
            self.decide(self.evidence.last_arrival().unwrap_or(self.start), (Verdict::Inconclusive, reason));
        }
    }

    fn result(&self) -> DirectionResult {
        let (verdict, reason) = self.finding.unwrap_or((Verdict::Inconclusive, Reason::Undecided));
        let until = if self.finding.is_some() { Some(self.decided_at) } else { self.evidence.last_arrival() };
        let mut result = self.evidence.measures(self.target, until);
        result.verdict = verdict;
        result.reason = reason;
        if self.finding.is_some() {
            result.doubts = self.doubts.clone().into();
            result.borderline = !self.doubts.is_empty();
            result.confidence = doubt::confidence(verdict, &self.doubts);
        }
        result
    }
}

/// A threshold as a time; nonsense (negative, not a number, too large) becomes zero, which never leads to a pass.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests;
