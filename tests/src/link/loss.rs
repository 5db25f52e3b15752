//! Loss that does not depend on the load: packet by packet, or in bursts.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;

/// Random loss.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomLoss {
    /// Share of the time (so of the packets) that is lost, 0 to 1.
    pub ratio: f64,
    /// Mean length of a burst in which every packet is lost, ms (lengths and gaps are exponential: Gilbert's model in
    /// time); 0: each packet for itself.
    #[serde(default)]
    pub burst_ms: f64,
}

#[derive(Debug)]
pub(super) struct State {
    spec: Option<RandomLoss>,
    in_burst: bool,
    until_s: f64,
    random: Pcg64Mcg,
}

impl State {
    pub(super) fn new(spec: Option<RandomLoss>, seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        // In its long-run state from the first packet on.
        let in_burst = spec.is_some_and(|spec| random.random_bool(spec.ratio));
        let mut state = Self { spec, in_burst, until_s: 0.0, random };
        state.until_s = spec.map_or(f64::INFINITY, |spec| state.stay_s(spec));
        state
    }

    pub(super) fn takes(&mut self, at_s: f64) -> bool {
        let Some(spec) = self.spec else { return false };
        if spec.burst_ms <= 0.0 {
            return self.random.random_bool(spec.ratio);
        }
        while self.until_s <= at_s {
            self.in_burst = !self.in_burst;
            self.until_s += self.stay_s(spec);
        }
        self.in_burst
    }

    fn stay_s(&mut self, spec: RandomLoss) -> f64 {
        let burst_s = spec.burst_ms / 1e3;
        let mean_s = if self.in_burst { burst_s } else { burst_s * (1.0 - spec.ratio) / spec.ratio };
        exponential(mean_s, &mut self.random)
    }
}

/// An exponentially distributed time.
pub(super) fn exponential(mean_s: f64, random: &mut Pcg64Mcg) -> f64 {
    -mean_s * (1.0 - random.random::<f64>()).ln()
}
