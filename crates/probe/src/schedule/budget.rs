//! What probes may cost within any 24 hours.

use std::{collections::VecDeque, time::Duration};

use super::DAY;

/// Something that was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// How long ago.
    pub ago: Duration,
    /// IP bytes of this side, both ways.
    pub bytes: u64,
}

/// Not the calendar's day: that needs a zone and a clock that is right, and two budgets could be spent around midnight.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    /// The oldest first.
    entries: VecDeque<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// A day after the last of it was spent.
    forgotten_at: Duration,
    /// Nothing more joins it from then on.
    full_at: Duration,
    bytes: u64,
}

/// Small sums that were spent within this time of each other are forgotten together, when the last of them is a day old:
/// the ledger stays below 400 entries, and errs on the side of having spent more.
const GRAIN: Duration = Duration::from_secs(5 * 60);

/// A sum is small below this part of the budget. The others stand alone, so that a daily sustain probe need not wait for
/// what joined yesterday's; there can't be more than a hundred of them.
const SMALL: u64 = 100;

/// More is not taken from a file; the oldest go first.
const MOST_REMEMBERED: usize = 1_000;

impl Budget {
    pub(super) fn new(past: Vec<Spent>, now: Duration) -> Self {
        let dropped = past.len().saturating_sub(MOST_REMEMBERED);
        let mut entries: Vec<Entry> = past
            .into_iter()
            .skip(dropped)
            .filter(|spent| spent.ago < DAY)
            .map(|spent| Entry { forgotten_at: now + (DAY - spent.ago), full_at: now, bytes: spent.bytes })
            .collect();
        entries.sort_by_key(|entry| entry.forgotten_at);
        Self { entries: entries.into() }
    }

    pub(super) fn spend(&mut self, now: Duration, bytes: u64, limit: u64) {
        while self.entries.front().is_some_and(|oldest| oldest.forgotten_at <= now) {
            self.entries.pop_front();
        }
        let small = |bytes| bytes < limit / SMALL;
        let forgotten_at = now + DAY;
        match self.entries.back_mut() {
            Some(newest) if now < newest.full_at && small(bytes) && small(newest.bytes) => {
                newest.forgotten_at = forgotten_at;
                newest.bytes = newest.bytes.saturating_add(bytes);
            }
            _ => self.entries.push_back(Entry { forgotten_at, full_at: now + GRAIN, bytes }),
        }
    }

    /// From when on `bytes` more can be spent of `limit`, if nothing else is; `None` if they are more than all of it.
    pub(super) fn fits_at(&self, now: Duration, bytes: u64, limit: u64) -> Option<Duration> {
        let most = limit.checked_sub(bytes)?;
        let counts = || self.entries.iter().filter(|entry| now < entry.forgotten_at);
        let mut left = counts().fold(0_u64, |sum, entry| sum.saturating_add(entry.bytes));
        let mut at = now;
        for entry in counts() {
            if left <= most {
                break;
            }
            left -= entry.bytes.min(left);
            at = entry.forgotten_at;
        }
        Some(at)
    }

    pub(super) fn spent(&self, now: Duration) -> Vec<Spent> {
        let counts = self.entries.iter().filter(|entry| now < entry.forgotten_at);
        counts
            .map(|entry| Spent { ago: DAY.saturating_sub(entry.forgotten_at - now), bytes: entry.bytes })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn what_was_spent_is_free_again_a_day_later() {
        let mut budget = Budget::new(Vec::new(), Duration::ZERO);
        budget.spend(MINUTE, 60, 100);
        budget.spend(MINUTE * 60, 40, 100);
        let now = MINUTE * 70;
        let fits_at = |now, bytes| budget.fits_at(now, bytes, 100);
        assert_eq!(fits_at(now, 0), Some(now));
        assert_eq!(fits_at(now, 60), Some(DAY + MINUTE));
        assert_eq!(fits_at(now, 61), Some(DAY + MINUTE * 60));
        assert_eq!(fits_at(DAY + MINUTE, 60), Some(DAY + MINUTE));
        assert_eq!(fits_at(now, 101), None);
    }

    #[test]
    fn a_ledger_of_a_probe_a_second_stays_small() {
        let mut budget = Budget::new(Vec::new(), Duration::ZERO);
        for second in 0..3 * DAY.as_secs() {
            budget.spend(Duration::from_secs(second), 1, 1_000_000);
        }
        assert!(budget.entries.len() <= 290, "{}", budget.entries.len());
        let now = DAY * 3;
        let left = 1_000_000 - DAY.as_secs() - GRAIN.as_secs();
        assert_eq!(budget.fits_at(now, left, 1_000_000), Some(now));
    }

    #[test]
    fn a_large_sum_is_forgotten_on_its_own_day_old_second() {
        let mut budget = Budget::new(Vec::new(), Duration::ZERO);
        budget.spend(MINUTE, 80, 1_000);
        budget.spend(MINUTE * 2, 5, 1_000);
        assert_eq!(budget.fits_at(MINUTE * 3, 995, 1_000), Some(DAY + MINUTE));
    }

    #[test]
    fn what_is_remembered_counts_for_the_rest_of_its_day_in_another_boot() {
        let mut before = Budget::new(Vec::new(), Duration::ZERO);
        before.spend(DAY * 3, 70, 100);
        before.spend(DAY * 3 + MINUTE * 60, 20, 100);
        let remembered = before.spent(DAY * 3 + MINUTE * 90);
        let ago = |minutes, bytes| Spent { ago: MINUTE * minutes, bytes };
        assert_eq!(remembered, [ago(90, 70), ago(30, 20)]);
        let after = Budget::new(remembered, MINUTE);
        assert_eq!(after.fits_at(MINUTE, 11, 100), Some(MINUTE + DAY - MINUTE * 90));
        assert_eq!(Budget::new(vec![ago(24 * 60, 100)], MINUTE).fits_at(MINUTE, 100, 100), Some(MINUTE));
    }
}
