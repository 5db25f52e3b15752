//! A point in time as both clocks of a machine tell it.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{RoundMode, Timestamp, TimestampRound, Unit};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Wall clock for people, boot clock for ages.
///
/// The boot clock (Linux `CLOCK_BOOTTIME`) goes on during suspend and does not jump when the wall clock is set.
/// `std::time::Instant` stops during suspend: a laptop would wake up with evidence that looks fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall clock.
    pub wall: Timestamp,
    /// Time since the machine booted, suspend included.
    pub since_boot: Duration,
    /// Which boot: times since boot of different boots can't be compared.
    pub boot: BootId,
}

impl Moment {
    /// How old something seen at this moment is at `now`. `None` where that can't be told: another boot, or `now` is earlier.
    #[must_use]
    pub fn age_at(&self, now: &Self) -> Option<Duration> {
        (self.boot == now.boot).then(|| now.since_boot.checked_sub(self.since_boot)).flatten()
    }
}

/// `wall` as answers show it: rounded down to whole milliseconds. The two clocks are read one after the other, so
/// what lies below that differs from one answer to the next and says nothing.
#[must_use]
pub fn whole_milliseconds(wall: Timestamp) -> Timestamp {
    let rounding = TimestampRound::new().smallest(Unit::Millisecond).mode(RoundMode::Floor);
    wall.round(rounding).unwrap_or(wall)
}

/// Identifies one boot of a machine (Linux: `/proc/sys/kernel/random/boot_id`, as a number).
///
/// Written as 32 hexadecimal digits: JSON's numbers don't reach this far. Read with or without hyphens, so
/// that the kernel's own text can be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BootId(pub u128);

impl fmt::Display for BootId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for BootId {
    type Err = NotABootId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim().replace('-', "");
        let plain = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u128::from_str_radix(&digits, 16).ok()).flatten().map(Self).ok_or(NotABootId)
    }
}

impl TryFrom<String> for BootId {
    type Error = NotABootId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BootId> for String {
    fn from(id: BootId) -> Self {
        id.to_string()
    }
}

/// The text is not a boot id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a boot id is 32 hexadecimal digits, as in /proc/sys/kernel/random/boot_id")]
pub struct NotABootId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_id_is_read_as_the_kernel_writes_it() {
        let kernel = "3f2c1a90-0000-4b6d-8e21-00000000002a\n";
        let id: BootId = kernel.parse().unwrap();
        assert_eq!(id.to_string(), "3f2c1a9000004b6d8e2100000000002a");
        assert_eq!(serde_json::from_str::<BootId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        for wrong in ["", "3f2c", "+f2c1a9000004b6d8e2100000000002a", "gf2c1a9000004b6d8e2100000000002a"] {
            assert_eq!(wrong.parse::<BootId>(), Err(NotABootId), "{wrong}");
        }
    }

    #[test]
    fn a_time_is_shown_in_whole_milliseconds_and_never_later_than_it_was() {
        let shown = |text: &str| whole_milliseconds(text.parse().unwrap()).to_string();
        assert_eq!(shown("2026-07-01T01:00:00.001999999Z"), "2026-07-01T01:00:00.001Z");
        assert_eq!(shown("2026-07-01T01:00:00.002Z"), "2026-07-01T01:00:00.002Z");
        assert_eq!(shown("1969-12-31T23:59:59.9995Z"), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn an_age_is_told_only_within_one_boot_and_never_backwards() {
        let at = |since_boot, boot| Moment {
            wall: Timestamp::UNIX_EPOCH,
            since_boot: Duration::from_secs(since_boot),
            boot: BootId(boot),
        };
        assert_eq!(at(10, 1).age_at(&at(15, 1)), Some(Duration::from_secs(5)));
        assert_eq!(at(10, 1).age_at(&at(9, 1)), None);
        assert_eq!(at(10, 1).age_at(&at(15, 2)), None);
    }
}
