//! The machine: its clocks and its name.

use std::{fs, time::Duration};

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use siaga_readiness::moment::{BootId, Moment};

/// Now, by both clocks.
#[must_use]
pub fn now() -> Moment {
    Moment { wall: Timestamp::now(), since_boot: boot_clock(), boot: boot_id() }
}

/// Goes on during suspend, where `Instant` stops.
fn boot_clock() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// 0 where the kernel tells none: evidence doesn't outlive the process anyway.
fn boot_id() -> BootId {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().parse().unwrap_or(BootId(0))
}

/// The machine's name, as a room is called that was given no name.
#[must_use]
pub fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_one_boot_can_be_compared() {
        let (earlier, later) = (now(), now());
        assert!(earlier.age_at(&later).is_some());
        assert_eq!(later.boot, earlier.boot);
    }
}
