//! Decisions on a room that really reported, and across changes of the clocks.

mod room;

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZoneDatabase};
use room::{MINUTE, Room, pass, webcam};
use siaga_readiness::{
    Code, Policy, Profile, Profiles,
    booking::{
        Agenda, Booking, BookingPolicy, Calendar, Case, Criterion, CriterionCode, CriterionResult, Decision,
        Engagement, Forecast, Request, RoomEvidence, Ruling, Standing,
        calendar::{HolidayYear, Zone},
        decide,
        forecast::{Delivered, Outlook},
    },
    catalogue,
    presence::Presence,
};

const HOUR: u64 = 60 * MINUTE;

#[test]
fn a_room_that_is_heard_is_decided_on_as_it_is_now() {
    let desk = Desk::pontianak();
    let heard = desk.decide(Some(&online(&ready_room())));
    // Nobody has tried its devices, nor its link for longer than a moment.
    assert_eq!(heard.decision, Ruling::ApproveWithConditions, "{heard:#?}");
    assert!(
        heard.reasons().contains(&Code::NetSustainMissing) && !heard.reasons().contains(&Code::RoomOffNow)
    );

    let mut silent = ready_room();
    silent.pass(2 * HOUR);
    let stale = desk.decide(Some(&online(&silent)));
    assert_eq!((stale.decision, stale.reasons()), (Ruling::Review, vec![Code::EvidenceStale]));
}

#[test]
fn a_room_that_is_off_is_decided_on_as_it_was_when_it_was_heard_last() {
    let desk = Desk::pontianak();
    let mut room = ready_room();
    room.pass(16 * HOUR);
    let decision = desk.decide(Some(&off_for(&room, 16 * HOUR)));
    assert_eq!(decision.decision, Ruling::ApproveWithConditions, "{decision:#?}");
    assert!(decision.reasons().contains(&Code::RoomOffNow));
    let equipment = criterion(&decision, CriterionCode::Equipment);
    assert_eq!(equipment.reason, Code::EquipmentFitWhenHeard, "nobody knows that it still is");
    let network = criterion(&decision, CriterionCode::NetworkNow);
    assert_eq!(network.result, CriterionResult::Met);
    assert_eq!(network.age_s, Some(57_600.0), "its age is that of the evidence, not of the report");

    room.pass(9 * 24 * HOUR);
    let decision = desk.decide(Some(&off_for(&room, 9 * 24 * HOUR + 16 * HOUR)));
    assert_eq!((decision.decision, decision.reasons()), (Ruling::Review, vec![Code::RoomNotSeenLately]));
}

#[test]
fn a_room_that_lost_its_camera_before_it_was_switched_off_is_denied() {
    let mut room = ready_room();
    let mut without = webcam();
    without.cameras.clear();
    room.pass(10).scan(without).pass(16 * HOUR);
    let decision = Desk::pontianak().decide(Some(&off_for(&room, 16 * HOUR)));
    assert_eq!((decision.decision, decision.reasons()), (Ruling::Deny, vec![Code::CameraMissing]));
    assert!(decision.message.id.contains("tidak bisa difasilitasi") && !decision.alternatives.is_empty());
}

#[test]
fn evidence_of_another_room_or_profile_is_none() {
    let desk = Desk::pontianak();
    let mut other_room = online(&ready_room());
    other_room.readiness.room = "diskominfo-r3".to_owned();
    let mut other_profile = online(&ready_room());
    other_profile.readiness.profile = "recommended".to_owned();
    for room in [other_room, other_profile] {
        let decision = desk.decide(Some(&room));
        assert_eq!((decision.decision, decision.reasons()), (Ruling::Review, vec![Code::RoomNeverHeard]));
        let said = &catalogue::entry(Code::RoomNeverHeard).text.id;
        assert_eq!(decision.message.id.matches(said.as_str()).count(), 1, "{}", decision.message.id);
    }
}

#[test]
fn of_a_room_that_goes_by_a_profile_that_nobody_knows_nothing_is_known() {
    let mut desk = Desk::pontianak();
    desk.booking.profile = Profile { name: "training".parse().unwrap(), ..Profile::minimum().clone() };
    let mut room = ready_room();
    let mut without = webcam();
    without.cameras.clear();
    room.scan(without);
    let presence =
        Presence { online: true, revoked: Some(false), last_seen: room.now.wall, age: Duration::ZERO };
    let evidence = RoomEvidence::new(room.tracker.snapshot(), room.now, presence, &desk.booking.profile);
    let decision = desk.decide(Some(&evidence.of_unknown_profile()));
    // It may well ask for no camera.
    assert_eq!((decision.decision, decision.reasons()), (Ruling::Review, vec![Code::ProfileUnknown]));
    for code in [CriterionCode::Equipment, CriterionCode::NetworkNow, CriterionCode::NetworkAtHour] {
        assert_eq!(criterion(&decision, code).result, CriterionResult::Unknown, "{code:?}");
    }
}

#[test]
fn a_profile_that_asks_for_no_device_leaves_nothing_about_equipment_to_be_reviewed() {
    let mut desk = Desk::pontianak();
    desk.booking.profile = link_alone();
    let mut room = Room::new(Policy::default());
    room.probe(pass(10), pass(20));
    let about = |room: &Room| {
        let presence =
            Presence { online: true, revoked: Some(false), last_seen: room.now.wall, age: Duration::ZERO };
        RoomEvidence::new(room.tracker.snapshot(), room.now, presence, &link_alone())
    };
    let decision = desk.decide(Some(&about(&room)));
    let equipment = criterion(&decision, CriterionCode::Equipment);
    assert_eq!((equipment.result, equipment.reason), (CriterionResult::NotApplicable, Code::NotAsked));
    assert_eq!(
        (decision.decision, decision.reasons()),
        (Ruling::ApproveWithConditions, vec![Code::NetSustainMissing])
    );

    desk.booking.facts.division_equipment = Some(false);
    let decision = desk.decide(Some(&about(&room)));
    assert_eq!(
        (decision.decision, decision.reasons()),
        (Ruling::Deny, vec![Code::EquipmentMissing]),
        "who says that there is none is believed"
    );
}

#[test]
fn what_the_room_itself_must_have_is_asked_for_by_every_profile() {
    let mut desk = Desk::pontianak();
    desk.booking.profile = link_alone();
    let required = siaga_readiness::policy::Equipment { displays: 1, ..Default::default() };
    let mut room = Room::new(Policy { required, ..Policy::default() });
    room.scan(webcam()).probe(pass(10), pass(20));
    let presence =
        Presence { online: true, revoked: Some(false), last_seen: room.now.wall, age: Duration::ZERO };
    let room = RoomEvidence::new(room.tracker.snapshot(), room.now, presence, &link_alone());
    let decision = desk.decide(Some(&room));
    assert_eq!((decision.decision, decision.reasons()), (Ruling::Deny, vec![Code::DisplaysTooFew]));
}

fn link_alone() -> Profile {
    Profile::from_toml("link".parse().unwrap(), "network = { up = \"10M\", down = \"20M\" }").unwrap()
}

#[test]
fn a_decision_says_until_when_it_stands() {
    let mut desk = Desk::pontianak();
    assert_eq!(desk.decide(Some(&online(&ready_room()))).expires_at, Some(desk.booking.slot.end()));
    assert_eq!(desk.decide(None).expires_at, Some(at("2026-07-02T08:00:00+07:00")), "a day later");
    desk.now = at("2026-07-08T07:00:00+07:00");
    assert_eq!(desk.decide(None).expires_at, Some(desk.booking.slot.start()), "no later than it begins");
    desk.booking.letter_ref = None;
    assert_eq!(desk.decide(None).expires_at, None);
}

#[test]
fn an_event_over_the_end_of_summer_time_is_told_by_both_clocks() {
    let mut desk = Desk::berlin("Mon-Sun 00:00-23:00");
    desk.take("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00");
    let decision = desk.decide(Some(&online(&ready_room())));
    assert!(
        decision.message.id.contains("Minggu, 25 Oktober 2026 pukul 02.30 CEST–02.30 CET"),
        "{}",
        decision.message.id
    );
    assert!(decision.message.en.contains("Sunday, 25 October 2026, 02:30 CEST–02:30 CET"));
    assert_eq!(criterion(&decision, CriterionCode::WorkingHours).result, CriterionResult::Met);
}

#[test]
fn dates_are_counted_by_the_clock_on_the_wall_also_over_a_change_of_it() {
    let mut desk = Desk::berlin("Mon-Sun 00:00-23:00");
    desk.take("2026-10-26T00:10:00+01:00", "2026-10-26T01:00:00+01:00");
    for (submitted, kept) in [("2026-10-23T23:59:00+02:00", true), ("2026-10-24T00:00:00+02:00", false)] {
        desk.booking.submitted_at = at(submitted);
        let decision = desk.decide(None);
        let expected = if kept { CriterionResult::Met } else { CriterionResult::NotMet };
        assert_eq!(criterion(&decision, CriterionCode::LeadTime).result, expected, "{submitted}");
    }
}

#[test]
fn the_same_hour_of_another_day_is_that_of_the_clock_on_the_wall() {
    let mut desk = Desk::berlin("Mon-Fri 09:00-10:00");
    desk.now = at("2026-10-20T12:00:00+02:00");
    desk.take("2026-10-23T09:00:00+02:00", "2026-10-23T10:00:00+02:00");
    desk.booking.submitted_at = at("2026-10-19T12:00:00+02:00");
    desk.agenda.engagements.push(Engagement {
        reference: "OPD-7".parse().unwrap(),
        room: desk.booking.room.clone(),
        slot: desk.booking.slot,
        class: desk.booking.class,
        submitted_at: at("2026-10-01T12:00:00+02:00"),
        standing: Standing::Approved,
    });
    let decision = desk.decide(Some(&online(&ready_room())));
    let starts: Vec<String> = decision.alternatives.iter().map(|it| it.slot.start().to_string()).collect();
    assert_eq!(starts, ["2026-10-26T08:00:00Z", "2026-10-27T08:00:00Z", "2026-10-28T08:00:00Z"]);
    assert!(
        decision.message.en.contains("Monday, 26 October 2026, 09:00–10:00 CET"),
        "{}",
        decision.message.en
    );
}

#[test]
fn decisions_use_the_words_of_the_procedures() {
    for (code, indonesian) in [
        (Code::BookingApproved, " bisa difasilitasi."),
        (Code::BookingApprovedConditionally, " bisa difasilitasi dengan syarat "),
        (Code::BookingToReview, " perlu ditinjau "),
        (Code::BookingDenied, " tidak bisa difasilitasi."),
    ] {
        let text = &catalogue::entry(code).text.id;
        assert!(text.contains(indonesian), "{text}");
        assert_eq!(text.contains("tidak bisa"), code == Code::BookingDenied, "{text}");
    }
}

/// An office that is asked for a room a week ahead.
struct Desk {
    booking: Booking,
    calendar: Calendar,
    agenda: Agenda,
    now: Timestamp,
}

impl Desk {
    fn pontianak() -> Self {
        Self::at("Asia/Pontianak", "Mon-Fri 07:30-16:00")
    }

    fn berlin(hours: &str) -> Self {
        Self::at("Europe/Berlin", hours)
    }

    fn at(zone: &str, hours: &str) -> Self {
        let request: Request = serde_json::from_str(
            r#"{"room":"diskominfo-r2","slot":{"start":"2026-07-08T09:00:00+07:00","end":"2026-07-08T11:00:00+07:00"},
                "submitted_at":"2026-07-01T07:30:00+07:00","letter_ref":"090/12",
                "facts":{"division_accounts":true,"applicant_staff":true,"division_staff":true,"division_capacity":true}}"#,
        )
        .unwrap();
        let zone = Zone::named(zone, &TimeZoneDatabase::bundled()).unwrap();
        let year = HolidayYear { year: 2026, complete: true, days: Default::default() };
        Self {
            booking: Booking::new(
                "SBW-1".parse().unwrap(),
                &request,
                &Profiles::default(),
                Profile::minimum(),
            )
            .unwrap(),
            calendar: Calendar::new(zone, hours.parse().unwrap()).with(year),
            agenda: Agenda::default(),
            now: at("2026-07-01T08:00:00+07:00"),
        }
    }

    fn take(&mut self, start: &str, end: &str) {
        self.booking.slot = siaga_readiness::booking::Slot::new(at(start), at(end)).unwrap();
    }

    fn decide(&self, room: Option<&RoomEvidence>) -> Decision {
        let forecast = Forecast {
            outlook: Outlook::Good,
            working_days: true,
            good_days: 20,
            days: 20,
            lower_bound: Some(0.88),
            required: 0.8,
            delivered: Delivered::default(),
            online: None,
            newest: None,
            history: Vec::new(),
        };
        decide(&Case {
            booking: &self.booking,
            policy: BookingPolicy::shipped("kalbar-98-2021").unwrap(),
            policy_digest: "",
            room,
            forecast: Some(&forecast),
            calendar: &self.calendar,
            agenda: &self.agenda,
            now: self.now,
        })
    }
}

fn ready_room() -> Room {
    let mut room = Room::new(Policy::default());
    room.scan(webcam()).probe(pass(10), pass(20));
    room
}

fn online(room: &Room) -> RoomEvidence {
    evidence(
        room,
        Presence { online: true, revoked: Some(false), last_seen: room.now.wall, age: Duration::ZERO },
    )
}

fn off_for(room: &Room, seconds: u64) -> RoomEvidence {
    let age = Duration::from_secs(seconds);
    evidence(room, Presence { online: false, revoked: Some(false), last_seen: room.now.wall - age, age })
}

fn evidence(room: &Room, presence: Presence) -> RoomEvidence {
    RoomEvidence::new(room.tracker.snapshot(), room.now, presence, Profile::minimum())
}

fn criterion(decision: &Decision, code: CriterionCode) -> &Criterion {
    decision.criteria.iter().find(|it| it.code == code).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
