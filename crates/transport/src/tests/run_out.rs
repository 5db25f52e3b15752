//! Rooms whose certificate has run out while their machines were off.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use siaga_probe::Reason;
use siaga_readiness::report::{Hello, JournalId};

use super::lab::{Office, SHORT_TRAINS, assert_served, assert_told, identity_of, room_id, within};
use crate::{
    control,
    enrol::{
        Channel, FromRoom, FromServer, Proof, Refusal, Renew, VERSION,
        room::{EnrolError, Given, renew_within},
    },
    identity::{self, Identity, RoomKey},
    room::{LinkRequest, RoomLink, Why},
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A room that was enrolled so long ago, and has the certificate of that day.
async fn enrolled(office: &Office, room: &str, ago: SignedDuration) -> Identity {
    let now = office.room(room).await;
    let (id, at) = (room_id(room), Timestamp::now() - ago);
    let key = RoomKey::certified(&now.chain[0]).unwrap();
    let issued = identity::issue(office.dir(), &id, &key, at).unwrap();
    let mut record = office.registry().key(key.id()).unwrap().unwrap();
    (record.enrolled_at, record.issued_at, record.expires_at) = (at, at, issued.validity.until);
    office.registry().record(&record).unwrap();
    let own = CertificateDer::from_pem_slice(issued.chain.as_bytes()).unwrap();
    Identity { chain: vec![own], ..now }
}

async fn renewed(office: &Office, room: &Identity) -> Result<Given, EnrolError> {
    within(renew_within(&office.name(), &office.trust(), room, SHORT_TRAINS)).await
}

#[track_caller]
fn assert_refused(renewed: Result<Given, EnrolError>, expected: Refusal, words: &str) {
    let Err(EnrolError::Refused { reason, message, .. }) = renewed else { panic!("{renewed:?}") };
    assert!(reason == expected && message.contains(words), "{reason:?} {message}");
}

#[tokio::test]
async fn a_room_that_was_off_for_two_months_comes_back_by_itself() {
    let office = Office::open();
    let room = enrolled(&office, "r2", DAY * 60).await;
    assert_told(&office.probe(Some(&room)).await, Reason::IdentityRefused, &["expired"]);
    let given = renewed(&office, &room).await.unwrap();
    assert_eq!(given.room, room_id("r2"));
    assert!(given.validity.left(Timestamp::now()) > Duration::from_secs(29 * 86_400));
    let [record] = office.registry().keys().unwrap().try_into().unwrap();
    assert_eq!((Some(record.key), record.expires_at), (room.key_id(), given.validity.until));
    let chain = vec![CertificateDer::from_pem_slice(given.chain.as_bytes()).unwrap()];
    assert_served(&office.probe(Some(&Identity { chain, ..room })).await);
}

#[tokio::test]
async fn a_room_s_link_is_told_when_its_certificate_does_not_count_by_the_server_s_clock() {
    let office = Office::open();
    let why = async |room: &Identity| {
        let request = LinkRequest { server: office.name(), trust: office.trust(), identity: room.clone() };
        let (version, agent) = (siaga_readiness::report::VERSION, "0.1.0".into());
        let hello =
            Hello { version, agent, room: room_id("r2"), site: None, journal: JournalId(7), clock_ms: 0 };
        within(RoomLink::open(&request, hello)).await.map(drop).map_err(|end| end.why)
    };
    assert_eq!(why(&enrolled(&office, "r2", DAY * 60).await).await, Err(Why::RunOut));
    assert_eq!(
        why(&enrolled(&office, "r2", DAY * -2).await).await,
        Err(Why::RunOut),
        "from the day after tomorrow"
    );
    assert_eq!(why(&office.room("r2").await).await, Ok(()));
}

#[tokio::test]
async fn a_room_that_was_revoked_meanwhile_stays_out() {
    let office = Office::open();
    let room = enrolled(&office, "r2", DAY * 60).await;
    office.registry().revoke_room(&room_id("r2"), Timestamp::now()).unwrap();
    assert_refused(renewed(&office, &room).await, Refusal::Revoked, "new token");
}

#[tokio::test]
async fn a_key_that_the_server_did_not_enrol_proves_nothing() {
    let (office, other) = (Office::open(), Office::open());
    let foreign = enrolled(&other, "r2", DAY * 60).await;
    office.room("r2").await;
    assert_refused(renewed(&office, &foreign).await, Refusal::NotEnrolledHere, "did not enrol that key");
}

#[tokio::test]
async fn who_was_away_for_years_is_looked_at_first() {
    let office = Office::open();
    let room = enrolled(&office, "r2", DAY * 30).await;
    let mut record = office.registry().keys().unwrap().remove(0);
    record.expires_at = Timestamp::now() - DAY * 370;
    office.registry().record(&record).unwrap();
    assert_refused(renewed(&office, &room).await, Refusal::IdentityRequired, "more than a year ago");
}

#[tokio::test]
async fn a_key_gets_no_other_room_s_name() {
    let office = Office::open();
    let room = enrolled(&office, "r2", DAY * 60).await;
    office.room("r3").await;
    // Anybody can write a certificate for a key that they have.
    let key = RoomKey::certified(&room.chain[0]).unwrap();
    let issued = identity::issue(office.dir(), &room_id("r3"), &key, Timestamp::now() - DAY * 60).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(issued.chain.as_bytes()).unwrap()];
    let claims = Identity { chain, ..room };
    assert_refused(renewed(&office, &claims).await, Refusal::NotEnrolledHere, "did not enrol that key");
}

/// What the server answers to a proof that was made by `key` for the connection `on`.
async fn answer(office: &Office, proof: impl FnOnce(&Channel) -> Proof) -> FromServer {
    let mut room = office.stranger().await;
    let proof = Some(proof(&Channel::of(&room.connection).unwrap()));
    room.say(&FromRoom::Renew(Renew { version: VERSION, proof })).await;
    within(control::receive(&mut room.from_server)).await.unwrap()
}

#[tokio::test]
async fn a_proof_is_good_on_its_own_connection_alone_and_by_its_own_key() {
    let office = Office::open();
    let room = enrolled(&office, "r2", DAY * 60).await;
    let thief = enrolled(&office, "r3", DAY * 60).await;
    let mut heard = None;
    let first = answer(&office, |channel| heard.insert(Proof::new(&room, channel).unwrap()).clone()).await;
    assert!(matches!(first, FromServer::Certificate(_)), "{first:?}");
    // As if it had not been renewed just now.
    let mut record = office.registry().key(room.key_id().unwrap()).unwrap().unwrap();
    record.issued_at = Timestamp::now() - DAY;
    office.registry().record(&record).unwrap();
    let heard = heard.unwrap();
    let replayed = answer(&office, |_| heard.clone()).await;
    let other_channel = answer(&office, |_| Proof::new(&room, &Channel::made_up(0)).unwrap()).await;
    // The certificate of one, signed by the other.
    let by_another = answer(&office, |channel| Proof {
        certificate: heard.certificate.clone(),
        ..Proof::new(&thief, channel).unwrap()
    })
    .await;
    for refused in [replayed, other_channel, by_another] {
        let FromServer::Deny(deny) = &refused else { panic!("{refused:?}") };
        assert_eq!(deny.reason, Refusal::IdentityRequired);
        assert!(deny.message.contains("does not prove on this connection"), "{}", deny.message);
    }
}

#[tokio::test]
async fn who_shows_one_proof_after_the_other_that_is_none_has_to_wait() {
    let office = Office::open();
    let garbage = |_: &Channel| Proof { certificate: "30".repeat(400), signature: "zz".to_owned() };
    for _ in 0..10 {
        assert!(matches!(answer(&office, garbage).await, FromServer::Deny(_)));
    }
    assert!(matches!(answer(&office, garbage).await, FromServer::Busy(_)));
}

#[tokio::test]
async fn a_certificate_that_counts_is_shown_and_not_proved() {
    let office = Office::open();
    let room = enrolled(&office, "r2", DAY * 25).await;
    assert_served(&office.probe(Some(&room)).await);
    renewed(&office, &room).await.unwrap();
    assert!(matches!(renewed(&office, &room).await, Err(EnrolError::Busy { .. })));
    let again = identity_of(&office.enrol(&office.token("r2")).await.unwrap());
    assert_ne!(again.key_id(), room.key_id());
}
