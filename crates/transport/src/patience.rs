//! How long each side waits for the other.

use std::time::Duration;

/// The times that bound a probe. With these it ends on the room's side, whatever the server does, within resolving
/// (5 s), the handshake or the look at why there was none (8 s), the answer, the granted time (at most
/// [`Mode::time_limit`](siaga_probe::Mode::time_limit)), a round trip and the grace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For the QUIC and TLS handshake. Geostationary satellite needs 1.8 s with a Retry.
    pub(crate) handshake: Duration,
    /// For the room's request, and for the answer to it.
    pub(crate) answer: Duration,
    /// The longest train that the server grants: the judge's own cap of 8 s, a slow start, and a margin.
    pub(crate) train: Duration,
    /// While trains run, a peer from which nothing comes for this long and a round trip is gone.
    pub(crate) silence: Duration,
    /// How much longer than the trains a side waits for the other's last word.
    pub(crate) grace: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            train: Duration::from_secs(10),
            silence: Duration::from_secs(1),
            grace: Duration::from_secs(2),
        }
    }
}
