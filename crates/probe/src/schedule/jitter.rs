//! Chance that repeats itself under a seed.

use std::{ops::Range, time::Duration};

/// splitmix64 (Steele, Lea and Flood 2014): good enough to spread rooms, and the same in every release.
#[derive(Debug, Clone)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// `time` by a factor from `factors`.
    pub(crate) fn stretch(&mut self, time: Duration, factors: Range<f64>) -> Duration {
        time.mul_f64(factors.start + (factors.end - factors.start) * self.share())
    }

    /// From 0 to below 1.
    #[allow(clippy::cast_precision_loss)] // 53 bits are what a double holds.
    pub(crate) fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }
}
