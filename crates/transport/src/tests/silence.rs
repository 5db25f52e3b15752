//! Peers that stop answering, at every step.

use std::{sync::Arc, time::Duration};

use quinn::{Endpoint, TransportConfig, VarInt};
use siaga_probe::{Direction, Reason, Verdict, control::FromServer};

use tokio::net::UdpSocket;

use super::{
    lab::{Lab, Room, SHORT, SHORT_TRAINS, TestServer, ask, assert_told, limits, mbps, send_train, within},
    socket::{Mood, MoodySocket},
};
use crate::{patience::Patience, server::Event};

#[tokio::test]
async fn a_server_that_never_answers_the_request_has_failed() {
    let lab = Lab::new();
    let server = lab.hostile(async |peer| drop(peer.linger().await));
    let probed = lab.probe(server, SHORT).await;
    assert_told(&probed, Reason::PeerFailed, &["did not answer the request"]);
    assert!(probed.result.bytes.sent < 20_000, "no train was sent");
}

#[tokio::test]
async fn a_server_that_answers_with_half_a_frame_has_failed() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        peer.to_room.write_all(&[0, 0, 1]).await.unwrap();
        peer.linger().await;
    });
    assert_told(&lab.probe(server, SHORT).await, Reason::PeerFailed, &["did not answer the request"]);
}

#[tokio::test]
async fn a_server_that_grants_and_sends_nothing_has_failed() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        peer.grant().await;
        peer.linger().await;
    });
    let probed = lab.probe(server, SHORT).await;
    assert_told(&probed, Reason::PeerFailed, &["stopped answering in mid-probe"]);
    assert_eq!(probed.result.down.verdict, Verdict::Inconclusive);
}

#[tokio::test]
async fn a_server_that_sends_its_train_but_never_reports_has_failed() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        let grant = peer.grant().await;
        send_train(&peer.connection, grant.down).await.unwrap();
        peer.linger().await;
    });
    let probed = lab.probe(server, SHORT).await;
    assert_told(&probed, Reason::PeerFailed, &["stopped answering in mid-probe"]);
    assert!(probed.result.down.observed_s > 0.0, "what was seen is shown");
    assert_eq!(probed.result.up.reason, Reason::PeerFailed);
}

#[tokio::test]
async fn a_server_that_is_too_busy_to_go_on_is_told_as_that() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        peer.grant().await;
        peer.connection.close(VarInt::from_u32(3), b"the server is too busy to probe");
        peer.linger().await;
    });
    let probed = lab.probe(server, SHORT).await;
    assert_told(&probed, Reason::ServerBusy, &["could not go on", "too busy", "ask again"]);
}

#[tokio::test]
async fn a_server_that_goes_away_in_mid_probe_is_told_as_that() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        peer.grant().await;
        peer.connection.close(VarInt::from_u32(99), b"\x1b[2Jbye\n");
    });
    assert_told(&lab.probe(server, SHORT).await, Reason::PeerFailed, &["ended the probe:  [2Jbye ;"]);
}

#[tokio::test]
async fn a_room_that_is_granted_and_vanishes_frees_its_place() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT);
    let socket = MoodySocket::bind();
    let mut room = Room::connect(socket.endpoint(), server.address, lab.client_config()).await.unwrap();
    room.granted().await;
    socket.set(Mood::Deaf);
    assert!(matches!(server.event().await, Event::Granted(_)));
    let Event::Finished { up, received, .. } = server.event().await else { panic!("it is over") };
    assert!(up.is_none_or(|up| up.verdict == Verdict::Inconclusive));
    assert!(received > 0);
    lab.room(server.address).await.granted().await;
}

#[tokio::test]
async fn a_room_that_reads_no_datagram_gets_no_more_than_was_granted() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT);
    let mut room = lab.room(server.address).await;
    let grant = room.granted().await;
    let FromServer::Sent(sent) = room.hear().await else { panic!("the train ends by itself") };
    assert_eq!(sent.direction, Direction::Down);
    assert!(u64::from(sent.packets) * 1_188 <= grant.down.max_bytes);
    server.finished().await;
}

#[tokio::test]
async fn a_room_that_takes_no_answer_holds_no_place() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT);
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(0))
        .keep_alive_interval(Some(Duration::from_millis(100)));
    let mut config = lab.client_config();
    config.transport_config(Arc::new(transport));
    let mut taker = lab.room_with(server.address, config.clone()).await;
    taker.say(&ask(1)).await;
    assert!(matches!(server.event().await, Event::Granted(_)));
    // A refusal can't be told either, and holds nothing.
    let mut second = lab.room_with(server.address, config).await;
    second.say(&ask(1)).await;
    assert!(matches!(server.event().await, Event::Busy(_)));
    second.closed().await;
    server.finished().await;
    lab.room(server.address).await.granted().await;
}

/// It shows that its address is its own, begins the handshake and is not heard of again: the cheapest way to hold a place.
#[tokio::test]
async fn who_never_finishes_the_handshake_holds_a_place_for_its_time_and_no_longer() {
    let lab = Lab::new();
    let patience = Patience { handshake: Duration::from_millis(300), ..SHORT_TRAINS };
    let server = TestServer::start_with(&lab, limits(mbps(10), 1), patience, 1);
    let between = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let client = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    let here = between.local_addr().unwrap();
    let _connecting = client.connect_with(lab.client_config(), here, "127.0.0.1").unwrap();
    let client = ([127, 0, 0, 1], client.local_addr().unwrap().port()).into();
    let mut packet = [0; 2_000];
    // Its first packet, the Retry, and its first packet once more; then the way is cut.
    for to in [server.address, client, server.address] {
        let (length, _) = within(between.recv_from(&mut packet)).await.unwrap();
        between.send_to(&packet[..length], to).await.unwrap();
    }
    let (_, from) = within(between.recv_from(&mut packet)).await.unwrap();
    assert_eq!(from, server.address, "the server has begun its part");
    let served = async {
        loop {
            let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
            if let Ok(mut room) = Room::connect(endpoint, server.address, lab.client_config()).await {
                return room.ask().await;
            }
        }
    };
    assert!(matches!(within(served).await, FromServer::Grant(_)));
}
