//! What probes cost, known before they are made.

use std::time::Duration;

use crate::{Bitrate, Mode};

/// IP bytes of this side, both ways, for each kind of probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Costs {
    /// The most that a gate probe can cost.
    pub gate: u64,
    /// What it costs on a link that passes without a doubt.
    pub usual_gate: u64,
    /// The most that a sustain probe can cost.
    pub sustain: u64,
    /// What it costs on a link that passes without a doubt.
    pub usual_sustain: u64,
    /// The most that a quality stream can cost.
    pub quality: u64,
}

impl Costs {
    /// What probes at these rates cost.
    #[must_use]
    pub fn at(up: Bitrate, down: Bitrate) -> Self {
        Self {
            gate: most_bytes(Mode::Gate, up, down),
            usual_gate: usual_bytes(Mode::Gate, up, down),
            sustain: most_bytes(Mode::Sustain, up, down),
            usual_sustain: usual_bytes(Mode::Sustain, up, down),
            quality: most_bytes(Mode::Quality, up, down),
        }
    }

    /// The most that a probe of this kind can cost.
    #[must_use]
    pub const fn most(&self, mode: Mode) -> u64 {
        match mode {
            Mode::Gate | Mode::Unknown => self.gate,
            Mode::Sustain => self.sustain,
            Mode::Quality => self.quality,
        }
    }
}

/// IP bytes, both ways, that a probe at these rates costs at the most: what may be granted for as long as the judges
/// wait from the first arrival (gate: eight seconds; sustain: thirty), and a second for their word to reach the sender
/// over a satellite.
#[must_use]
pub fn most_bytes(mode: Mode, up: Bitrate, down: Bitrate) -> u64 {
    let granted = |time| rated(up, down, time) / 10 * 11;
    let trains = match mode {
        Mode::Gate | Mode::Unknown => granted(Duration::from_secs(8 + 1)),
        Mode::Sustain => granted(Duration::from_secs(30 + 1)),
        Mode::Quality => QUALITY_STREAM,
    };
    trains + HANDSHAKE_AND_CONTROL
}

/// The same for a probe of a steady link that passes: a second (sustain: 21) at 1.05 times the rates.
#[must_use]
pub fn usual_bytes(mode: Mode, up: Bitrate, down: Bitrate) -> u64 {
    let sent = |time| rated(up, down, time) / 100 * 105;
    match mode {
        Mode::Gate | Mode::Unknown => sent(Duration::from_secs(1)),
        Mode::Sustain => sent(Duration::from_secs(21)),
        Mode::Quality => QUALITY_STREAM,
    }
}

fn rated(up: Bitrate, down: Bitrate, time: Duration) -> u64 {
    up.bytes_in(time) + down.bytes_in(time)
}

/// A quality stream stays below this, both ways, whatever the rates.
const QUALITY_STREAM: u64 = 100_000;

/// Above what any handshake was seen to take.
const HANDSHAKE_AND_CONTROL: u64 = 256 * 1024;
