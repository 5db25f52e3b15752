//! The judge of a gate probe: does this link sustain the rate? About a second, where that leaves no doubt.
//!
//! # The rule
//! The sender sends slightly above the target. Every 20 ms the receiver looks, and the first line that holds is the
//! verdict (exactly: [`rule`], its numbers: [`super::thresholds`]):
//! 1. nothing arrives any more → inconclusive (outage);
//! 2. the losses are those of a bad link, not of a good one → **fail** (loss), or inconclusive (outage) if most of
//!    them are one hole;
//! 3. the delay has grown, steadily and since the start, so the link is slower than the sender → **fail** (queue grows);
//! 4. the delay has long been far above its minimum → **fail** (standing queue);
//! 5. a second is over, the queue is back at its minimum (all that was sent was served), the losses are those of a
//!    good link, and the delay was never much higher than the time spent would excuse → **pass**;
//! 6. six seconds are over → for how much of the time too high a queue would stand ([`super::queue_odds`]), and the losses,
//!    decide with milder limits; inconclusive if that does not settle it.
//!
//! A verdict with a [`doubt`] does not stand: the judgement goes on within the same train with the numbers of
//! [`Effort::Careful`], until a verdict without a doubt (2.5 s and more) or the end of its time (8 s). What is found
//! then with a doubt is given, and marked as borderline. [`Effort::Light`] gives what it finds.
//!
//! Around it: a sender that fell behind its own schedule makes the train inconclusive, never a statement about the
//! link; a pass must also have been delivered at the target rate by the receiver's own clock; a peer that breaks the
//! rules of the wire ends the judgement as inconclusive.

use std::time::Duration;

use super::{
    Effort, Thresholds,
    delays::{BIN, bins_in},
    doubt::{self, Doubt},
    evidence::{Evidence, InTime},
    rule::{self, Finding},
    view::{Ending, View},
    watch::{Kind, Moment, Patience, Watched},
};
use crate::{Bitrate, DirectionResult, Reason, Verdict, control::TrainGrant, wire::PacketHeader};

#[derive(Debug)]
pub(super) struct Gate {
    target: Bitrate,
    thresholds: Thresholds,
    doubts: Vec<Doubt>,
    /// Whether a doubtful finding is looked into with [`Effort::Careful`] while there is time.
    goes_on: bool,
    /// Whether nothing so far may keep the link from passing as soon as the time is over.
    quiet: bool,
}

impl Gate {
    pub(super) fn judge(
        grant: &TrainGrant,
        target: Bitrate,
        packet_bytes: u32,
        start: Duration,
        effort: Effort,
    ) -> Watched<Self> {
        let goes_on = effort != Effort::Light;
        let gate = Self { goes_on, ..Self::by(Thresholds::of(effort), target) };
        Watched::new(gate, grant, target, packet_bytes, start)
    }

    /// Whether a finding about a train that ended stands. The milder limits are for the end of all time: a train that ended
    /// before passes only as one that goes on would.
    fn stands(&self, view: &View, (verdict, _): Finding) -> bool {
        verdict != Verdict::Pass
            || view.observed_s >= Thresholds::of(Effort::Careful).settle.after_s
            || self.doubts.is_empty() && rule::passes(view, &self.thresholds).is_some()
    }

    /// By any policy; a doubtful finding stands.
    pub(super) fn by(thresholds: Thresholds, target: Bitrate) -> Self {
        Self { target, thresholds, doubts: Vec::new(), goes_on: false, quiet: false }
    }
}

impl Kind for Gate {
    const LOOK: Duration = BIN;

    fn patience(&self) -> Patience {
        let outage = &self.thresholds.outage;
        Patience { first_packet: seconds(outage.first_packet_s), silence: seconds(outage.silence_s) }
    }

    fn needs(&self) -> Option<Duration> {
        self.quiet.then(|| seconds(self.thresholds.pass.after_s))
    }

    fn on_packet(&mut self, _: PacketHeader, _: InTime) {}

    fn look(&mut self, evidence: &Evidence, at: Moment) -> Option<Finding> {
        let ending = if at.last { Ending::LastLook } else { Ending::Running };
        let view = match at.whole {
            Some(packets) => evidence.view_of_whole(packets, self.target),
            None => evidence.view_at(bins_in(at.observed), at.silence.as_secs_f64(), ending, self.target),
        };
        self.quiet = rule::is_quiet(&view, &self.thresholds);
        let found = rule::decide(&view, &self.thresholds)?;
        self.doubts = doubt::doubts(&view, found, &self.thresholds);
        if !self.goes_on {
            return Some(found);
        }
        if at.whole.is_some() && !self.stands(&view, found) {
            let unknown = (Verdict::Inconclusive, Reason::Undecided);
            self.doubts = doubt::doubts(&view, unknown, &self.thresholds);
            return Some(unknown);
        }
        if !self.doubts.is_empty() {
            self.quiet = false;
            self.thresholds = Thresholds::of(Effort::Careful);
            if !rule::is_over(&view, &self.thresholds) {
                self.doubts.clear();
                return None;
            }
        }
        Some(found)
    }

    /// The rule weighs a silence itself: others' bursts may have filled the queue.
    fn look_in_silence(&mut self, evidence: &Evidence, at: Moment) -> Option<Finding> {
        self.look(evidence, at)
    }

    fn complete(&self, measured: DirectionResult) -> DirectionResult {
        DirectionResult {
            doubts: self.doubts.clone().into(),
            borderline: !self.doubts.is_empty(),
            confidence: doubt::confidence(measured.verdict, &self.doubts),
            ..measured
        }
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        self.doubts.capacity() * size_of::<Doubt>()
    }
}

/// A threshold as a time; nonsense (negative, not a number, too large) becomes zero, which never leads to a pass.
fn seconds(value: f64) -> Duration {
    Duration::try_from_secs_f64(value).unwrap_or(Duration::ZERO)
}
