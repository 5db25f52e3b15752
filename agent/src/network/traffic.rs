//! What an interface carries.

use std::{fs, path::Path, time::Duration};

/// Bytes that an interface has carried since it came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Counters {
    /// Reads them; `sys` is `/sys`. `None` where there is no such interface.
    #[must_use]
    pub fn read(sys: &Path, interface: &str) -> Option<Self> {
        let directory = sys.join("class/net").join(interface).join("statistics");
        let count = |file| fs::read_to_string(directory.join(file)).ok()?.trim().parse().ok();
        Some(Self { received: count("rx_bytes")?, sent: count("tx_bytes")? })
    }

    /// Bit/s in the busier direction since `before`. Counters that went back are those of an interface that came up
    /// anew: what they show is all that is known.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn busiest_since(self, before: Self, took: Duration) -> f64 {
        let carried = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        let most = carried(self.received, before.received).max(carried(self.sent, before.sent));
        most as f64 * 8.0 / took.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_s_counters_are_read_where_the_kernel_puts_them() {
        let sys = tempfile::tempdir().unwrap();
        let directory = sys.path().join("class/net/eth0/statistics");
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("rx_bytes"), "1500000\n").unwrap();
        assert_eq!(Counters::read(sys.path(), "eth0"), None);
        fs::write(directory.join("tx_bytes"), "20\n").unwrap();
        assert_eq!(Counters::read(sys.path(), "eth0"), Some(Counters { received: 1_500_000, sent: 20 }));
        assert_eq!(Counters::read(sys.path(), "eth1"), None);
    }

    #[test]
    #[allow(clippy::float_cmp)] // Powers of two.
    fn the_busier_direction_counts() {
        let before = Counters { received: 1_000, sent: 1_000 };
        let rate = |received, sent| Counters { received, sent }.busiest_since(before, Duration::from_secs(2));
        assert_eq!(rate(1_000, 501_000), 2_000_000.0);
        assert_eq!(rate(501_000, 2_000), 2_000_000.0);
        assert_eq!(rate(0, 0), 0.0, "the interface came up anew");
    }
}
