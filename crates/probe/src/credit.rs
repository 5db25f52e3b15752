//! How far ahead of its receiver a sender may be, so that a slow or long way is not flooded while the receiver's word
//! is still on its way back.
//!
//! The first credit is a window: a round trip and 250 ms (for a sustain train 4 s) at the granted rate. The receiver extends it, in packets of
//! the train counted from its first:
//! * up to the window beyond the newest packet that arrived;
//! * while the queue is short, so that arrivals keep up with the sender, up to a second beyond it (or the window, if
//!   that is longer): then a credit that is late, because the way back is full, does not end a train that does well;
//! * once that much of the train has arrived, as far in any case: a radio's queue comes and goes;
//! * but on a way of more than 100 ms, while the judge has seen no trouble at all, no further than its verdict takes: the
//!   train would be over before the sender hears of it.
//!
//! A train that runs out of credit ends, and is judged by what came: a missing credit may cost a verdict, it never
//! makes one. On a link slower than the sender the first window is 250 ms of queue or more, and a verdict comes before.

use std::time::Duration;

use crate::{Mode, control::TrainGrant, wire::PacketHeader};

/// The window of a train over a way of this round trip.
#[must_use]
pub fn window(mode: Mode, rtt: Duration) -> Duration {
    let beyond = if mode == Mode::Sustain { FOR_MINUTES } else { FIRST };
    rtt.saturating_add(beyond).min(WIDEST)
}

/// No window is wider: the longest handshake that is waited for holds two round trips.
pub const WIDEST: Duration = Duration::from_secs(6);

/// The first credit, over a round trip.
const FIRST: Duration = Duration::from_millis(250);

/// The same of a sustain train, whose verdict against a link rests on 1.8 s of bad windows and 2 s in which a bucket is
/// told from other causes. It is only made where a gate probe passed.
const FOR_MINUTES: Duration = Duration::from_secs(4);

/// Above this round trip a pre-train goes first.
pub const LONG_WAY: Duration = Duration::from_millis(200);

/// Whether a pre-train goes first, unless the room has passed here before.
#[must_use]
pub fn looks_first(mode: Mode, rtt: Duration) -> bool {
    rtt > LONG_WAY && mode.loads()
}

/// Above this round trip a train that meets no trouble gets no more credit than it is likely to need.
pub const FAR: Duration = Duration::from_millis(100);

/// What such a train may have beyond half a round trip and the time of its verdict.
pub const SPARE: Duration = Duration::from_millis(40);

/// How much of a train is enough where its verdict is due after `needed` of it, as long as it meets no trouble; `None` on
/// a short way. A trouble that shows half a round trip before the verdict, or earlier, still gets the train extended in
/// time.
#[must_use]
pub fn enough(window: Duration, needed: Duration) -> Option<Duration> {
    let rtt = window.saturating_sub(FIRST);
    (rtt > FAR).then(|| needed.saturating_add(rtt / 2).saturating_add(SPARE))
}

/// Length of a pre-train.
pub const PRE_TRAIN: Duration = Duration::from_millis(100);

/// How far ahead a sender may be while the queue is short.
const DRAINED_WINDOW: Duration = Duration::from_secs(1);

/// A queue up to this is short. At half the rate it is longer once [`TELLING`] of a train has come; links between half
/// and all of it need up to 0.6 s for their verdict, and a window that holds it.
const DRAINED: Duration = Duration::from_millis(50);

/// What must have come of a train before its queue says anything.
const TELLING: Duration = Duration::from_millis(40);

/// Not worth a message: credit for less than this while the queue is short (ten messages a second are 10 kbit/s), and
/// otherwise, where each packet counts.
const DRAINED_STEP: Duration = Duration::from_millis(100);
const STEP: Duration = Duration::from_millis(20);

/// The receiver's side of one train.
#[derive(Debug)]
pub struct CreditLine {
    window: u32,
    step: u32,
    drained_window: u32,
    drained_step: u32,
    telling: u32,
    /// What the sender may send in all, as it was told.
    given: u32,
    /// Packets that arrived or were overtaken.
    seen: u32,
    /// Smallest delay on a zero of its own, ns: of all packets, and since the last extension.
    base: Option<i128>,
    recent: Option<i128>,
}

impl CreditLine {
    /// For a train that begins with `given` packets of credit. `window` is the grant's; `packet_bytes` are the IP bytes
    /// of one full packet.
    #[must_use]
    pub fn new(grant: &TrainGrant, packet_bytes: u32, window: Duration, given: u32) -> Self {
        let packets = |time| packets_in(grant, packet_bytes, time);
        Self {
            window: packets(window),
            step: packets(STEP),
            drained_window: packets(window.max(DRAINED_WINDOW)),
            drained_step: packets(DRAINED_STEP),
            telling: packets(TELLING),
            given,
            seen: 0,
            base: None,
            recent: None,
        }
    }

    /// A packet of the train arrived at `now` (receiver's clock, any epoch).
    pub fn on_packet(&mut self, now: Duration, header: PacketHeader) {
        let delay = nanos(now).saturating_sub(nanos(header.sent_at));
        self.base = Some(self.base.map_or(delay, |base| base.min(delay)));
        self.recent = Some(self.recent.map_or(delay, |recent| recent.min(delay)));
        // A number beyond what was given can't be true.
        self.seen = self.seen.max(header.seq.saturating_add(1)).min(self.given);
    }

    /// Packets that the sender may send in all, as far as it is to be told.
    #[must_use]
    pub fn given(&self) -> u32 {
        self.given
    }

    /// The sender's new limit, if there is something to tell; asked at each look. No more than `enough` packets, if that
    /// many will do.
    pub fn extend(&mut self, enough: Option<u32>) -> Option<u32> {
        let queue = self.recent.take()? - self.base?;
        let drained = self.seen >= self.telling && queue <= nanos(DRAINED);
        // After a second a link is not plainly slow; what it still needs is time, and queues that come and go.
        let trusted = drained || self.seen >= self.drained_window;
        let (window, step) =
            if trusted { (self.drained_window, self.drained_step) } else { (self.window, self.step) };
        let limit = self.seen.saturating_add(window);
        let enough = enough.filter(|enough| *enough <= limit);
        let worth_telling = enough.map_or(step, |_| 1);
        let limit = enough.unwrap_or(limit);
        if limit < self.given.saturating_add(worth_telling) {
            return None;
        }
        self.given = limit;
        Some(limit)
    }
}

fn nanos(time: Duration) -> i128 {
    i128::try_from(time.as_nanos()).unwrap_or(i128::MAX)
}

/// Packets that a window of `time` holds, at least one.
#[must_use]
pub fn packets_in(grant: &TrainGrant, packet_bytes: u32, time: Duration) -> u32 {
    let packets = grant.rate_bps.bytes_in(time) / u64::from(packet_bytes.max(1));
    u32::try_from(packets).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Bitrate,
        pacer::{Pacer, Step},
    };

    const PACKET: u32 = 1188;
    const MS: Duration = Duration::from_millis(1);

    fn grant() -> TrainGrant {
        let rate_bps = Bitrate::from_bps(21_000_000).unwrap();
        TrainGrant { train: 1, rate_bps, max_bytes: rate_bps.bytes_in(1_500 * MS), max_ms: 1_500 }
    }

    /// Lets a train pass a line of `mbps` with half of `rtt` on either way; credit is `late` on top of that. Answers with
    /// the time that the sender sent for.
    fn sends_for(mbps: f64, rtt: Duration, late: Duration) -> Duration {
        let window = rtt + FIRST;
        let first = packets_in(&grant(), PACKET, window);
        let mut line = CreditLine::new(&grant(), PACKET, window, first);
        let mut pacer = Pacer::new(grant(), PACKET);
        let serve = Duration::from_secs_f64(f64::from(PACKET) * 8.0 / (mbps * 1e6));
        let (mut free, mut arriving, mut credits) =
            (Duration::ZERO, Vec::new(), vec![(Duration::ZERO, first)]);
        let mut seq = 0;
        for ms in 0.. {
            let now = ms * MS;
            pacer.set_credit(
                credits.iter().filter(|(at, _)| *at <= now).map(|(_, limit)| *limit).max().unwrap(),
            );
            loop {
                match pacer.step(now, 0) {
                    Step::Send(count) => {
                        for _ in 0..count {
                            free = free.max(now) + serve;
                            let header = PacketHeader { train: 1, seq, sent_at: now };
                            arriving.push((free + rtt / 2, header));
                            seq += 1;
                        }
                    }
                    Step::WaitUntil(_) => break,
                    Step::Finished => return now,
                }
            }
            let (here, later): (Vec<_>, Vec<_>) = arriving.into_iter().partition(|(at, _)| *at <= now);
            arriving = later;
            for (at, header) in here {
                line.on_packet(at, header);
            }
            if ms % 20 == 0 {
                credits.extend(line.extend(None).map(|limit| (now + rtt / 2 + late, limit)));
            }
        }
        unreachable!("a train ends")
    }

    #[test]
    fn a_train_that_drains_never_waits_on_any_way() {
        for rtt in [0, 30, 200, 600, 2_000] {
            assert_eq!(sends_for(25.0, rtt * MS, Duration::ZERO), 1_500 * MS, "{rtt} ms");
        }
    }

    #[test]
    fn a_way_back_that_is_half_a_second_late_does_not_end_it_once_it_has_drained() {
        assert_eq!(sends_for(25.0, 600 * MS, 200 * MS), 1_500 * MS);
        let ended = sends_for(25.0, 30 * MS, 500 * MS);
        assert!(ended < 500 * MS, "the very first extension was as late: {ended:?}");
    }

    #[test]
    fn a_slow_link_gets_the_first_window_and_what_it_carries() {
        let ended = sends_for(1.0, 30 * MS, Duration::ZERO);
        assert!((280 * MS..320 * MS).contains(&ended), "{ended:?}");
    }

    #[test]
    fn a_link_that_is_somewhat_too_slow_gets_as_much_as_its_verdict_needs() {
        // 0.6 s, although the credit stands in a queue of 100 ms on its way back.
        for mbps in [12.0, 15.0, 18.0, 19.9] {
            assert!(sends_for(mbps, 30 * MS, 100 * MS) > 650 * MS, "{mbps}");
        }
    }

    #[test]
    fn a_liar_gets_no_more_than_an_honest_sender() {
        let mut line = CreditLine::new(&grant(), PACKET, 280 * MS, 500);
        line.on_packet(MS, PacketHeader { train: 1, seq: u32::MAX, sent_at: Duration::ZERO });
        let second = packets_in(&grant(), PACKET, DRAINED_WINDOW);
        assert_eq!(line.extend(None), Some(500 + second));
        assert_eq!(line.extend(None), None, "nothing new came");
    }

    #[test]
    fn stamps_from_the_ends_of_time_do_no_harm() {
        let mut line = CreditLine::new(&grant(), PACKET, 280 * MS, 500);
        for sent_at in [Duration::MAX, Duration::ZERO, Duration::MAX] {
            line.on_packet(Duration::MAX, PacketHeader { train: 1, seq: 0, sent_at });
        }
        let _ = line.extend(None);
    }
}
