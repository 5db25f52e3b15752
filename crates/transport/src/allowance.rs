//! What a peer may put on the line: the receiver's own hard limit, whatever the peer's pacer thinks.

use std::time::Duration;

use quinn::Connection;
use siaga_probe::control::TrainGrant;
use tokio::time::{Instant, sleep};

use crate::counts::ip_bytes;

/// How often the limit is checked: 250 kB pass meanwhile at 100 Mbit/s.
const EVERY: Duration = Duration::from_millis(20);

/// The same while nothing is granted, when there may be thousands of connections.
const SELDOM: Duration = Duration::from_millis(250);

/// Over the grant in per cent: IPv6 counted as IPv4 (2 %), and packets that the network doubles now and then. A limit
/// for safety; whether the train kept to its schedule is the judge's business.
const TOLERANCE_PERCENT: u64 = 125;

/// Acknowledgements of what this side sends, at most one for each packet: 80 bytes for 1188.
const ACKS_PERCENT: u64 = 10;

/// Control messages, the pacer's first burst, and a share of rounding.
const SLACK_BYTES: u64 = 64 * 1024;

/// Counts what comes in on a connection against what was granted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    since: Instant,
    received: u64,
    sent: u64,
}

impl Allowance {
    /// Counts from here. Taken before anything can be granted, so that an honest peer has at least the time it thinks.
    pub(crate) fn start(connection: &Connection) -> Self {
        let bytes = ip_bytes(connection);
        Self { since: Instant::now(), received: bytes.received, sent: bytes.sent }
    }

    /// IP bytes sent by this side since the start.
    pub(crate) fn sent(&self, connection: &Connection) -> u64 {
        ip_bytes(connection).sent.saturating_sub(self.sent)
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// Resolves once the peer has sent more than `grant` lets it.
    pub(crate) async fn exceeded(&self, connection: &Connection, grant: &TrainGrant) {
        while !self.is_exceeded(connection, grant) {
            sleep(EVERY).await;
        }
    }

    /// Resolves once the peer has sent any packet of a train, or more of anything else than a request is.
    pub(crate) async fn exceeded_by_nothing_granted(&self, connection: &Connection) {
        let too_much = async {
            while self.received(connection) <= percent(self.sent(connection), ACKS_PERCENT) + SLACK_BYTES {
                sleep(SELDOM).await;
            }
        };
        tokio::select! {
            Ok(_) = connection.read_datagram() => {}
            () = too_much => {}
        }
    }

    fn received(&self, connection: &Connection) -> u64 {
        ip_bytes(connection).received.saturating_sub(self.received)
    }

    /// Whether the peer has sent more than `grant` lets it by now.
    pub(crate) fn is_exceeded(&self, connection: &Connection, grant: &TrainGrant) -> bool {
        self.received(connection) > most(grant, self.elapsed(), self.sent(connection))
    }
}

/// The most that an honest peer sends within `time`, while this side sends `sent` bytes.
fn most(grant: &TrainGrant, time: Duration, sent: u64) -> u64 {
    let train = grant.max_bytes.min(grant.rate_bps.bytes_in(time));
    percent(train, TOLERANCE_PERCENT) + percent(sent, ACKS_PERCENT) + SLACK_BYTES
}

fn percent(bytes: u64, percent: u64) -> u64 {
    bytes / 100 * percent
}

#[cfg(test)]
mod tests {
    use siaga_probe::Bitrate;

    use super::*;

    #[test]
    fn the_limit_grows_with_time_up_to_the_granted_bytes() {
        let grant = TrainGrant {
            train: 1,
            rate_bps: Bitrate::from_bps(8_000_000).unwrap(),
            max_bytes: 2_000_000,
            max_ms: 15_000,
        };
        let after = |seconds| most(&grant, Duration::from_secs(seconds), 0) - SLACK_BYTES;
        assert_eq!(after(0), 0);
        assert_eq!(after(1), 1_250_000);
        assert_eq!(after(15), 2_500_000);
        assert_eq!(most(&grant, Duration::ZERO, 1_000_000), 100_000 + SLACK_BYTES);
    }

    #[test]
    fn an_absurd_grant_does_not_overflow() {
        let rate_bps = Bitrate::from_bps(10_000_000_000).unwrap();
        let grant = TrainGrant { train: 1, rate_bps, max_bytes: u64::MAX, max_ms: u32::MAX };
        assert!(most(&grant, Duration::from_secs(60), u64::MAX / 1_000) > 0);
    }
}
