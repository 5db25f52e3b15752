//! How long each side waits for the other.

use std::time::Duration;

use siaga_probe::{Mode, admission, control::Grant, credit};

/// The times that bound a probe. With these it ends on the room's side, whatever the server does, within resolving
/// (5 s), the handshake or the look at why there was none (8 s), the answer, the granted time (at most
/// [`Mode::time_limit`]), a round trip (on a long way two, and a pre-train) and the grace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the QUIC and TLS handshake. Geostationary satellite needs 1.8 s with a Retry.
    pub(crate) handshake: Duration,
    /// For the room's request, and for the answer to it.
    pub(crate) answer: Duration,
    /// The longest train of a gate probe that the server grants: the judge's own cap of 8 s, a slow start, and a margin.
    pub(crate) train: Duration,
    /// While trains run, a peer from which nothing comes for this long and a round trip is gone.
    pub(crate) silence: Duration,
    /// How much longer than the trains a side waits for the other's last word.
    pub(crate) grace: Duration,
    /// A room that uses nothing of what it was granted for this long has it no more.
    pub(crate) unused: Duration,
    /// Whether a server begins nothing more while its own pacers wake too late.
    pub(crate) minds_lateness: bool,
}

impl Patience {
    /// The longest train that the server grants to a kind of probe.
    pub(crate) fn longest_train(&self, mode: Mode) -> Duration {
        match mode {
            Mode::Gate | Mode::Unknown => self.train,
            Mode::Sustain | Mode::Quality => admission::longest_train(mode),
        }
    }

    /// The longest that both trains of a granted probe may take with all that belongs to them.
    pub(crate) fn longest_probe(&self, grant: &Grant, rtt: Duration) -> Duration {
        let train = Duration::from_millis(grant.up.max_ms.max(grant.down.max_ms).into());
        let rtt = rtt.min(self.handshake);
        // On a slow link a pre-train arrives long after it was sent.
        let before = if grant.pre_trains.is_some() {
            2 * credit::PRE_TRAIN + rtt + self.silence
        } else {
            Duration::ZERO
        };
        before + train + rtt + self.grace
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            train: Duration::from_secs(10),
            silence: Duration::from_secs(1),
            grace: Duration::from_secs(2),
            unused: admission::USED_WITHIN,
            minds_lateness: true,
        }
    }
}
