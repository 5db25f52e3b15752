//! What came of trials that somebody asked for, beside the answer that rests on them.

use std::time::Duration;

use super::{
    reasons,
    statement::{Seen, Statement},
};
use crate::{
    answer::{Check, CheckCode, Readiness, RoomVerdict},
    moment::Moment,
    reasons::Code,
    state::CheckState,
};

/// How a round of trials ended, which was made before the answer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedTrials {
    /// [`Code::TrialsDone`], or why not all devices were tried.
    pub reason: Code,
    /// Devices whose trial said something about them.
    pub tried: usize,
    /// Devices that were free to be tried; 0 if that is not known.
    pub of: usize,
}

impl Readiness {
    /// With a check more, `TRIALS`. Anything but trials that are done is a warning: a room that rests on older findings
    /// is granted with warnings at best, however good those are.
    #[must_use]
    pub fn after_trials(mut self, trials: AskedTrials, now: Moment) -> Self {
        let AskedTrials { reason, tried, of } = trials;
        let state = if reason == Code::TrialsDone { CheckState::Ok } else { CheckState::Warning };
        let just_now = Seen { at: now, age: Duration::ZERO, left: None };
        let mut statement = Statement::new(CheckCode::Trials, state, reason).aged(Some(just_now));
        if of > 0 {
            statement = statement.measured(Some(count(tried)), count(of), "devices");
        }
        if self.verdict == RoomVerdict::Ready {
            let more = reasons(std::slice::from_ref(&statement), self.verdict);
            let new = more.into_iter().filter(|reason| !self.reasons.contains(reason));
            self.reasons.extend(new.collect::<Vec<_>>());
        }
        self.checks.push(Check::from(statement));
        self
    }
}

fn count(devices: usize) -> f64 {
    u32::try_from(devices).unwrap_or(u32::MAX).into()
}
