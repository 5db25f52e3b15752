//! When a letter that did not arrive is repeated, and when it is given up.

use std::time::Duration;

use jiff::Timestamp;

/// When to try again; `None`: given up. `first` is when the letter was written, `tries` how often it was tried, `luck` from 0 up to 1
/// spreads those that wait for the same receiver.
#[must_use]
pub fn again(first: Timestamp, tries: u32, luck: f64, now: Timestamp) -> Option<Timestamp> {
    let next = now + wait(tries, luck);
    (next < first + GIVE_UP_AFTER).then_some(next)
}

/// 5 s, then twice as long each time, to an hour; as much as a fifth less.
fn wait(tries: u32, luck: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1)).unwrap_or(u32::MAX));
    doubled.min(LONGEST).mul_f64(1.0 - 0.2 * luck.clamp(0.0, 1.0))
}

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Over a weekend.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(3 * 24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_repeated_ever_more_rarely_and_given_up_after_three_days() {
        let first = Timestamp::UNIX_EPOCH;
        let (mut now, mut tries, mut waits) = (first, 1, Vec::new());
        while let Some(next) = again(first, tries, 0.0, now) {
            waits.push(next.duration_since(now).as_secs());
            (now, tries) = (next, tries + 1);
        }
        assert_eq!(&waits[..11], [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]);
        assert!(waits[11..].iter().all(|wait| *wait == 3600));
        assert_eq!(tries, 81);
        assert!(now < first + GIVE_UP_AFTER);
    }

    #[test]
    fn letters_that_wait_together_are_spread() {
        assert_eq!(wait(1, 1.0), Duration::from_secs(4));
        assert!(wait(3, 0.7) < wait(3, 0.2));
        assert_eq!(wait(u32::MAX, 0.0), LONGEST);
    }
}
