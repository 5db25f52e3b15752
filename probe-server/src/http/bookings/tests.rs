//! What a booking system is told. The decisions themselves are tested where they are made.

mod profiles;

use std::{fs, sync::Arc};

use jiff::SignedDuration;
use serde_json::{Value, json};
use siaga_booking::{
    Bookings,
    audit::{Head, verify},
    bookings::FILE,
    evidence::{self, PublicKeys},
};
use siaga_readiness::booking::{
    BookingPolicy, Calendar,
    calendar::{HolidayYear, Zone},
};

use crate::{
    desk::tests::{LAPTOP, profiles},
    http::tests::Counter,
    office::Office,
};

/// An office that asks for little: whether the room is free, and open, and its machine was seen.
pub(in crate::http) fn easy() -> Office {
    let mut policy = BookingPolicy::shipped("kalbar-98-2021").unwrap().clone();
    for rule in [
        &mut policy.accounts,
        &mut policy.applicant_staff,
        &mut policy.division_staff,
        &mut policy.capacity,
        &mut policy.network_now,
    ] {
        rule.on = false;
    }
    policy.network_at_hour.on = false;
    policy.far_ahead_days = 100;
    let zone = Zone::named("Asia/Pontianak", jiff::tz::db()).unwrap();
    let year = HolidayYear { year: 2026, complete: true, days: [].into() };
    let calendar = Calendar::new(zone, "Mon-Fri 07:30-16:00".parse().unwrap()).with(year);
    Office { policy, digest: "d".into(), calendar, profiles: Arc::new(profiles()) }
}

/// The office's clock shows Sunday the 22nd, 08.00 WIB.
pub(in crate::http) fn asked(day: u32, hour: u32) -> Value {
    json!({
        "room": "r1", "profile": LAPTOP, "letter_ref": "090/12/OPD/2026", "submitted_at": "2026-11-22T07:30:00+07:00",
        "slot": {
            "start": format!("2026-11-{day}T{hour:02}:00:00+07:00"), "end": format!("2026-11-{day}T{:02}:00:00+07:00", hour + 2)
        },
    })
}

const JSON: &str = "Content-Type: application/json\r\n";

impl Counter {
    pub(in crate::http) async fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let (status, head, body) = self.send(method, path, JSON, body.to_string().as_bytes()).await;
        if status >= 400 {
            assert!(head.contains("application/problem+json"), "{head}");
        }
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
    }

    pub(in crate::http) async fn put(&self, name: &str, body: &Value) -> (u16, Value) {
        self.ask("PUT", &format!("/v1/bookings/{name}"), body).await
    }

    /// With a room that is there.
    pub(in crate::http) async fn with_room() -> Self {
        let counter = Self::open().await;
        counter.office.arrive("r1", 1).await;
        counter
    }

    fn head(&self) -> Head {
        self.gate.bookings().unwrap().read(|reader| reader.head()).unwrap()
    }
}

fn head_of(answer: &Value) -> Head {
    format!("{}:{}", answer["log"]["seq"], answer["log"]["hash"].as_str().unwrap()).parse().unwrap()
}

#[tokio::test]
async fn a_booking_is_answered_with_a_decision_and_how_far_the_log_reaches() {
    let counter = Counter::with_room().await;
    let (status, told) = counter.put("SBW-1", &asked(26, 9)).await;
    assert_eq!((status, &told["decision"]), (200, &json!("approve")), "{told}");
    assert_eq!((&told["reference"], &told["version"]), (&json!("SBW-1"), &json!(1)));
    assert!(told["message"]["id"].as_str().unwrap().contains("bisa difasilitasi"), "{told}");
    assert_eq!(told["criteria"].as_array().unwrap().len(), 15);
    assert_eq!(told["expires_at"], "2026-11-26T04:00:00Z");
    assert_eq!(told["policy"]["name"], "kalbar-98-2021");
    let head = head_of(&told);
    assert_eq!((head, head.seq), (counter.head(), 1));
    assert_eq!(counter.json("/v1/bookings/SBW-1").await, (200, told));
    verify(&counter.office.dir().join(FILE), Some(head)).unwrap();
}

#[tokio::test]
async fn a_room_whose_keys_were_revoked_is_for_a_person_to_look_at() {
    let counter = Counter::with_room().await;
    let room = "r1".parse().unwrap();
    counter.office.desk.set_revoked([room].into());
    counter.office.desk.forget(&"r1".parse().unwrap(), 1);
    let (status, told) = counter.put("a", &asked(26, 9)).await;
    assert_eq!((status, &told["decision"]), (200, &json!("review")), "{told}");
    let equipment =
        told["criteria"].as_array().unwrap().iter().find(|it| it["code"] == "EQUIPMENT").unwrap().clone();
    assert_eq!(equipment["reason"], "ROOM_REVOKED");
    assert!(told["message"]["id"].as_str().unwrap().contains("dicabut"), "{told}");
}

#[tokio::test]
async fn while_nobody_can_read_whether_a_room_is_revoked_one_that_is_off_is_for_a_person_to_look_at() {
    let counter = Counter::with_room().await;
    counter.office.desk.doubt_revoked();
    assert_eq!(counter.put("a", &asked(26, 9)).await.1["decision"], "approve", "its link stands");
    counter.office.desk.forget(&"r1".parse().unwrap(), 1);
    let (_, told) = counter.put("b", &asked(26, 12)).await;
    assert_eq!(told["decision"], "review", "{told}");
    assert!(told["message"]["id"].as_str().unwrap().contains("tidak dapat membaca"), "{told}");
    let room = counter.json("/v1/rooms/r1").await.1;
    assert_eq!(
        (&room["revoked"], &room["reasons"][0]),
        (&json!(null), &json!("ROOM_REVOCATION_UNKNOWN")),
        "{room}"
    );
    counter.office.desk.set_revoked([].into());
    assert_ne!(counter.ask("PUT", "/v1/bookings/b?anew=true", &asked(26, 12)).await.1["decision"], "review");
}

#[tokio::test]
async fn the_same_words_again_are_told_the_same_until_that_has_run_out_or_it_is_asked_for_anew() {
    let counter = Counter::with_room().await;
    let (_, first) = counter.put("b", &asked(26, 9)).await;
    let mut other_words = asked(26, 9);
    other_words["submitted_at"] = json!("2026-11-22T00:30:00Z");
    assert_eq!(counter.put("b", &other_words).await.1, first, "the same moment");
    let (_, anew) = counter.ask("PUT", "/v1/bookings/b?anew=true", &asked(26, 9)).await;
    assert_eq!((&anew["version"], &anew["log"]["seq"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn a_booking_that_is_changed_is_decided_anew_and_gives_its_slot_back() {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    let (_, denied) = counter.put("b", &asked(26, 10)).await;
    assert_eq!(denied["decision"], "deny");
    assert!(!denied["alternatives"].as_array().unwrap().is_empty());
    let (_, moved) = counter.put("a", &asked(27, 9)).await;
    assert_eq!((&moved["decision"], &moved["version"]), (&json!("approve"), &json!(2)));
    let (_, again) = counter.ask("PUT", "/v1/bookings/b?anew=true", &asked(26, 10)).await;
    assert_eq!(again["decision"], "approve");
}

#[tokio::test]
async fn of_two_bookings_for_one_slot_at_the_same_moment_exactly_one_is_approved() {
    let counter = Counter::with_room().await;
    for round in 0..20 {
        let body = asked(23 + round % 5, 8 + 2 * (round / 5));
        let names = [format!("a{round}"), format!("b{round}")];
        let (one, other) = tokio::join!(counter.put(&names[0], &body), counter.put(&names[1], &body));
        let approved = [&one.1, &other.1].iter().filter(|told| told["decision"] == "approve").count();
        assert!(approved <= 1, "{one:?} {other:?}");
        let free = one.1["criteria"]
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["code"] != "LEAD_TIME" || it["result"] == "met");
        assert_eq!(approved, usize::from(free), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn two_different_puts_of_one_reference_at_once_are_both_in_the_log_and_the_later_one_counts() {
    let counter = Counter::with_room().await;
    let (bodies, path) = ([asked(26, 9), asked(27, 9)], "/v1/bookings/b");
    let (one, other) = tokio::join!(counter.put("b", &bodies[0]), counter.put("b", &bodies[1]));
    let last = if one.1["log"]["seq"].as_u64() > other.1["log"]["seq"].as_u64() { one } else { other };
    let (_, told) = counter.json(path).await;
    assert_eq!((&told, &told["version"]), (&last.1, &json!(2)));
    let reference = "b".parse().unwrap();
    let entries = counter.gate.bookings().unwrap().read(|reader| reader.entries(&reference, 0, 10)).unwrap();
    assert_eq!(entries.len(), 2);
}

#[tokio::test]
async fn a_dry_run_decides_the_same_and_keeps_nothing() {
    let counter = Counter::with_room().await;
    let (status, told) = counter.ask("POST", "/v1/decisions/dry-run", &asked(26, 9)).await;
    assert_eq!((status, &told["decision"]), (200, &json!("approve")), "{told}");
    assert_eq!(counter.head(), Head::BEGINNING);
    counter.put("a", &asked(26, 9)).await;
    assert_eq!(counter.ask("POST", "/v1/decisions/dry-run", &asked(26, 9)).await.1["decision"], "deny");
    let own = counter.ask("POST", "/v1/decisions/dry-run?reference=a", &asked(26, 9)).await.1;
    assert_eq!(own["decision"], "approve", "a booking is not in its own way");
}

#[tokio::test]
async fn what_is_cancelled_frees_its_slot_stays_readable_and_its_reference_is_not_used_again() {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    let (status, told) = counter.ask("DELETE", "/v1/bookings/a", &Value::Null).await;
    assert_eq!((status, &told["decision"]), (200, &json!("cancelled")), "{told}");
    assert!(told["message"]["id"].as_str().unwrap().contains("dibatalkan"), "{told}");
    assert_eq!(
        counter.ask("DELETE", "/v1/bookings/a", &Value::Null).await,
        (200, told.clone()),
        "it is no more than cancelled"
    );
    assert_eq!(counter.json("/v1/bookings/a").await, (200, told));
    let (status, problem) = counter.put("a", &asked(27, 9)).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:siaga:problem:booking-cancelled")));
    assert!(problem["detail"].as_str().unwrap().contains("under another one"), "{problem}");
    assert_eq!(counter.put("b", &asked(26, 9)).await.1["decision"], "approve");
    assert_eq!(counter.ask("DELETE", "/v1/bookings/x", &Value::Null).await.0, 404);
}

fn person(decision: &str, expires_at: &str) -> Value {
    json!({ "decision": decision, "actor": "Kepala Bidang, Sri", "reason": "Acara dipindah.", "expires_at": expires_at })
}

#[tokio::test]
async fn a_person_decides_otherwise_by_name_for_a_reason_and_for_a_time() {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    let path = "/v1/bookings/a/override";
    let (status, told) = counter.ask("POST", path, &person("deny", "2026-11-24T12:00:00+07:00")).await;
    assert_eq!(
        (status, &told["decision"], &told["gate_decision"]),
        (200, &json!("deny"), &json!("approve")),
        "{told}"
    );
    let message = told["message"]["id"].as_str().unwrap();
    assert!(message.contains("tidak bisa difasilitasi") && message.contains("Sri"), "{message}");
    assert_eq!(told["override"]["reason"], "Acara dipindah.");
    assert_eq!(counter.put("b", &asked(26, 9)).await.1["decision"], "approve", "the slot is free");
    let (status, problem) = counter.ask("POST", path, &person("approve", "2026-11-24T12:00:00+07:00")).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:siaga:problem:slot-taken")), "{problem}");
    counter.office.later(3 * 86_400);
    let (_, ended) = counter.json("/v1/bookings/a").await;
    assert_eq!(
        (&ended["decision"], &ended["gate_decision"]),
        (&json!("review"), &json!("approve")),
        "{ended}"
    );
}

#[tokio::test]
async fn an_override_says_who_why_and_until_when_or_is_none() {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    let good = person("deny", "2026-11-24T12:00:00+07:00");
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for (body, told) in [
        (with("actor", json!(" ")), "`actor`"),
        (with("actor", json!("a\nb")), "`actor`"),
        (with("reason", json!("x".repeat(1001))), "`reason`"),
        (with("expires_at", json!("2026-11-24T12:00:00")), "`expires_at`"),
        (with("expires_at", json!("2026-11-21T12:00:00+07:00")), "`expires_at`"),
        (with("expires_at", json!("2026-11-27T12:00:00+07:00")), "`expires_at`"),
        (with("decision", json!("review")), "`decision`"),
        (with("decision", json!("yes")), "`decision`"),
        (with("who", json!("me")), "`who`"),
    ] {
        let (status, problem) = counter.ask("POST", "/v1/bookings/a/override", &body).await;
        assert_eq!(status, 422, "{body}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(told), "{body}: {problem}");
    }
    assert_eq!(counter.head().seq, 1);
    assert_eq!(counter.ask("POST", "/v1/bookings/x/override", &good).await.0, 404);
}

#[tokio::test]
async fn what_became_of_an_event_can_be_told_once_it_has_begun() {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    let said = json!({ "outcome": "troubled", "note": "Suara putus-putus.", "actor": "Budi" });
    let (status, problem) = counter.ask("POST", "/v1/bookings/a/outcome", &said).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:siaga:problem:booking-not-begun")));
    counter.office.later(5 * 86_400);
    let (status, told) = counter.ask("POST", "/v1/bookings/a/outcome", &said).await;
    assert_eq!((status, &told["outcome"]), (200, &json!("troubled")), "{told}");
    assert_eq!(
        counter.put("a", &asked(26, 9)).await.1["decision"],
        "approve",
        "how it stood is how it stood"
    );
    let (status, problem) = counter.put("a", &asked(30, 9)).await;
    assert_eq!((status, &problem["type"]), (409, &json!("urn:siaga:problem:booking-over")));
}

#[tokio::test]
async fn evidence_verifies_with_the_server_s_key_and_tells_what_the_log_tells() {
    let counter = Counter::with_room().await;
    let (_, told) = counter.put("a", &asked(26, 9)).await;
    let (status, jws) = counter.get("/v1/bookings/a/evidence").await;
    let keys: PublicKeys = counter.get("/v1/keys").await.1.parse().unwrap();
    let statement: Value = serde_json::from_str(&evidence::verify(&jws, &keys).unwrap()).unwrap();
    assert_eq!((status, &statement["sub"]), (200, &json!("a")));
    assert_eq!(statement["entry"]["hash"], told["log"]["hash"]);
    assert_eq!(statement["body"]["decision"]["criteria"], told["criteria"]);
    assert_eq!(counter.get("/v1/bookings/a/evidence").await.1, jws, "it is always the same");
    counter.ask("DELETE", "/v1/bookings/a", &Value::Null).await;
    let cancelled = counter.get("/v1/bookings/a/evidence?entry=2").await.1;
    assert!(evidence::verify(&cancelled, &keys).unwrap().contains("\"kind\":\"cancelled\""));
    counter.put("b", &asked(26, 9)).await;
    for path in
        ["/v1/bookings/a/evidence?entry=3", "/v1/bookings/a/evidence?entry=9", "/v1/bookings/x/evidence"]
    {
        assert_eq!(counter.get(path).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn a_report_tells_how_it_came_about_of_what_was_held_and_of_what_was_refused() {
    let counter = Counter::with_room().await;
    counter.put("a", &asked(26, 9)).await;
    let (_, denied) = counter.put("b", &asked(26, 9)).await;
    counter.office.later(5 * 86_400);
    counter.ask("POST", "/v1/bookings/a/outcome", &json!({ "outcome": "ok" })).await;
    let (status, held) = counter.json("/v1/bookings/a/report").await;
    let kinds: Vec<_> = held["entries"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect();
    assert_eq!((status, kinds), (200, vec![json!("decided"), json!("outcome")]), "{held}");
    assert_eq!((&held["booking"]["outcome"], &held["truncated"]), (&json!("ok"), &json!(false)));
    let (_, refused) = counter.json("/v1/bookings/b/report").await;
    assert_eq!(refused["entries"][0]["body"]["decision"]["criteria"], denied["criteria"]);
    assert_eq!(counter.json("/v1/bookings/x/report").await.0, 404);
}

#[tokio::test]
async fn bookings_are_listed_as_they_stand_page_by_page() {
    let counter = Counter::with_room().await;
    for (name, day) in [("c", 27), ("a", 26), ("b", 26)] {
        counter.put(name, &asked(day, 9)).await;
    }
    let listed = |told: &Value| -> Vec<String> {
        let bookings = told["bookings"].as_array().unwrap();
        bookings
            .iter()
            .map(|it| format!("{} {}", it["reference"].as_str().unwrap(), it["decision"].as_str().unwrap()))
            .collect()
    };
    let (_, first) = counter.json("/v1/bookings?limit=2").await;
    assert_eq!(listed(&first), ["a approve", "b deny"]);
    let (_, rest) =
        counter.json(&format!("/v1/bookings?limit=2&after={}", first["next"].as_str().unwrap())).await;
    assert_eq!((listed(&rest), &rest["next"]), (vec!["c approve".to_owned()], &Value::Null));
    assert_eq!(listed(&counter.json("/v1/bookings?decision=deny").await.1), ["b deny"]);
    let later =
        counter.json("/v1/bookings?room=r1&from=2026-11-26T23:00:00Z&to=2026-12-01T00:00:00Z").await.1;
    assert_eq!(listed(&later), ["c approve"]);
    for wrong in ["limit=0", "limit=501", "decision=maybe", "after=b", "from=2026-11-26T23:00:00", "rooms=r1"]
    {
        assert_eq!(counter.json(&format!("/v1/bookings?{wrong}")).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_would_and_nothing_is_kept() {
    let counter = Counter::with_room().await;
    let with = |key: &str, value: Value| {
        let mut body = asked(26, 9);
        body[key] = value;
        body
    };
    let slot = |start: &str, end: &str| with("slot", json!({ "start": start, "end": end }));
    for (body, status, kind, told) in [
        (slot("2026-11-20T09:00:00+07:00", "2026-11-20T11:00:00+07:00"), 422, "slot-past", "past"),
        (slot("2026-11-26T11:00:00+07:00", "2026-11-26T09:00:00+07:00"), 422, "request-invalid", "`slot`"),
        (slot("2036-11-26T09:00:00+07:00", "2036-11-26T11:00:00+07:00"), 422, "request-invalid", "two years"),
        (slot("2026-11-26T09:00:00", "2026-11-26T11:00:00+07:00"), 422, "request-invalid", "offset"),
        (with("submitted_at", json!("2026-11-23T09:00:00+07:00")), 422, "request-invalid", "`submitted_at`"),
        (with("room", json!("nowhere")), 422, "room-unknown", "nowhere"),
        (with("room", json!("../r1")), 422, "request-invalid", "`room`"),
        (with("class", json!("governor")), 422, "request-invalid", "`class`"),
        (with("profile", json!("best")), 422, "request-invalid", "`profile`"),
        (with("colour", json!("red")), 422, "request-invalid", "`colour`"),
        (with("facts", json!({ "applicant_staf": true })), 422, "request-invalid", "applicant_staf"),
        // PHP's array_values drops the names: nobody named these facts.
        (with("facts", json!(vec![true; 9])), 422, "request-invalid", "`facts` has to be a JSON object"),
        (
            with("slot", json!(["2026-11-26T09:00:00+07:00", "2026-11-26T11:00:00+07:00"])),
            422,
            "request-invalid",
            "`slot` has to be a JSON object",
        ),
        (json!([]), 422, "request-invalid", "has to be a JSON object"),
        (json!({}), 422, "request-invalid", "missing field"),
    ] {
        let (found, problem) = counter.put("a", &body).await;
        let expected = format!("urn:siaga:problem:{kind}");
        assert_eq!(
            (found, problem["type"].as_str().unwrap()),
            (status, expected.as_str()),
            "{body}: {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains(told), "{body}: {problem}");
    }
    for name in ["a%20b", "-a", "..", "a%2Fb", &"a".repeat(65)] {
        let (status, problem) = counter.put(name, &asked(26, 9)).await;
        assert!(matches!(status, 400 | 404), "{name}: {problem}");
    }
    assert_eq!(counter.head(), Head::BEGINNING);
}

#[tokio::test]
async fn a_body_that_is_no_proper_json_is_refused_before_anything_is_looked_up() {
    let counter = Counter::with_room().await;
    let good = asked(26, 9).to_string();
    let twice = good.replacen('{', "{\"room\":\"r2\",", 1);
    for (headers, body, status, kind) in [
        (JSON, vec![b' '; 1_000_000], 413, "about:blank"),
        (JSON, "[".repeat(100).into_bytes(), 400, "urn:siaga:problem:json-too-deep"),
        (JSON, twice.into_bytes(), 400, "urn:siaga:problem:json-duplicate-key"),
        (JSON, b"{\"room\":\"\xc3\x28\"}".to_vec(), 400, "urn:siaga:problem:body-not-utf8"),
        (JSON, b"room=r1".to_vec(), 400, "urn:siaga:problem:json-invalid"),
        (JSON, Vec::new(), 400, "urn:siaga:problem:json-invalid"),
        ("", good.clone().into_bytes(), 415, "about:blank"),
        ("Content-Type: text/plain\r\n", good.clone().into_bytes(), 415, "about:blank"),
    ] {
        let (found, head, told) = counter.send("PUT", "/v1/bookings/a", headers, &body).await;
        let problem: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((found, problem["type"].as_str().unwrap()), (status, kind), "{problem}");
        assert!(head.contains("application/problem+json"), "{head}");
    }
    assert_eq!(counter.head(), Head::BEGINNING);
}

#[tokio::test]
async fn slots_across_midnight_and_of_several_days_are_decided_like_others() {
    let counter = Counter::with_room().await;
    for (name, start, end) in [
        ("night", "2026-11-26T22:00:00+07:00", "2026-11-27T02:00:00+07:00"),
        ("days", "2026-11-26T09:00:00+07:00", "2026-11-28T09:00:00+07:00"),
        ("zones", "2026-11-26T09:00:00+07:00", "2026-11-26T12:00:00+08:00"),
    ] {
        let mut body = asked(26, 9);
        body["slot"] = json!({ "start": start, "end": end });
        let (status, told) = counter.put(name, &body).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["decision"], if name == "zones" { "approve" } else { "deny" }, "{told}");
    }
}

#[tokio::test]
async fn damaged_bookings_are_503_to_all_that_ask_and_rooms_are_told_all_the_same() {
    let office = crate::desk::tests::Office::new();
    fs::write(office.dir().join(FILE), "what is left of a disk".repeat(500)).unwrap();
    let counter = Counter::at(office).await;
    counter.office.arrive("r1", 1).await;
    let (status, problem) = counter.put("a", &asked(26, 9)).await;
    assert_eq!((status, &problem["type"]), (503, &json!("urn:siaga:problem:bookings-unavailable")));
    assert!(problem["detail"].as_str().unwrap().contains("no approval"), "{problem}");
    for path in ["/v1/bookings/a", "/v1/bookings", "/v1/bookings/a/evidence"] {
        assert_eq!(counter.get(path).await.0, 503, "{path}");
    }
    assert_eq!(counter.get("/v1/rooms/r1").await.0, 200);
    let kept = fs::read_to_string(counter.office.dir().join(FILE)).unwrap();
    assert!(kept.starts_with("what is left of a disk"), "it is left as it is");
}

#[tokio::test]
async fn a_whole_copy_in_the_place_of_damaged_bookings_is_begun_with_by_itself() {
    let office = crate::desk::tests::Office::new();
    let path = office.dir().join(FILE);
    fs::write(&path, "what is left of a disk".repeat(500)).unwrap();
    let counter = Counter::at(office).await;
    counter.office.arrive("r1", 1).await;
    assert_eq!(counter.put("a", &asked(26, 9)).await.0, 503);
    let copy = counter.office.dir().join("copy.sqlite");
    drop(Bookings::open(&copy).unwrap());
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    fs::File::options().write(true).open(&copy).unwrap().set_modified(long_ago).unwrap();
    fs::rename(&copy, &path).unwrap();
    counter.gate.opened().await;
    assert_eq!(counter.put("a", &asked(26, 9)).await.1["decision"], "approve");
}

#[tokio::test]
async fn a_review_that_nobody_has_looked_at_in_time_is_decided_anew_when_it_is_asked_for_again() {
    let counter = Counter::with_room().await;
    let mut unknown = asked(30, 9);
    unknown["slot"] = json!({ "start": "2027-01-28T09:00:00+07:00", "end": "2027-01-28T11:00:00+07:00" });
    let (_, review) = counter.put("a", &unknown).await;
    assert_eq!(review["decision"], "review", "of 2027 no holidays are known: {review}");
    assert_eq!(counter.put("a", &unknown).await.1["log"]["seq"], 1);
    counter.office.later(SignedDuration::from_hours(25).as_secs().unsigned_abs());
    let (_, again) = counter.put("a", &unknown).await;
    assert_eq!((&again["log"]["seq"], &again["version"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn the_policy_is_told_and_another_one_can_take_its_place() {
    let counter = Counter::with_room().await;
    let (status, told) = counter.json("/v1/policy").await;
    assert_eq!(
        (status, &told["name"], &told["policy"]["lead_time"]["days"]),
        (200, &json!("kalbar-98-2021"), &json!(3))
    );
    assert_eq!(told["calendar"]["zone"], "Asia/Pontianak");
    let mut stricter = easy();
    stricter.policy.lead_time.days = 10;
    stricter.digest = "e".into();
    counter.gate.follow(stricter);
    let (_, denied) = counter.put("a", &asked(26, 9)).await;
    assert_eq!((&denied["decision"], &denied["policy"]["digest"]), (&json!("deny"), &json!("e")));
}
