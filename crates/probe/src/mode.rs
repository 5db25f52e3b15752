//! The kinds of probe, and the two directions.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::Bitrate;

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
    /// The lowest rate that is worth asking about. At lower ones a second brings too few packets to tell a good loss
    /// ratio from a bad one (89 packets at 1 Mbit/s), and what the judge is worth there was never measured.
    #[must_use]
    pub fn lowest_rate(self) -> Bitrate {
        Bitrate::from_bps(LOWEST_GATE_RATE).expect("1 Mbit/s lies in a rate's range")
    }

    /// Hard limit on one train's time, both sides.
    #[must_use]
    pub const fn time_limit(self) -> Duration {
        match self {
            Self::Sustain => Duration::from_secs(40),
            Self::Gate | Self::Quality | Self::Unknown => Duration::from_secs(15),
        }
    }
}

/// Bit/s at the IP layer.
const LOWEST_GATE_RATE: u64 = 1_000_000;

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
        judge::{Judge, TrainJudge},
        wire::PacketHeader,
    };

    /// What comes of a train over a link with 20 ms of delay that drops the packets `lost`.
    fn judged(target: Bitrate, lost: &[u32]) -> (Verdict, Reason) {
        let rate_bps = target.scaled(1.05);
        let grant = TrainGrant { train: 1, rate_bps, max_bytes: u64::MAX, max_ms: 15_000 };
        let mut judge = Judge::new(&grant, target, 1228, Duration::ZERO);
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
}
