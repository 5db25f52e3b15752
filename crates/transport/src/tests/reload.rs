//! A server whose certificates change while it serves.

use siaga_probe::{Reason, control::FromServer};
use tokio::task::JoinSet;

use super::lab::{Authority, Office, Purpose, VALID, assert_served, assert_told, loaded};
use crate::{
    identity::{Identity, PROBE_ALPN},
    quic,
    server::Event,
    server_name::ServerName,
};

#[tokio::test]
async fn a_new_certificate_is_shown_to_who_comes_and_who_is_there_stays() {
    let office = Office::open();
    let room = office.room("r2").await;
    let mut early = office.connected(&room).await;
    let (trust, own) = loaded(office.dir());
    let elsewhere = Authority::new("elsewhere");
    office.reload.identity(&trust, &elsewhere.issue(Purpose::Server, "127.0.0.1", VALID)).unwrap();
    assert_told(&office.probe(Some(&room)).await, Reason::ServerNotTrusted, &["not signed by the given CA"]);
    assert!(matches!(early.ask().await, FromServer::Grant(_)), "it was there before");
    office.reload.identity(&trust, &own).unwrap();
    // The first holds its lease.
    assert_served(&office.probe(Some(&office.room("r3").await)).await);
}

#[tokio::test]
async fn a_pair_that_does_not_fit_changes_nothing() {
    let office = Office::open();
    let room = office.room("r2").await;
    let (trust, own) = loaded(office.dir());
    let other = Authority::new("other").issue(Purpose::Server, "127.0.0.1", VALID);
    let unfit = Identity { chain: own.chain.clone(), key: other.key.clone_key() };
    let refused = office.reload.identity(&trust, &unfit).unwrap_err();
    assert!(refused.to_string().contains("do not fit together"), "{refused}");
    assert_served(&office.probe(Some(&room)).await);
}

/// A handshake has four flights, the first of which is answered with a Retry: a certificate may change between any two.
#[tokio::test]
async fn a_thousand_changes_while_rooms_come_and_go_drop_none_of_them() {
    let office = Office::open();
    let room = office.room("r2").await;
    let (trust, own) = loaded(office.dir());
    let standing = office.connected(&room).await;
    let mut coming = JoinSet::new();
    for _ in 0..4 {
        let (address, identity, trust) = (office.address, room.clone(), office.trust());
        coming.spawn(async move {
            let name: ServerName = address.to_string().parse().unwrap();
            for _ in 0..25 {
                let endpoint = quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
                let config = quic::client(&trust, Some(&identity), PROBE_ALPN).unwrap();
                let connecting = endpoint.connect_with(config, address, name.host()).unwrap();
                let connection = connecting.await.unwrap();
                connection.close(0u32.into(), b"");
                endpoint.wait_idle().await;
            }
        });
    }
    let mut changes = 0;
    while !coming.is_empty() || changes < 1_000 {
        office.reload.identity(&trust, &own).unwrap();
        changes += 1;
        tokio::select! {
            Some(done) = coming.join_next() => done.unwrap(),
            () = tokio::task::yield_now() => {}
        }
    }
    assert!(standing.connection.close_reason().is_none(), "{changes} changes");
}

#[tokio::test]
async fn a_server_that_is_about_to_end_lets_a_probe_run_to_its_end_and_puts_off_the_next() {
    let mut office = Office::open();
    let mut running = office.connected(&office.room("r2").await).await;
    assert!(matches!(running.ask().await, FromServer::Grant(_)));
    office.reload.drain();
    let told = office.probe(Some(&office.room("r3").await)).await;
    assert_told(&told, Reason::ServerBusy, &["busy", "ask again in"]);
    running.connection.close(quinn::VarInt::from_u32(0), b"");
    while !matches!(office.event().await, Event::Finished { .. }) {}
}
