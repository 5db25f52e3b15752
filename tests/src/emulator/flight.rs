//! The packets that are under way, in the order in which they arrive.

use std::{cmp::Ordering, collections::BinaryHeap, sync::Arc, time::Duration};

use crate::link::Fate;

#[derive(Debug, Default)]
pub(super) struct Flight {
    packets: BinaryHeap<Packet>,
    entered: u64,
}

impl Flight {
    /// A packet with the fate that its link gave it.
    pub(super) fn add(&mut self, fate: Fate, bytes: &Arc<[u8]>) {
        for due in fate.arrival.into_iter().chain(fate.duplicate) {
            self.packets.push(Packet { due, order: self.entered, bytes: bytes.clone() });
            self.entered += 1;
        }
    }

    /// When the next one arrives.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.packets.peek().map(|packet| packet.due)
    }

    /// The next packet that has arrived by `now`, and when it did.
    pub(super) fn land(&mut self, now: Duration) -> Option<(Duration, Arc<[u8]>)> {
        if self.next_due()? > now {
            return None;
        }
        self.packets.pop().map(|packet| (packet.due, packet.bytes))
    }
}

#[derive(Debug)]
struct Packet {
    due: Duration,
    order: u64,
    bytes: Arc<[u8]>,
}

/// The greatest is the next to arrive; of two at the same time, the one that entered first.
impl Ord for Packet {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.order).cmp(&(self.due, self.order))
    }
}

impl PartialOrd for Packet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Packet {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Packet {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Link, LinkSpec};

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn packets_of_the_same_instant_land_in_the_order_in_which_they_entered() {
        let mut flight = Flight::default();
        for name in 0..9 {
            flight.add(Fate { arrival: Some(5 * MS), duplicate: None }, &packet(name));
        }
        assert_eq!(landed_by(&mut flight, 5 * MS), (0..9).map(|name| (5 * MS, name)).collect::<Vec<_>>());
    }

    #[test]
    fn a_packet_on_a_longer_way_is_overtaken() {
        let mut flight = Flight::default();
        flight.add(Fate { arrival: Some(8 * MS), duplicate: None }, &packet(1));
        flight.add(Fate { arrival: Some(6 * MS), duplicate: None }, &packet(2));
        assert_eq!(flight.next_due(), Some(6 * MS));
        assert_eq!(landed_by(&mut flight, 7 * MS), [(6 * MS, 2)]);
        assert_eq!(landed_by(&mut flight, 9 * MS), [(8 * MS, 1)]);
    }

    #[test]
    fn a_dropped_packet_never_lands_and_a_duplicate_lands_twice() {
        let mut flight = Flight::default();
        flight.add(Fate::default(), &packet(1));
        flight.add(Fate { arrival: Some(MS), duplicate: Some(2 * MS) }, &packet(2));
        assert_eq!(landed_by(&mut flight, Duration::MAX), [(MS, 2), (2 * MS, 2)]);
        assert_eq!(flight.next_due(), None);
    }

    #[test]
    fn a_burst_over_a_line_lands_at_the_lines_rate() {
        // 1250 bytes at 10 Mbit/s: one each millisecond, after 15 ms of way.
        let spec: LinkSpec = toml::from_str("delay_ms = 15\nbottleneck = { rate = \"10M\" }").unwrap();
        let mut link = Link::new(&spec, 1);
        let mut flight = Flight::default();
        for name in 0..4 {
            flight.add(link.send(Duration::ZERO, 1250), &packet(name));
        }
        let due = landed_by(&mut flight, Duration::MAX);
        assert_eq!(due, [(16 * MS, 0), (17 * MS, 1), (18 * MS, 2), (19 * MS, 3)]);
    }

    fn packet(name: u8) -> Arc<[u8]> {
        Arc::new([name])
    }

    fn landed_by(flight: &mut Flight, now: Duration) -> Vec<(Duration, u8)> {
        std::iter::from_fn(|| flight.land(now)).map(|(due, bytes)| (due, bytes[0])).collect()
    }
}
