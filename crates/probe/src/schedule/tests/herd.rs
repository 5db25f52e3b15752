//! Ten thousand rooms that were switched on together, and one server.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::*;
use crate::admission::{Admission, Answer, Asker, LeaseId, Limits, Purpose, Request};

const ROOMS: usize = 10_000;

/// Twenty gate probes at 10 up and 20 down at the same time, as routine.
fn limits() -> Limits {
    Limits {
        uplink_up: rate(700),
        uplink_down: rate(700),
        share_percent: 80,
        max_rate: rate(100),
        max_probes: 1_000,
        daily_bytes: 1_000_000_000,
        daily_probes: 1_000,
    }
}

/// How long a gate probe holds its place.
const HELD: Duration = Duration::from_millis(1_200);

/// The most requests within a minute, for each hour.
fn peaks(hours: u32, spreads: bool) -> Vec<usize> {
    let asks = lived(hours, spreads);
    (0..hours)
        .map(|hour| {
            let within = asks.iter().filter(|at| (HOUR * hour..HOUR * (hour + 1)).contains(*at));
            let mut minutes = BTreeMap::new();
            within.for_each(|at| *minutes.entry(at.as_secs() / 60).or_insert(0) += 1);
            minutes.into_values().max().unwrap()
        })
        .collect()
}

/// When gate probes were asked for; `spreads`: the server has wishes.
fn lived(hours: u32, spreads: bool) -> Vec<Duration> {
    let plan = |seed| Plan { seed, quality_interval: DAY * 2, ..plan() };
    let known = Sustained { ago: Duration::ZERO, passed: true };
    let mut rooms: Vec<Schedule> = (0..ROOMS as u64).map(|room| schedule(plan(room))).collect();
    let requests: Vec<Request> = (0..ROOMS).map(request).collect();
    // What runs until then, and what a room does next.
    let mut next: BinaryHeap<Reverse<(Duration, usize, Option<LeaseId>)>> = BinaryHeap::new();
    for (number, room) in rooms.iter_mut().enumerate() {
        room.recall(Duration::ZERO, known);
        next.push(Reverse((Duration::ZERO, number, None)));
    }
    let mut chance = Jitter::new(7);
    let mut server = Admission::new(limits());
    let mut asks = Vec::new();
    while let Some(Reverse((now, number, lease))) = next.pop() {
        if now >= HOUR * hours {
            break;
        }
        if let Some(id) = lease {
            server.on_end(now, id, Some(4_000_000));
        }
        let room = &mut rooms[number];
        match room.next(now, FREE) {
            Action::Wait { until, .. } => next.push(Reverse((until, number, None))),
            Action::Listen => unreachable!("the line is known to be quiet"),
            Action::Probe(Mode::Gate) => {
                asks.push(now);
                match server.ask(now, &requests[number], false, chance.share()) {
                    Answer::Grant(lease) => {
                        let wish = lease.next_probe_in.filter(|_| spreads);
                        let passed = Attempt { next_probe_in: wish, ..pass(4_000_000) };
                        room.on_result(now + HELD, Mode::Gate, passed);
                        next.push(Reverse((now + HELD, number, Some(lease.id))));
                    }
                    Answer::Busy(wait) => {
                        let busy = life::fruitless(Some(wait.retry_after));
                        room.on_result(now, Mode::Gate, Attempt { reason: Reason::ServerBusy, ..busy });
                        next.push(Reverse((now, number, None)));
                    }
                    Answer::Deny(denial) => panic!("{denial}"),
                }
            }
            Action::Probe(mode) => {
                room.on_result(now, mode, pass(0));
                next.push(Reverse((now, number, None)));
            }
        }
    }
    asks
}

fn request(room: usize) -> Request {
    let asker = Asker::Room(format!("room-{room}").into());
    Request { asker, mode: Mode::Gate, up: rate(10), down: rate(20), purpose: Purpose::Routine }
}

#[test]
fn a_server_s_wishes_take_a_herd_apart() {
    let (alone, spread) = (peaks(4, false), peaks(4, true));
    // Ten thousand rooms that ask evenly, each half an hour, are 333 in a minute.
    eprintln!("most requests within a minute, hour by hour: {alone:?} without wishes, {spread:?} with them");
    assert!(spread[1] * 3 < alone[1] * 2, "the second hour: {spread:?}, {alone:?}");
    assert!(spread[2] * 10 < 333 * 11, "from the third on nearly even: {spread:?}, {alone:?}");
    assert!(alone[3] * 10 > 333 * 13, "which by themselves they are not: {alone:?}");
    assert_eq!(spread, peaks(4, true), "the same seeds give the same run");
}
