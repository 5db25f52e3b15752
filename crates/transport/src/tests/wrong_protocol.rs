//! Peers of another release, and peers that do not hold to what was agreed.

use std::sync::Arc;

use quinn::{
    ConnectionError, Endpoint, EndpointConfig, ServerConfig,
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
};
use siaga_probe::{
    Bitrate, Direction, DirectionResult, Mode, Reason, Verdict,
    control::{FromServer, Grant, PreTrains, Report, Sent, TrainGrant},
    wire::PacketHeader,
};
use tokio::task::yield_now;

use super::lab::{
    Lab, Peer, Room, SHORT, SHORT_TRAINS, TestServer, ask, assert_served, assert_told, grant, mbps,
    send_train,
};
use crate::{
    close,
    counts::train_datagram,
    failure::Failure,
    identity::{self, PROBE_ALPN},
    server_name::ServerName,
};

#[tokio::test]
async fn a_server_of_another_protocol_is_told_as_that() {
    let lab = Lab::new();
    let mut tls = identity::server(&lab.authority.trust(), &lab.server).unwrap();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
    let server = lab.hostile_with(config, EndpointConfig::default(), async |peer| drop(peer));
    assert_told(&lab.probe(server, SHORT_TRAINS).await, Reason::VersionMismatch, &["same release"]);
}

#[tokio::test]
async fn a_client_of_another_protocol_is_turned_away_and_rooms_are_served() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut tls = identity::client(&lab.authority.trust(), Some(&lab.room), PROBE_ALPN).unwrap();
    tls.alpn_protocols = vec![b"h3".to_vec()];
    let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    let Err(error) = Room::connect(endpoint, server.address, config).await else { panic!("turned away") };
    let name: ServerName = server.address.to_string().parse().unwrap();
    let Failure { reason, .. } = crate::failure::of_connection(&error, &name);
    assert_eq!(reason, Reason::VersionMismatch, "{error}");
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}

#[tokio::test]
async fn a_server_of_another_quic_is_told_as_that() {
    let lab = Lab::new();
    let mut endpoint = EndpointConfig::default();
    endpoint.supported_versions(vec![0x0a1a_2a3a]);
    let server = lab.hostile_with(lab.server_config(), endpoint, async |peer| drop(peer));
    assert_told(&lab.probe(server, SHORT_TRAINS).await, Reason::VersionMismatch, &["version of QUIC"]);
}

/// A version that quinn knows.
const DRAFT_29: u32 = 0xff00_001d;

#[tokio::test]
async fn a_client_of_another_quic_is_turned_away() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut config = lab.client_config();
    config.version(DRAFT_29);
    let mut versions = EndpointConfig::default();
    versions.supported_versions(vec![DRAFT_29]);
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let endpoint = Endpoint::new(versions, None, socket, Arc::new(quinn::TokioRuntime)).unwrap();
    let refused = Room::connect(endpoint, server.address, config).await.err();
    assert_eq!(refused, Some(ConnectionError::VersionMismatch));
}

#[tokio::test]
async fn a_room_of_another_version_is_told_both_versions() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    for version in [0, 2, u16::MAX] {
        let mut room = lab.room(server.address).await;
        room.say(&ask(version)).await;
        let FromServer::Deny(deny) = room.hear().await else { panic!("refused") };
        assert_eq!(deny.reason, Reason::VersionMismatch);
        assert!(deny.message.contains(&format!("version {version} ")), "{}", deny.message);
    }
}

#[tokio::test]
async fn a_grant_that_was_not_asked_for_is_not_taken() {
    let lab = Lab::new();
    let change = |change: fn(&mut Grant)| change;
    for (change, reason, words) in [
        (change(|grant| grant.version = 2), Reason::VersionMismatch, "version 2"),
        (change(|grant| grant.up.rate_bps = mbps(2)), Reason::PeerFailed, "a higher rate"),
        (change(|grant| grant.down.rate_bps = mbps(10_000)), Reason::PeerFailed, "a higher rate"),
        (
            change(|grant| grant.up.rate_bps = Bitrate::from_bps(1_000).unwrap()),
            Reason::PeerFailed,
            "a lower rate",
        ),
        (change(|grant| grant.up.max_ms = 15_001), Reason::PeerFailed, "a longer train"),
        (change(|grant| grant.down.max_ms = u32::MAX), Reason::PeerFailed, "a longer train"),
        (change(|grant| grant.up.max_bytes += 1), Reason::PeerFailed, "more bytes"),
        (change(|grant| grant.down.max_bytes = u64::MAX), Reason::PeerFailed, "more bytes"),
        (change(|grant| grant.window_ms = u32::MAX), Reason::PeerFailed, "more credit"),
        (
            change(|grant| grant.pre_trains = Some(PreTrains { up: grant.up, down: grant.down })),
            Reason::PeerFailed,
            "a pre-train with a longer train",
        ),
    ] {
        let server = lab.hostile(async move |mut peer: Peer| {
            let mut grant = grant(&peer.ask);
            change(&mut grant);
            peer.say(&FromServer::Grant(grant)).await;
            peer.linger().await;
        });
        let probed = lab.probe(server, SHORT_TRAINS).await;
        assert_told(&probed, reason, &[words]);
        assert!(probed.result.bytes.sent < 20_000, "no train was sent");
    }
}

#[tokio::test]
async fn a_server_s_clock_may_say_anything() {
    let lab = Lab::new();
    for server_time_ms in [i64::MIN, i64::MAX] {
        let server = lab.hostile(async move |mut peer: Peer| {
            let grant = Grant { server_time_ms, ..grant(&peer.ask) };
            peer.say(&FromServer::Grant(grant)).await;
            peer.linger().await;
        });
        let probed = lab.probe(server, SHORT).await;
        assert!(probed.clock_offset_s.is_some_and(|seconds| seconds.abs() > 1e12));
    }
}

#[tokio::test]
async fn a_server_s_wish_for_the_next_probe_reaches_the_room_as_it_is() {
    let lab = Lab::new();
    for wish in [None, Some(0), Some(u64::MAX)] {
        let server = lab.hostile(async move |mut peer: Peer| {
            let grant = Grant { next_probe_in_ms: wish, ..grant(&peer.ask) };
            peer.say(&FromServer::Grant(grant)).await;
            peer.linger().await;
        });
        let probed = lab.probe(server, SHORT).await;
        assert_eq!(probed.next_probe_in, wish.map(std::time::Duration::from_millis));
    }
}

#[tokio::test]
async fn a_refusal_is_never_a_statement_about_the_link() {
    let lab = Lab::new();
    for (given, taken) in [
        (Reason::Sustained, Reason::ServerRefused),
        (Reason::Loss, Reason::ServerRefused),
        (Reason::Unknown, Reason::ServerRefused),
        (Reason::IdentityRequired, Reason::IdentityRequired),
    ] {
        let server = lab.hostile(async move |mut peer: Peer| {
            let message = "\x1b[31mno".to_owned();
            peer.say(&FromServer::Deny(siaga_probe::control::Deny { reason: given, message })).await;
            peer.linger().await;
        });
        let probed = lab.probe(server, SHORT_TRAINS).await;
        assert_told(&probed, taken, &[" [31mno"]);
    }
}

/// A report that comes at once, before anything can have been judged.
fn report(change: impl FnOnce(&mut DirectionResult)) -> FromServer {
    let mut result = DirectionResult::unmeasured(mbps(1), Reason::Undecided);
    change(&mut result);
    FromServer::Report(Report { result })
}

#[tokio::test]
async fn a_report_that_can_t_be_true_is_not_believed() {
    let lab = Lab::new();
    for (report, words) in [
        (report(|result| result.target_bps = mbps(2)), "another rate"),
        (report(|result| result.verdict = Verdict::Pass), "contradict"),
        (report(|result| (result.verdict, result.reason) = (Verdict::Fail, Reason::Outage)), "contradict"),
        (report(|result| result.loss_ratio = Some(-0.1)), "impossible"),
        (report(|result| result.loss_ratio = Some(1.1)), "impossible"),
        (report(|result| result.jitter_ms = Some(1e300)), "impossible"),
        (report(|result| result.observed_s = -1.0), "impossible"),
        (report(|result| result.observed_s = 1e9), "impossible"),
        (report(|result| result.delivered_bps = Some(u64::MAX)), "impossible"),
        (
            report(|result| (result.verdict, result.reason) = (Verdict::Pass, Reason::Sustained)),
            "less time than a pass takes",
        ),
    ] {
        let server = lab.hostile(async move |mut peer: Peer| {
            peer.grant().await;
            peer.say(&report).await;
            peer.linger().await;
        });
        assert_told(&lab.probe(server, SHORT_TRAINS).await, Reason::PeerFailed, &[words]);
    }
}

/// Packets of a train as fast as they go, with the stamps of one that keeps to its rate.
async fn flood(connection: &quinn::Connection, train: TrainGrant) {
    let gap = train.rate_bps.time_for(1_188);
    for seq in 0.. {
        let header = PacketHeader { train: train.train, seq, sent_at: gap * seq };
        let datagram = header.to_datagram(train_datagram(Mode::Gate).into()).into();
        if connection.send_datagram_wait(datagram).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_server_that_sends_more_than_it_granted_is_left() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        let grant = peer.grant().await;
        flood(&peer.connection, grant.down).await;
    });
    let probed = lab.probe(server, SHORT).await;
    assert_told(&probed, Reason::PeerFailed, &["more packets than were granted"]);
    assert_eq!(probed.result.down.verdict, Verdict::Inconclusive);
}

#[tokio::test]
async fn a_server_that_floods_with_something_else_than_its_train_is_left_too() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        peer.grant().await;
        while peer.connection.send_datagram_wait(vec![7; 1_000].into()).await.is_ok() {}
    });
    assert_told(&lab.probe(server, SHORT).await, Reason::PeerFailed, &["more packets than were granted"]);
}

#[tokio::test]
async fn a_room_that_sends_more_than_it_was_granted_is_turned_out() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    let grant = room.granted().await;
    flood(&room.connection, grant.up).await;
    let (code, words) = room.closed().await;
    assert_eq!(
        (code, words.as_str()),
        (close::PROTOCOL.into_inner(), "the room sent more packets than were granted")
    );
    server.finished().await;
    lab.room(server.address).await.granted().await;
}

#[tokio::test]
async fn datagrams_of_other_trains_and_sizes_are_not_judged() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        let grant = peer.grant().await;
        let right = PacketHeader { train: grant.down.train, seq: u32::MAX, sent_at: SHORT.grace };
        let other = PacketHeader { train: 77, ..right };
        let full = usize::from(train_datagram(Mode::Gate));
        for datagram in [
            vec![],
            vec![0x53],
            right.to_datagram(full - 1),
            right.to_datagram(full + 1),
            other.to_datagram(full),
        ] {
            peer.connection.send_datagram_wait(datagram.into()).await.unwrap();
        }
        while peer.connection.stats().frame_tx.datagram < 5 {
            yield_now().await;
        }
        let packets = send_train(&peer.connection, grant.down).await.unwrap();
        peer.say(&FromServer::Sent(Sent { direction: Direction::Down, packets, held_up: 0 })).await;
        peer.say(&report(|_| {})).await;
        peer.linger().await;
    });
    let probed = lab.probe(server, SHORT_TRAINS).await;
    assert_eq!(probed.result.detail, None);
    assert_ne!(probed.result.down.reason, Reason::PeerFailed);
    assert!(probed.result.down.observed_s > 0.0);
}

#[tokio::test]
async fn a_peer_that_takes_no_datagrams_is_told_as_that() {
    let lab = Lab::new();
    let mut transport = quinn::TransportConfig::default();
    transport.datagram_receive_buffer_size(None);
    let transport = Arc::new(transport);
    let mut config = lab.server_config();
    config.transport_config(transport.clone());
    let server = lab.hostile_with(config, EndpointConfig::default(), async |mut peer: Peer| {
        peer.grant().await;
        peer.linger().await;
    });
    assert_told(&lab.probe(server, SHORT_TRAINS).await, Reason::PeerFailed, &["does not take the datagrams"]);

    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut config = lab.client_config();
    config.transport_config(transport);
    let mut room = lab.room_with(server.address, config).await;
    room.say(&ask(1)).await;
    let (code, words) = room.closed().await;
    assert_eq!(code, close::PROTOCOL.into_inner());
    assert!(words.contains("datagrams"), "{words}");
}
