//! What one asker may have within 24 hours.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A bucket that holds half of a day's allowance and fills by the other half in a day, so that within *any* 24 hours no
/// more than the allowance passes. One moment is all that it remembers; once that has passed it is as good as new and may
/// be forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Meter {
    full_at: Duration,
}

impl Meter {
    /// Whether `amount` is left at `now` of an allowance of `daily`.
    pub(super) fn allows(&self, now: Duration, amount: u64, daily: u64) -> bool {
        self.full_at.max(now).saturating_add(time_of(amount, daily)) <= now.saturating_add(DAY)
    }

    /// Takes it, whether it is left or not.
    pub(super) fn take(&mut self, now: Duration, amount: u64, daily: u64) {
        self.full_at = self.full_at.max(now).saturating_add(time_of(amount, daily));
    }

    /// Gives back what was taken and not used.
    pub(super) fn give_back(&mut self, amount: u64, daily: u64) {
        self.full_at = self.full_at.saturating_sub(time_of(amount, daily));
    }

    pub(super) fn is_new(&self, now: Duration) -> bool {
        self.full_at <= now
    }

    /// When `amount` is left again.
    pub(super) fn wait_for(&self, now: Duration, amount: u64, daily: u64) -> Duration {
        self.full_at.saturating_add(time_of(amount, daily)).saturating_sub(now.saturating_add(DAY))
    }
}

/// The time in which the bucket fills by `amount`: a day for what it holds.
fn time_of(amount: u64, daily: u64) -> Duration {
    let holds = u128::from((daily / 2).max(1));
    let nanos = (u128::from(amount) * DAY.as_nanos()).div_ceil(holds);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, test_runner::RngSeed};

    use super::*;

    #[test]
    fn half_a_day_s_allowance_is_there_at_once_and_the_rest_comes_with_time() {
        let mut meter = Meter::default();
        assert!(meter.allows(DAY, 500, 1_000) && !meter.allows(DAY, 501, 1_000));
        meter.take(DAY, 500, 1_000);
        assert!(!meter.allows(DAY, 1, 1_000));
        assert_eq!(meter.wait_for(DAY, 250, 1_000), DAY / 2);
        assert!(meter.allows(DAY + DAY / 2, 250, 1_000));
        meter.give_back(500, 1_000);
        assert!(meter.is_new(DAY));
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(0x4441_5931),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn no_24_hours_hold_more_than_a_day_s_allowance(
            asks in vec((0_u64..20_000, 1_u64..400), 1..200),
            daily in 2_u64..2_000,
        ) {
            let (mut meter, mut now, mut taken) = (Meter::default(), Duration::ZERO, Vec::new());
            for (pause, amount) in asks {
                now += Duration::from_secs(pause);
                if meter.allows(now, amount, daily) {
                    meter.take(now, amount, daily);
                    taken.push((now, amount));
                }
                let within = taken.iter().filter(|(at, _)| *at + DAY > now).map(|(_, amount)| amount);
                prop_assert!(within.sum::<u64>() <= daily);
            }
        }
    }
}
