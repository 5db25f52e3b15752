//! What does not depend on the kind of probe: waiting for the first packet, silence, a sender that ends, a peer that
//! breaks the rules, and a receiver that slept. What the evidence means is the business of a [`Kind`].

use std::{fmt, time::Duration};

use super::{
    TrainJudge,
    delays::bins_in,
    evidence::{Evidence, InTime},
    limits,
    rule::Finding,
    view::SenderView,
};
use crate::{Bitrate, DirectionResult, Reason, Verdict, control::TrainGrant, wire::PacketHeader};

/// What one kind of probe makes of the evidence.
pub(super) trait Kind: fmt::Debug + Send {
    /// Time between two looks.
    const LOOK: Duration;

    /// How long nothing may come.
    fn patience(&self) -> Patience {
        Patience::OF_LONG_TRAINS
    }

    /// As [`TrainJudge::needs`].
    fn needs(&self) -> Option<Duration> {
        None
    }

    /// A packet that counts.
    fn on_packet(&mut self, header: PacketHeader, arrived: InTime);

    /// The finding, or `None` while more is to come; never `None` at the last look.
    fn look(&mut self, evidence: &Evidence, at: Moment) -> Option<Finding>;

    /// The finding while nothing comes for longer than patience lasts: what had failed before stays failed; otherwise it is
    /// an outage.
    fn look_in_silence(&mut self, evidence: &Evidence, at: Moment) -> Option<Finding> {
        let failed =
            self.look(evidence, Moment { last: true, ..at }).filter(|(verdict, _)| *verdict == Verdict::Fail);
        failed.or(Some((Verdict::Inconclusive, Reason::Outage)))
    }

    /// What was measured, with what only this kind knows.
    fn complete(&self, measured: DirectionResult) -> DirectionResult;

    /// Memory held beside the value itself.
    #[cfg(test)]
    fn heap_bytes(&self) -> usize;
}

/// One look.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since the first arrival; of a whole train, until its last.
    pub(super) observed: Duration,
    /// Since the last arrival, or since this machine woke.
    pub(super) silence: Duration,
    /// The packets of a train of which nothing more will come.
    pub(super) whole: Option<u32>,
    /// Whether there is no other look after this.
    pub(super) last: bool,
    /// The longest time that this machine slept through its looks so far. What came meanwhile was read late: a delay of
    /// that length may be its own making.
    pub(super) slept: Duration,
}

/// How long nothing may come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// From the expected start on.
    pub(super) first_packet: Duration,
    /// After the first packet.
    pub(super) silence: Duration,
}

impl Patience {
    /// Shorter silences are losses of a link that goes on.
    const OF_LONG_TRAINS: Self = Self { first_packet: limits::FIRST_PACKET, silence: Duration::from_secs(1) };
}

/// A judge of one train. Its memory is bounded by the grant, and by 4 MiB whatever is granted.
#[derive(Debug)]
pub(super) struct Watched<K> {
    pub(super) kind: K,
    target: Bitrate,
    pub(super) evidence: Evidence,
    start: Duration,
    /// The sender's last word: how many packets it had sent.
    ended: Option<u32>,
    next_look: Duration,
    awake_since: Duration,
    slept: Duration,
    finding: Option<Finding>,
    decided_at: Duration,
}

/// A look that comes this much after its time was slept through.
const SLEEP: Duration = Duration::from_millis(40);

/// Time between two looks at a long train.
pub(super) const LONG_LOOK: Duration = Duration::from_millis(100);

impl<K: Kind> Watched<K> {
    /// As [`super::for_train`].
    pub(super) fn new(
        kind: K,
        grant: &TrainGrant,
        target: Bitrate,
        packet_bytes: u32,
        start: Duration,
    ) -> Self {
        Self {
            next_look: start.saturating_add(kind.patience().first_packet),
            kind,
            target,
            evidence: Evidence::new(grant, packet_bytes),
            start,
            ended: None,
            awake_since: start,
            slept: Duration::ZERO,
            finding: None,
            decided_at: start,
        }
    }

    fn look_before_first(&self, now: Duration) -> Option<Finding> {
        match self.ended {
            Some(0) => Some((Verdict::Inconclusive, Reason::SenderLate)),
            _ if now >= self.next_look => Some((Verdict::Inconclusive, Reason::Outage)),
            _ => None,
        }
    }

    fn look_after_first(&mut self, now: Duration, first: Duration) -> Option<Finding> {
        let late = now.saturating_sub(self.next_look);
        if late > SLEEP {
            // What came meanwhile is only now being read, so the silence was its own.
            self.slept = self.slept.max(late.saturating_add(K::LOOK));
            self.awake_since = now;
        }
        let observed = now.saturating_sub(first);
        let looks = u32::try_from(observed.as_nanos() / K::LOOK.as_nanos()).unwrap_or(u32::MAX);
        self.next_look = first.saturating_add(K::LOOK.saturating_mul(looks.saturating_add(1)));
        let last_arrival = self.evidence.last_arrival().unwrap_or(first);
        let silence = now.saturating_sub(last_arrival.max(self.awake_since));
        let silent = silence >= self.kind.patience().silence;
        let whole = self.ended.filter(|packets| silent || self.evidence.has_all_of(*packets));
        let slept = self.slept;
        if let Some(packets) = whole {
            // Nothing was sent any more: the silence after the last packet is not the link's.
            self.evidence.cover_whole(packets);
            let observed = last_arrival.saturating_sub(first);
            return self.kind.look(&self.evidence, Moment { observed, silence, whole, last: true, slept });
        }
        self.evidence.cover_bins(bins_in(observed));
        let last = observed >= self.evidence.time_limit();
        let at = Moment { observed, silence, whole, last, slept };
        if silent {
            self.kind.look_in_silence(&self.evidence, at)
        } else {
            self.kind.look(&self.evidence, at)
        }
    }

    fn decide(&mut self, now: Duration, found: Finding) {
        self.finding = Some(found);
        self.decided_at = now;
    }
}

impl<K: Kind> TrainJudge for Watched<K> {
    fn on_packet(&mut self, now: Duration, header: PacketHeader) {
        if self.finding.is_some() {
            return;
        }
        let is_first = self.evidence.first_arrival().is_none();
        match self.evidence.admit(now, header) {
            Ok(Some(arrived)) => self.kind.on_packet(header, arrived),
            Ok(None) => {}
            Err(_) => self.decide(now, (Verdict::Inconclusive, Reason::PeerFailed)),
        }
        if let (true, Some(first)) = (is_first, self.evidence.first_arrival()) {
            self.next_look = first.saturating_add(K::LOOK);
        }
    }

    fn on_sent(&mut self, now: Duration, packets: u32) {
        if self.finding.is_some() || self.ended.is_some() {
            return;
        }
        if self.evidence.close(packets).is_err() {
            return self.decide(now, (Verdict::Inconclusive, Reason::PeerFailed));
        }
        self.ended = Some(packets);
        if self.evidence.first_arrival().is_none() {
            let patience = if packets == 0 { Duration::ZERO } else { self.kind.patience().silence };
            self.next_look = self.next_look.min(now.saturating_add(patience));
        }
    }

    fn next_look(&self) -> Duration {
        if self.finding.is_some() { Duration::ZERO } else { self.next_look }
    }

    fn look(&mut self, now: Duration) -> Option<Finding> {
        if self.finding.is_none() && now >= self.next_look {
            let found = match self.evidence.first_arrival() {
                None => self.look_before_first(now),
                Some(first) => self.look_after_first(now, first),
            };
            if let Some(found) = found {
                self.decide(now, found);
            }
        }
        self.finding
    }

    fn needs(&self) -> Option<Duration> {
        self.kind.needs()
    }

    fn abandon(&mut self, reason: Reason) {
        if self.finding.is_none() {
            self.decide(self.evidence.last_arrival().unwrap_or(self.start), (Verdict::Inconclusive, reason));
        }
    }

    fn result(&self) -> DirectionResult {
        let (verdict, reason) = self.finding.unwrap_or((Verdict::Inconclusive, Reason::Undecided));
        let until = if self.finding.is_some() { Some(self.decided_at) } else { self.evidence.last_arrival() };
        let measured = self.evidence.measures(self.target, until);
        self.kind.complete(DirectionResult { verdict, reason, ..measured })
    }
}

/// Whether the sender of a long train is behind its schedule by more than what stalls of a busy machine explain.
pub(super) fn is_late(sender: &SenderView) -> bool {
    sender.is_behind(limits::ON_SCHEDULE, SLACK_S)
}

const SLACK_S: f64 = 0.1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::{
        quality::Quality,
        sustain::Sustain,
        tests::{START, inputs, play},
    };

    proptest! {
        #[test]
        fn nothing_a_peer_or_a_clock_does_makes_a_long_judgement_panic_or_grow_or_pass_without_packets(
            bps in 1_000u64..10_000_000_000,
            max_bytes: u64,
            max_ms: u32,
            packet_bytes: u32,
            inputs in inputs(),
        ) {
            let rate_bps = Bitrate::from_bps(bps).unwrap();
            let grant = TrainGrant { train: 7, rate_bps, max_bytes, max_ms };
            let mut sustain = Sustain::judge(&grant, rate_bps, packet_bytes, START);
            play(&mut sustain, rate_bps, packet_bytes, inputs.clone());
            prop_assert!(sustain.evidence.heap_bytes() + sustain.kind.heap_bytes() <= 4 << 20);
            prop_assert!(serde_json::to_string(&sustain.result()).is_ok());
            // At most a few hundred packets came, and a pass takes those of 21 s.
            let needed = rate_bps.bytes_in(Duration::from_secs(20)) / u64::from(packet_bytes.max(1));
            prop_assert!(sustain.result().verdict != Verdict::Pass || needed <= 600);

            let mut quality = Quality::judge(&grant, packet_bytes, START);
            play(&mut quality, rate_bps, packet_bytes, inputs);
            prop_assert!(quality.evidence.heap_bytes() + quality.kind.heap_bytes() <= 4 << 20);
            prop_assert!(serde_json::to_string(&quality.result()).is_ok());
        }
    }
}
