//! How many frames and bytes are taken from a room. Its own agent sends far fewer; more is a fault or an attack.

use tokio::time::Instant;

/// Frames per second, and how many at once.
pub(crate) const FRAMES: Bucket = Bucket { per_second: 20.0, most: 100.0 };

/// Bytes per second, and how many at once: what a room saved up over a week, and the largest snapshots.
pub(crate) const BYTES: Bucket = Bucket { per_second: 256.0 * 1024.0, most: 4.0 * 1024.0 * 1024.0 };

pub(crate) struct Bucket {
    pub(crate) per_second: f64,
    pub(crate) most: f64,
}

/// What a room may still send now.
#[derive(Debug)]
pub(super) struct Rate {
    frames: f64,
    bytes: f64,
    at: Instant,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { frames: FRAMES.most, bytes: BYTES.most, at: now }
    }

    /// Takes a frame in. Answers whether it was still allowed.
    #[allow(clippy::cast_precision_loss)] // A frame's length is far below 2^53.
    pub(super) fn takes(&mut self, bytes: usize, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        let filled = |left: f64, bucket: &Bucket| (left + passed * bucket.per_second).min(bucket.most);
        self.frames = filled(self.frames, &FRAMES) - 1.0;
        self.bytes = filled(self.bytes, &BYTES) - bytes as f64;
        self.frames >= 0.0 && self.bytes >= 0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_agent_s_rate_is_taken_for_ever_and_a_flood_is_not() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut rate = Rate::new(start);
        // Three frames a second, one of them full of records: as fast as an agent ever sends.
        for ms in (0..600_000).step_by(333) {
            assert!(rate.takes(30_000 + 1_000, at(ms)));
        }
        let mut rate = Rate::new(start);
        let taken = (0..10_000).take_while(|n| rate.takes(200, at(n / 10))).count();
        assert!((100..150).contains(&taken), "{taken} of 10,000 in a second");
        let mut rate = Rate::new(start);
        let taken = (0..100).take_while(|_| rate.takes(256 * 1024, start)).count();
        assert_eq!(taken, 16);
    }
}
