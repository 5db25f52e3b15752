//! Ten thousand rooms that were switched on together, and one server.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::*;
use crate::spread;

const ROOMS: usize = 10_000;
const PLACES: usize = 100;

/// How long a gate probe holds its place.
const HELD: Duration = Duration::from_millis(1_200);

/// What a server's places say to a room that is told to come back.
const RETRY_AFTER: Duration = Duration::from_secs(5);

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
    let mut next: BinaryHeap<Reverse<(Duration, usize)>> = BinaryHeap::new();
    for (number, room) in rooms.iter_mut().enumerate() {
        room.recall(Duration::ZERO, known);
        next.push(Reverse((Duration::ZERO, number)));
    }
    let mut chance = Jitter::new(7);
    let mut places: BinaryHeap<Reverse<Duration>> = BinaryHeap::new();
    let mut asks = Vec::new();
    while let Some(Reverse((now, number))) = next.pop() {
        if now >= HOUR * hours {
            break;
        }
        let room = &mut rooms[number];
        match room.next(now, FREE) {
            Action::Wait { until, .. } => next.push(Reverse((until, number))),
            Action::Listen => unreachable!("the line is known to be quiet"),
            Action::Probe(Mode::Gate) => {
                asks.push(now);
                while places.peek().is_some_and(|Reverse(free)| *free <= now) {
                    places.pop();
                }
                if places.len() == PLACES {
                    let busy = life::fruitless(Some(RETRY_AFTER));
                    room.on_result(now, Mode::Gate, Attempt { reason: Reason::ServerBusy, ..busy });
                    next.push(Reverse((now, number)));
                    continue;
                }
                let others = places.len();
                let wish = spread::next_probe_in(others, PLACES, chance.share()).filter(|_| spreads);
                places.push(Reverse(now + HELD));
                room.on_result(now + HELD, Mode::Gate, Attempt { next_probe_in: wish, ..pass(4_000_000) });
                next.push(Reverse((now + HELD, number)));
            }
            Action::Probe(mode) => {
                room.on_result(now, mode, pass(0));
                next.push(Reverse((now, number)));
            }
        }
    }
    asks
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
