//! Rooms that get a certificate, and those that do not.

use std::{fs, time::Duration};

use jiff::Timestamp;
use quinn::{Endpoint, VarInt};
use siaga_probe::Reason;
use tokio::task::JoinSet;

use super::lab::{
    Authority, Office, Purpose, Room, SHORT, VALID, assert_served, assert_told, identity_of, room_id, within,
};
use crate::{
    control,
    enrol::{
        FromServer, LONGEST_LIFE, Refusal, Token,
        room::{EnrolError, enrol_within, renew_within},
    },
    identity::{ENROL_ALPN, Identity},
    quic,
    server::{Event, Refused},
};

#[track_caller]
fn assert_refused<T>(result: Result<T, EnrolError>, expected: Refusal, words: &str) {
    let Err(error) = result else { panic!("refused") };
    assert!(matches!(error, EnrolError::Refused { reason, .. } if reason == expected), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn a_room_with_a_token_is_enrolled_and_may_probe() {
    let mut office = Office::open();
    let nobody = office.probe(None).await;
    assert_told(&nobody, Reason::IdentityRequired, &["enrol"]);
    assert!(matches!(office.event().await, Event::Denied(Refused::Stranger)));
    let enrolled = office.enrol(&office.token("diskominfo-r2")).await.unwrap();
    assert_eq!(enrolled.given.room, room_id("diskominfo-r2"));
    let left = enrolled.given.validity.left(Timestamp::now());
    assert!(left > Duration::from_secs(29 * 86_400) && left <= Duration::from_secs(30 * 86_400));
    assert!(matches!(office.event().await, Event::Enrolment { given: true }));
    let room = identity_of(&enrolled);
    assert_eq!(room.room(), Some(room_id("diskominfo-r2")));
    assert_served(&office.probe(Some(&room)).await);
    let [known] = office.registry().keys().unwrap().try_into().unwrap();
    assert_eq!((known.room, Some(known.key)), (room_id("diskominfo-r2"), room.key_id()));
    office.close().await;
}

#[tokio::test]
async fn each_wrong_token_is_told_by_its_fault() {
    let (office, other) = (Office::open(), Office::open());
    let unknown = "does not know the token";
    assert_refused(office.enrol(&Token::random().unwrap()).await, Refusal::TokenUnknown, unknown);
    assert_refused(office.enrol(&other.token("r2")).await, Refusal::TokenUnknown, "another server");
    let used = office.token("r2");
    office.enrol(&used).await.unwrap();
    assert_refused(office.enrol(&used).await, Refusal::TokenUsed, "rooms revoke --room r2");
    let long_ago = Timestamp::now() - 2 * LONGEST_LIFE;
    let over = office.registry().add_token(&room_id("r3"), LONGEST_LIFE, long_ago).unwrap();
    assert_refused(office.enrol(&over).await, Refusal::TokenExpired, "the token for r3 is over");
    assert_eq!(office.registry().keys().unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_that_is_used_twice_at_once_enrols_one_room() {
    let office = Office::open();
    for _ in 0..3 {
        let token = office.token("r2");
        let mut rooms = JoinSet::new();
        for _ in 0..6 {
            let (name, trust, token) = (office.name(), office.trust(), token.clone());
            rooms.spawn(async move { enrol_within(&name, &trust, &token, super::lab::SHORT_TRAINS).await });
        }
        let results = within(rooms.join_all()).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        for result in results.into_iter().filter(Result::is_err) {
            assert_refused(result, Refusal::TokenUsed, "was used before");
        }
    }
    assert_eq!(office.registry().keys().unwrap().len(), 3);
}

#[tokio::test]
async fn whoever_guesses_is_heard_ten_times_a_minute() {
    let office = Office::open();
    for _ in 0..10 {
        let guess = Token::random().unwrap();
        assert_refused(office.enrol(&guess).await, Refusal::TokenUnknown, "does not know");
    }
    let right = office.token("r2");
    for token in [Token::random().unwrap(), right] {
        let refused = office.enrol(&token).await;
        assert!(matches!(refused, Err(EnrolError::Busy { wait, .. }) if wait <= Duration::from_secs(60)));
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_uses_no_token_up() {
    let office = Office::open();
    let token = office.token("r2");
    let mut room = office.stranger().await;
    room.say(&serde_json::json!({"type":"enrol","version":1,"token":token.secret(),"csr":"nonsense"})).await;
    assert_denied(&mut room, Refusal::BadRequest, "damaged").await;
    let mut room = office.stranger().await;
    room.say(&serde_json::json!({"type":"enrol","version":2,"token":token.secret(),"csr":""})).await;
    assert_denied(&mut room, Refusal::VersionMismatch, "version 2").await;
    let mut room = office.stranger().await;
    room.say(&serde_json::json!({"type":"dance"})).await;
    assert_denied(&mut room, Refusal::VersionMismatch, "must ask").await;
    office.enrol(&token).await.unwrap();
}

async fn assert_denied(room: &mut Room, expected: Refusal, words: &str) {
    let answer: FromServer = within(control::receive(&mut room.from_server)).await.unwrap();
    let FromServer::Deny(deny) = answer else { panic!("{answer:?}") };
    assert_eq!(deny.reason, expected);
    assert!(deny.message.contains(words), "{}", deny.message);
}

#[tokio::test]
async fn garbage_on_the_stream_ends_the_connection_and_nothing_else() {
    let office = Office::open();
    for (garbage, words) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "at most 16384"),
        (&[0xff; 64], "at most 16384"),
        (b"\0\0\0\x02{]", "not what the protocol says"),
        (b"\0\0\0\x04null", "not what the protocol says"),
        (b"\0\0\0\x10{\"type\":\"enrol\"}", "not what the protocol says"),
    ] {
        let mut room = office.stranger().await;
        room.write(garbage).await;
        let (code, told) = room.closed().await;
        assert!(code == 2 && told.contains(words), "{code} {told}");
    }
    office.room("r2").await;
}

#[tokio::test]
async fn who_opens_half_a_door_is_closed_out_in_time() {
    let office = Office::open_with(SHORT);
    // Connects and says nothing; opens the stream and says half; takes no answer.
    let silent = office.stranger().await;
    let mut half = office.stranger().await;
    half.write(b"\0\0\x01\0{\"type\":").await;
    for room in [silent, half] {
        let (code, told) = room.closed().await;
        assert!(code == 4 && told.contains("took too long"), "{code} {told}");
    }
    office.room("r2").await;
}

#[tokio::test]
async fn a_room_that_leaves_in_the_middle_of_it_harms_nobody() {
    let office = Office::open();
    for _ in 0..5 {
        let mut room = office.stranger().await;
        room.write(b"\0\0\x01\0").await;
        room.connection.close(VarInt::from_u32(0), b"");
    }
    office.room("r2").await;
}

#[tokio::test]
async fn a_certificate_is_renewed_for_its_own_key_and_for_no_one_else() {
    let office = Office::open();
    let (trust, name) = (office.trust(), office.name());
    let renew = async |identity: &Identity| {
        within(renew_within(&name, &trust, identity, super::lab::SHORT_TRAINS)).await
    };
    let room = office.room("r2").await;
    // Just enrolled: not again at once.
    assert!(matches!(renew(&room).await, Err(EnrolError::Busy { .. })));
    let mut record = office.registry().keys().unwrap().remove(0);
    record.issued_at = Timestamp::now() - Duration::from_secs(20 * 86_400);
    office.registry().record(&record).unwrap();
    let renewed = renew(&room).await.unwrap();
    assert_eq!(renewed.room, room_id("r2"));
    assert!(renewed.validity.left(Timestamp::now()) > Duration::from_secs(29 * 86_400));
    let [after] = office.registry().keys().unwrap().try_into().unwrap();
    assert_eq!((after.key, after.enrolled_at), (record.key, record.enrolled_at));
    assert!(after.issued_at > record.issued_at);
    // Who shows nothing gets nothing.
    let mut stranger = office.stranger().await;
    stranger.say(&serde_json::json!({"type":"renew","version":1})).await;
    assert_denied(&mut stranger, Refusal::IdentityRequired, "shows the one before").await;
    // A key that was forgotten, or is another room's.
    record.room = room_id("r3");
    office.registry().record(&record).unwrap();
    assert_refused(renew(&room).await, Refusal::NotEnrolledHere, "did not enrol that key");
}

#[tokio::test]
async fn a_certificate_of_the_office_s_own_authority_probes_and_is_not_renewed_here() {
    let office = Office::open();
    let own = Authority::new("own");
    let room = own.issue(Purpose::Room, "r9", VALID);
    let stranger = own.issue(Purpose::Client, "r9", VALID);
    office.reload.identity(&own.trust(), &super::lab::loaded(office.dir()).1).unwrap();
    assert_served(&office.probe(Some(&room)).await);
    assert_told(&office.probe(Some(&stranger)).await, Reason::IdentityRefused, &["it names no room"]);
    let refused =
        within(renew_within(&office.name(), &office.trust(), &room, super::lab::SHORT_TRAINS)).await;
    assert_refused(refused, Refusal::NotEnrolledHere, "the authority that signed");
}

#[tokio::test]
async fn a_server_without_its_ca_s_key_says_so_and_keeps_the_token() {
    let office = Office::open();
    let token = office.token("r2");
    let (key, away) = (office.file("ca.key"), office.file("ca.key.away"));
    fs::rename(&key, &away).unwrap();
    assert_refused(office.enrol(&token).await, Refusal::CannotSign, "own authority");
    fs::write(&key, "nonsense").unwrap();
    assert_refused(office.enrol(&token).await, Refusal::CannotSign, "its log says why");
    fs::rename(&away, &key).unwrap();
    office.enrol(&token).await.unwrap();
}

#[tokio::test]
async fn a_server_that_another_ca_has_signed_gets_no_token() {
    let (office, other) = (Office::open(), Office::open());
    let token = office.token("r2");
    let refused = within(enrol_within(&office.name(), &other.trust(), &token, SHORT)).await;
    let Err(EnrolError::NotReached(words)) = refused else { panic!("not trusted") };
    assert!(words.contains("not signed by the given CA"), "{words}");
    office.enrol(&token).await.unwrap();
}

/// What a server made by hand answers.
async fn answered(answer: serde_json::Value) -> String {
    let office = Office::open();
    let (trust, own) = super::lab::loaded(office.dir());
    let config = quic::server(&trust, &own, &crate::server::Keys::random().unwrap()).unwrap();
    let endpoint = Endpoint::server(config, ([127, 0, 0, 1], 0).into()).unwrap();
    let name = endpoint.local_addr().unwrap().to_string().parse().unwrap();
    let server = async {
        let connection = endpoint.accept().await.unwrap().await.unwrap();
        let (mut to_room, _from_room) = connection.accept_bi().await.unwrap();
        control::send(&mut to_room, &answer).await.unwrap();
        connection.closed().await;
    };
    let token = Token::random().unwrap();
    let room = enrol_within(&name, &trust, &token, SHORT);
    let ((), Err(error)) = within(async { tokio::join!(server, room) }).await else { panic!("refused") };
    error.to_string()
}

#[tokio::test]
async fn what_is_no_certificate_for_this_key_by_this_ca_is_not_kept() {
    let office = Office::open();
    let other = office.enrol(&office.token("r2")).await.unwrap().given.chain;
    let server = fs::read_to_string(office.file("server.pem")).unwrap();
    for (chain, words) in [
        ("", "no certificate"),
        ("nonsense", "no certificate"),
        (&other, "a certificate for another key"),
        (&server, "a certificate that names no room"),
    ] {
        let told = answered(serde_json::json!({"type":"certificate","chain":chain})).await;
        assert!(told.contains(words), "{told}");
    }
    let hostile = "\u{1b}[2Jsorry\n".repeat(100);
    let told = answered(serde_json::json!({"type":"deny","reason":"NEWER","message":hostile})).await;
    assert!(!told.contains('\u{1b}') && told.len() < 1000, "{told}");
    let told = answered(serde_json::json!({"type":"sing"})).await;
    assert!(told.contains("does not know"), "{told}");
}

#[tokio::test]
async fn an_enrolled_room_s_certificate_is_none_for_other_servers() {
    let (office, other) = (Office::open(), Office::open());
    let room = office.room("r2").await;
    assert_told(&other.probe(Some(&room)).await, Reason::IdentityRefused, &["another CA"]);
    let config = quic::client(&other.trust(), Some(&room), ENROL_ALPN).unwrap();
    let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    // The handshake is done on the room's side before the server has looked.
    if let Ok(connection) = within(endpoint.connect_with(config, other.address, "127.0.0.1").unwrap()).await {
        within(connection.closed()).await;
    }
}
