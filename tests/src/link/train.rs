//! A train over a simulated link: the real pacer sends, the real judge receives, and time is a number.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

use serde::Deserialize;
use siaga_probe::{
    Bitrate, DirectionResult, Mode,
    control::TrainGrant,
    ip_overhead,
    judge::{self, Effort},
    pacer::{Pacer, Step},
    wakefulness::Wakefulness,
    wire::PacketHeader,
};

use super::{Link, LinkSpec, Stalls, stalls::Schedule};

/// IP bytes of a packet of a gate or sustain train, as the programs send it over IPv4.
pub const PACKET: u32 = Mode::Gate.udp_payload() + ip_overhead(false);

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
    fn reads(&self, time: Duration) -> Duration {
        time.mul_f64(1.0 + self.clock_ppm / 1e6)
    }

    /// When its clock shows `reading`.
    fn at(&self, reading: Duration) -> Duration {
        if reading == Duration::MAX { reading } else { reading.div_f64(1.0 + self.clock_ppm / 1e6) }
    }
}

/// What one train came to.
#[derive(Debug, Clone)]
pub struct Run {
    /// The judge's finding.
    pub result: DirectionResult,
    /// IP bytes sent until the verdict.
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

/// The same over a link that is already `age` old when the train begins; `seed` fixes the stalls of sender and receiver.
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
    let rate_bps = mode.sending_rate(target);
    let limit = mode.time_limit();
    let max_ms = u32::try_from(limit.as_millis()).expect("a train's limit is seconds");
    let grant = TrainGrant { train: 1, rate_bps, max_bytes: rate_bps.bytes_in(limit), max_ms };
    let pace = if sender.share > 0.0 { rate_bps.scaled(sender.share) } else { rate_bps };
    let packet = mode.udp_payload() + ip_overhead(false);

    let mut pacer = Pacer::new(TrainGrant { rate_bps: pace, ..grant }, packet);
    let mut judge =
        judge::for_train(mode, effort, &grant, target, packet, Duration::ZERO).expect("the mode has a judge");
    let sends = Schedule::new(&sender.stalls, seed ^ 0x5e4d);
    let receives = Schedule::new(&receiver.stalls, seed ^ 0x4ece);

    let mut wakefulness = Wakefulness::default();
    let mut flying: BinaryHeap<Reverse<(Duration, u32, Duration)>> = BinaryHeap::new();
    let mut next_send = Some(sends.wake(Duration::ZERO));
    let mut seq = 0;
    loop {
        let next_look = receives.wake(receiver.at(judge.next_look()));
        let next_arrival = flying.peek().map_or(Duration::MAX, |Reverse((at, ..))| *at);
        if let Some(now) = next_send.filter(|send| *send <= next_look.min(next_arrival)) {
            let sent_at = sender.reads(now);
            next_send = match pacer.step(sent_at, 0) {
                Step::Send(count) => {
                    for _ in 0..count {
                        let fate = link.send(age + now, packet);
                        let arrivals = fate.arrival.into_iter().chain(fate.duplicate).map(|at| at - age);
                        flying.extend(arrivals.map(|at| Reverse((receives.wake(at), seq, sent_at))));
                        seq += 1;
                    }
                    Some(now)
                }
                // Timers have a grain of a millisecond.
                Step::WaitUntil(at) => Some(sends.wake(sender.at(at).max(now + Duration::from_millis(1)))),
                Step::Finished => None,
            };
        } else if next_arrival <= next_look {
            if let Some(Reverse((now, seq, sent_at))) = flying.pop() {
                judge.on_packet(receiver.reads(now), PacketHeader { train: 1, seq, sent_at });
            }
        } else {
            assert!(next_look < limit * 2, "no verdict");
            let now = receiver.reads(next_look).max(judge.next_look());
            wakefulness.on_look(judge.next_look(), now);
            if judge.look(now).is_some() {
                let result = wakefulness.of_the_link(judge.result());
                return Run { result, bytes: u64::from(seq) * u64::from(packet) };
            }
        }
    }
}
