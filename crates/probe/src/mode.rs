//! The kinds of probe, and the two directions.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Bitrate, TRAIN_PAYLOAD, ip_overhead};

/// Kind of probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Does the link sustain the rates? About a second.
    Gate,
    /// Does it sustain them for longer than a shaper's bucket, a satellite's step or a radio's mood lasts? 21 seconds and
    /// more.
    Sustain,
    /// A small steady stream: what the link is like while nobody loads it. Says nothing about a rate.
    Quality,
    /// A mode of a newer peer.
    #[serde(other)]
    Unknown,
}

impl Mode {
    /// The rate at which each side sends to find out about `target`, IP layer.
    #[must_use]
    pub fn sending_rate(self, target: Bitrate) -> Bitrate {
        match self {
            Self::Gate | Self::Unknown => target.scaled(GATE_OVERSEND),
            // What the ground truth sends. A larger bucket would be emptied by more, but by no meeting at the target.
            Self::Sustain => target,
            Self::Quality => {
                Bitrate::from_bps(QUALITY_RATE).expect("the stream's rate lies in a rate's range")
            }
        }
    }

    /// UDP payload of each packet of a train that carries no acknowledgement, bytes.
    #[must_use]
    pub const fn udp_payload(self) -> u32 {
        match self {
            Self::Gate | Self::Sustain | Self::Unknown => TRAIN_PAYLOAD,
            Self::Quality => QUALITY_PAYLOAD,
        }
    }

    /// Whether its trains are meant to load the link: then all that a side sends counts against its rate, and credit and
    /// pre-trains keep a slow link from being flooded.
    #[must_use]
    pub const fn loads(self) -> bool {
        !matches!(self, Self::Quality)
    }

    /// The lowest rate that is worth asking about. At lower ones a second brings too few packets to tell a good loss
    /// ratio from a bad one (89 packets at 1 Mbit/s), and what the judge is worth there was never measured. A quality
    /// probe is not about a rate and takes any.
    #[must_use]
    pub fn lowest_rate(self) -> Bitrate {
        let bps = if self == Self::Quality { Bitrate::MIN_BPS } else { LOWEST_JUDGED_RATE };
        Bitrate::from_bps(bps).expect("both lie in a rate's range")
    }

    /// Hard limit on one train's time, both sides.
    #[must_use]
    pub const fn time_limit(self) -> Duration {
        match self {
            Self::Sustain => Duration::from_secs(40),
            Self::Quality => Duration::from_secs(6),
            Self::Gate | Self::Unknown => Duration::from_secs(15),
        }
    }
}

/// Sending rate over the rate asked about: 2 % and 3 % would pass a policer at 0.95 of it now and then, 8 % would fail
/// links with a good queue manager.
const GATE_OVERSEND: f64 = 1.05;

/// Bit/s at the IP layer.
const LOWEST_JUDGED_RATE: u64 = 1_000_000;

/// A short header (up to 33 bytes with its connection id, frame and tag), a header of 18 bytes of ours, and room for an
/// acknowledgement to ride along.
const QUALITY_PAYLOAD: u32 = 100;

/// 50 packets a second over IPv4, as a voice call sends (43 over IPv6): 200 packets or 25.6 kB each way in the four
/// seconds that are judged.
const QUALITY_RATE: u64 = 50 * 8 * (QUALITY_PAYLOAD + ip_overhead(false)) as u64;

/// As it is written in JSON and in metrics.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A direction of a probe, seen from the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the room to the server.
    Up,
    /// From the server to the room.
    Down,
}

/// As it is written in JSON and in metrics.
impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Reason, Verdict,
        control::TrainGrant,
        judge::{self, Effort},
        wire::PacketHeader,
    };

    /// What comes of a train over a link with 20 ms of delay that drops the packets `lost`.
    fn judged(target: Bitrate, lost: &[u32]) -> (Verdict, Reason) {
        let rate_bps = target.scaled(1.05);
        let grant = TrainGrant { train: 1, rate_bps, max_bytes: u64::MAX, max_ms: 15_000 };
        let mut judge =
            judge::for_train(Mode::Gate, Effort::Normal, &grant, target, 1228, Duration::ZERO).unwrap();
        let gap = rate_bps.time_for(1228);
        for seq in 0.. {
            let sent_at = gap * seq;
            let now = sent_at + Duration::from_millis(20);
            while judge.next_look() <= now {
                if let Some(finding) = judge.look(judge.next_look()) {
                    return finding;
                }
            }
            if !lost.contains(&seq) {
                judge.on_packet(now, PacketHeader { train: 1, seq, sent_at });
            }
        }
        unreachable!("a train ends within its time limit")
    }

    #[test]
    fn at_the_lowest_rate_a_good_link_passes_and_a_lost_packet_is_borne() {
        let passed = (Verdict::Pass, Reason::Sustained);
        assert_eq!(judged(Mode::Gate.lowest_rate(), &[]), passed);
        assert_eq!(judged(Mode::Gate.lowest_rate(), &[200]), passed);
    }

    #[test]
    fn a_quality_probe_costs_a_tenth_of_a_megabyte_whatever_rate_is_asked_about() {
        let mode = Mode::Quality;
        for asked in ["1k", "20M", "10G"] {
            assert_eq!(mode.sending_rate(asked.parse().unwrap()).bps(), 51_200);
        }
        // Both ways, with as many acknowledgements of 70 bytes as packets, and 10 kB for the handshake.
        let trains = 2 * mode.sending_rate(mode.lowest_rate()).bytes_in(Duration::from_secs(4));
        let packets = trains / u64::from(mode.udp_payload() + ip_overhead(false));
        assert!(trains + packets * 70 + 10_000 <= 100_000, "{trains} bytes in {packets} packets");
    }

    #[test]
    fn a_gate_sends_more_than_it_asks_about_and_a_sustain_probe_just_that() {
        let asked: Bitrate = "20M".parse().unwrap();
        assert_eq!(Mode::Gate.sending_rate(asked).bps(), 21_000_000);
        assert_eq!(Mode::Sustain.sending_rate(asked), asked);
        assert_eq!(Mode::Sustain.udp_payload(), TRAIN_PAYLOAD);
    }
}
