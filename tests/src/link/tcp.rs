//! One long-lived TCP-like flow (a download, a backup) in the same queue: it fills the queue, backs off when the queue
//! overflows, and gives way to our train as far as losses make it.

use serde::Deserialize;

/// Such a flow.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tcp {
    /// Its round trip without queues, ms.
    pub rtt_ms: f64,
    /// It never sends faster than this share of the bottleneck (a slow far end), 0 to 1.
    #[serde(default = "all_of_it")]
    pub at_most: f64,
}

fn all_of_it() -> f64 {
    1.0
}

/// Bits of a full segment.
const SEGMENT_BITS: f64 = 12_000.0;
/// After a loss the window shrinks to this share, and between losses it grows by this many segments a round trip:
/// RFC 9438's rule for the region in which CUBIC is as friendly as Reno.
const BACK_OFF: f64 = 0.7;
const GROWTH: f64 = 0.53;
/// The window is looked at this often, s.
const TICK_S: f64 = 0.01;

#[derive(Debug)]
pub(super) struct Flow {
    rtt_s: f64,
    at_most_bps: f64,
    window_bits: f64,
    ticked_at_s: f64,
    /// Losses of one round trip count once.
    deaf_until_s: f64,
}

impl Flow {
    pub(super) fn new(tcp: &Tcp, bottleneck_bps: f64) -> Self {
        let rtt_s = tcp.rtt_ms / 1e3;
        let at_most_bps = tcp.at_most * bottleneck_bps;
        // It has been there for long: its window is what the path holds.
        Self { rtt_s, at_most_bps, window_bits: at_most_bps * rtt_s, ticked_at_s: 0.0, deaf_until_s: 0.0 }
    }

    /// Its sending rate while `queue_s` of queue stand before it, and until when.
    pub(super) fn rate(&mut self, at_s: f64, queue_s: f64) -> (f64, f64) {
        let rtt_s = self.rtt_s + queue_s;
        if at_s - self.ticked_at_s >= TICK_S - 1e-9 {
            self.window_bits += GROWTH * SEGMENT_BITS * (at_s - self.ticked_at_s) / rtt_s;
            self.window_bits = self.window_bits.min(self.at_most_bps * rtt_s);
            self.ticked_at_s = at_s;
        }
        ((self.window_bits / rtt_s).min(self.at_most_bps), self.ticked_at_s + TICK_S)
    }

    pub(super) fn on_overflow(&mut self, at_s: f64) {
        if at_s >= self.deaf_until_s {
            self.window_bits = (self.window_bits * BACK_OFF).max(2.0 * SEGMENT_BITS);
            self.deaf_until_s = at_s + 2.0 * self.rtt_s;
        }
    }
}
