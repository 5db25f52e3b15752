//! When a room whose link is gone tries again.

use std::time::Duration;

/// Counts what was tried in vain.
#[derive(Debug, Clone, Copy, Default)]
pub struct Retry {
    failures: u32,
}

/// Why there is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// This machine woke up, or is on another network: the old link is worth nothing, and the server is not to blame.
    Moved,
    /// A link that stood is gone, with or without a word of the server.
    Lost,
    /// The server could not be reached.
    Unreachable,
    /// The server does not want this room as it is: version, a link of the same room elsewhere.
    Unwanted,
    /// The room's certificate has run out by the server's clock, or does not count yet. The next one may be had.
    RunOut,
}

impl Retry {
    /// How long to wait. `chance`, from 0 to below 1, spreads rooms that were cut off together.
    ///
    /// At once, within a second, where the machine moved; within 5 s where a link was lost; then twice as long each time,
    /// up to 10 to 20 s; 1 to 5 minutes where the server does not want the room.
    pub fn wait(&mut self, why: Why, chance: f64) -> Duration {
        let (least, most) = match why {
            Why::Moved => {
                self.failures = 0;
                (Duration::ZERO, Duration::from_secs(1))
            }
            Why::Lost => (Duration::ZERO, LOST),
            Why::Unreachable => {
                let most = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
                (most / 2, most)
            }
            Why::Unwanted | Why::RunOut => UNWANTED,
        };
        self.failures = self.failures.saturating_add(1);
        least + (most - least).mul_f64(chance.clamp(0.0, 1.0))
    }

    /// The link has stood for a while.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

const LOST: Duration = Duration::from_secs(5);
const FIRST: Duration = Duration::from_secs(2);
/// With the time that a connection may take, within half a minute of the way's being free again.
const LONGEST: Duration = Duration::from_secs(20);
const UNWANTED: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(300));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_each_time_and_never_longer_than_twenty_seconds() {
        let mut retry = Retry::default();
        let waits: Vec<_> = (0..6).map(|_| retry.wait(Why::Unreachable, 0.5).as_millis()).collect();
        assert_eq!(waits, [1_500, 3_000, 6_000, 12_000, 15_000, 15_000]);
        retry.succeeded();
        assert_eq!(retry.wait(Why::Unreachable, 0.0), Duration::from_secs(1));
        for _ in 0..10_000 {
            assert!(retry.wait(Why::Unreachable, 1.0) <= LONGEST);
        }
    }

    #[test]
    fn a_machine_that_moved_is_back_at_once_and_an_unwanted_one_stays_away() {
        let mut retry = Retry::default();
        for chance in [0.0, 0.3, 0.999] {
            retry.wait(Why::Unreachable, chance);
            assert!(retry.wait(Why::Moved, chance) <= Duration::from_secs(1));
            assert!(retry.wait(Why::Lost, chance) <= Duration::from_secs(5));
            assert!(retry.wait(Why::Unwanted, chance) >= Duration::from_secs(60));
        }
    }

    #[test]
    fn rooms_that_were_cut_off_together_come_back_apart() {
        let waits: Vec<_> =
            (0..1_000).map(|n| Retry::default().wait(Why::Lost, f64::from(n) / 1e3)).collect();
        let in_one_second = |second| waits.iter().filter(|wait| wait.as_secs() == second).count();
        assert!((0..5).all(|second| in_one_second(second) == 200));
    }
}
