//! The measures that people and metrics see; the rule does not use them.

use crate::Percentiles;

/// Delays kept for the percentiles: 64 KiB. A verdict after a second at 20 Mbit/s needs a quarter of it.
const MOST_SAMPLES: usize = 8192;

/// Collects over all packets that came in time, in the order of arrival.
#[derive(Debug)]
pub(super) struct Summary {
    /// Every `stride`-th delay.
    samples: Vec<f64>,
    stride: u64,
    packets: u64,
    max_s: f64,
    previous_s: Option<f64>,
    differences_s: f64,
}

impl Summary {
    pub(super) fn new() -> Self {
        Self {
            samples: Vec::new(),
            stride: 1,
            packets: 0,
            max_s: f64::NEG_INFINITY,
            previous_s: None,
            differences_s: 0.0,
        }
    }

    pub(super) fn on_packet(&mut self, delay_s: f64) {
        if self.packets.is_multiple_of(self.stride) {
            if self.samples.len() == MOST_SAMPLES {
                // Every second one gives way, so that the samples stay evenly spread over the train.
                let mut keep = false;
                self.samples.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
            if self.packets.is_multiple_of(self.stride) {
                self.samples.push(delay_s);
            }
        }
        self.packets += 1;
        self.max_s = self.max_s.max(delay_s);
        if let Some(previous) = self.previous_s.replace(delay_s) {
            self.differences_s += (delay_s - previous).abs();
        }
    }

    /// Packets that came in time.
    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Percentiles (nearest rank) of the delay over `base_s`, ms.
    pub(super) fn percentiles(&self, base_s: f64) -> Option<Percentiles> {
        let mut sorted = self.samples.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let at = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1).min(last);
            sorted.get(rank).map(|delay| (delay - base_s) * 1e3)
        };
        Some(Percentiles { p50: at(50)?, p95: at(95)?, p99: at(99)?, max: (self.max_s - base_s) * 1e3 })
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.samples.capacity() * size_of::<f64>()
    }

    /// Mean absolute difference of successive delays, ms.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn jitter_ms(&self) -> Option<f64> {
        (self.packets > 1).then(|| self.differences_s * 1e3 / (self.packets - 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_all_delays_even_when_only_some_are_kept() {
        let mut summary = Summary::new();
        let packets = 1_000_000_u32;
        for at in 0..packets {
            // A saw of 0 to 99.9 ms that no stride of two falls in step with.
            summary.on_packet(f64::from(at * 7 % 1_000) / 1e4);
        }
        summary.on_packet(0.5);
        assert!(summary.samples.len() <= MOST_SAMPLES && summary.samples.len() > MOST_SAMPLES / 4);
        let found = summary.percentiles(0.0).unwrap();
        assert!((found.p50 - 50.0).abs() < 1.0, "{found:?}");
        assert!((found.p95 - 95.0).abs() < 1.0, "{found:?}");
        assert!((found.p99 - 99.0).abs() < 1.0, "{found:?}");
        assert!((found.max - 500.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn jitter_is_the_mean_step_between_neighbours() {
        let mut summary = Summary::new();
        assert_eq!(summary.jitter_ms(), None);
        for delay in [0.010, 0.012, 0.011, 0.014] {
            summary.on_packet(delay);
        }
        assert!((summary.jitter_ms().unwrap() - 2.0).abs() < 1e-9);
    }
}
