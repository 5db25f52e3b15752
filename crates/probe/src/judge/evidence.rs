//! The evidence on one train: what came in, packet by packet, and how it stands at a look.

use std::time::Duration;

use super::{
    admission::{Admission, Admitted},
    delays::{BIN, Delays, bins_in},
    losses::{Arrival, Losses},
    sender::SenderClock,
    summary::Summary,
    view::{Ending, LossView, SenderView, View},
};
use crate::{Bitrate, DirectionResult, Reason, control::TrainGrant, wire::PacketHeader};

/// How long after its bucket is empty a shaper is found out at the latest (simulated: 0.35 to 0.65 s).
const SHAPER_SHOWS: Duration = Duration::from_millis(650);

/// Collects; decides nothing.
#[derive(Debug)]
pub(super) struct Evidence {
    admission: Admission,
    delays: Delays,
    losses: Losses,
    sender: SenderClock,
    summary: Summary,
    /// Distinct packets that came, late ones too.
    came: u32,
    reordered: u64,
    first: Option<First>,
    last_arrival: Duration,
}

#[derive(Debug, Clone, Copy)]
struct First {
    arrival: Duration,
    sent_at: Duration,
}

/// A packet that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct InTime {
    pub(super) since_first: Duration,
    /// One-way delay over that of the first packet.
    pub(super) delay_s: f64,
}

/// The peer broke the rules of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Violation;

impl Evidence {
    pub(super) fn new(grant: &TrainGrant, packet_bytes: u32) -> Self {
        let admission = Admission::new(grant, packet_bytes);
        Self {
            delays: Delays::new(bins_in(admission.time_limit) + 1),
            losses: Losses::new(admission.packets, admission.gap_s),
            sender: SenderClock::new(admission.gap_s),
            summary: Summary::new(),
            admission,
            came: 0,
            reordered: 0,
            first: None,
            last_arrival: Duration::ZERO,
        }
    }

    /// Takes in a packet, if it counts; `None` if it does not, or is late.
    pub(super) fn admit(&mut self, now: Duration, header: PacketHeader) -> Result<Option<InTime>, Violation> {
        match self.admission.check(header, self.sender.newest()) {
            Admitted::Yes => {}
            Admitted::Foreign => return Ok(None),
            Admitted::Violation => return Err(Violation),
        }
        let arrival = self.losses.on_packet(header.seq);
        if arrival == Arrival::Duplicate {
            return Ok(None);
        }
        self.came += 1;
        if self.sender.newest().is_some_and(|(newest, _)| header.seq < newest) {
            self.reordered += 1;
        }
        let first = *self.first.get_or_insert(First { arrival: now, sent_at: header.sent_at });
        self.last_arrival = self.last_arrival.max(now);
        if arrival != Arrival::InTime {
            return Ok(None);
        }
        let since_first = self.last_arrival.saturating_sub(first.arrival);
        let delay_s =
            since_first.as_secs_f64() - (header.sent_at.as_secs_f64() - first.sent_at.as_secs_f64());
        self.sender.on_packet(header.seq, header.sent_at);
        self.delays.on_packet(since_first, delay_s, header.seq);
        self.summary.on_packet(delay_s);
        Ok(Some(InTime { since_first, delay_s }))
    }

    pub(super) fn first_arrival(&self) -> Option<Duration> {
        self.first.map(|first| first.arrival)
    }

    pub(super) fn last_arrival(&self) -> Option<Duration> {
        self.first.map(|_| self.last_arrival)
    }

    pub(super) fn time_limit(&self) -> Duration {
        self.admission.time_limit
    }

    /// The train had this many packets; no other may come.
    pub(super) fn close(&mut self, packets: u32) -> Result<(), Violation> {
        if packets > self.admission.packets
            || self.sender.newest().is_some_and(|(newest, _)| newest >= packets)
        {
            return Err(Violation);
        }
        self.admission.packets = packets;
        Ok(())
    }

    /// Whether all of the train's `packets` have come.
    pub(super) fn has_all_of(&self, packets: u32) -> bool {
        self.came == packets
    }

    /// What is missing before the packets of the first `bins` bins, is lost.
    pub(super) fn cover_bins(&mut self, bins: u32) {
        // A gap counts one bin after a later packet came: packets that overtook each other are not lost.
        if let Some(highest) = self.delays.highest_within(bins.saturating_sub(1)) {
            self.losses.cover(highest + 1);
        }
    }

    /// The train had `packets` packets: what has not come by now is lost.
    pub(super) fn cover_whole(&mut self, packets: u32) {
        self.losses.cover(packets);
    }

    /// What was lost of the packets covered.
    pub(super) fn losses(&self) -> LossView {
        self.losses.view(self.sender.newest().map_or(0, |(newest, _)| newest))
    }

    /// What the stamps say of the sender.
    pub(super) fn sender(&self) -> SenderView {
        self.sender.view()
    }

    /// The evidence in the first `bins` bins, of a train that is still on its way.
    pub(super) fn view_at(&self, bins: u32, silence_s: f64, ending: Ending, target: Bitrate) -> View {
        #[allow(clippy::cast_precision_loss)]
        let delivered = self.delivered_bps().map_or(0.0, |bps| bps as f64 / target.bps_f64());
        View {
            observed_s: f64::from(bins.min(self.delays.limit())) * BIN.as_secs_f64(),
            silence_s,
            ending,
            delivered,
            delay: self.delays.view(bins),
            loss: self.losses.view(self.delays.highest_within(bins).unwrap_or(0)),
            sender: self.sender.view(),
        }
    }

    /// All the evidence there will be of a train of `packets` packets.
    pub(super) fn view_of_whole(&self, packets: u32, target: Bitrate) -> View {
        let seen = self.sender.newest().map_or(0, |(newest, _)| newest + 1);
        let missing_s = f64::from(packets.saturating_sub(seen)) * self.admission.gap_s;
        self.view_at(bins_in(self.span()) + 1, missing_s, Ending::LastLook, target)
    }

    /// What was found, as it is reported; observed until `until`.
    pub(super) fn measures(&self, target: Bitrate, until: Option<Duration>) -> DirectionResult {
        let bins = bins_in(self.span()).saturating_add(1);
        let observed = self
            .first
            .zip(until)
            .map_or(Duration::ZERO, |(first, until)| until.saturating_sub(first.arrival));
        DirectionResult {
            delivered_bps: self.delivered_bps(),
            loss_ratio: self.losses.ratio(),
            burst_loss_ratio: self.losses.burst_ratio(),
            delay_ms: self.delays.base().and_then(|base| self.summary.percentiles(base)),
            standing_queue_ms: self.delays.view(bins).recent_s.map(|recent| recent * 1e3),
            jitter_ms: self.summary.jitter_ms(),
            reordered: self.reordered,
            observed_s: observed.as_secs_f64(),
            bucket_seen_bytes: self.bucket_seen_bytes(target, observed),
            ..DirectionResult::unmeasured(target, Reason::Undecided)
        }
        .rounded()
    }

    /// Memory held beside the value itself.
    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.delays.heap_bytes() + self.losses.heap_bytes() + self.summary.heap_bytes()
    }

    /// The bucket that a train at the granted rate empties through a shaper at half the target, early enough for the
    /// queue behind it to show.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn bucket_seen_bytes(&self, target: Bitrate, observed: Duration) -> u64 {
        let granted_bps = f64::from(self.admission.packet_bytes) * 8.0 / self.admission.gap_s;
        let surplus_bps = (granted_bps - 0.5 * target.bps_f64()).max(0.0);
        (surplus_bps * observed.saturating_sub(SHAPER_SHOWS).as_secs_f64() / 8.0) as u64
    }

    /// First to last arrival.
    fn span(&self) -> Duration {
        self.first.map_or(Duration::ZERO, |first| self.last_arrival.saturating_sub(first.arrival))
    }

    /// Rate of the packets that came in time, IP bytes; the first one only starts the clock. `None` within the first bin.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    pub(super) fn delivered_bps(&self) -> Option<u64> {
        let bits =
            self.summary.packets().saturating_sub(1) as f64 * f64::from(self.admission.packet_bytes) * 8.0;
        (self.span() >= BIN).then(|| (bits / self.span().as_secs_f64()) as u64)
    }
}
