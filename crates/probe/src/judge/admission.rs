//! Which packets may count, what a peer must not do, and the bounds of memory that follow from the grant.

use std::time::Duration;

use crate::{control::TrainGrant, wire::PacketHeader};

/// No train is judged for longer, whatever was granted.
const LONGEST: Duration = Duration::from_secs(60);
/// No train has more packets, whatever was granted (15 s at 10 Gbit/s have 15.3 million): 2 MiB of flags.
const MOST_PACKETS: u64 = 1 << 24;
/// What a packet's number and stamp may exceed the grant by: IPv4 on one side and IPv6 on the other (a translator
/// in between) count a packet as 1228 and 1248 bytes.
const TOLERANCE: f64 = 1.05;
/// How far a packet may be ahead of its slot beyond that; a sender on its schedule never is.
const AHEAD: Duration = Duration::from_millis(20);
/// How much later than the granted end a packet may have been sent.
const OVERTIME: Duration = Duration::from_secs(1);

/// The bounds of one train.
#[derive(Debug)]
pub(super) struct Admission {
    train: u32,
    /// Time that one packet takes at the granted rate.
    pub(super) gap_s: f64,
    /// IP bytes of one packet.
    pub(super) packet_bytes: u32,
    /// More packets than these were not granted.
    pub(super) packets: u32,
    /// The train's hard limit of time.
    pub(super) time_limit: Duration,
}

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admitted {
    /// It may count.
    Yes,
    /// It is of another train.
    Foreign,
    /// No sender that holds to the grant and to the wire's rules sends this.
    Violation,
}

impl Admission {
    pub(super) fn new(grant: &TrainGrant, packet_bytes: u32) -> Self {
        let packet_bytes = packet_bytes.max(1);
        let time_limit = Duration::from_millis(u64::from(grant.max_ms)).min(LONGEST);
        let bytes = grant.max_bytes.min(grant.rate_bps.bytes_in(time_limit + OVERTIME));
        let packets = bytes.saturating_mul(21) / 20 / u64::from(packet_bytes) + 1;
        Self {
            train: grant.train,
            gap_s: grant.rate_bps.time_for(u64::from(packet_bytes)).as_secs_f64(),
            packet_bytes,
            packets: u32::try_from(packets.min(MOST_PACKETS)).unwrap_or(u32::MAX),
            time_limit,
        }
    }

    /// Judges one packet; `newest` is the packet with the highest number so far and its stamp.
    pub(super) fn check(&self, header: PacketHeader, newest: Option<(u32, Duration)>) -> Admitted {
        if header.train != self.train {
            return Admitted::Foreign;
        }
        let in_order = newest.is_none_or(|(seq, sent_at)| {
            if header.seq > seq { header.sent_at >= sent_at } else { header.sent_at <= sent_at }
        });
        let in_time = header.sent_at <= self.time_limit + OVERTIME;
        let slot_s = f64::from(header.seq) * self.gap_s;
        let on_schedule = slot_s <= header.sent_at.as_secs_f64() * TOLERANCE + AHEAD.as_secs_f64();
        if header.seq < self.packets && in_order && in_time && on_schedule {
            Admitted::Yes
        } else {
            Admitted::Violation
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bitrate;

    fn admission() -> Admission {
        let rate_bps = Bitrate::from_bps(21_000_000).unwrap();
        Admission::new(&TrainGrant { train: 7, rate_bps, max_bytes: u64::MAX, max_ms: 15_000 }, 1228)
    }

    fn packet(seq: u32, millis: u64) -> PacketHeader {
        PacketHeader { train: 7, seq, sent_at: Duration::from_millis(millis) }
    }

    #[test]
    fn honest_packets_count_whatever_their_order() {
        let newest = Some((100, Duration::from_millis(47)));
        assert_eq!(admission().check(packet(0, 0), None), Admitted::Yes);
        assert_eq!(admission().check(packet(101, 48), newest), Admitted::Yes);
        assert_eq!(admission().check(packet(99, 47), newest), Admitted::Yes);
        assert_eq!(admission().check(packet(30_000, 14_100), newest), Admitted::Yes);
    }

    #[test]
    fn another_train_is_none_of_ours() {
        assert_eq!(admission().check(PacketHeader { train: 8, ..packet(0, 0) }, None), Admitted::Foreign);
    }

    #[test]
    fn no_honest_sender_sends_these() {
        let newest = Some((100, Duration::from_millis(47)));
        for (lie, why) in [
            (packet(u32::MAX, 14_000), "a number beyond the granted bytes"),
            (packet(200, 50), "43 ms ahead of its slot"),
            (packet(101, 46), "a later packet sent earlier"),
            (packet(99, 48), "an earlier packet sent later"),
            (packet(101, 3_600_000), "sent an hour after the train's end"),
            (PacketHeader { sent_at: Duration::MAX, ..packet(101, 0) }, "sent at the end of time"),
        ] {
            assert_eq!(admission().check(lie, newest), Admitted::Violation, "{why}");
        }
    }

    #[test]
    fn memory_is_bounded_whatever_is_granted() {
        let most = |bps, bytes| {
            let grant = TrainGrant {
                train: 1,
                rate_bps: Bitrate::from_bps(bps).unwrap(),
                max_bytes: u64::MAX,
                max_ms: u32::MAX,
            };
            Admission::new(&grant, bytes)
        };
        assert_eq!(most(10_000_000_000, 0).packets, 1 << 24);
        assert_eq!(most(10_000_000_000, 1228).time_limit, LONGEST);
        let slow = most(1_000, u32::MAX);
        assert!(f64::from(slow.packets) * slow.gap_s < 1e8 && slow.packets == 1);
    }
}
