//! How many get in, how they must come, and what a stranger can hold.

use std::{
    future::pending,
    net::{SocketAddr, UdpSocket as StdUdpSocket},
    sync::Arc,
};

use quinn::{ConnectionError, IdleTimeout, TransportConfig, VarInt};
use siaga_probe::{
    Bitrate, Mode, Reason,
    admission::{Cause, Purpose},
    control::{Ask, FromClient, FromServer, VERSION},
    judge::Effort,
};
use tokio::{net::UdpSocket, select};

use super::lab::{
    self, Lab, Room, SHORT_TRAINS, TestServer, VALID, ask, assert_served, assert_told, limits, mbps, within,
};
use crate::{
    client::probe,
    control::{self, ControlError},
    identity::PROBE_ALPN,
    server::{Event, Refused},
};

#[tokio::test]
async fn one_probe_more_than_there_are_places_is_told_to_come_back_and_then_gets_in() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 2, SHORT_TRAINS);
    let mut rooms =
        [lab.room_called("one", server.address).await, lab.room_called("other", server.address).await];
    for room in &mut rooms {
        room.granted().await;
        assert!(matches!(server.event().await, Event::Granted(Purpose::Routine)));
    }
    let probed = lab.probe(server.address, SHORT_TRAINS).await;
    assert_told(&probed, Reason::ServerBusy, &["busy", "ask again in"]);
    assert!(matches!(server.event().await, Event::Busy(Cause::Taken)));
    rooms[0].connection.close(VarInt::from_u32(0), b"");
    server.finished().await;
    assert!(matches!(lab.room(server.address).await.ask().await, FromServer::Grant(_)));
}

#[tokio::test]
async fn a_place_is_free_again_after_a_probe_that_went_well() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    for _ in 0..2 {
        assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
        let Event::Granted(_) = server.event().await else { panic!("granted") };
        let Event::Finished { up: Some(_), sent, received } = server.event().await else { panic!("judged") };
        assert!(sent > 50_000 && received > 50_000, "{sent} {received}");
    }
}

#[tokio::test]
async fn what_is_not_to_be_had_is_denied_with_its_reason() {
    let lab = Lab::new();
    let limits = limits(mbps(10), 1);
    let mut server = TestServer::start_with(&lab, limits, SHORT_TRAINS, 8);
    let address = server.address;
    let mut expect = async |mut room: Room, message: FromClient, reason: Reason, words: &str, name: &str| {
        room.say(&message).await;
        let FromServer::Deny(deny) = room.hear().await else { panic!("denied") };
        assert_eq!(deny.reason, reason);
        assert!(deny.message.contains(words), "{}", deny.message);
        let Event::Denied(counted) = server.event().await else { panic!("counted") };
        assert_eq!(counted.name(), name);
    };
    let nobody = crate::quic::client(&lab.authority.trust(), None, PROBE_ALPN).unwrap();
    let nobody = lab.room_with(address, nobody).await;
    expect(nobody, ask(VERSION), Reason::IdentityRequired, "--open", Refused::Stranger.name()).await;
    let asked = Ask {
        version: VERSION,
        mode: Mode::Gate,
        effort: Effort::Normal,
        up_bps: mbps(1),
        down_bps: mbps(1),
        passed_before: false,
        purpose: Purpose::Routine,
    };
    let other = |mode, up| FromClient::Ask(Ask { mode, up_bps: mbps(up), ..asked.clone() });
    expect(
        lab.room(address).await,
        other(Mode::Unknown, 1),
        Reason::ServerRefused,
        "kind of probe",
        "unknown_kind",
    )
    .await;
    expect(
        lab.room(address).await,
        other(Mode::Gate, 11),
        Reason::ServerRefused,
        "up to 10 Mbit/s",
        "too_fast",
    )
    .await;
    for mode in [Mode::Gate, Mode::Sustain] {
        let slow =
            FromClient::Ask(Ask { mode, down_bps: Bitrate::from_bps(999_999).unwrap(), ..asked.clone() });
        expect(lab.room(address).await, slow, Reason::ServerRefused, "judges 1 Mbit/s or more", "too_slow")
            .await;
    }
    // The room's side makes the same of it.
    let mut request = lab.request(address);
    request.identity = None;
    let probed = within(probe(&request, pending())).await.unwrap();
    assert_told(&probed, Reason::IdentityRequired, &["--open"]);
}

#[tokio::test]
async fn a_quality_probe_is_about_no_rate_and_any_may_be_named() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    let rate = Bitrate::from_bps(1_000).unwrap();
    let FromClient::Ask(asked) = ask(VERSION) else { unreachable!() };
    room.say(&FromClient::Ask(Ask { mode: Mode::Quality, up_bps: rate, down_bps: rate, ..asked })).await;
    assert!(matches!(room.hear().await, FromServer::Grant(_)));
}

#[tokio::test]
async fn a_server_with_others_to_serve_says_when_it_would_like_to_be_asked_again() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 4, SHORT_TRAINS);
    let mut rooms = [lab.room(server.address).await, lab.room_called("other", server.address).await];
    let [alone, second] = &mut rooms;
    assert_eq!(alone.granted().await.next_probe_in_ms, None, "as the room likes");
    let wish = second.granted().await.next_probe_in_ms.expect("there are two now");
    assert!((24 * 60_000..=48 * 60_000).contains(&wish), "{wish}");
}

#[tokio::test]
async fn an_address_must_show_that_it_is_its_own_and_is_answered_with_less_than_it_sent() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    // A room's very first packet, caught on its way and sent on from elsewhere.
    let between = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let endpoint = quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    let _connecting =
        endpoint.connect_with(lab.client_config(), between.local_addr().unwrap(), "127.0.0.1").unwrap();
    let mut packet = [0; 2_000];
    let first = within(between.recv(&mut packet)).await.unwrap();
    between.send_to(&packet[..first], server.address).await.unwrap();
    let mut answer = [0; 2_000];
    let (length, from) = loop {
        let (length, from) = within(between.recv_from(&mut answer)).await.unwrap();
        if from == server.address {
            break (length, from);
        }
    };
    assert_eq!(from, server.address);
    assert_eq!(answer[0] & 0xf0, 0xf0, "a Retry of QUIC version 1 (RFC 9000, 17.2.5)");
    assert!(length <= first, "{length} bytes for {first}");
}

#[tokio::test]
async fn more_connections_than_the_server_bears_are_turned_away_as_busy() {
    let lab = Lab::new();
    let limits = limits(mbps(10), 1);
    let server = TestServer::start_with(&lab, limits, SHORT_TRAINS, 2);
    let _held = [lab.room(server.address).await, lab.room(server.address).await];
    let probed = lab.probe(server.address, SHORT_TRAINS).await;
    assert_told(&probed, Reason::ServerBusy, &["too many connections"]);
    // Limits that are read anew bring their places along.
    server.reload.limits(limits);
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}

#[tokio::test]
async fn a_room_has_one_stream_and_no_other() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    room.granted().await;
    // The server's limits have come with the handshake; what they do not allow waits.
    let connection = room.connection.clone();
    select! {
        biased;
        _ = connection.open_uni() => panic!("no one-way stream"),
        _ = connection.open_bi() => panic!("no second stream"),
        message = room.hear() => assert!(matches!(message, FromServer::Sent(_) | FromServer::Report(_))),
    }
}

#[tokio::test]
async fn nothing_is_sent_before_the_handshake_is_done() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 2, SHORT_TRAINS);
    let mut tls = crate::identity::client(&lab.authority.trust(), Some(&lab.room), PROBE_ALPN).unwrap();
    tls.enable_early_data = true;
    let tls = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
    let config = quinn::ClientConfig::new(Arc::new(tls));
    // The answer comes after whatever the server sends to resume by.
    let mut room = lab.room_with(server.address, config.clone()).await;
    room.granted().await;
    let again = room.endpoint.connect_with(config, server.address, "127.0.0.1").unwrap();
    assert!(again.into_0rtt().is_err());
}

#[tokio::test]
async fn a_room_that_moves_needs_a_new_connection() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 2, SHORT_TRAINS);
    let mut transport = TransportConfig::default();
    transport.max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(500))));
    let mut config = lab.client_config();
    config.transport_config(Arc::new(transport));
    let mut room = lab.room_with(server.address, config).await;
    room.endpoint.rebind(StdUdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
    room.say(&ask(VERSION)).await;
    let heard: Result<FromServer, _> = within(control::receive(&mut room.from_server)).await;
    assert!(
        matches!(heard, Err(ControlError::Lost(ConnectionError::TimedOut | ConnectionError::Reset))),
        "{heard:?}"
    );
    assert_eq!(server.stop().await.len(), 0, "nothing was granted");
}

/// What a probe needs of an address family is the same; only the headers are longer.
#[tokio::test]
async fn over_ipv6_a_probe_is_served_too() {
    let Ok(free) = StdUdpSocket::bind("[::1]:0") else {
        eprintln!("skipped: this machine has no IPv6");
        return;
    };
    drop(free);
    let mut lab = Lab::new();
    lab.server = lab.authority.issue(lab::Purpose::Server, "::1", VALID);
    let limits = limits(mbps(10), 1);
    let address: SocketAddr = "[::1]:0".parse().unwrap();
    let server = TestServer::start_at(&lab, address, limits, SHORT_TRAINS, 8);
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}
