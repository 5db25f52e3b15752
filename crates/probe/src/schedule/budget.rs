//! What probes may cost within any 24 hours.

use std::{collections::VecDeque, time::Duration};

/// Not the calendar's day: that needs a zone and a clock that is right, and two budgets could be spent around midnight.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What was spent within this time of each other is forgotten together, when the last of it is a day old: the ledger
/// stays below 300 entries, and errs on the side of having spent more.
const GRAIN: Duration = Duration::from_secs(5 * 60);

#[derive(Debug, Clone)]
pub(super) struct Budget {
    limit: u64,
    /// The oldest first.
    spent: VecDeque<Spending>,
}

#[derive(Debug, Clone, Copy)]
struct Spending {
    first: Duration,
    last: Duration,
    bytes: u64,
}

impl Spending {
    fn forgotten_at(&self) -> Duration {
        self.last + DAY
    }
}

impl Budget {
    pub(super) const fn new(limit: u64) -> Self {
        Self { limit, spent: VecDeque::new() }
    }

    pub(super) fn spend(&mut self, now: Duration, bytes: u64) {
        while self.spent.front().is_some_and(|oldest| oldest.forgotten_at() <= now) {
            self.spent.pop_front();
        }
        match self.spent.back_mut() {
            Some(newest) if now < newest.first + GRAIN => {
                newest.last = now;
                newest.bytes = newest.bytes.saturating_add(bytes);
            }
            _ => self.spent.push_back(Spending { first: now, last: now, bytes }),
        }
    }

    /// From when on `bytes` more can be spent, if nothing else is; `None` if they are more than the whole budget.
    pub(super) fn fits_at(&self, now: Duration, bytes: u64) -> Option<Duration> {
        let most = self.limit.checked_sub(bytes)?;
        let counts: Vec<&Spending> =
            self.spent.iter().filter(|spending| now < spending.forgotten_at()).collect();
        let mut left = counts.iter().fold(0_u64, |sum, spending| sum.saturating_add(spending.bytes));
        let mut at = now;
        for spending in counts {
            if left <= most {
                break;
            }
            left -= spending.bytes.min(left);
            at = spending.forgotten_at();
        }
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_was_spent_is_free_again_a_day_later() {
        let mut budget = Budget::new(100);
        budget.spend(MINUTE, 60);
        budget.spend(MINUTE * 60, 40);
        let now = MINUTE * 70;
        assert_eq!(budget.fits_at(now, 0), Some(now));
        assert_eq!(budget.fits_at(now, 60), Some(DAY + MINUTE));
        assert_eq!(budget.fits_at(now, 61), Some(DAY + MINUTE * 60));
        assert_eq!(budget.fits_at(DAY + MINUTE, 60), Some(DAY + MINUTE));
        assert_eq!(budget.fits_at(now, 101), None);
    }

    #[test]
    fn a_ledger_of_a_probe_a_second_stays_small() {
        let mut budget = Budget::new(1_000_000);
        for second in 0..3 * DAY.as_secs() {
            budget.spend(Duration::from_secs(second), 1);
        }
        assert!(budget.spent.len() <= 290, "{}", budget.spent.len());
        let now = DAY * 3;
        assert_eq!(budget.fits_at(now, 1_000_000 - DAY.as_secs() - GRAIN.as_secs()), Some(now));
    }
}
