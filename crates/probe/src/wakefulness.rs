//! Was the receiver awake? A machine that runs late reads arrivals late, which looks like a queue, and its kernel drops
//! what it does not fetch, which looks like loss.

use std::time::Duration;

use crate::{DirectionResult, Reason, Verdict};

/// A look this much later than due is late: a whole bin of the judge's has no time of its own.
const LATE: Duration = Duration::from_millis(20);

/// More late looks than these, and than this share of all (in per cent), and a receiver was starved.
const FEW: u32 = 2;
const STARVED_PERCENT: u32 = 10;

/// One look as late as this, and the machine was stopped or asleep: a kernel's usual socket buffer (208 KiB) holds 80 ms of
/// a train at 21 Mbit/s.
const ASLEEP: Duration = Duration::from_millis(80);

/// Keeps how punctual the looks at a train are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wakefulness {
    looks: u32,
    late: u32,
    latest: Duration,
}

impl Wakefulness {
    /// A look that was due at `due` is made at `now`, both by the same clock.
    pub fn on_look(&mut self, due: Duration, now: Duration) {
        let late = now.saturating_sub(due);
        self.looks = self.looks.saturating_add(1);
        self.late = self.late.saturating_add(u32::from(late > LATE));
        self.latest = self.latest.max(late);
    }

    /// Whether what was found may be this machine's own doing.
    #[must_use]
    pub fn was_starved(&self) -> bool {
        self.latest > ASLEEP
            || self.late > FEW
                && u64::from(self.late) * 100 > u64::from(self.looks) * u64::from(STARVED_PERCENT)
    }

    /// The finding as far as it is the link's. A starved receiver's failure says nothing about the link, and that it found
    /// nothing is its own doing: its credit came late. Its pass stands, because lateness and loss count against it.
    #[must_use]
    pub fn of_the_link(&self, found: DirectionResult) -> DirectionResult {
        let may_be_its_own = found.verdict == Verdict::Fail || found.reason == Reason::Undecided;
        if may_be_its_own && self.was_starved() {
            return DirectionResult {
                verdict: Verdict::Inconclusive,
                reason: Reason::LocalFault,
                confidence: 0.0,
                borderline: false,
                doubts: Box::default(),
                ..found
            };
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bitrate;

    const MS: Duration = Duration::from_millis(1);

    /// Looks every 20 ms that come as late as `lateness` says, in turn.
    fn looks(lateness: &[u32]) -> Wakefulness {
        let mut wakefulness = Wakefulness::default();
        for (due, late) in (1..).map(|look| look * 20 * MS).zip(lateness.iter().cycle().take(50)) {
            wakefulness.on_look(due, due + *late * MS);
        }
        wakefulness
    }

    fn found(verdict: Verdict, reason: Reason) -> DirectionResult {
        let target = Bitrate::from_bps(20_000_000).unwrap();
        DirectionResult { verdict, confidence: 0.9, ..DirectionResult::unmeasured(target, reason) }
    }

    #[test]
    fn the_stalls_of_an_ordinary_machine_change_nothing() {
        let usual = looks(&[0, 1, 0, 3, 12, 0, 0, 1, 0, 0, 0, 30, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!usual.was_starved());
        let fail = found(Verdict::Fail, Reason::QueueGrows);
        assert_eq!(usual.of_the_link(fail.clone()), fail);
    }

    #[test]
    fn a_starved_receiver_fails_no_link() {
        let told = looks(&[0, 0, 0, 35]).of_the_link(found(Verdict::Fail, Reason::Loss));
        assert_eq!((told.verdict, told.reason), (Verdict::Inconclusive, Reason::LocalFault));
        assert!(told.confidence.abs() < f64::EPSILON);
    }

    #[test]
    fn a_machine_that_was_stopped_fails_no_link() {
        let mut stopped = looks(&[0]);
        stopped.on_look(1_020 * MS, 3_000 * MS);
        let told = stopped.of_the_link(found(Verdict::Fail, Reason::QueueGrows));
        assert_eq!((told.verdict, told.reason), (Verdict::Inconclusive, Reason::LocalFault));
    }

    #[test]
    fn a_train_that_a_starved_receiver_let_end_is_its_own_doing_and_an_outage_is_not() {
        let starved = looks(&[90]);
        let undecided = starved.of_the_link(found(Verdict::Inconclusive, Reason::Undecided));
        assert_eq!((undecided.verdict, undecided.reason), (Verdict::Inconclusive, Reason::LocalFault));
        let outage = found(Verdict::Inconclusive, Reason::Outage);
        assert_eq!(starved.of_the_link(outage.clone()), outage);
    }

    #[test]
    fn a_pass_stands_however_late_the_looks() {
        let pass = found(Verdict::Pass, Reason::Sustained);
        assert_eq!(looks(&[90]).of_the_link(pass.clone()), pass);
    }
}
