//! What an operator sets.

use std::time::Duration;

use super::{Purpose, load::Load};
use crate::{Bitrate, Mode};

/// What one server gives, and to whom how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// What the server's own line carries, IP layer, from rooms to it.
    pub uplink_up: Bitrate,
    /// The same, from it to rooms.
    pub uplink_down: Bitrate,
    /// How much of that probes may take together, in per cent, 1 to 100.
    pub share_percent: u8,
    /// Highest rate that may be asked about, per direction.
    pub max_rate: Bitrate,
    /// Probes at the same time, whatever their rates, at least 1.
    pub max_probes: u32,
    /// IP bytes that one room's probes may cost within any 24 hours, both ways; no more than half of it at once.
    pub daily_bytes: u64,
    /// Probes that one room may make within any 24 hours; no more than half of them at once.
    pub daily_probes: u32,
}

/// Of a lease's time the trains get all but this: a round trip before and after, a pre-train, the last words.
const BESIDE_TRAINS: Duration = Duration::from_secs(5);

/// When a probe of this kind is over at the latest, counted from its grant.
#[must_use]
pub const fn longest_lease(mode: Mode) -> Duration {
    match mode {
        Mode::Sustain => Duration::from_secs(40),
        Mode::Gate | Mode::Quality | Mode::Unknown => Duration::from_secs(15),
    }
}

/// The longest train that a kind of probe is granted.
#[must_use]
pub fn longest_train(mode: Mode) -> Duration {
    (longest_lease(mode) - BESIDE_TRAINS).min(mode.time_limit())
}

/// Sustain probes hold their rates twenty times as long as a gate probe: together they may take this much of the share, in
/// per cent, so that the gate's go on. About half of what is for routine.
const SUSTAIN_PERCENT: u64 = 40;

impl Limits {
    /// All that probes may take together.
    pub(super) fn share(&self) -> Load {
        let whole = Load {
            up: self.uplink_up.bps(),
            down: self.uplink_down.bps(),
            places: u64::from(self.max_probes),
        };
        let part = |bps: u64| bps / 100 * u64::from(self.share_percent.min(100));
        Load { up: part(whole.up), down: part(whole.down), ..whole }
    }

    /// The highest rates that may be asked about, up and down.
    pub(super) fn highest(&self, mode: Mode) -> (Bitrate, Bitrate) {
        if !mode.loads() {
            return (self.max_rate, self.max_rate);
        }
        let over = mode.sending_rate(self.max_rate).bps_f64() / self.max_rate.bps_f64();
        let part = f64::from(self.share_percent.min(100)) / 100.0 / over.max(1.0);
        (self.uplink_up.scaled(part).min(self.max_rate), self.uplink_down.scaled(part).min(self.max_rate))
    }

    /// What may be taken once a probe of this purpose has its part.
    pub(super) fn ceiling(&self, purpose: Purpose) -> Load {
        self.share().percent(purpose.ceiling_percent())
    }

    /// What sustain probes may take together.
    pub(super) fn sustain_ceiling(&self) -> Load {
        self.share().percent(SUSTAIN_PERCENT)
    }
}
