//! What becomes of approvals in the store when their rooms are checked again.

mod office;

use jiff::Timestamp;
use serde_json::{Value, json};
use siaga_booking::{
    NotDone,
    bookings::{BookingRow, Decided, Overridden, Turn},
    prechecks::{Approval, Told},
};
use siaga_readiness::{
    booking::{
        Class, Decision, Ruling,
        calendar::Zone,
        precheck::{Doubt, Fault, RoomSeen, Standing, Withdrawal},
    },
    reasons::Code,
};

use office::{Office, at, reference, slot};

async fn approve(office: &Office, name: &str, hour: i64) {
    let decision: Decision = serde_json::from_value(json!({
        "decision": "approve", "message": { "id": "Bisa.", "en": "Yes." }, "decided_at": at(0), "expires_at": null,
        "criteria": [], "conditions": [], "alternatives": [], "policy": { "name": "p", "digest": "d" }
    }))
    .unwrap();
    decide(office, name, hour, json!({ "decision": decision })).await;
}

/// Approves it with an entry in the log that tells this.
async fn decide(office: &Office, name: &str, hour: i64, body: Value) {
    let decided = Decided {
        reference: reference(name),
        room: "r1".parse().unwrap(),
        slot: slot(hour),
        submitted_at: at(-10),
        class: Class::Regular,
        request: r#"{"profile":"recommended"}"#.into(),
        ruling: Ruling::Approve,
        expires_at: None,
    };
    let work = move |turn: &mut Turn<'_>| Ok::<_, NotDone<()>>(turn.decide("decided", &decided, &body)?);
    office.bookings.in_turn(at(0), work).await.unwrap();
}

async fn overrule(office: &Office, name: &str) {
    let reference = reference(name);
    let work = move |turn: &mut Turn<'_>| {
        let overridden = Overridden { ruling: Ruling::Approve, until: at(100) };
        Ok::<_, NotDone<()>>(turn.overrule(&reference, &overridden, &json!({ "override": {} }))?)
    };
    office.bookings.in_turn(at(1), work).await.unwrap();
}

fn approvals(office: &Office, now: Timestamp) -> Vec<Approval> {
    office.bookings.read(|reader| reader.approvals(now, at(10_000))).unwrap()
}

fn booking(office: &Office, name: &str) -> BookingRow {
    office.bookings.read(|reader| reader.booking(&reference(name))).unwrap().unwrap()
}

fn log(office: &Office, name: &str) -> Vec<(String, Value)> {
    let entries = office.bookings.read(|reader| reader.entries(&reference(name), 0, 100)).unwrap();
    entries.into_iter().map(|entry| (entry.kind, serde_json::from_str(&entry.body).unwrap())).collect()
}

fn letters(office: &Office) -> u64 {
    office.bookings.read(|reader| reader.mailbag()).unwrap().waiting
}

async fn keep(office: &Office, approval: &Approval, told: Vec<Told>, now: Timestamp) -> bool {
    let approval = approval.clone();
    let room = RoomSeen { online: true, last_seen: now, checks: Vec::new() };
    let zone = Zone::named("Asia/Pontianak", jiff::tz::db()).unwrap();
    let work =
        move |turn: &mut Turn<'_>| Ok::<_, NotDone<()>>(turn.keep_precheck(&approval, &told, &room, &zone)?);
    office.bookings.in_turn(now, work).await.unwrap().0
}

#[tokio::test]
async fn what_is_approved_and_not_over_is_to_be_checked() {
    let office = Office::new();
    for (name, hour) in [("late", 30), ("early", 24), ("denied", 24), ("cancelled", 40)] {
        approve(&office, name, hour).await;
    }
    let undo = |turn: &mut Turn<'_>| {
        let overridden = Overridden { ruling: Ruling::Deny, until: at(100) };
        turn.overrule(&reference("denied"), &overridden, &json!({}))?;
        Ok::<_, NotDone<()>>(turn.cancel(&reference("cancelled"), &json!({}))?)
    };
    office.bookings.in_turn(at(1), undo).await.unwrap();
    let names = |hours| -> Vec<String> {
        approvals(&office, at(hours)).iter().map(|approval| approval.booking.reference.to_string()).collect()
    };
    assert_eq!(
        (names(0), names(24), names(25)),
        (
            vec!["early".to_owned(), "late".to_owned()],
            vec!["early".to_owned(), "late".to_owned()],
            vec!["late".to_owned()]
        )
    );
    assert_eq!(approvals(&office, at(0))[0].profile().as_deref(), Some("recommended"));
}

#[tokio::test]
async fn how_far_it_is_survives_a_restart_and_a_new_decision_begins_anew() {
    let office = Office::new();
    approve(&office, "a", 24).await;
    let mut approval = approvals(&office, at(0)).remove(0);
    approval.progress.standing = Standing::Confirmed;
    assert!(keep(&office, &approval, vec![], at(1)).await);
    let office = office.restarted(|_| {}).unwrap();
    assert_eq!(
        approvals(&office, at(1)),
        [approval.clone()].map(|mut it| {
            it.booking.standing = Some("confirmed".into());
            it
        })
    );
    approve(&office, "a", 26).await;
    let anew = approvals(&office, at(1)).remove(0);
    assert_eq!((anew.progress.standing, anew.booking.standing), (Standing::Pending, None));
    assert!(
        !keep(&office, &approval, vec![Told::Withdrawn(Withdrawal::Off)], at(1)).await,
        "it no longer counts"
    );
    assert_eq!(booking(&office, "a").ruling, Ruling::Approve);
}

#[tokio::test]
async fn a_withdrawal_is_in_the_log_and_in_a_letter_or_nowhere() {
    let office = Office::new();
    approve(&office, "a", 24).await;
    let mut approval = approvals(&office, at(0)).remove(0);
    let why = Withdrawal::Failed(vec![Code::CameraMissing]);
    approval.progress.standing = Standing::Withdrawn(why.clone());
    assert!(keep(&office, &approval, vec![Told::Withdrawn(why)], at(22)).await);
    let row = booking(&office, "a");
    assert_eq!(
        (row.ruling, row.in_force(at(22)), row.standing.clone()),
        (Ruling::Review, Some(Ruling::Review), None)
    );
    let log = log(&office, "a");
    assert_eq!(log.iter().map(|(kind, _)| kind.as_str()).collect::<Vec<_>>(), ["decided", "withdrawn"]);
    assert_eq!(log[1].1["decision"]["decision"], "review");
    assert_eq!(log[1].1["withdrawn"]["why"], json!({ "failed": ["CAMERA_MISSING"] }));
    assert_eq!((letters(&office), approvals(&office, at(22)).len()), (1, 0));
}

#[tokio::test]
async fn an_approval_that_cannot_be_read_any_more_is_taken_back_all_the_same() {
    let office = Office::new();
    approve(&office, "changed", 24).await;
    decide(&office, "of-another-release", 25, json!({ "decision": { "decision": "approve" } })).await;
    let connection = rusqlite::Connection::open(office.path()).unwrap();
    let change = "DROP TRIGGER audit_is_not_changed; UPDATE audit SET body = 'x' WHERE seq = 1";
    connection.execute_batch(change).unwrap();
    for (name, cause) in [("changed", "not as it was written"), ("of-another-release", "missing field")] {
        let mut approval = approvals(&office, at(0)).remove(0);
        approval.progress.standing = Standing::Withdrawn(Withdrawal::Off);
        assert!(keep(&office, &approval, vec![Told::Withdrawn(Withdrawal::Off)], at(22)).await);
        let row = booking(&office, name);
        assert_eq!(row.in_force(at(22)), Some(Ruling::Review), "{name}");
        let entry = office.bookings.read(|reader| reader.entry(row.entry)).unwrap();
        let body: Value = serde_json::from_str(&entry.body).unwrap();
        assert!(body["withdrawn"]["unreadable"].as_str().unwrap().contains(cause), "{body}");
        assert!(body["decision"]["message"]["id"].as_str().unwrap().contains("perlu ditinjau"), "{body}");
    }
    assert_eq!(letters(&office), 2);
}

#[tokio::test]
async fn a_doubt_leaves_the_approval_as_it_is_and_is_told() {
    let office = Office::new();
    approve(&office, "a", 24).await;
    let mut approval = approvals(&office, at(0)).remove(0);
    let doubt = Doubt::Server(Fault::RoomsAway);
    approval.progress.standing = Standing::Unconfirmed(doubt.clone());
    keep(&office, &approval, vec![Told::Unconfirmed(doubt)], at(22)).await;
    let row = booking(&office, "a");
    assert_eq!((row.in_force(at(22)), row.standing.as_deref()), (Some(Ruling::Approve), Some("unconfirmed")));
    approval.progress.standing = Standing::Confirmed;
    keep(&office, &approval, vec![Told::Confirmed], at(23)).await;
    assert_eq!(booking(&office, "a").standing.as_deref(), Some("confirmed"));
    assert_eq!(letters(&office), 2);
}

#[tokio::test]
async fn a_person_s_approval_is_not_taken_back_but_it_is_told_what_speaks_against_it() {
    let office = Office::new();
    approve(&office, "a", 24).await;
    overrule(&office, "a").await;
    let mut approval = approvals(&office, at(1)).remove(0);
    assert!(approval.is_a_persons());
    approval.progress.standing = Standing::Withdrawn(Withdrawal::Off);
    keep(&office, &approval, vec![Told::Withdrawn(Withdrawal::Off)], at(22)).await;
    let row = booking(&office, "a");
    assert_eq!((row.in_force(at(22)), row.standing.as_deref()), (Some(Ruling::Approve), Some("unconfirmed")));
    assert_eq!(log(&office, "a").last().unwrap().0, "precheck_failed");
    assert_eq!(letters(&office), 1);
}

#[tokio::test]
async fn the_gate_s_own_precision_and_what_waits_too_long_are_counted() {
    let office = Office::new();
    for (name, outcome) in [("a", "ok"), ("b", "ok"), ("c", "failed"), ("d", "troubled")] {
        approve(&office, name, 24).await;
        let reference = reference(name);
        let work = move |turn: &mut Turn<'_>| {
            if outcome == "troubled" {
                let denied = Overridden { ruling: Ruling::Deny, until: at(100) };
                turn.overrule(&reference, &denied, &json!({}))?;
            }
            Ok::<_, NotDone<()>>(turn.conclude(&reference, outcome, &json!({}))?)
        };
        office.bookings.in_turn(at(26), work).await.unwrap();
    }
    approve(&office, "w", 200).await;
    let mut approval = approvals(&office, at(30)).remove(0);
    approval.progress.standing = Standing::Withdrawn(Withdrawal::Off);
    keep(&office, &approval, vec![Told::Withdrawn(Withdrawal::Off)], at(30)).await;
    let tally = |hours| office.bookings.read(|reader| reader.tally(at(hours))).unwrap();
    let counts = |of: &[(&str, u64)]| of.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
    assert_eq!(tally(30).approved, counts(&[("ok", 2), ("failed", 1)]));
    assert_eq!(tally(30).others, counts(&[("troubled", 1)]));
    let reviews = |hours| (tally(hours).waiting, tally(hours).overdue);
    assert_eq!((reviews(54), reviews(55), reviews(202)), ((1, 0), (1, 1), (0, 0)));
    assert_eq!(tally(30).overridden, counts(&[("deny", 1)]));
    let head = office.bookings.read(|reader| reader.head()).unwrap();
    assert_eq!(tally(30).entries, head.seq);
}

#[tokio::test]
async fn a_review_that_follows_a_person_s_decision_waits_from_the_end_of_that() {
    let office = Office::new();
    approve(&office, "a", 200).await;
    // Until 100.
    overrule(&office, "a").await;
    let reviews = |hours| {
        let tally = office.bookings.read(|reader| reader.tally(at(hours))).unwrap();
        (tally.waiting, tally.overdue)
    };
    assert_eq!([reviews(99), reviews(101), reviews(124), reviews(125)], [(0, 0), (1, 0), (1, 0), (1, 1)]);
    let listed = office.bookings.read(|reader| reader.reviews(at(101), 10)).unwrap();
    assert_eq!(listed.iter().map(|(_, since)| *since).collect::<Vec<_>>(), [at(100)]);
}

#[tokio::test]
async fn each_room_s_next_meeting_is_the_next_that_is_approved_and_has_not_begun() {
    let office = Office::new();
    for (name, hour) in [("a", 24), ("b", 30), ("c", 24 * 9)] {
        approve(&office, name, hour).await;
    }
    let next = |hours| {
        let next = office.bookings.read(|reader| reader.next_meetings(at(hours))).unwrap();
        next.into_iter().map(|next| (next.room.to_string(), next.start, next.profile)).collect::<Vec<_>>()
    };
    let r1 = |hour| vec![("r1".to_owned(), at(hour), "recommended".to_owned())];
    assert_eq!((next(0), next(24), next(30)), (r1(24), r1(30), vec![]));
}
