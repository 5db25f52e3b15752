//! Who is believed, and the words for who is not.

use std::{future::pending, sync::Arc};

use quinn::{ClientConfig, ConnectionError, Endpoint, TransportErrorCode, crypto::rustls::QuicClientConfig};
use rustls::{
    SignatureScheme, client::ResolvesClientCert, crypto::ring::sign::any_supported_type, sign::CertifiedKey,
};
use siaga_probe::Reason;

use super::lab::{
    Authority, Lab, Purpose, SHORT_TRAINS, TestServer, VALID, assert_served, assert_told, within,
};
use crate::{
    client::probe,
    identity::{self, PROBE_ALPN},
};

/// Years that are over.
const PAST: [i32; 2] = [2001, 2002];

/// Years that are to come.
const FUTURE: [i32; 2] = [2099, 2100];

#[tokio::test]
async fn a_server_whose_certificate_does_not_fit_is_not_trusted_and_the_remedy_is_told() {
    let mut lab = Lab::new();
    let (stranger, made_anew) = (Authority::new("stranger"), Authority::new("lab"));
    for (server, words) in [
        (lab.authority.issue(Purpose::Server, "127.0.0.1", PAST), "expired"),
        (lab.authority.issue(Purpose::Server, "probe.example", VALID), "another name"),
        (lab.authority.issue(Purpose::Room, "127.0.0.1", VALID), "not made for a server"),
        (stranger.issue(Purpose::Server, "127.0.0.1", VALID), "not signed by the given CA"),
        (made_anew.issue(Purpose::Server, "127.0.0.1", VALID), "not signed by the given CA"),
    ] {
        lab.server = server;
        let server = TestServer::start(&lab, 1, SHORT_TRAINS);
        let probed = lab.probe(server.address, SHORT_TRAINS).await;
        assert_told(&probed, Reason::ServerNotTrusted, &[&server.address.to_string(), words]);
    }
}

#[tokio::test]
async fn a_room_whose_clock_is_behind_trusts_no_server_for_that_and_is_told_of_its_clock() {
    let mut lab = Lab::new();
    lab.server = lab.authority.issue(Purpose::Server, "127.0.0.1", FUTURE);
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let probed = lab.probe(server.address, SHORT_TRAINS).await;
    assert_told(&probed, Reason::ClockBehind, &["not yet valid", "clock is behind", "timedatectl"]);
    assert!(server.stop().await.is_empty(), "nothing was granted");
}

#[tokio::test]
async fn a_room_whose_certificate_does_not_fit_is_refused_and_the_remedy_is_told() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let (stranger, made_anew) = (Authority::new("stranger"), Authority::new("lab"));
    for (room, words) in [
        (lab.authority.issue(Purpose::Room, "room", PAST), "expired"),
        (lab.authority.issue(Purpose::Room, "room", FUTURE), "not yet valid"),
        (lab.authority.issue(Purpose::Server, "127.0.0.1", VALID), "not made for a room"),
        (stranger.issue(Purpose::Room, "room", VALID), "another CA"),
        (made_anew.issue(Purpose::Room, "room", VALID), "another CA"),
        (lab.authority.issue(Purpose::Client, "room", VALID), "it names no room"),
        (lab.authority.issue(Purpose::Room, "Room", VALID), "it names no room"),
    ] {
        let mut request = lab.request(server.address);
        request.identity = Some(room);
        let probed = within(probe(&request, pending())).await.unwrap();
        assert_told(&probed, Reason::IdentityRefused, &[&server.address.to_string(), words]);
    }
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}

/// Shows another's certificate, which is public, and signs with a key of its own.
#[derive(Debug)]
struct Stolen(Arc<CertifiedKey>);

impl ResolvesClientCert for Stolen {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn a_certificate_without_its_key_is_worth_nothing() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let thief = lab.authority.issue(Purpose::Room, "thief", VALID);
    let key = any_supported_type(&thief.key).unwrap();
    let mut tls = identity::client(&lab.authority.trust(), None, PROBE_ALPN).unwrap();
    tls.client_auth_cert_resolver =
        Arc::new(Stolen(Arc::new(CertifiedKey::new(lab.room.chain.clone(), key))));
    let config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    let connecting = endpoint.connect_with(config, server.address, "127.0.0.1").unwrap();
    // To a client of TLS 1.3 the handshake is over before the server has looked at its signature.
    let ended = match within(connecting).await {
        Ok(connection) => within(connection.closed()).await,
        Err(ended) => ended,
    };
    let ConnectionError::ConnectionClosed(close) = ended else { panic!("{ended:?}") };
    assert_eq!(close.error_code, TransportErrorCode::crypto(DECRYPT_ERROR), "{close:?}");
    assert!(server.stop().await.is_empty(), "nothing was granted");
}

/// A signature that is not its owner's (RFC 8446, 6.2).
const DECRYPT_ERROR: u8 = 51;
