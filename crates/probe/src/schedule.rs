//! When to probe: often enough for fresh evidence, within the day's data, and never into a meeting.
//!
//! A state machine: [`Schedule::next`] says what to do now, [`Schedule::on_result`] and [`Schedule::on_change`] tell
//! it what happened. Times are spans since an epoch of the caller's choice, by a clock that is never set back.

mod budget;
mod jitter;

use std::time::Duration;

use crate::{Bitrate, Reason, Verdict};
use budget::Budget;
use jitter::Jitter;

/// After an attempt that came to no verdict, the next one comes this soon; then twice as late each time, up to the
/// usual interval.
const FIRST_RETRY: Duration = Duration::from_secs(10);

/// After a failure the next probe comes this soon, then twice as late each time, up to the usual interval: another
/// room's probe, or an update that ran just then, must not keep a room closed for half an hour.
const SECOND_LOOK: Duration = Duration::from_secs(60);

/// While a meeting is on, a probe that is due asks this often whether it is over.
const MEETING_LOOK: Duration = Duration::from_secs(30);

/// The first probe comes within this part of the interval: rooms that start together don't ask together.
const FIRST_SPREAD: u32 = 180;

/// What an office sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// From one verdict to the next probe, give or take a fifth.
    pub interval: Duration,
    /// IP bytes of this side, both ways, that probes may cost within any 24 hours.
    pub daily_bytes: u64,
    /// IP bytes that must be left of them before a probe starts: the most that it can cost.
    pub probe_bytes: u64,
    /// Rooms with different seeds probe at different times; the same seed gives the same times.
    pub seed: u64,
}

/// The longest time from one verdict to the next probe, if nothing stands in its way.
#[must_use]
pub fn longest_pause(interval: Duration) -> Duration {
    interval.saturating_mul(6) / 5
}

/// IP bytes, both ways, that a gate probe at these rates costs at the most: what may be granted for as long as the
/// judges wait (eight seconds from the first arrival), and a second for their word to reach the sender over a satellite.
#[must_use]
pub fn most_bytes(up: Bitrate, down: Bitrate) -> u64 {
    const LONGEST: Duration = Duration::from_secs(9);
    const HANDSHAKE_AND_CONTROL: u64 = 256 * 1024;
    let granted = |rate: Bitrate| rate.bytes_in(LONGEST) / 10 * 11;
    granted(up) + granted(down) + HANDSHAKE_AND_CONTROL
}

/// What stands in a probe's way at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Situation {
    /// Somebody uses the room's camera or microphone.
    pub meeting: bool,
}

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Probe, then tell the result.
    Probe,
    /// Nothing is due before this time.
    WaitUntil(Duration),
    /// A probe is due but must not be made.
    Blocked {
        /// [`Reason::BudgetSpent`] or [`Reason::MeetingOn`].
        reason: Reason,
        /// When to ask again; no later than one interval from now, so that what is told of it stays fresh.
        until: Duration,
    },
}

/// An attempt that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// What it came to.
    pub verdict: Verdict,
    /// What a busy server asked for.
    pub retry_after: Option<Duration>,
    /// IP bytes of this side that it cost, both ways.
    pub bytes: u64,
}

/// When to probe.
#[derive(Debug, Clone)]
pub struct Schedule {
    plan: Plan,
    due: Duration,
    /// A busy server asked for no probe before this.
    held_until: Duration,
    /// Attempts without a verdict since the last one with, or since the last change.
    fruitless: u32,
    /// Failures since the last pass.
    failed: u32,
    budget: Budget,
    jitter: Jitter,
}

impl Schedule {
    /// The schedule of a program that starts at `now`.
    #[must_use]
    pub fn new(plan: Plan, now: Duration) -> Self {
        let mut jitter = Jitter::new(plan.seed);
        let due = now + jitter.stretch(plan.interval / FIRST_SPREAD, 0.0..1.0);
        let budget = Budget::new(plan.daily_bytes);
        Self { plan, due, held_until: Duration::ZERO, fruitless: 0, failed: 0, budget, jitter }
    }

    /// What to do at `now`.
    #[must_use]
    pub fn next(&self, now: Duration, situation: Situation) -> Action {
        if now < self.due {
            return Action::WaitUntil(self.due);
        }
        let within_interval = |until: Duration| until.min(now + self.plan.interval);
        match self.budget.fits_at(now, self.plan.probe_bytes) {
            Some(at) if at <= now => {}
            freed => {
                let until = within_interval(freed.unwrap_or(Duration::MAX));
                return Action::Blocked { reason: Reason::BudgetSpent, until };
            }
        }
        if situation.meeting {
            return Action::Blocked { reason: Reason::MeetingOn, until: within_interval(now + MEETING_LOOK) };
        }
        Action::Probe
    }

    /// An attempt ended at `now`.
    pub fn on_result(&mut self, now: Duration, attempt: Attempt) {
        self.budget.spend(now, attempt.bytes);
        let pause = match attempt.verdict {
            Verdict::Pass => {
                (self.fruitless, self.failed) = (0, 0);
                self.jitter.stretch(self.plan.interval, 0.8..1.2)
            }
            Verdict::Fail => {
                let pause = self.doubled(SECOND_LOOK, self.failed);
                self.fruitless = 0;
                self.failed = self.failed.saturating_add(1);
                self.jitter.stretch(pause, 1.0..1.2)
            }
            Verdict::Inconclusive => {
                let retry_after = attempt.retry_after.unwrap_or_default();
                let pause = self.doubled(FIRST_RETRY, self.fruitless).max(retry_after);
                self.fruitless = self.fruitless.saturating_add(1);
                self.held_until = now + retry_after;
                self.jitter.stretch(pause, 1.0..1.2)
            }
        };
        self.due = now + pause;
    }

    /// What was known of the link is worthless from `now` on: a probe is due at once, or as soon as a busy server
    /// wants to be asked again.
    pub fn on_change(&mut self, now: Duration) {
        self.fruitless = 0;
        self.due = now.max(self.held_until);
    }

    fn doubled(&self, first: Duration, times: u32) -> Duration {
        let doubled = 1_u32.checked_shl(times).unwrap_or(u32::MAX);
        first.saturating_mul(doubled).min(self.plan.interval)
    }
}

#[cfg(test)]
mod tests;
