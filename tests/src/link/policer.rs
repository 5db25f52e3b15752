//! A policer: drops what exceeds its rate, and never delays.

use serde::Deserialize;
use siaga_probe::Bitrate;

/// A token bucket without a queue.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policer {
    /// Rate in the long run.
    pub rate: Bitrate,
    /// Bytes that may exceed it at once.
    #[serde(default = "ordinary_bucket")]
    pub bucket_bytes: u32,
}

/// 40 ms at 20 Mbit/s; vendors advise 10 to 100 ms of the rate.
fn ordinary_bucket() -> u32 {
    100_000
}

#[derive(Debug)]
pub(super) struct State {
    spec: Option<Policer>,
    tokens: f64,
    at_s: f64,
}

impl State {
    pub(super) fn new(spec: Option<Policer>) -> Self {
        Self { spec, tokens: spec.map_or(0.0, |spec| f64::from(spec.bucket_bytes)), at_s: 0.0 }
    }

    pub(super) fn lets_through(&mut self, at_s: f64, bytes: u32) -> bool {
        let Some(spec) = self.spec else { return true };
        self.tokens =
            (self.tokens + (at_s - self.at_s) * spec.rate.bps_f64() / 8.0).min(f64::from(spec.bucket_bytes));
        self.at_s = at_s;
        let enough = self.tokens >= f64::from(bytes);
        if enough {
            self.tokens -= f64::from(bytes);
        }
        enough
    }
}
