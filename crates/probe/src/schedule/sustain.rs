//! When the long probe is worth its data: once a day while nobody is there, or soon after the machine was switched on.

use std::time::Duration;

use super::{Attempt, DAY, Hours, Jitter, Pace, Situation, Sustained, Turn, Window};
use crate::Verdict;

/// A verdict that is younger is not renewed, whatever the occasion.
const WORTH_RENEWING: Duration = Duration::from_secs(12 * 60 * 60);

/// After a start or a change it waits about this long: people and updates come first, and so does the gate.
const AFTER_START: Duration = Duration::from_secs(5 * 60);

/// An attempt without a verdict rests for so long that such attempts cost this part of the budget in the mean: the rest is
/// the gate's.
const FRUITLESS_PART: u64 = 3;

#[derive(Debug, Clone)]
pub(super) struct Sustain {
    turn: Turn,
    /// Until when the cost of attempts without a verdict forbids another one, whatever the occasion.
    rests_until: Duration,
    /// When the last verdict is a day old.
    stale_at: Option<Duration>,
    /// Not before this: the program has just started, or the network changed.
    settled_at: Duration,
    /// Which part of the early window is this room's.
    slot: f64,
}

impl Sustain {
    pub(super) fn new(now: Duration, jitter: &mut Jitter) -> Self {
        let turn = Turn::new(Pace::sustain());
        let mut new = Self {
            turn,
            rests_until: Duration::ZERO,
            stale_at: None,
            settled_at: Duration::ZERO,
            slot: jitter.share(),
        };
        new.on_change(now, jitter);
        new
    }

    /// When it is due, seen from a moment at which `situation` holds.
    ///
    /// * In the early window: at this room's own time in it, if the last verdict is worth renewing.
    /// * Soon after a start outside the office's hours, on the same condition.
    /// * At any time once the last verdict is a day old, or there is none.
    /// * For a second look after a failure.
    pub(super) fn due(&self, situation: Situation) -> Duration {
        let renewable_at = self.stale_at.unwrap_or_default().saturating_sub(DAY - WORTH_RENEWING);
        let early = situation.early.and_then(|window| self.slot_in(window, renewable_at));
        let started =
            (situation.hours != Hours::Open && renewable_at <= self.settled_at).then_some(self.settled_at);
        let overdue = Some(self.stale_at.unwrap_or_default().max(self.settled_at));
        let second_look = self.turn.has_failed().then_some(self.turn.due);
        let occasion = [early, started, overdue, second_look].into_iter().flatten().min();
        occasion.unwrap_or_default().max(self.not_before())
    }

    pub(super) fn on_result(
        &mut self,
        now: Duration,
        attempt: Attempt,
        daily_bytes: u64,
        jitter: &mut Jitter,
    ) {
        self.turn.on_result(now, attempt, jitter);
        match attempt.verdict {
            Verdict::Pass => {
                self.stale_at = Some(now + DAY);
                // The occasions say when the next one is due.
                self.turn.due = now;
                self.settled_at = self.settled_at.min(now);
            }
            Verdict::Fail => self.stale_at = Some(now + DAY),
            Verdict::Inconclusive => self.rests_until = now + rest(attempt.bytes, daily_bytes),
        }
    }

    pub(super) fn on_change(&mut self, now: Duration, jitter: &mut Jitter) {
        self.turn.on_change(now);
        self.settled_at = now + jitter.stretch(AFTER_START, 0.6..1.6);
        self.stale_at = None;
    }

    pub(super) fn recall(&mut self, now: Duration, sustained: Sustained) {
        let Some(left) = DAY.checked_sub(sustained.ago).filter(|_| self.stale_at.is_none()) else { return };
        self.stale_at = Some(now + left);
        if !sustained.passed {
            self.turn.remember_failure(self.settled_at);
        }
    }

    fn not_before(&self) -> Duration {
        self.turn.due.max(self.turn.held_until()).max(self.rests_until)
    }

    /// This room's time in the window; later if it was missed, and not at all once the window is over.
    fn slot_in(&self, window: Window, renewable_at: Duration) -> Option<Duration> {
        let length = window.ends.saturating_sub(window.begins);
        let at = (window.begins + length.mul_f64(self.slot)).max(renewable_at).max(self.settled_at);
        (at < window.ends).then_some(at)
    }
}

/// How long it takes until `bytes` are a third of what a budget of `daily_bytes` allows meanwhile.
#[allow(clippy::cast_precision_loss)]
fn rest(bytes: u64, daily_bytes: u64) -> Duration {
    let days = bytes.saturating_mul(FRUITLESS_PART) as f64 / daily_bytes.max(1) as f64;
    DAY.mul_f64(days.min(LONGEST_REST))
}

/// Days: a budget in which not even one attempt fits forbids it by itself.
const LONGEST_REST: f64 = 30.0;
