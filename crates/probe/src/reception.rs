//! The receiving end of one direction, without a network: its pre-train, if there is one, then its train, judged and
//! given credit as they come. The programs and the simulator drive this same value.

use std::time::Duration;

use crate::{
    Bitrate, Direction, DirectionResult, Mode, Reason, Verdict,
    control::{Grant, TrainGrant},
    credit::{self, CreditLine, packets_in},
    judge::{self, Effort, TrainJudge, rule::Finding},
    wakefulness::Wakefulness,
    wire::PacketHeader,
};

/// What is granted in one direction.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Kind of probe.
    pub mode: Mode,
    /// The train.
    pub train: TrainGrant,
    /// The short train before it, where the way is long.
    pub pre_train: Option<TrainGrant>,
    /// How far the sender may be ahead of its receiver, in time at the granted rate.
    pub window: Duration,
}

/// What a train is to show.
#[derive(Debug, Clone, Copy)]
pub struct Criterion {
    /// How much time the judge may take.
    pub effort: Effort,
    /// The rate that the link must sustain.
    pub target: Bitrate,
}

impl Terms {
    /// One direction's part of a grant.
    #[must_use]
    pub fn of(grant: &Grant, mode: Mode, direction: Direction) -> Self {
        let pre_trains = grant.pre_trains;
        let (train, pre_train) = match direction {
            Direction::Up => (grant.up, pre_trains.map(|both| both.up)),
            Direction::Down => (grant.down, pre_trains.map(|both| both.down)),
        };
        Self { mode, train, pre_train, window: Duration::from_millis(grant.window_ms.into()) }
    }

    /// Packets of `packet_bytes` IP bytes that the train may have before its receiver says more.
    #[must_use]
    pub fn first_credit(&self, packet_bytes: u32) -> u32 {
        if self.pre_train.is_some() { 0 } else { packets_in(&self.train, packet_bytes, self.window) }
    }
}

/// A pre-train is seen once this much of it has come, in per cent: what is lost of it is the train's business.
const PRE_TRAIN_SEEN: u64 = 90;

/// A pre-train on a slow link takes longer to arrive than to send.
const PRE_TRAIN_MS: u32 = 2_000;

/// Receives one direction.
#[derive(Debug)]
pub struct Reception {
    terms: Terms,
    criterion: Criterion,
    packet_bytes: u32,
    rtt: Duration,
    /// The pre-train, while it is expected.
    pre_train: Option<TrainGrant>,
    judge: Box<dyn TrainJudge>,
    wakefulness: Wakefulness,
    credit: CreditLine,
    /// Packets of the pre-train that came.
    came: u64,
}

impl Reception {
    /// A receiver that expects the first packet at `first` (its own clock, any epoch) over a way of the round trip
    /// `rtt`; `packet_bytes` are the IP bytes of one full packet. `None` for a kind of probe that is not known.
    #[must_use]
    pub fn new(
        terms: Terms,
        criterion: Criterion,
        packet_bytes: u32,
        first: Duration,
        rtt: Duration,
    ) -> Option<Self> {
        // Of a pre-train any kind of probe wants to know what a gate does in its first moments.
        let (mode, begins) = match terms.pre_train {
            Some(pre_train) => (Mode::Gate, TrainGrant { max_ms: PRE_TRAIN_MS, ..pre_train }),
            None => (terms.mode, terms.train),
        };
        let judge = judge::for_train(mode, criterion.effort, &begins, criterion.target, packet_bytes, first)?;
        let credit =
            CreditLine::new(&terms.train, packet_bytes, terms.window, terms.first_credit(packet_bytes));
        Some(Self {
            terms,
            criterion,
            packet_bytes,
            rtt,
            pre_train: terms.pre_train,
            judge,
            wakefulness: Wakefulness::default(),
            credit,
            came: 0,
        })
    }

    /// A datagram of full size arrived at `now`. Packets of other trains are ignored.
    pub fn on_packet(&mut self, now: Duration, header: PacketHeader) {
        let Some(pre_train) = self.pre_train else {
            self.judge.on_packet(now, header);
            if header.train == self.terms.train.train {
                self.credit.on_packet(now, header);
            }
            return;
        };
        self.judge.on_packet(now, header);
        self.came += u64::from(header.train == pre_train.train);
        let packets = pre_train.max_bytes / u64::from(self.packet_bytes.max(1));
        if self.came * 100 >= packets * PRE_TRAIN_SEEN {
            self.begin_train(now);
        }
    }

    /// Whether the train may have begun, so that its end may be told.
    #[must_use]
    pub fn expects_train(&self) -> bool {
        self.pre_train.is_none()
    }

    /// The sender says at `now` that its train ended after this many packets.
    pub fn on_sent(&mut self, now: Duration, packets: u32) {
        self.judge.on_sent(now, packets);
    }

    /// The time of the next look; call [`Self::look`] then. Every input may bring it forward.
    #[must_use]
    pub fn next_look(&self) -> Duration {
        self.judge.next_look()
    }

    /// Looks at `now`, if a look is due. Hand over all packets that have arrived first. Once there is a finding it stays,
    /// and the sender is to stop.
    pub fn look(&mut self, now: Duration) -> Option<Finding> {
        let due = self.judge.next_look();
        if now < due {
            return None;
        }
        // A judge that has its verdict is always due.
        if due > Duration::ZERO {
            self.wakefulness.on_look(due, now);
        }
        let found = self.judge.look(now);
        if self.pre_train.is_none() {
            if found.is_none() {
                self.credit.extend(self.enough());
            }
            return found;
        }
        let (verdict, reason) = found?;
        // The pre-train alone is as bad, or as broken, as a train would be in its first moments.
        if verdict == Verdict::Fail || reason == Reason::PeerFailed || self.came == 0 {
            return found;
        }
        self.begin_train(now);
        None
    }

    /// Packets of the train that its sender may send in all, for all that is known; it never becomes less.
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.credit.given()
    }

    /// The finding so far, as far as it is the link's.
    #[must_use]
    pub fn result(&self) -> DirectionResult {
        self.wakefulness.of_the_link(self.judge.result())
    }

    /// Ends the judgement without a statement about the link, unless there is a finding already.
    pub fn abandon(&mut self, reason: Reason) {
        self.judge.abandon(reason);
    }

    /// Packets of the train that will do, if the rest is like what came.
    fn enough(&self) -> Option<u32> {
        let time = credit::enough(self.terms.window, self.judge.needs()?)?;
        Some(packets_in(&self.terms.train, self.packet_bytes, time))
    }

    /// The train may begin; its first packet takes a round trip.
    fn begin_train(&mut self, now: Duration) {
        self.pre_train = None;
        let Criterion { effort, target } = self.criterion;
        let (mode, train) = (self.terms.mode, &self.terms.train);
        let first = now.saturating_add(self.rtt);
        if let Some(judge) = judge::for_train(mode, effort, train, target, self.packet_bytes, first) {
            self.judge = judge;
        }
        let opened = packets_in(train, self.packet_bytes, self.terms.window);
        self.credit = CreditLine::new(train, self.packet_bytes, self.terms.window, opened);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKET: u32 = 1_188;
    const MS: Duration = Duration::from_millis(1);
    const RTT: Duration = Duration::from_millis(600);

    fn grant(train: u32, max_ms: u32) -> TrainGrant {
        let rate_bps = Bitrate::from_bps(21_000_000).unwrap();
        TrainGrant { train, rate_bps, max_bytes: rate_bps.bytes_in(max_ms * MS), max_ms }
    }

    fn reception(pre_train: Option<TrainGrant>) -> Reception {
        let window = credit::window(Mode::Gate, RTT);
        let terms = Terms { mode: Mode::Gate, train: grant(1, 10_000), pre_train, window };
        let criterion = Criterion { effort: Effort::Normal, target: Bitrate::from_bps(20_000_000).unwrap() };
        Reception::new(terms, criterion, PACKET, Duration::ZERO, RTT).unwrap()
    }

    /// Packets on their schedule from `start` on, over a line that takes `stretch` times as long for each.
    fn feed(
        reception: &mut Reception,
        train: u32,
        packets: impl IntoIterator<Item = u32>,
        start: Duration,
        stretch: f64,
    ) -> Option<Finding> {
        let gap = grant(train, 100).rate_bps.time_for(PACKET.into());
        for seq in packets {
            let (sent_at, now) = (gap * seq, start + (gap * seq).mul_f64(stretch));
            while reception.next_look() < now {
                if let Some(found) = reception.look(reception.next_look()) {
                    return Some(found);
                }
            }
            reception.on_packet(now, PacketHeader { train, seq, sent_at });
        }
        None
    }

    #[test]
    fn without_a_pre_train_there_is_a_window_of_credit_from_the_start_and_more_as_packets_come() {
        let mut reception = reception(None);
        let first = packets_in(&grant(1, 1), PACKET, RTT + 250 * MS);
        assert_eq!((reception.credit(), reception.expects_train()), (first, true));
        assert_eq!(feed(&mut reception, 1, 0..500, 300 * MS, 1.0), None);
        assert!(reception.credit() > first, "{}", reception.credit());
    }

    #[test]
    fn a_pre_train_opens_the_train_once_nine_tenths_of_it_have_come() {
        let mut reception = reception(Some(grant(2, 100)));
        let packets = u32::try_from(grant(2, 100).max_bytes / u64::from(PACKET)).unwrap();
        feed(&mut reception, 2, 0..packets * 85 / 100, 300 * MS, 1.0);
        assert_eq!((reception.credit(), reception.expects_train()), (0, false));
        feed(&mut reception, 2, 0..packets * 95 / 100, 300 * MS, 1.0);
        assert!(reception.credit() > 0 && reception.expects_train());
        let found = feed(&mut reception, 1, 0..5_000, 1_000 * MS, 1.0);
        assert_eq!(found, Some((Verdict::Pass, Reason::Sustained)));
    }

    #[test]
    fn a_pre_train_that_fails_alone_is_the_finding_and_opens_nothing() {
        let mut reception = reception(Some(grant(2, 100)));
        let found = feed(&mut reception, 2, 0..200, 300 * MS, 10.0);
        assert_eq!(found, Some((Verdict::Fail, Reason::QueueGrows)));
        assert_eq!((reception.credit(), reception.result().verdict), (0, Verdict::Fail));
    }

    #[test]
    fn a_pre_train_of_which_nothing_comes_is_an_outage() {
        let mut reception = reception(Some(grant(2, 100)));
        let found = reception.look(reception.next_look());
        assert_eq!(found, Some((Verdict::Inconclusive, Reason::Outage)));
        assert_eq!(reception.credit(), 0);
    }

    #[test]
    fn a_quiet_train_on_a_long_way_gets_what_its_verdict_takes_and_more_once_something_is_lost() {
        let mut reception = reception(None);
        feed(&mut reception, 1, 0..1_500, 300 * MS, 1.0);
        // A pass is due after 1.04 s; half a round trip and 40 ms are beyond it.
        assert_eq!(reception.credit(), packets_in(&grant(1, 1), PACKET, 1_380 * MS));
        feed(&mut reception, 1, 1_520..1_640, 300 * MS, 1.0);
        assert!(reception.credit() > 1_600 + packets_in(&grant(1, 1), PACKET, 950 * MS));
    }
}
