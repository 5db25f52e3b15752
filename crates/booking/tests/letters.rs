//! Letters to the booking system, and receivers that take them or not.

mod office;

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use siaga_booking::{
    NotDone,
    bookings::{Overridden, Turn},
    webhook::{Carried, Courier, Event, Sender},
};
use siaga_readiness::{
    booking::{Ruling, calendar::Zone},
    catalogue::Text,
    reasons::Code,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use office::{Office, at, reference};

/// Takes letters, but for those whose body holds one of some words.
#[derive(Clone)]
struct Receiver {
    address: SocketAddr,
    refused: Arc<Mutex<Vec<(&'static str, u16)>>>,
    came: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Self { address, refused: Arc::default(), came: Arc::default() };
        let it = receiver.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                let body = loop {
                    stream.read_buf(&mut request).await.unwrap();
                    let text = String::from_utf8_lossy(&request);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                    if body.len() == length.parse::<usize>().unwrap() {
                        break body.to_owned();
                    }
                };
                let refused =
                    it.refused.lock().unwrap().iter().find(|(word, _)| body.contains(word)).copied();
                let status = refused.map_or(204, |(_, status)| status);
                if status == 204 {
                    it.came.lock().unwrap().push(serde_json::from_str(&body).unwrap());
                }
                let answer = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        receiver
    }

    fn refuses(&self, word: &'static str, status: u16) {
        self.refused.lock().unwrap().push((word, status));
    }

    fn takes_all(&self) {
        self.refused.lock().unwrap().clear();
    }

    /// Which bookings' letters came, with their numbers.
    fn came(&self) -> Vec<String> {
        let came = self.came.lock().unwrap();
        came.iter()
            .map(|letter| format!("{}{}", letter["reference"].as_str().unwrap(), letter["sequence"]))
            .collect()
    }

    fn courier(&self, office: &Office) -> Courier {
        let target = format!("http://{}/hook", self.address).parse().unwrap();
        let secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".parse().unwrap();
        let sender = Sender::new(target, secret, Path::new("/nowhere")).unwrap();
        Courier::new(office.bookings.clone(), Some(sender))
    }
}

async fn tell(office: &Office, name: &str, hours: i64) {
    let reference = reference(name);
    let work = move |turn: &mut Turn<'_>| {
        let text = Text { id: "Ditarik.".into(), en: "Withdrawn.".into() };
        Ok::<_, NotDone<()>>(turn.tell(Event::Withdrawn, &reference, vec![Code::PrecheckRoomOff], text)?)
    };
    office.bookings.in_turn(at(hours), work).await.unwrap();
}

/// Carries until nothing is due.
async fn carry_all(courier: &Courier, now: Timestamp) -> Vec<Carried> {
    let mut carried = Vec::new();
    while let Some(one) = courier.carry_one(now, 0.0).await.unwrap() {
        carried.push(one);
    }
    carried
}

fn seconds(seconds: i64) -> Timestamp {
    at(0) + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_letter_says_how_the_booking_stands_and_is_sent_once_it_was_taken() {
    let (office, receiver) = (Office::new(), Receiver::new().await);
    office.book("a", "r1", 24).await;
    tell(&office, "a", 0).await;
    let courier = receiver.courier(&office);
    assert_eq!(carry_all(&courier, at(0)).await, [Carried::Arrived]);
    assert_eq!(carry_all(&courier, at(100)).await, []);
    let letter = receiver.came.lock().unwrap()[0].clone();
    let expected = serde_json::json!({
        "id": "evt_1", "event": "withdrawn", "reference": "a", "sequence": 1, "at": "2026-11-22T01:00:00Z", "room": "r1",
        "slot": { "start": "2026-11-23T01:00:00Z", "end": "2026-11-23T02:00:00Z" },
        "decision": "approve", "standing": null, "reasons": ["PRECHECK_ROOM_OFF"],
        "message": { "id": "Ditarik.", "en": "Withdrawn." }
    });
    assert_eq!(letter, expected);
}

#[tokio::test]
async fn a_letter_that_is_refused_holds_up_its_own_booking_and_no_other() {
    let (office, receiver) = (Office::new(), Receiver::new().await);
    for name in ["a", "b"] {
        office.book(name, "r1", if name == "a" { 24 } else { 30 }).await;
        tell(&office, name, 0).await;
        tell(&office, name, 0).await;
    }
    let courier = receiver.courier(&office);
    receiver.refuses("\"reference\":\"a\"", 500);
    assert_eq!(carry_all(&courier, at(0)).await, [Carried::Later, Carried::Arrived, Carried::Arrived]);
    assert_eq!(receiver.came(), ["b1", "b2"]);
    receiver.takes_all();
    assert_eq!(carry_all(&courier, seconds(4)).await, []);
    assert_eq!(carry_all(&courier, seconds(5)).await, [Carried::Arrived; 2]);
    assert_eq!(receiver.came(), ["b1", "b2", "a1", "a2"]);
}

#[tokio::test]
async fn letters_survive_a_restart_and_keep_their_order_and_names() {
    let (office, receiver) = (Office::new(), Receiver::new().await);
    office.book("a", "r1", 24).await;
    tell(&office, "a", 0).await;
    receiver.refuses("evt_1", 500);
    carry_all(&receiver.courier(&office), at(0)).await;
    let office = office.restarted(|_| {}).unwrap();
    tell(&office, "a", 0).await;
    receiver.takes_all();
    assert_eq!(carry_all(&receiver.courier(&office), at(1)).await, [Carried::Arrived; 2]);
    assert_eq!(receiver.came(), ["a1", "a2"]);
    let ids: Vec<_> = receiver.came.lock().unwrap().iter().map(|letter| letter["id"].clone()).collect();
    assert_eq!(ids, ["evt_1", "evt_2"]);
}

#[tokio::test]
async fn a_letter_that_nobody_takes_is_given_up_after_three_days_and_the_next_one_shows_the_gap() {
    let (office, receiver) = (Office::new(), Receiver::new().await);
    office.book("a", "r1", 24).await;
    tell(&office, "a", 0).await;
    tell(&office, "a", 0).await;
    let courier = receiver.courier(&office);
    receiver.refuses("\"sequence\":1", 500);
    let mut carried = Vec::new();
    for hour in 0..80 {
        carried.extend(carry_all(&courier, at(hour)).await);
    }
    assert_eq!(carried.iter().filter(|one| **one == Carried::GivenUp).count(), 1);
    assert_eq!(receiver.came(), ["a2"]);
    let mailbag = |hours| {
        let (bookings, now) = (office.bookings.clone(), at(hours));
        let courier = receiver.courier(&office);
        async move {
            courier.tidy(now).await.unwrap();
            bookings.read(|reader| reader.mailbag()).unwrap()
        }
    };
    assert_eq!((mailbag(80).await.waiting, mailbag(80).await.given_up), (0, 1));
    assert_eq!(mailbag(80 + 31 * 24).await.given_up, 0);
}

#[tokio::test]
async fn a_receiver_that_is_gone_for_good_is_not_asked_again() {
    let (office, receiver) = (Office::new(), Receiver::new().await);
    office.book("a", "r1", 24).await;
    tell(&office, "a", 0).await;
    receiver.refuses("a", 410);
    assert_eq!(carry_all(&receiver.courier(&office), at(0)).await, [Carried::GivenUp]);
}

#[tokio::test]
async fn what_was_not_done_is_not_told() {
    let (office, receiver) = (Office::new(), Receiver::new().await);
    office.book("a", "r1", 24).await;
    let refused = |turn: &mut Turn<'_>| {
        turn.tell(Event::Withdrawn, &reference("a"), Vec::new(), Text::default())?;
        Err::<(), _>(NotDone::Refused(()))
    };
    assert!(office.bookings.in_turn(at(0), refused).await.is_err());
    assert_eq!(carry_all(&receiver.courier(&office), at(0)).await, []);
}

#[tokio::test]
async fn letters_to_nobody_are_dropped() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    tell(&office, "a", 0).await;
    let courier = Courier::new(office.bookings.clone(), None);
    assert_eq!(carry_all(&courier, at(0)).await, []);
    courier.tidy(at(0)).await.unwrap();
    assert_eq!(office.bookings.read(|reader| reader.mailbag()).unwrap().waiting, 0);
}

#[tokio::test]
async fn that_a_person_s_decision_has_run_out_is_told_once() {
    let office = Office::new();
    office.book("a", "r1", 24).await;
    let overrule = |turn: &mut Turn<'_>| {
        let overridden = Overridden { ruling: Ruling::Approve, until: at(10) };
        let body = json!({ "override": { "decision": "approve", "actor": "Kepala Dinas" } });
        Ok::<_, NotDone<()>>(turn.overrule(&reference("a"), &overridden, &body)?)
    };
    office.bookings.in_turn(at(1), overrule).await.unwrap();
    let ended = |hours| office.bookings.read(|reader| reader.ended_overrides(at(hours))).unwrap();
    assert_eq!((ended(9), ended(10), ended(30)), (vec![], vec![reference("a")], vec![]));
    let tell = async |hours| {
        let work = |turn: &mut Turn<'_>| {
            let zone = Zone::named("Asia/Pontianak", jiff::tz::db()).unwrap();
            Ok::<_, NotDone<()>>(turn.tell_override_ended(&reference("a"), &zone)?)
        };
        office.bookings.in_turn(at(hours), work).await.unwrap().0
    };
    assert_eq!((tell(9).await, tell(10).await, tell(11).await), (false, true, false));
    assert_eq!(ended(11), []);
    let due = office.bookings.read(|reader| reader.due_letter(at(11))).unwrap().unwrap();
    let letter: Value = serde_json::from_str(&due.body).unwrap();
    assert_eq!((&letter["event"], &letter["decision"]), (&json!("override_ended"), &json!("review")));
    assert!(letter["message"]["en"].as_str().unwrap().contains("Kepala Dinas"), "{letter}");
    // Another decision of a person's is another one that runs out.
    office.bookings.in_turn(at(12), overrule).await.unwrap();
    assert_eq!(ended(13), [reference("a")]);
    // Also if what that person said can't be read any more.
    let changed = format!("UPDATE audit SET body = 'x' WHERE seq = {}", office.head().seq);
    let file = rusqlite::Connection::open(office.path()).unwrap();
    file.execute_batch(&format!("DROP TRIGGER audit_is_not_changed; {changed}")).unwrap();
    assert!(tell(13).await);
    assert_eq!(ended(14), []);
}
