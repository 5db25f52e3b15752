//! A probe's one direction over a simulated link: the programs' own pacer sends by the credit of their own reception, and
//! time is a number.
//!
//! What the receiver says (credit, and that it has its verdict) needs half a round trip and is never lost; that the
//! other direction's queue may stand in its way is not modelled.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use serde::Deserialize;
use siaga_probe::{
    Bitrate, DirectionResult, Mode,
    control::TrainGrant,
    credit, ip_overhead,
    judge::Effort,
    reception::{Criterion, Reception, Terms},
    wire::PacketHeader,
};

use super::{Link, LinkSpec, Stalls, sender::Sender, stalls::Schedule};

/// IP bytes of a packet of a gate or sustain train, as the programs send it over IPv4.
pub const PACKET: u32 = Mode::Gate.udp_payload() + ip_overhead(false);

/// IP bytes of the sender's last word, and after how much more than a round trip it is said again if it was lost.
const NOTICE: u32 = 120;
const REPEATED: Duration = Duration::from_millis(50);

/// The machine at one end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Machine {
    /// When it does not run.
    pub stalls: Stalls,
    /// A sender that is too slow for its task sends this share of the granted rate; 0: as granted.
    pub share: f64,
    /// How much faster than real time its clock runs, millionths.
    pub clock_ppm: f64,
}

impl Machine {
    /// What its clock shows at `time`.
    pub(super) fn reads(&self, time: Duration) -> Duration {
        time.mul_f64(1.0 + self.clock_ppm / 1e6)
    }

    /// When its clock shows `reading`.
    pub(super) fn at(&self, reading: Duration) -> Duration {
        if reading == Duration::MAX { reading } else { reading.div_f64(1.0 + self.clock_ppm / 1e6) }
    }
}

/// What one direction came to.
#[derive(Debug, Clone)]
pub struct Run {
    /// The receiver's finding.
    pub result: DirectionResult,
    /// IP bytes sent until the sender heard of the verdict, with the pre-train.
    pub bytes: u64,
}

/// Runs one direction of a probe to its verdict, from the link's first moment on.
///
/// # Panics
/// If the judge comes to no verdict within the train's time and a few seconds, or the mode has no judge.
#[must_use]
pub fn run(
    mode: Mode,
    target: Bitrate,
    link: &LinkSpec,
    sender: &Machine,
    receiver: &Machine,
    effort: Effort,
    seed: u64,
) -> Run {
    run_on(mode, Link::new(link, seed), Duration::ZERO, target, [sender, receiver], effort, seed)
}

/// The same over a link that is already `age` old when its first packet comes; `seed` fixes the stalls of sender and
/// receiver.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn run_on(
    mode: Mode,
    mut link: Link,
    age: Duration,
    target: Bitrate,
    [sender, receiver]: [&Machine; 2],
    effort: Effort,
    seed: u64,
) -> Run {
    let way = link.delay();
    let packet = mode.udp_payload() + ip_overhead(false);
    let terms = terms(mode, target, 2 * way);
    let criterion = Criterion { effort, target };
    let mut reception =
        Reception::new(terms, criterion, packet, Duration::ZERO, 2 * way).expect("the mode has a judge");
    let mut sending = Sender::new(terms, packet, *sender, Schedule::new(&sender.stalls, seed ^ 0x5e4d));
    let receives = Schedule::new(&receiver.stalls, seed ^ 0x4ece);

    let mut flying: BinaryHeap<Reverse<(Duration, Message)>> = BinaryHeap::new();
    let mut last_arrival = Duration::ZERO;
    let mut told = reception.credit();
    loop {
        let next_look = receives.wake(receiver.at(reception.next_look()));
        let next_arrival = flying.peek().map_or(Duration::MAX, |Reverse((at, _))| *at);
        let now = if let Some(now) = sending.wakes().filter(|send| *send <= next_look.min(next_arrival)) {
            let ended = sending.run(now, |header| {
                let fate = link.send(age + now, packet);
                for at in fate.arrival.into_iter().chain(fate.duplicate).map(|at| at - age) {
                    last_arrival = last_arrival.max(at);
                    let PacketHeader { train, seq, sent_at } = header;
                    flying.push(Reverse((receives.wake(at), Message::Packet { seq, sent_at, train })));
                }
            });
            if let Some(packets) = ended {
                // Over the same link, behind its packets, and again until it has come.
                let mut tries = (0..).map(|at| now + at * (2 * way + REPEATED));
                let came = tries.find_map(|at| link.send(age + at, NOTICE).arrival).unwrap_or_default();
                let at = last_arrival.max(came.saturating_sub(age));
                flying.push(Reverse((receives.wake(at), Message::Sent { packets })));
            }
            now
        } else if next_arrival <= next_look {
            match flying.pop() {
                Some(Reverse((now, Message::Packet { seq, sent_at, train }))) => {
                    reception.on_packet(receiver.reads(now), PacketHeader { train, seq, sent_at });
                }
                Some(Reverse((now, Message::Sent { packets }))) => {
                    reception.on_sent(receiver.reads(now), packets);
                }
                None => {}
            }
            next_arrival
        } else {
            assert!(next_look < mode.time_limit() * 2, "no verdict");
            if reception.look(receiver.reads(next_look).max(reception.next_look())).is_some() {
                let bytes = sending.bytes_until(next_look + way);
                return Run { result: reception.result(), bytes };
            }
            next_look
        };
        if reception.credit() > told {
            told = reception.credit();
            sending.will_hear(now + way, told);
        }
    }
}

/// What the server grants in one direction.
fn terms(mode: Mode, target: Bitrate, rtt: Duration) -> Terms {
    let rate_bps = mode.sending_rate(target);
    let grant = |train, time: Duration| {
        let max_ms = u32::try_from(time.as_millis()).expect("a train's limit is seconds");
        TrainGrant { train, rate_bps, max_bytes: rate_bps.bytes_in(time), max_ms }
    };
    Terms {
        mode,
        train: grant(1, mode.time_limit()),
        pre_train: credit::looks_first(mode, rtt).then(|| grant(2, credit::PRE_TRAIN)),
        window: credit::window(mode, rtt),
    }
}

/// On its way to the receiver; those that arrive at once are taken in this order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    Packet { seq: u32, sent_at: Duration, train: u32 },
    Sent { packets: u32 },
}
