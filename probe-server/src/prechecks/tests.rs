//! Stories of approvals, their rooms and the server between them, in virtual time and with real files: a meeting at nine in an
//! office that opens at eight. What the plan does in itself is told beside it.

mod room;

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;
use siaga_booking::{
    Bookings,
    bookings::{self, BookingRow, Decided, Turn},
    webhook::Courier,
};
use siaga_readiness::{
    booking::{BookingPolicy, Calendar, Class, Decision, Ruling, Slot, calendar::Zone},
    profile::{Profile, Profiles},
    report::{Item, Tick},
};
use siaga_transport::room::SILENCE;
use tempfile::TempDir;

use super::{sheet::Sheet, *};
use crate::desk::tests::Office;
use room::Machine;

/// An office with its bookings and rooms.
struct Story {
    office: Office,
    dir: TempDir,
    bookings: Bookings,
    prechecks: Prechecks,
    metrics: Arc<BookingMetrics>,
    rooms: Vec<Machine>,
}

const MEETING: &str = "meeting";
const SWITCHED_OFF: &str = "the room is being shut down";

fn at(time: &str) -> Timestamp {
    format!("2026-11-24T{time}:00+07:00").parse().unwrap()
}

fn profiles() -> Arc<Profiles> {
    let profile =
        Profile::from_toml(MEETING.parse().unwrap(), "[camera]\n[machine]\nkinds = [\"laptop\"]").unwrap();
    Arc::new(Profiles::with([(profile.name, profile.requirements)].into()).unwrap())
}

fn rules(profiles: &Arc<Profiles>) -> Arc<crate::office::Office> {
    let zone = Zone::named("Asia/Pontianak", jiff::tz::db()).unwrap();
    let calendar = Calendar::new(zone, "Mon-Fri 08:00-16:00".parse().unwrap());
    let policy = BookingPolicy::shipped("kalbar-98-2021").unwrap().clone();
    Arc::new(crate::office::Office { policy, digest: "d".into(), calendar, profiles: profiles.clone() })
}

impl Story {
    /// At half past five; each room is on, and booked from nine to eleven.
    async fn new(rooms: &[&str]) -> Self {
        let (office, dir) = (Office::new(), tempfile::tempdir().unwrap());
        let bookings = Bookings::open(&dir.path().join(bookings::FILE)).unwrap();
        let metrics = Arc::new(BookingMetrics::new());
        let prechecks = looking_after(&office, &bookings, &metrics);
        let until = at("05:30").duration_since(office.wall());
        office.later(until.as_secs().unsigned_abs());
        let mut story = Self { office, dir, bookings, prechecks, metrics, rooms: Vec::new() };
        for name in rooms {
            story.rooms.push(Machine::new(name));
            story.approve(name).await;
        }
        story.all_on().await;
        story
    }

    async fn approve(&self, name: &str) {
        let decision: Decision = serde_json::from_value(json!({
            "decision": "approve", "message": { "id": "Bisa.", "en": "Yes." }, "decided_at": self.office.wall(),
            "expires_at": null, "criteria": [], "conditions": [], "alternatives": [],
            "policy": { "name": "p", "digest": "d" }
        }))
        .unwrap();
        let decided = Decided {
            reference: name.parse().unwrap(),
            room: name.parse().unwrap(),
            slot: Slot::new(at("09:00"), at("11:00")).unwrap(),
            submitted_at: self.office.wall(),
            class: Class::Regular,
            request: json!({ "profile": MEETING }).to_string(),
            ruling: Ruling::Approve,
            expires_at: None,
        };
        let work = move |turn: &mut Turn<'_>| {
            Ok::<_, NotDone<()>>(turn.decide("decided", &decided, &json!({ "decision": decision }))?)
        };
        self.bookings.in_turn(self.office.wall(), work).await.unwrap();
    }

    async fn until(&mut self, time: &str) {
        while self.office.wall() < at(time) {
            self.office.later(20);
            self.tick().await;
        }
    }

    async fn tick(&mut self) {
        for room in &mut self.rooms {
            room.live(&self.office).await;
        }
        self.prechecks.look().await;
    }

    async fn all_on(&mut self) {
        for room in &mut self.rooms {
            room.on(&self.office).await;
        }
    }

    async fn all_off(&mut self, why: &str) {
        for room in &mut self.rooms {
            room.off(&self.office, why).await;
        }
    }

    /// The server is down for a while and started again. Its rooms have to come anew.
    async fn outage(mut self, from: &str, to: &str) -> Self {
        self.until(from).await;
        let Self { office, dir, bookings, prechecks, metrics, mut rooms } = self;
        drop((prechecks, bookings));
        for room in &mut rooms {
            room.lose_its_link();
        }
        let down = at(to).duration_since(office.wall());
        office.later(down.as_secs().unsigned_abs());
        let office = office.restarted(1);
        let bookings = Bookings::open(&dir.path().join(bookings::FILE)).unwrap();
        let prechecks = looking_after(&office, &bookings, &metrics);
        Self { office, dir, bookings, prechecks, metrics, rooms }
    }

    fn booking(&self, name: &str) -> BookingRow {
        self.bookings.read(|reader| reader.booking(&name.parse().unwrap())).unwrap().unwrap()
    }

    fn stands(&self, name: &str) -> (Option<Ruling>, Option<String>) {
        let booking = self.booking(name);
        (booking.in_force(self.office.wall()), booking.standing)
    }

    /// What the log tells of a booking.
    fn log(&self, name: &str) -> Vec<String> {
        let entries = self.bookings.read(|reader| reader.entries(&name.parse().unwrap(), 0, 100)).unwrap();
        entries.into_iter().map(|entry| entry.kind).collect()
    }

    fn metrics(&self) -> String {
        self.metrics.render(Ok(&self.bookings), &self.office.desk, &profiles(), self.office.wall())
    }
}

fn looking_after(office: &Office, bookings: &Bookings, metrics: &Arc<BookingMetrics>) -> Prechecks {
    let (desk, bookings, metrics) = (office.desk.clone(), bookings.clone(), metrics.clone());
    let rules = rules(&profiles());
    Prechecks::new(desk, bookings, move || rules.clone(), Traffic::default, metrics)
}

const APPROVED: Option<Ruling> = Some(Ruling::Approve);

fn confirmed() -> (Option<Ruling>, Option<String>) {
    (APPROVED, Some("confirmed".to_owned()))
}

#[tokio::test]
async fn a_room_that_works_is_checked_before_its_meeting_and_nothing_is_told() {
    let mut story = Story::new(&["r1"]).await;
    story.until("09:30").await;
    assert_eq!(story.stands("r1"), confirmed());
    assert_eq!(story.log("r1"), ["decided"]);
    assert_eq!(story.rooms[0].checked, 3, "the day before is made up for, then twice on the day");
}

#[tokio::test]
async fn unplugging_the_camera_ten_minutes_before_the_check_withdraws_the_approval_and_reaches_the_webhook() {
    let mut story = Story::new(&["r1", "r2"]).await;
    let (address, mut letters) = room::receiver().await;
    story.until("08:35").await;
    story.rooms[0].camera = false;
    story.until("08:46").await;
    assert_eq!(story.stands("r1"), (Some(Ruling::Review), None));
    assert_eq!(story.stands("r2"), confirmed(), "the other one is none the worse");
    assert_eq!(story.log("r1"), ["decided", "withdrawn"]);
    let courier = Courier::new(story.bookings.clone(), Some(room::sender(address)));
    courier.carry_one(story.office.wall(), 0.0).await.unwrap().unwrap();
    let letter = letters.recv().await.unwrap();
    assert_eq!((letter["event"].as_str(), letter["reference"].as_str()), (Some("withdrawn"), Some("r1")));
    assert_eq!(letter["reasons"], json!(["PRECHECK_ROOM_FAILED", "CAMERA_MISSING"]));
    let said = letter["message"]["id"].as_str().unwrap();
    assert!(said.starts_with("Permohonan r1 ") && said.contains("perlu ditinjau"), "{letter}");
    assert_eq!(courier.carry_one(story.office.wall(), 0.0).await.unwrap(), None, "once");
}

#[tokio::test]
async fn a_room_that_was_booked_under_a_profile_that_is_no_more_is_never_confirmed() {
    let mut story = Story::new(&["r1"]).await;
    let without = Arc::new(Profiles::default());
    let rules = rules(&without);
    story.prechecks.office = Box::new(move || rules.clone());
    story.until("08:59").await;
    assert_eq!(story.stands("r1"), (APPROVED, Some("unconfirmed".to_owned())));
    let told = story.bookings.read(|reader| reader.entries(&"r1".parse().unwrap(), 0, 100)).unwrap();
    assert!(told.last().unwrap().body.contains("PROFILE_UNKNOWN"), "{told:?}");
    let (bookings, desk) = (&story.bookings, &story.office.desk);
    let metrics = story.metrics.render(Ok(bookings), desk, &without, story.office.wall());
    assert!(metrics.contains("siaga_next_booking_ready{room=\"r1\"} 0"), "{metrics}");
}

#[tokio::test]
async fn switching_the_room_off_ten_minutes_before_the_check_withdraws_the_approval() {
    let mut story = Story::new(&["r1", "r2"]).await;
    story.until("08:35").await;
    story.rooms[0].off(&story.office, SWITCHED_OFF).await;
    story.until("08:46").await;
    assert_eq!(story.stands("r1"), (Some(Ruling::Review), None));
    assert_eq!(story.stands("r2"), confirmed());
}

#[tokio::test]
async fn a_server_that_is_down_over_the_checks_withdraws_nothing_and_makes_up_for_them() {
    let mut story = Story::new(&["r1", "r2"]).await.outage("06:25", "08:40").await;
    // Rooms need a moment to come back.
    story.until("08:42").await;
    story.all_on().await;
    story.until("09:30").await;
    for room in ["r1", "r2"] {
        assert_eq!((story.stands(room), story.log(room)), (confirmed(), vec!["decided".to_owned()]));
    }
}

#[tokio::test]
async fn a_room_that_does_not_come_back_after_an_outage_is_off() {
    let mut story = Story::new(&["r1", "r2"]).await.outage("06:25", "08:40").await;
    story.rooms[0].on(&story.office).await;
    story.until("08:50").await;
    assert_eq!(story.stands("r1"), confirmed());
    assert_eq!(story.stands("r2"), (Some(Ruling::Review), None));
}

#[tokio::test]
async fn a_server_that_hears_nobody_after_its_start_withdraws_nothing() {
    let mut story = Story::new(&["r1", "r2"]).await.outage("06:25", "08:40").await;
    story.until("09:30").await;
    for room in ["r1", "r2"] {
        assert_eq!(
            (story.stands(room).0, story.log(room)),
            (APPROVED, vec!["decided".to_owned(), "unconfirmed".to_owned()])
        );
    }
}

#[tokio::test]
async fn a_server_that_is_started_in_the_middle_of_a_check_neither_repeats_nor_loses_it() {
    let mut story = Story::new(&["r1"]).await;
    story.until("08:44").await;
    let before = story.rooms[0].checked;
    story.rooms[0].is_slow = true;
    let mut story = story.outage("08:46", "08:47").await;
    story.rooms[0].is_slow = false;
    story.all_on().await;
    story.until("09:00").await;
    assert_eq!(story.rooms[0].checked, before + 1);
    assert_eq!(story.stands("r1"), confirmed());
}

#[tokio::test]
async fn a_server_whose_line_is_cut_withdraws_nothing_and_says_once_that_it_knows_nothing() {
    let mut story = Story::new(&["r1", "r2", "r3"]).await;
    story.until("08:20").await;
    story.all_off(SILENCE).await;
    story.until("08:59").await;
    for room in ["r1", "r2", "r3"] {
        assert_eq!(story.stands(room), (APPROVED, Some("unconfirmed".to_owned())));
        assert_eq!(story.log(room), ["decided", "unconfirmed"]);
    }
    assert!(story.metrics().contains("siaga_server_fault{fault=\"rooms_away\"} 1"));
}

#[tokio::test]
async fn a_line_that_is_mended_before_the_meeting_has_the_rooms_confirmed() {
    let mut story = Story::new(&["r1", "r2", "r3"]).await;
    story.until("08:20").await;
    story.all_off(SILENCE).await;
    story.until("08:52").await;
    story.all_on().await;
    story.until("09:30").await;
    for room in ["r1", "r2", "r3"] {
        assert_eq!(story.stands(room), confirmed());
        assert_eq!(story.log(room), ["decided", "unconfirmed", "confirmed"]);
    }
}

#[tokio::test]
async fn rooms_that_are_switched_off_are_off_however_many_they_are() {
    let mut story = Story::new(&["r1", "r2", "r3"]).await;
    story.until("08:20").await;
    story.all_off(SWITCHED_OFF).await;
    story.until("08:46").await;
    for room in ["r1", "r2", "r3"] {
        assert_eq!(story.stands(room), (Some(Ruling::Review), None));
    }
}

#[tokio::test]
async fn a_trial_call_in_the_room_a_quarter_of_an_hour_before_withdraws_nothing() {
    let mut story = Story::new(&["r1"]).await;
    story.until("08:40").await;
    story.rooms[0].is_in_use = true;
    story.until("09:30").await;
    assert_eq!((story.stands("r1"), story.log("r1")), (confirmed(), vec!["decided".to_owned()]));
}

#[tokio::test]
async fn a_room_is_told_its_bookings_with_what_is_ticked_and_forgets_those_that_are_withdrawn() {
    let mut story = Story::new(&["r1"]).await;
    let (office_clock, bookings) = (story.office.clock(), story.bookings.clone());
    story.office.desk.keep_ticks_in(Arc::new(Sheet::new(move || Ok(bookings.clone()), office_clock)));
    story.until("06:00").await;
    let told = story.rooms[0].agenda.clone().unwrap();
    assert_eq!((told.bookings[0].reference.as_str(), told.bookings[0].decision.as_str()), ("r1", "approve"));
    let tick = Tick { reference: "r1".into(), item: Item::RoomReady, name: "Dewi".into() };
    story.rooms[0].ticks(&story.office, tick).await;
    story.until("06:01").await;
    let ticked = story.rooms[0].agenda.clone().unwrap().bookings[0].checklist.clone();
    assert_eq!(
        ticked.iter().map(|it| (it.item, it.name.as_str())).collect::<Vec<_>>(),
        [(Item::RoomReady, "Dewi")]
    );
    story.rooms[0].camera = false;
    story.until("07:00").await;
    assert_eq!(story.rooms[0].agenda.clone().unwrap().bookings, []);
}

#[tokio::test]
async fn the_next_meeting_of_a_room_is_told_to_prometheus_until_it_begins() {
    let mut story = Story::new(&["r1"]).await;
    story.until("06:10").await;
    let (start, ready) =
        ("siaga_next_booking_start_timestamp_seconds{room=\"r1\"}", "siaga_next_booking_ready{room=\"r1\"}");
    let text = story.metrics();
    assert!(text.contains(&format!("{start} {}", at("09:00").as_second())), "{text}");
    assert!(text.contains(&format!("{ready} 1")), "{text}");
    story.rooms[0].camera = false;
    story.until("06:12").await;
    assert!(story.metrics().contains(&format!("{ready} 0")));
    story.rooms[0].camera = true;
    story.until("09:00").await;
    let text = story.metrics();
    assert!(!text.contains(start) && !text.contains(ready), "{text}");
    assert!(text.contains("siaga_prechecks_total{ended=\"passed\",stage=\"last\"} 1"), "{text}");
}
