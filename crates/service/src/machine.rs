//! The machine that the daemon runs on: its clock that goes on, and which boot it is.

use std::{fs, sync::LazyLock, time::Duration};

use rustix::time::{ClockId, clock_gettime};

/// Time since the boot, suspend included, where `Instant` stops.
#[must_use]
pub fn since_boot() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// Which boot it is, in the kernel's words; empty where it tells none. No process sees two.
#[must_use]
pub fn boot_id() -> &'static str {
    static BOOT: LazyLock<String> =
        LazyLock::new(|| fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default());
    &BOOT
}
