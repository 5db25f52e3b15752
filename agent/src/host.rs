//! The machine: its clocks and its name.

use jiff::Timestamp;
use siaga_readiness::moment::{BootId, Moment};
use siaga_service::machine;

/// Now, by both clocks. The boot is 0 where the kernel tells none: evidence doesn't outlive the process anyway.
#[must_use]
pub fn now() -> Moment {
    let boot = machine::boot_id().parse().unwrap_or(BootId(0));
    Moment { wall: Timestamp::now(), since_boot: machine::since_boot(), boot }
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
