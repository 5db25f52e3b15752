//! Rooms that are no longer let in.

use jiff::Timestamp;
use siaga_probe::Reason;
use siaga_readiness::report::{Hello, JournalId, VERSION};

use super::lab::{Office, Room, SHORT_TRAINS, assert_served, assert_told, room_id, within};
use crate::{
    enrol::{
        Refusal,
        room::{EnrolError, renew_within},
    },
    room::{LinkRequest, RoomLink, Why},
    server::Event,
};

/// Within the two seconds that are promised, or what a test waits for at most.
async fn assert_turned_out(room: &Room) {
    let (code, words) = room.closed().await;
    assert!(code == 5 && words.contains("it was revoked"), "{code} {words}");
}

#[tokio::test]
async fn a_revoked_room_is_out_in_the_middle_of_a_probe_and_its_place_is_free() {
    let mut office = Office::open();
    let [r2, r3, r4] = [office.room("r2").await, office.room("r3").await, office.room("r4").await];
    let [mut room, mut other] = [office.connected(&r2).await, office.connected(&r3).await];
    let waiting = office.connected(&r2).await;
    room.granted().await;
    other.granted().await;
    office.registry().revoke_room(&room_id("r2"), Timestamp::now()).unwrap();
    assert_turned_out(&room).await;
    assert_turned_out(&waiting).await;
    while !matches!(office.event().await, Event::Finished { .. }) {}
    assert_told(&office.probe(Some(&r2)).await, Reason::IdentityRefused, &["it was revoked", "new token"]);
    assert_served(&office.probe(Some(&r4)).await);
    let renewed = within(renew_within(&office.name(), &office.trust(), &r2, SHORT_TRAINS)).await;
    assert!(matches!(renewed, Err(EnrolError::Refused { reason: Refusal::Revoked, .. })));
    // It may come back, with another key.
    let again = office.room("r2").await;
    assert_served(&office.probe(Some(&again)).await);
    assert_told(&office.probe(Some(&r2)).await, Reason::IdentityRefused, &["it was revoked"]);
}

#[tokio::test]
async fn a_token_that_was_made_before_goes_with_the_room() {
    let office = Office::open();
    office.room("r2").await;
    let token = office.token("r2");
    office.registry().revoke_room(&room_id("r2"), Timestamp::now()).unwrap();
    let refused = office.enrol(&token).await;
    assert!(matches!(refused, Err(EnrolError::Refused { reason: Refusal::TokenUnknown, .. })));
}

#[tokio::test]
async fn while_revocations_can_t_be_read_the_revoked_stay_out_and_the_operator_is_told() {
    let mut office = Office::open();
    let [r2, r3] = [office.room("r2").await, office.room("r3").await];
    let room = office.connected(&r2).await;
    office.registry().revoke_room(&room_id("r2"), Timestamp::now()).unwrap();
    assert_turned_out(&room).await;
    let (place, away) = (office.file("enrolment"), office.file("away"));
    std::fs::rename(&place, &away).unwrap();
    std::fs::write(&place, "in its place").unwrap();
    while !matches!(office.event().await, Event::RevocationsRead(false)) {}
    assert_told(&office.probe(Some(&r2)).await, Reason::IdentityRefused, &["it was revoked"]);
    assert_served(&office.probe(Some(&r3)).await);
    std::fs::remove_file(&place).unwrap();
    std::fs::rename(&away, &place).unwrap();
    while !matches!(office.event().await, Event::RevocationsRead(true)) {}
}

#[tokio::test]
async fn a_revoked_room_s_standing_link_ends_and_it_does_not_come_again() {
    let office = Office::open();
    let room = office.room("r2").await;
    let request = LinkRequest { server: office.name(), trust: office.trust(), identity: room };
    let hello = Hello {
        version: VERSION,
        agent: "0.1.0".into(),
        room: room_id("r2"),
        site: None,
        journal: JournalId(7),
        clock_ms: 0,
    };
    let mut link = within(RoomLink::open(&request, hello.clone())).await.unwrap();
    office.registry().revoke_room(&room_id("r2"), Timestamp::now()).unwrap();
    let end = within(link.hear()).await.unwrap_err();
    assert!(end.words.contains("it was revoked"), "{}", end.words);
    let Err(end) = within(RoomLink::open(&request, hello)).await else { panic!("it is out") };
    assert!(end.why == Why::Unwanted && end.words.contains("it was revoked"), "{}", end.words);
}
