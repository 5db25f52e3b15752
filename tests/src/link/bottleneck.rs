//! The slowest hop: a rate and a queue; possibly credit saved while idle (a token-bucket shaper), active queue
//! management, a radio's moving rate, or others who use it too.

use serde::Deserialize;
use siaga_probe::Bitrate;

use super::{
    codel::Codel,
    process::{Bursts, Radio},
    shared::Shared,
    tcp::Tcp,
};

/// A hop with a queue in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bottleneck {
    /// Rate that it serves in the long run.
    pub rate: Bitrate,
    /// A packet that would wait for longer than this is dropped, ms.
    #[serde(default = "ordinary_queue_ms")]
    pub queue_ms: f64,
    /// The same in bytes, where it is smaller.
    #[serde(default)]
    pub queue_bytes: Option<u32>,
    /// Bytes that a shaper lets through at line rate after having been idle, as Linux' `tbf` does; 0: a plain line.
    #[serde(default)]
    pub bucket_bytes: u32,
    /// Whether the queue is managed after CoDel. Only on a line of its own and at a fixed rate, as the bucket.
    #[serde(default)]
    pub codel: bool,
    /// A radio: `rate` is the mean (Starlink: the median).
    #[serde(default)]
    pub radio: Option<Radio>,
    /// Others' traffic that does not care about ours.
    #[serde(default)]
    pub bursts: Option<Bursts>,
    /// A flow of somebody else that does.
    #[serde(default)]
    pub tcp: Option<Tcp>,
}

impl Bottleneck {
    /// Whether two seeds give two different lines.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.radio.is_some() || self.bursts.is_some()
    }
}

/// A home router's buffer: not small, not endless.
fn ordinary_queue_ms() -> f64 {
    300.0
}

#[derive(Debug)]
pub(super) struct State {
    spec: Option<Bottleneck>,
    shared: Option<Shared>,
    codel: Codel,
    /// When the hop has served everything that is in its queue.
    free_at_s: f64,
    tokens: f64,
    tokens_at_s: f64,
}

impl State {
    pub(super) fn new(spec: Option<Bottleneck>, seed: u64) -> Self {
        let tokens = spec.map_or(0.0, |spec| f64::from(spec.bucket_bytes));
        let shared = spec.and_then(|spec| Shared::new(&spec, seed));
        Self { spec, shared, codel: Codel::default(), free_at_s: 0.0, tokens, tokens_at_s: 0.0 }
    }

    /// When the packet has left the hop; `None` if its queue is full.
    pub(super) fn departure(&mut self, at_s: f64, bytes: u32) -> Option<f64> {
        let Some(spec) = self.spec else { return Some(at_s) };
        if let Some(shared) = &mut self.shared {
            return shared.departure(at_s, bytes);
        }
        let bytes_per_s = spec.rate.bps_f64() / 8.0;
        let turn_s = self.free_at_s.max(at_s);
        let wait_s = turn_s - at_s;
        if wait_s * 1e3 > spec.queue_ms
            || spec.queue_bytes.is_some_and(|limit| wait_s * bytes_per_s > f64::from(limit))
        {
            return None;
        }
        if spec.codel && self.codel.drops(turn_s, wait_s) {
            return None;
        }
        self.tokens =
            (self.tokens + (turn_s - self.tokens_at_s) * bytes_per_s).min(f64::from(spec.bucket_bytes));
        self.tokens_at_s = turn_s;
        let missing = (f64::from(bytes) - self.tokens).max(0.0);
        let departure_s = turn_s + missing / bytes_per_s;
        // What the wait brought in was spent at once.
        self.tokens = (self.tokens - f64::from(bytes)).max(0.0);
        self.tokens_at_s = departure_s;
        self.free_at_s = departure_s;
        Some(departure_s)
    }
}
