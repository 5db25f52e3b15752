//! A server that is killed at any moment, between its log and its answer too: what it has answered is so, and no slot is given twice.

use std::{
    collections::BTreeMap,
    env,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use serde_json::Value;
use siaga_booking::{
    Bookings,
    audit::{Head, verify},
    bookings::FILE,
};
use siaga_readiness::booking::Standing;
use siaga_tests::{
    booking_system::{BookingSystem, always_open, request, token},
    past::remember,
    programs::{Daemon, Lab},
};

const KILLS: usize = 50;
/// Those who ask at once; every slot is wanted by two of them.
const WHO: usize = 4;
const ROOMS: usize = 4;

/// `SIAGA_TEST_KILLS` says how often.
#[test]
fn a_server_killed_at_any_moment_has_kept_what_it_answered_and_gave_no_slot_twice() {
    let kills = env::var("SIAGA_TEST_KILLS").ok().map_or(KILLS, |kills| kills.parse().unwrap());
    let lab = Lab::new().unwrap();
    always_open(&lab.server_dir()).unwrap();
    let token = token(&lab, "read,book").unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(remember(&lab.server_dir(), ROOMS, 28)).unwrap();
    let mut random = Pcg64::seed_from_u64(6);
    let next = AtomicUsize::new(0);
    let (mut all, mut unanswered) = (BTreeMap::new(), Vec::new());
    for kill in 0..kills {
        let server = lab.server(&[]).unwrap();
        let mut asking = BookingSystem::connect(server.http, &token).unwrap();
        // Who got no answer asks again, in the same words.
        for number in std::mem::take(&mut unanswered) {
            let (status, told) = asking.put(&name(number), &wanted(number)).unwrap();
            assert_eq!(status, 200, "kill {kill}: {told}");
            all.insert(number, Told::of(&told));
        }
        let (told, lost) = book_until_killed(server, &token, &next, random.random_range(1..40));
        assert!(!told.is_empty() && lost.len() <= WHO);
        unanswered = lost;
        all.extend(told);
    }
    let path = lab.server_dir().join(FILE);
    let head = all.values().map(|told| told.head).max_by_key(|head| head.seq).unwrap();
    assert!(verify(&path, Some(head)).unwrap().head.seq >= head.seq);
    let bookings = Bookings::open(&path).unwrap();
    for (number, told) in &all {
        let row = bookings.read(|reader| reader.booking(&name(*number).parse().unwrap())).unwrap();
        let row = row.unwrap_or_else(|| panic!("{number} was answered and is not there"));
        assert_eq!(row.ruling.as_str(), told.decision, "{number}");
    }
    let all = bookings
        .read(|reader| reader.agenda(jiff::Timestamp::MIN, jiff::Timestamp::MAX, None, now()))
        .unwrap();
    let approved = all.iter().filter(|it| it.standing == Standing::Approved);
    let mut slots: Vec<_> = approved.map(|it| (it.room.clone(), it.slot.start())).collect();
    assert!(slots.len() > kills, "{} of {} were approved", slots.len(), all.len());
    slots.sort();
    let given = slots.len();
    slots.dedup();
    assert_eq!(slots.len(), given, "no slot is given twice");
}

fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// What was answered.
struct Told {
    decision: String,
    head: Head,
}

impl Told {
    fn of(answer: &Value) -> Self {
        let log = &answer["log"];
        let head = format!("{}:{}", log["seq"], log["hash"].as_str().unwrap());
        Self { decision: answer["decision"].as_str().unwrap().to_owned(), head: head.parse().unwrap() }
    }
}

fn name(number: usize) -> String {
    format!("b{number}")
}

fn wanted(number: usize) -> Value {
    let slot = number / 2;
    request(&format!("room-{}", slot % ROOMS), slot / ROOMS)
}

/// Kills it when so many answers have come; what was answered until its end, and what was not.
fn book_until_killed(
    server: Daemon,
    token: &str,
    next: &AtomicUsize,
    answers: usize,
) -> (Vec<(usize, Told)>, Vec<usize>) {
    let (told, hears) = mpsc::channel();
    let http = server.http;
    thread::scope(|scope| {
        let ask = |told: mpsc::Sender<(usize, Told)>| {
            let mut asking = BookingSystem::connect(http, token).ok()?;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                match asking.put(&name(number), &wanted(number)) {
                    Ok((status, answer)) => {
                        assert_eq!(status, 200, "{answer}");
                        told.send((number, Told::of(&answer))).unwrap();
                    }
                    Err(_) => return Some(number),
                }
            }
        };
        let asking: Vec<_> = (0..WHO)
            .map(|_| {
                let told = told.clone();
                scope.spawn(move || ask(told))
            })
            .collect();
        drop(told);
        let mut heard: Vec<_> = hears.iter().take(answers).collect();
        drop(server);
        let lost = asking.into_iter().filter_map(|one| one.join().unwrap()).collect();
        heard.extend(hears);
        (heard, lost)
    })
}
