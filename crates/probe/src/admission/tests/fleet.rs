//! Thousands of rooms and one server in virtual time.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::*;
use crate::{
    admission::{LeaseId, USED_WITHIN},
    schedule::Jitter,
};

/// What a fleet of rooms is like.
#[derive(Clone, Copy)]
struct Fleet {
    rooms: usize,
    limits: Limits,
    /// Within this time after the start each room asks for the first time.
    start: Duration,
    /// How long it is watched.
    watched: Duration,
    /// From one probe to the next, give or take a fifth, where the server has no wish.
    interval: Duration,
    /// Whether rooms keep to what the server wishes for.
    heeds_wishes: bool,
    /// The parts of probes that are pre-checks and bookings.
    urgent: [f64; 2],
    /// The part of leases that are not used.
    unused: f64,
    /// The first so many rooms ask every 200 ms, whatever they are told.
    hasty: usize,
}

/// What became of it.
#[derive(Default)]
struct Seen {
    /// Requests in each second.
    asks: BTreeMap<u64, u64>,
    grants: u64,
    /// The most that was granted at a moment, up and down, and the most leases.
    most: [u64; 2],
    most_leases: usize,
    /// From the first request to the grant, by purpose.
    waits: [Vec<Duration>; 3],
    /// Grants of each room.
    served: Vec<u32>,
    longest_queue: usize,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Use(LeaseId),
    End(LeaseId, Option<u64>),
    Ask,
}

/// A room's own state.
#[derive(Clone, Default)]
struct Room {
    waits_since: Option<Duration>,
    purpose: Purpose,
    /// Bit/s that it sends and is sent.
    sends: [u64; 2],
}

impl Fleet {
    fn live(self) -> Seen {
        let mut chance = Jitter::new(11);
        let mut admission = Admission::new(self.limits);
        let askers: Vec<Asker> = (0..self.rooms).map(room).collect();
        let mut rooms = vec![Room::default(); self.rooms];
        let mut seen = Seen { served: vec![0; self.rooms], ..Seen::default() };
        let (mut granted, mut leases, mut looked) = ([0_u64; 2], 0_usize, Duration::ZERO);
        let mut next: BinaryHeap<Reverse<(Duration, usize, What)>> =
            (0..self.rooms).map(|n| Reverse((self.start.mul_f64(chance.share()), n, What::Ask))).collect();
        while let Some(Reverse((now, n, what))) = next.pop() {
            if now > self.watched {
                break;
            }
            let mut come = |at, what| next.push(Reverse((at, n, what)));
            let room = &mut rooms[n];
            match what {
                What::Use(id) => assert!(admission.on_use(now, id)),
                What::End(id, bytes) => {
                    admission.on_end(now, id, bytes);
                    leases -= 1;
                    granted = [0, 1].map(|direction| granted[direction] - room.sends[direction]);
                    room.sends = [0; 2];
                }
                What::Ask => {
                    *seen.asks.entry(now.as_secs()).or_default() += 1;
                    let since = *room.waits_since.get_or_insert_with(|| {
                        let dice = chance.share();
                        room.purpose = match dice {
                            _ if dice < self.urgent[1] => Purpose::Booking,
                            _ if dice < self.urgent[0] + self.urgent[1] => Purpose::PreCheck,
                            _ => Purpose::Routine,
                        };
                        now
                    });
                    let up = if n % 3 == 0 { 20 } else { 10 };
                    let request = Request { up: mbps(up), purpose: room.purpose, ..gate(askers[n].clone()) };
                    match admission.ask(now, &request, false, chance.share()) {
                        Answer::Grant(lease) => {
                            seen.grants += 1;
                            seen.served[n] += 1;
                            seen.waits[room.purpose.index()].push(now - since);
                            room.waits_since = None;
                            room.sends = [lease.up.bps(), lease.down.bps()];
                            leases += 1;
                            granted = [0, 1].map(|direction| granted[direction] + room.sends[direction]);
                            let end = if chance.share() < self.unused {
                                now + USED_WITHIN
                            } else {
                                come(now + 100 * MS, What::Use(lease.id));
                                let doubtful = chance.share() < 0.03;
                                now + if doubtful { 8 * SECOND } else { chance.stretch(SECOND, 1.1..1.5) }
                            };
                            come(end, What::End(lease.id, Some(4_000_000)));
                            let own = chance.stretch(self.interval, 0.8..1.2);
                            let wish = lease.next_probe_in.filter(|_| self.heeds_wishes).unwrap_or(own);
                            come(end + wish, What::Ask);
                        }
                        Answer::Busy(_) if n < self.hasty => come(now + 200 * MS, What::Ask),
                        Answer::Busy(wait) => {
                            assert!(wait.cause != Cause::HoldsLease);
                            come(now + wait.retry_after + chance.stretch(SECOND, 0.0..1.0), What::Ask);
                        }
                        Answer::Deny(denial) => panic!("{denial:?}"),
                    }
                }
            }
            seen.most = [0, 1].map(|direction| seen.most[direction].max(granted[direction]));
            seen.most_leases = seen.most_leases.max(leases);
            if now >= looked {
                looked = now + 10 * SECOND;
                seen.longest_queue = seen.longest_queue.max(admission.standing(now).queue.iter().sum());
            }
        }
        seen
    }
}

impl Seen {
    fn busiest_second(&self, from: u64, to: u64) -> u64 {
        self.asks.range(from..to).map(|(_, asks)| *asks).max().unwrap_or(0)
    }

    fn all_asks(&self) -> u64 {
        self.asks.values().sum()
    }

    /// Median, 99th percentile and longest.
    fn waits(&mut self, purpose: Purpose) -> [f64; 3] {
        let waits = &mut self.waits[purpose.index()];
        waits.sort_unstable();
        let at =
            |part: usize| waits.get((waits.len() * part / 100).min(waits.len() - 1)).unwrap().as_secs_f64();
        [at(50), at(99), at(100)]
    }
}

/// Jain's index of fairness (Jain, Chiu and Hawe 1984): 1 if all got the same.
fn fairness(served: &[u32]) -> f64 {
    let (sum, squares) = served
        .iter()
        .fold((0.0, 0.0), |(sum, squares), n| (sum + f64::from(*n), squares + f64::from(*n).powi(2)));
    sum * sum / (served.len() as f64 * squares)
}

const HOUR: Duration = Duration::from_secs(3600);

fn fleet(rooms: usize, limits: Limits) -> Fleet {
    Fleet {
        rooms,
        limits,
        start: Duration::ZERO,
        watched: HOUR,
        interval: HOUR / 2,
        heeds_wishes: true,
        urgent: [0.0; 2],
        unused: 0.0,
        hasty: 0,
    }
}

#[test]
fn ten_thousand_rooms_that_ask_at_once_come_back_one_after_the_other() {
    let mut seen = Fleet { watched: HOUR / 3, ..fleet(10_000, limits(1_000)) }.live();
    let [median, late, longest] = seen.waits(Purpose::Routine);
    let busiest = seen.busiest_second(1, 1_200);
    eprintln!(
        "10 000 at once, 1 Gbit/s: {} requests for {} grants, at most {busiest} in a second after the first; served after \
         {median:.0} s (median), {late:.0} s (99 %), {longest:.0} s (all); at most {:?} Mbit/s granted",
        seen.all_asks(),
        seen.grants,
        seen.most.map(|bps| bps / 1_000_000)
    );
    assert!(seen.served.iter().all(|served| *served >= 1));
    assert!(seen.most.iter().all(|most| *most <= 600_000_000), "{:?}", seen.most);
    // 28 at a time for 1.5 s each are 19 a second, so that all need at least 530 s.
    assert!(longest < 800.0, "{longest}");
    assert!(busiest < 60, "no herd: {busiest}");
    assert!(seen.all_asks() < 25_000, "each asks about twice: {}", seen.all_asks());
    assert!(seen.longest_queue <= 10_000);
}

#[test]
fn a_hundred_thousand_rooms_are_all_served_within_the_budget() {
    let fleet = Fleet {
        start: 10 * SECOND,
        watched: HOUR * 3 / 2,
        urgent: [0.02, 0.005],
        unused: 0.01,
        ..fleet(100_000, limits(10_000))
    };
    let mut seen = fleet.live();
    let [routine, pre_check, booking] = Purpose::ALL.map(|purpose| seen.waits(purpose));
    let busiest = seen.busiest_second(15, u64::MAX);
    let later = seen.busiest_second(3_000, u64::MAX);
    eprintln!(
        "100 000 within 10 s, 10 Gbit/s: {} requests for {} grants, at most {busiest} in a second after the first 15, \
         {later} from minute 50 on; waited (median, 99 %, most) routine {routine:.1?} s, pre-check {pre_check:.1?} s, \
         booking {booking:.1?} s; at most {:?} Mbit/s in {} leases; queue {}",
        seen.all_asks(),
        seen.grants,
        seen.most.map(|bps| bps / 1_000_000),
        seen.most_leases,
        seen.longest_queue,
    );
    assert!(seen.served.iter().all(|served| *served >= 1));
    assert!(seen.most.iter().all(|most| *most <= 8_000_000_000), "{:?}", seen.most);
    assert!(routine[2] < 1_200.0, "100 000 at 190 a second");
    assert!(pre_check[2] < 30.0 && booking[2] < 15.0, "{pre_check:?} {booking:?}");
    assert!(busiest < 600, "no herd: {busiest}");
    // Each 36 minutes in the mean: 46 a second.
    assert!(later < 150, "nor later: {later}");
}

#[test]
fn under_three_times_what_can_be_served_everyone_gets_as_much_and_haste_gains_nothing() {
    let fleet = Fleet {
        interval: 30 * SECOND,
        heeds_wishes: false,
        hasty: 20,
        ..fleet(2_000, Limits { daily_probes: 100_000, daily_bytes: 1 << 40, ..limits(1_000) })
    };
    let seen = fleet.live();
    let (hasty, patient) = seen.served.split_at(20);
    let mean = |served: &[u32]| f64::from(served.iter().sum::<u32>()) / served.len() as f64;
    let index = fairness(&seen.served);
    eprintln!(
        "2 000 rooms that want a probe every 30 s: {} grants in an hour, {:.1} each, of those in haste {:.1}; Jain's index {index:.4}",
        seen.grants,
        mean(patient),
        mean(hasty)
    );
    assert!(index > 0.98, "{index}");
    assert!(mean(hasty) < mean(patient) * 1.05, "{} {}", mean(hasty), mean(patient));
    let served = patient.iter().copied();
    assert!(served.clone().min().unwrap() * 3 > served.max().unwrap() * 2);
}

#[test]
fn sustain_probes_of_a_whole_fleet_do_not_stop_the_gate() {
    // Rooms 0 to 199 want a sustain probe, a hundred others a gate probe each half minute.
    let mut admission = Admission::new(Limits { daily_bytes: 1 << 40, ..limits(1_000) });
    let mut chance = Jitter::new(5);
    let mut next: BinaryHeap<Reverse<(Duration, usize, What)>> =
        (0..300).map(|n| Reverse((Duration::ZERO, n, What::Ask))).collect();
    let (mut first, mut waits, mut sustained) = (vec![None; 300], Vec::new(), Vec::new());
    while let Some(Reverse((now, n, what))) = next.pop() {
        if now > HOUR / 3 {
            break;
        }
        match what {
            What::End(id, bytes) => admission.on_end(now, id, bytes),
            What::Use(id) => assert!(admission.on_use(now, id)),
            What::Ask => {
                let mode = if n < 200 { Mode::Sustain } else { Mode::Gate };
                let since = *first[n].get_or_insert(now);
                match admission.ask(now, &Request { mode, ..gate(room(n)) }, false, chance.share()) {
                    Answer::Grant(lease) => {
                        first[n] = None;
                        let (hold, pause) = match mode {
                            Mode::Sustain => (chance.stretch(SECOND, 22.0..31.0), 100 * HOUR),
                            _ => (chance.stretch(SECOND, 1.1..1.5), 30 * SECOND),
                        };
                        if mode == Mode::Sustain {
                            sustained.push(now - since);
                        } else {
                            waits.push(now - since);
                        }
                        next.push(Reverse((now + SECOND, n, What::Use(lease.id))));
                        next.push(Reverse((now + hold, n, What::End(lease.id, Some(4_000_000)))));
                        next.push(Reverse((now + hold + pause, n, What::Ask)));
                    }
                    Answer::Busy(wait) => {
                        let at = now + wait.retry_after + chance.stretch(SECOND, 0.0..1.0);
                        next.push(Reverse((at, n, What::Ask)));
                    }
                    Answer::Deny(denial) => panic!("{denial:?}"),
                }
            }
        }
    }
    let (longest, last) = (waits.iter().max().unwrap(), sustained.iter().max().unwrap());
    eprintln!(
        "200 sustain probes: the last began after {last:.1?}; gates meanwhile waited {longest:.1?} at the most"
    );
    assert_eq!(sustained.len(), 200);
    assert!(*last < 600 * SECOND, "{last:?}");
    assert!(*longest < 45 * SECOND, "200 at once, the first time: {longest:?}");
}

#[test]
fn the_same_chance_gives_the_same_run() {
    let fleet = Fleet { watched: HOUR / 4, unused: 0.02, ..fleet(500, limits(100)) };
    let (one, other) = (fleet.live(), fleet.live());
    assert_eq!((one.asks, one.served), (other.asks, other.served));
}
