//! The judge of a quality probe: measures a small steady stream for four seconds, and says nothing about a rate.

use std::time::Duration;

use super::{
    evidence::{Evidence, InTime},
    rule::Finding,
    watch::{Kind, LONG_LOOK, Moment, Watched, is_late},
};
use crate::{DirectionResult, Reason, Verdict, control::TrainGrant, wire::PacketHeader};

/// Long enough for 200 packets, so that one lost is half a per cent.
pub(super) const MEASURED_FOR: Duration = Duration::from_secs(4);

/// What there is to measure is in the evidence.
#[derive(Debug)]
pub(super) struct Quality;

impl Quality {
    /// The target it reports is the stream's own rate: a result of this kind must never be taken for an answer about
    /// the rate that a room needs.
    pub(super) fn judge(grant: &TrainGrant, packet_bytes: u32, start: Duration) -> Watched<Self> {
        Watched::new(Self, grant, grant.rate_bps, packet_bytes, start)
    }
}

impl Kind for Quality {
    const LOOK: Duration = LONG_LOOK;

    fn on_packet(&mut self, _: PacketHeader, _: InTime) {}

    fn look(&mut self, evidence: &Evidence, at: Moment) -> Option<Finding> {
        let late = is_late(&evidence.sender());
        match at.observed >= MEASURED_FOR {
            true if late => Some((Verdict::Inconclusive, Reason::SenderLate)),
            true => Some((Verdict::Pass, Reason::Measured)),
            false => at.last.then_some((Verdict::Inconclusive, Reason::Undecided)),
        }
    }

    fn complete(&self, measured: DirectionResult) -> DirectionResult {
        let confidence = if measured.verdict == Verdict::Pass { 1.0 } else { 0.0 };
        DirectionResult { bucket_seen_bytes: 0, confidence, ..measured }
    }

    #[cfg(test)]
    fn heap_bytes(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bitrate, Mode, judge::TrainJudge};

    /// What is found of a stream over a link with the delay `delay` for each packet; `None`: lost.
    fn found(
        delay: impl Fn(u32) -> Option<Duration>,
        sent_at: impl Fn(Duration) -> Duration,
    ) -> DirectionResult {
        let asked = Bitrate::from_bps(20_000_000).unwrap();
        let mode = Mode::Quality;
        let (rate_bps, packet_bytes) =
            (mode.sending_rate(asked), mode.udp_payload() + crate::ip_overhead(false));
        let max_ms = 6_000;
        let max_bytes = rate_bps.bytes_in(mode.time_limit());
        let grant = TrainGrant { train: 1, rate_bps, max_bytes, max_ms };
        let mut judge = Quality::judge(&grant, packet_bytes, Duration::ZERO);
        for seq in 0..300 {
            let sent_at = sent_at(rate_bps.time_for(u64::from(packet_bytes)) * seq);
            let now = sent_at + delay(seq).unwrap_or_default();
            while judge.next_look() < now {
                if judge.look(judge.next_look()).is_some() {
                    return judge.result();
                }
            }
            if delay(seq).is_some() {
                judge.on_packet(now, PacketHeader { train: 1, seq, sent_at });
            }
        }
        panic!("no finding after six seconds");
    }

    fn on_time(time: Duration) -> Duration {
        time
    }

    const DELAY: Duration = Duration::from_millis(20);

    #[test]
    fn four_seconds_tell_delay_jitter_and_loss_and_nothing_about_the_rate_that_was_asked_for() {
        let uneven =
            |seq: u32| (seq % 20 != 7).then_some(DELAY + Duration::from_millis((seq % 2 * 4).into()));
        let result = found(uneven, on_time);
        assert_eq!((result.verdict, result.reason), (Verdict::Pass, Reason::Measured));
        assert_eq!(result.target_bps, Bitrate::from_bps(51_200).unwrap());
        assert_eq!((result.bucket_seen_bytes, result.borderline), (0, false));
        assert!((result.loss_ratio.unwrap() - 0.05).abs() < 0.003, "{result:?}");
        assert!((result.delay_ms.unwrap().max - 4.0).abs() < 0.001, "{result:?}");
        assert!((3.5..4.0).contains(&result.jitter_ms.unwrap()), "{result:?}");
        assert!((4.0..4.11).contains(&result.observed_s), "{result:?}");
    }

    #[test]
    fn a_link_that_goes_away_is_an_outage_and_a_sender_that_sends_too_slowly_is_late() {
        let gone = found(|seq| (seq < 100).then_some(DELAY), on_time);
        assert_eq!((gone.verdict, gone.reason), (Verdict::Inconclusive, Reason::Outage));
        let slow = found(|_| Some(DELAY), |time| time.mul_f64(1.1));
        assert_eq!((slow.verdict, slow.reason), (Verdict::Inconclusive, Reason::SenderLate));
    }
}
