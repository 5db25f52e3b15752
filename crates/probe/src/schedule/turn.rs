//! What every kind of probe has in common: its pace, and its back-off.

use std::time::Duration;

use super::{Attempt, DAY, Jitter};
use crate::{Reason, Verdict};

/// A busy server tells a turn, at which it keeps room for a while. So many in a row are believed; a server that goes on so
/// is asked less and less.
const TURNS: u32 = 4;

/// The soonest that a turn can be.
const SOONEST: Duration = Duration::from_secs(1);

/// Rooms that were told the same moment don't come at the same moment.
const SPREAD: Duration = Duration::from_secs(1);

/// How often a kind of probe is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// From one pass to the next probe.
    usual: Duration,
    /// After an attempt that came to no verdict, the next one comes this soon; then twice as late each time, up to the
    /// usual pause.
    first_retry: Duration,
    /// The same after a failure: another room's probe, or an update that ran just then, must not keep a room closed.
    second_look: Duration,
    /// A server that does not know this kind is left alone for a day.
    may_be_refused: bool,
}

impl Pace {
    pub(super) const fn gate(usual: Duration) -> Self {
        let (first_retry, second_look) = (Duration::from_secs(10), Duration::from_secs(60));
        Self { usual, first_retry, second_look, may_be_refused: false }
    }

    pub(super) const fn quality(usual: Duration) -> Self {
        Self { usual, first_retry: Duration::from_secs(60), second_look: usual, may_be_refused: true }
    }

    /// Each look may cost a hundred megabytes.
    pub(super) const fn sustain() -> Self {
        let (first_retry, second_look) = (Duration::from_secs(5 * 60), Duration::from_secs(60 * 60));
        Self { usual: DAY, first_retry, second_look, may_be_refused: true }
    }
}

/// When a kind of probe is due, by its own results.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pace: Pace,
    pub(super) due: Duration,
    /// A server asked for no probe before this.
    held_until: Duration,
    /// Attempts without a verdict since the last one with, or since the last change.
    fruitless: u32,
    /// Failures since the last pass.
    failed: u32,
    /// When the last attempt since the last change ended.
    ended_at: Option<Duration>,
}

impl Turn {
    /// Due at once.
    pub(super) const fn new(pace: Pace) -> Self {
        Self {
            pace,
            due: Duration::ZERO,
            held_until: Duration::ZERO,
            fruitless: 0,
            failed: 0,
            ended_at: None,
        }
    }

    pub(super) const fn has_failed(&self) -> bool {
        self.failed > 0
    }

    /// Not before a server wants to be asked again.
    pub(super) const fn held_until(&self) -> Duration {
        self.held_until
    }

    pub(super) const fn ended_at(&self) -> Option<Duration> {
        self.ended_at
    }

    pub(super) fn on_result(&mut self, now: Duration, attempt: Attempt, jitter: &mut Jitter) {
        if attempt.reason.is_postponement() {
            self.due = now + jitter.stretch(self.pace.first_retry, 1.0..1.2);
            return;
        }
        self.ended_at = Some(now);
        let refused = matches!(attempt.reason, Reason::ServerRefused | Reason::VersionMismatch);
        let pause = match attempt.verdict {
            Verdict::Pass => {
                (self.fruitless, self.failed) = (0, 0);
                jitter.stretch(self.pace.usual, 0.8..1.2)
            }
            Verdict::Fail => {
                let pause = self.doubled(self.pace.second_look, self.failed);
                self.fruitless = 0;
                self.failed = self.failed.saturating_add(1);
                jitter.stretch(pause, 1.0..1.2)
            }
            Verdict::Inconclusive if refused && self.pace.may_be_refused => {
                let pause = jitter.stretch(DAY, 1.0..1.2);
                self.held_until = now + pause;
                pause
            }
            Verdict::Inconclusive => {
                let fruitless = self.fruitless;
                self.fruitless = self.fruitless.saturating_add(1);
                match attempt.retry_after {
                    Some(turn) => {
                        let turn = turn.max(SOONEST);
                        self.held_until = now + turn;
                        let pause = match fruitless.checked_sub(TURNS) {
                            None => turn,
                            Some(beyond) => self.doubled(self.pace.first_retry, beyond).max(turn),
                        };
                        pause + jitter.stretch(SPREAD, 0.0..1.0)
                    }
                    None => jitter.stretch(self.doubled(self.pace.first_retry, fruitless), 1.0..1.2),
                }
            }
        };
        self.due = now + pause;
    }

    pub(super) fn on_change(&mut self, now: Duration) {
        (self.fruitless, self.failed) = (0, 0);
        self.ended_at = None;
        self.due = now.max(self.held_until);
    }

    /// What is remembered of failures before the program started.
    pub(super) fn remember_failure(&mut self, due: Duration) {
        self.failed = 1;
        self.due = due.max(self.held_until);
    }

    fn doubled(&self, first: Duration, times: u32) -> Duration {
        let doubled = 1_u32.checked_shl(times).unwrap_or(u32::MAX);
        first.saturating_mul(doubled).min(self.pace.usual)
    }
}
