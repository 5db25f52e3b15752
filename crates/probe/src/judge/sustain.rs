//! The judge of a sustain probe: is the rate carried for longer than a bucket, a satellite's step or a radio's mood lasts?
//!
//! # The rule
//! The sender sends exactly the target, because that is what the ground truth is about: a link fails if in 30 s more
//! than 5 of the 100 windows of 300 ms have a standing queue above 100 ms (or bring nothing), or more than 1 % of the
//! packets are lost, or less than 98 % arrive in time. Every 100 ms, the first line that holds is the verdict:
//! 1. nothing arrives for a second → inconclusive (outage);
//! 2. the sender has been behind its schedule for two seconds → inconclusive;
//! 3. more packets are lost than 30 s may lose → **fail**, or inconclusive (outage) if most of them are one hole and no
//!    queue stood around it;
//! 4. more windows are bad than 30 s may have → **fail**;
//! 5. 21 s are over, no window was bad, the queue is empty, and the losses would not be too many if they went on as now
//!    or as in the mean → **pass**;
//! 6. 30 s are over → **pass**, if the rate was delivered by the receiver's own clock.
//!
//! A failure is final: it could not be made good in the rest of the 30 s. Its reason is `SHAPED` if the rate was carried
//! for a while and a steady lower one from then on (`shaper`), for which the judge waits a second or two longer, and
//! otherwise what it was found by.
//!
//! Windows that only the two machines' own pauses could have made bad count against a pass, but not for a failure. A
//! hole alone does neither.

use std::time::Duration;

use super::{
    evidence::{Evidence, InTime},
    limits::{DELIVERED, DRAINED_S, HOLE_S, QUEUE_S},
    rule::Finding,
    watch::{Kind, LONG_LOOK, Moment, Watched, is_late},
};
use crate::{
    Bitrate, DirectionResult, Reason, Verdict, control::TrainGrant, judge::Doubt, outcome::SustainFindings,
    wire::PacketHeader,
};

mod shaper;
mod windows;

use windows::{Slot, WINDOW_S, Windows};

/// No pass before this time.
pub(super) const AT_LEAST: Duration = Duration::from_secs(21);
/// The windows of the ground truth's 30 s, and how many of them may be bad.
const ALL_WINDOWS: usize = 100;
const MAY_BE_BAD: usize = 5;
/// Share of the packets of 30 s that may be lost.
const MAY_BE_LOST: f64 = 0.01;
/// The windows that say how it is now.
const NOW: usize = 3;
/// The machines' timers are late by as much without having paused, s.
const GRAIN_S: f64 = 0.005;
/// How long a sender may be late.
const LATE: Duration = Duration::from_secs(2);
/// How long a failure may wait for its reason: a shaper shows in six windows.
const NAMED_WITHIN: Duration = Duration::from_millis(2_000);
/// A pass with more than this share of the losses allowed is doubted.
const DOUBTFUL_LOSS: f64 = 0.5;
/// Share of right ones among passes and failures over the simulated links with limits of error, rounded down
/// (`docs/sustain-results.md`). The wrong passes are links that changed after 21 s.
const PASSES_RIGHT: f64 = 0.98;
const FAILURES_RIGHT: f64 = 0.99;
/// A window is slow in which less than this share of the rate arrived.
const SLOW: f64 = 0.95;

/// How the losses stand against what 30 s may lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Losses {
    Bearable,
    TooMany,
    /// Too many, and most of them are one hole.
    Hole,
    /// Too many, but not without the longest hole.
    PerhapsHole,
}

#[derive(Debug)]
pub(super) struct Sustain {
    sent: Bitrate,
    gap_s: f64,
    target: Bitrate,
    windows: Windows,
    late_since: Option<Duration>,
    /// What it fails by, if it does, and since when that is known.
    fails: Option<(Reason, Duration)>,
    /// What the last look saw.
    slots: Vec<Slot>,
    doubts: Vec<Doubt>,
}

impl Sustain {
    pub(super) fn judge(
        grant: &TrainGrant,
        target: Bitrate,
        packet_bytes: u32,
        start: Duration,
    ) -> Watched<Self> {
        let gap_s = grant.rate_bps.time_for(packet_bytes.max(1).into()).as_secs_f64();
        let sustain = Self {
            sent: grant.rate_bps,
            gap_s,
            target,
            windows: Windows::new(gap_s),
            late_since: None,
            fails: None,
            slots: Vec::new(),
            doubts: Vec::new(),
        };
        Watched::new(sustain, grant, target, packet_bytes, start)
    }

    /// Whether the sender has been late for too long.
    fn sender_is_late(&mut self, evidence: &Evidence, at: Moment) -> Option<bool> {
        if !is_late(&evidence.sender()) {
            self.late_since = None;
            return None;
        }
        let since = *self.late_since.get_or_insert(at.observed);
        Some(at.last || at.observed.saturating_sub(since) >= LATE)
    }

    /// How the losses stand, up to the last whole window.
    fn losses(&self, longest_hole: u32) -> Losses {
        let lost = lost(&self.slots);
        let at_most = lost_at_most(self.gap_s);
        let is_hole = f64::from(longest_hole) * self.gap_s >= HOLE_S && !self.queue_stood_at_hole();
        match (f64::from(lost) > at_most, is_hole) {
            (false, _) => Losses::Bearable,
            (true, true) if longest_hole.saturating_mul(2) > lost => Losses::Hole,
            (true, true) if f64::from(lost.saturating_sub(longest_hole)) <= at_most => Losses::PerhapsHole,
            (true, _) => Losses::TooMany,
        }
    }

    /// A queue that overflows loses much in a row, too.
    fn queue_stood_at_hole(&self) -> bool {
        let worst = (0..).zip(&self.slots).max_by_key(|(_, slot)| missing(slot)).map_or(0, |(at, _)| at);
        let around = self.slots.iter().skip(usize::saturating_sub(worst, 1)).take(3);
        around.filter_map(|slot| slot.queue_s).any(|queue| queue > QUEUE_S)
    }

    /// `excuse_s`: how long a queue the machines' own pauses may have made.
    fn windows_fail(&self, excuse_s: f64) -> Option<Reason> {
        let was_empty = self.slots.iter().skip(NOW).any(is_drained);
        let recovered =
            self.slots.iter().skip_while(|slot| !is_bad(slot, QUEUE_S)).any(|slot| !is_bad(slot, QUEUE_S));
        let reason = if was_empty || recovered { Reason::Unsteady } else { Reason::QueueGrows };
        (bad(&self.slots, QUEUE_S + excuse_s) > MAY_BE_BAD).then_some(reason)
    }

    /// The failure, once its reason is known.
    fn failure(&mut self, found_by: Reason, at: Moment) -> Option<Finding> {
        let (found_by, since) = *self.fails.get_or_insert((found_by, at.observed));
        if shaper::estimate(&self.slots, self.sent).is_some() {
            return Some((Verdict::Fail, Reason::Shaped));
        }
        let waited = at.last || at.observed.saturating_sub(since) >= NAMED_WITHIN;
        (waited || !shaper::may_show(&self.slots)).then_some((Verdict::Fail, found_by))
    }

    /// Whether the rest of the 30 s can be spared.
    fn is_clear(&self, at: Moment) -> bool {
        let now = self.slots.get(self.slots.len().saturating_sub(NOW)..).unwrap_or_default();
        let a_window = |slots: &[Slot]| f64::from(lost(slots)) / f64::from(count(slots.len().max(1)));
        let to_come = f64::from(count(ALL_WINDOWS.saturating_sub(self.slots.len())));
        let losing = a_window(now).max(a_window(&self.slots)) * to_come;
        at.observed >= AT_LEAST
            && bad(&self.slots, QUEUE_S) == 0
            && now.iter().all(is_drained)
            && f64::from(lost(&self.slots)) + losing <= lost_at_most(self.gap_s)
    }

    #[allow(clippy::cast_precision_loss)]
    fn is_delivered(&self, evidence: &Evidence) -> bool {
        evidence.delivered_bps().is_some_and(|bps| bps as f64 >= DELIVERED * self.target.bps_f64())
    }

    fn pass(&mut self) -> Finding {
        if bad(&self.slots, QUEUE_S) > 0 {
            self.doubts.push(Doubt::QueueSwings);
        }
        if f64::from(lost(&self.slots)) > DOUBTFUL_LOSS * lost_at_most(self.gap_s) {
            self.doubts.push(Doubt::LossNearLimit);
        }
        (Verdict::Pass, Reason::Sustained)
    }
}

impl Kind for Sustain {
    const LOOK: Duration = LONG_LOOK;

    fn on_packet(&mut self, header: PacketHeader, arrived: InTime) {
        self.windows.on_packet(header, arrived);
    }

    fn look(&mut self, evidence: &Evidence, at: Moment) -> Option<Finding> {
        let loss = evidence.losses();
        let complete = self.windows.complete(loss.covered).min(ALL_WINDOWS);
        if complete != self.slots.len() {
            self.slots = self.windows.slots(complete);
        }
        if let Some(for_too_long) = self.sender_is_late(evidence, at) {
            return for_too_long.then_some((Verdict::Inconclusive, Reason::SenderLate));
        }
        let paused_s = self.windows.pause_s.max(at.slept.as_secs_f64());
        let excuse_s = if paused_s > GRAIN_S { paused_s } else { 0.0 };
        if let Some((reason, _)) = self.fails {
            return self.failure(reason, at);
        }
        let losses = self.losses(loss.longest_hole);
        let fails_by = match losses {
            Losses::Hole => return Some((Verdict::Inconclusive, Reason::Outage)),
            Losses::TooMany => Some(Reason::Loss),
            Losses::Bearable | Losses::PerhapsHole => self.windows_fail(excuse_s),
        };
        if let Some(reason) = fails_by {
            return self.failure(reason, at);
        }
        let all = complete == ALL_WINDOWS;
        if !all && !self.is_clear(at) {
            return at.last.then_some((Verdict::Inconclusive, Reason::Undecided));
        }
        if losses == Losses::PerhapsHole {
            return Some((Verdict::Inconclusive, Reason::Outage));
        }
        if bad(&self.slots, QUEUE_S) > MAY_BE_BAD {
            let sender = self.windows.pause_s >= at.slept.as_secs_f64();
            return Some((
                Verdict::Inconclusive,
                if sender { Reason::SenderLate } else { Reason::Undecided },
            ));
        }
        if self.is_delivered(evidence) {
            return Some(self.pass());
        }
        // What is missing is in a queue, or was never sent.
        let standing = self.slots.last().is_some_and(|slot| slot.queue_s > Some(QUEUE_S + excuse_s));
        let reason = if standing { Reason::QueueGrows } else { Reason::Undecided };
        Some((if standing { Verdict::Fail } else { Verdict::Inconclusive }, reason))
    }

    fn complete(&self, measured: DirectionResult) -> DirectionResult {
        let failed = measured.verdict == Verdict::Fail;
        let findings = SustainFindings {
            windows: count(self.slots.len()),
            bad_windows: count(bad(&self.slots, QUEUE_S)),
            longest_bad_s: longest_bad_s(&self.slots),
            slow_share: self.windows.slow_share(SLOW),
            shaper: failed.then(|| shaper::estimate(&self.slots, self.sent)).flatten(),
        };
        DirectionResult {
            sustain: Some(Box::new(findings)),
            confidence: match measured.verdict {
                Verdict::Pass => PASSES_RIGHT,
                Verdict::Fail => FAILURES_RIGHT,
                Verdict::Inconclusive => 0.0,
            },
            borderline: !self.doubts.is_empty(),
            doubts: self.doubts.clone().into(),
            ..measured
        }
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        self.windows.heap_bytes() + self.slots.capacity() * size_of::<Slot>()
    }
}

/// Packets that a train of 30 s may lose.
fn lost_at_most(gap_s: f64) -> f64 {
    MAY_BE_LOST * f64::from(count(ALL_WINDOWS)) * WINDOW_S / gap_s
}

fn lost(slots: &[Slot]) -> u32 {
    slots.iter().map(missing).sum()
}

fn missing(slot: &Slot) -> u32 {
    slot.sent.saturating_sub(slot.came)
}

fn is_bad(slot: &Slot, queue_s: f64) -> bool {
    slot.queue_s.is_none_or(|queue| queue > queue_s)
}

fn is_drained(slot: &Slot) -> bool {
    slot.queue_s.is_some_and(|queue| queue <= DRAINED_S)
}

fn bad(slots: &[Slot], queue_s: f64) -> usize {
    slots.iter().filter(|slot| is_bad(slot, queue_s)).count()
}

fn longest_bad_s(slots: &[Slot]) -> f64 {
    let runs = slots.split(|slot| !is_bad(slot, QUEUE_S)).map(<[Slot]>::len);
    f64::from(count(runs.max().unwrap_or(0))) * WINDOW_S
}

/// There are a few hundred at most.
fn count(windows: usize) -> u32 {
    u32::try_from(windows).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
