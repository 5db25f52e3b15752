//! What a booking is held against: the profile that it names, or the one that its room goes by.

use serde_json::{Value, json};

use super::asked;
use crate::{
    desk::tests::{LAPTOP, snapshot_by},
    http::tests::Counter,
};

fn unnamed(room: &str) -> Value {
    let mut body = asked(26, 9);
    body["room"] = json!(room);
    body.as_object_mut().unwrap().remove("profile");
    body
}

/// A laptop without a camera that goes by its profile.
async fn counter(profile: &str) -> Counter {
    let counter = Counter::open().await;
    counter.office.connect("r1", 1).await;
    go_by(&counter, profile).await;
    counter
}

async fn go_by(counter: &Counter, profile: &str) {
    counter.office.say("r1", 1, snapshot_by("r1", profile)).await.unwrap();
}

#[tokio::test]
async fn a_booking_that_names_no_profile_is_held_against_its_room_s_or_minimum() {
    let counter = counter(LAPTOP).await;
    let (_, told) = counter.put("own", &unnamed("r1")).await;
    assert_eq!(
        (&told["decision"], &told["request"]["profile"]),
        (&json!("approve"), &json!(LAPTOP)),
        "{told}"
    );
    counter.office.arrive("r2", 1).await;
    let (_, told) = counter.put("none", &unnamed("r2")).await;
    assert_eq!(
        (&told["decision"], &told["request"]["profile"]),
        (&json!("review"), &json!("minimum")),
        "of a camera nothing is known: {told}"
    );
    let mut named = unnamed("r1");
    named["profile"] = json!("minimum");
    let (_, told) = counter.ask("POST", "/v1/decisions/dry-run?reference=own", &named).await;
    assert_eq!(told["decision"], "review", "what is named counts: {told}");
}

#[tokio::test]
async fn the_same_words_about_a_room_that_goes_by_another_profile_since_are_another_question() {
    let counter = counter(LAPTOP).await;
    let (_, first) = counter.put("a", &unnamed("r1")).await;
    assert_eq!(counter.put("a", &unnamed("r1")).await.1, first);
    go_by(&counter, "recommended").await;
    let (_, other) = counter.put("a", &unnamed("r1")).await;
    assert_eq!(
        (&other["version"], &other["decision"], &other["request"]["profile"]),
        (&json!(2), &json!("review"), &json!("recommended")),
        "{other}"
    );
}

#[tokio::test]
async fn a_room_s_own_profile_that_the_server_does_not_know_is_for_a_person_to_look_at() {
    let counter = counter("training").await;
    let (status, told) = counter.put("a", &unnamed("r1")).await;
    assert_eq!(
        (status, &told["decision"], &told["request"]["profile"]),
        (200, &json!("review"), &json!("training")),
        "{told}"
    );
    let criteria = told["criteria"].as_array().unwrap();
    let equipment = criteria.iter().find(|it| it["code"] == "EQUIPMENT").unwrap();
    assert_eq!((&equipment["result"], &equipment["reason"]), (&json!("unknown"), &json!("PROFILE_UNKNOWN")));
    let mut named = unnamed("r1");
    named["profile"] = json!("training");
    assert_eq!(counter.put("b", &named).await.0, 422, "who names it is told what there is");
}

#[tokio::test]
async fn which_rooms_suit_a_slot_is_told_by_the_profile_that_each_goes_by() {
    let counter = counter(LAPTOP).await;
    counter.office.arrive("r2", 1).await;
    counter.office.connect("r3", 1).await;
    counter.office.say("r3", 1, snapshot_by("r3", "training")).await.unwrap();
    let slot = "start=2026-11-26T09:00:00%2B07:00&end=2026-11-26T11:00:00%2B07:00";
    let suit = async |more: &str| {
        let (_, told) = counter.json(&format!("/v1/rooms?{slot}{more}")).await;
        let rooms = told["rooms"].as_array().unwrap().iter();
        rooms.map(|it| it["suits"]["verdict"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(suit("").await, ["yes", "unknown", "unknown"]);
    assert_eq!(suit("&profile=laptop").await, ["yes", "yes", "yes"]);
    let (_, told) = counter.json(&format!("/v1/rooms?{slot}")).await;
    assert_eq!(told["rooms"][2]["suits"]["reasons"], json!(["PROFILE_UNKNOWN"]));
}
