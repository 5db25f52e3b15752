//! Rubbish, truncated and oversized frames, and messages out of turn.

use siaga_probe::{
    Direction, Reason,
    control::{FromClient, FromServer, MAX_MESSAGE, Sent},
};
use tokio::net::UdpSocket;

use super::lab::{Lab, SHORT, SHORT_TRAINS, TestServer, ask, assert_served, assert_told};
use crate::close;

/// A frame of this body, whatever its length.
fn frame(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

/// What is no message, with what is told of it.
fn rubbish() -> Vec<(Vec<u8>, &'static str)> {
    vec![
        (frame(b""), "not what the protocol says"),
        ((MAX_MESSAGE + 1).to_be_bytes().to_vec(), "at most 16384"),
        (u32::MAX.to_be_bytes().to_vec(), "4294967295 bytes"),
        (frame(b"GET / HTTP/1.1\r\n\r\n"), "not what the protocol says"),
        (frame(&[0xff; 64]), "not what the protocol says"),
        (frame("[".repeat(MAX_MESSAGE as usize).as_bytes()), "not what the protocol says"),
        (frame(br#"{"type":"sent","direction":"sideways","packets":1}"#), "not what the protocol says"),
    ]
}

#[tokio::test]
async fn a_room_that_sends_rubbish_is_told_so_and_the_others_are_served() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    for (bytes, words) in rubbish() {
        let mut room = lab.room(server.address).await;
        room.write(&bytes).await;
        let (code, told) = room.closed().await;
        assert_eq!(code, close::PROTOCOL.into_inner(), "{told}");
        assert!(told.contains(words), "{told}");
    }
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}

#[tokio::test]
async fn half_a_frame_and_then_silence_holds_nothing_for_long() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT);
    let mut silent = lab.room(server.address).await;
    let mut stalled = lab.room(server.address).await;
    silent.write(&[]).await;
    stalled.write(&frame(br#"{"type":"stop"}"#)[..9]).await;
    for room in [&silent, &stalled] {
        assert_eq!(room.closed().await.0, close::TOO_SLOW.into_inner());
    }
    // After the grant, too.
    let mut granted = lab.room(server.address).await;
    granted.granted().await;
    granted.write(&[0]).await;
    server.finished().await;
    lab.room(server.address).await.granted().await;
}

#[tokio::test]
async fn a_first_message_that_is_no_request_is_refused_in_words() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let sent = FromClient::Sent(Sent { direction: Direction::Up, packets: u32::MAX, held_up: 0 });
    for message in [FromClient::Stop, sent, FromClient::Unknown] {
        let mut room = lab.room(server.address).await;
        room.say(&message).await;
        let FromServer::Deny(deny) = room.hear().await else { panic!("refused") };
        assert_eq!(deny.reason, Reason::VersionMismatch);
        assert!(deny.message.contains("first message"), "{}", deny.message);
    }
}

#[tokio::test]
async fn a_message_out_of_turn_ends_the_probe_and_frees_its_place() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let sent = |direction| FromClient::Sent(Sent { direction, packets: 1, held_up: 0 });
    for message in [ask(1), sent(Direction::Down)] {
        let mut room = lab.room(server.address).await;
        room.granted().await;
        room.say(&message).await;
        let (code, words) = room.closed().await;
        assert_eq!(code, close::PROTOCOL.into_inner());
        assert!(words.contains("out of turn"), "{words}");
        server.finished().await;
    }
    for (bytes, _) in rubbish() {
        let mut room = lab.room(server.address).await;
        room.granted().await;
        room.write(&bytes).await;
        assert_eq!(room.closed().await.0, close::PROTOCOL.into_inner());
        server.finished().await;
    }
    lab.room(server.address).await.granted().await;
}

#[tokio::test]
async fn an_absurd_count_of_packets_makes_the_train_no_statement() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    room.granted().await;
    room.say(&FromClient::Sent(Sent { direction: Direction::Up, packets: u32::MAX, held_up: 0 })).await;
    let FromServer::Report(report) = room.hear().await else { panic!("judged") };
    assert_eq!(report.result.reason, Reason::PeerFailed);
}

#[tokio::test]
async fn what_a_newer_room_adds_does_no_harm() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    let ask =
        br#"{"type":"ask","version":1,"mode":"gate","up_bps":"1M","down_bps":1000000,"purpose":"booking"}"#;
    room.write(&frame(ask)).await;
    assert!(matches!(room.hear().await, FromServer::Grant(_)));
    room.write(&frame(br#"{"type":"dance","steps":[1,2,{"a":null}]}"#)).await;
    room.write(&frame(br#"{"type":"stop","why":"tired"}"#)).await;
    assert!(matches!(room.hear().await, FromServer::Sent(_)));
}

#[tokio::test]
async fn a_server_that_answers_rubbish_has_failed() {
    let lab = Lab::new();
    for (bytes, words) in rubbish() {
        let server = lab.hostile(async move |mut peer| {
            peer.to_room.write_all(&bytes).await.unwrap();
            peer.linger().await;
        });
        let probed = lab.probe(server, SHORT_TRAINS).await;
        assert_told(&probed, Reason::PeerFailed, &["broke the probe protocol", words]);
    }
}

#[tokio::test]
async fn a_server_that_grants_and_then_talks_rubbish_has_failed() {
    let lab = Lab::new();
    for (bytes, words) in rubbish() {
        let server = lab.hostile(async move |mut peer| {
            peer.grant().await;
            peer.to_room.write_all(&bytes).await.unwrap();
            peer.linger().await;
        });
        let probed = lab.probe(server, SHORT_TRAINS).await;
        assert_told(&probed, Reason::PeerFailed, &["broke the probe protocol", words]);
    }
}

#[tokio::test]
async fn a_server_that_speaks_out_of_turn_has_failed() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        peer.grant().await;
        peer.grant().await;
        peer.linger().await;
    });
    assert_told(&lab.probe(server, SHORT_TRAINS).await, Reason::PeerFailed, &["out of turn"]);

    let server = lab.hostile(async |mut peer| {
        peer.say(&FromServer::Sent(Sent { direction: Direction::Down, packets: 0, held_up: 0 })).await;
        peer.linger().await;
    });
    assert_told(&lab.probe(server, SHORT_TRAINS).await, Reason::PeerFailed, &["something else than a grant"]);
}

#[tokio::test]
async fn random_packets_at_the_server_s_port_change_nothing() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for packet in random_packets() {
        stranger.send_to(&packet, server.address).await.unwrap();
    }
    assert_served(&lab.probe(server.address, SHORT_TRAINS).await);
}

#[tokio::test]
async fn random_packets_at_the_room_s_port_change_nothing() {
    let lab = Lab::new();
    let server = lab.hostile(async |mut peer| {
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for packet in random_packets() {
            stranger.send_to(&packet, peer.connection.remote_address()).await.unwrap();
        }
        peer.say(&FromServer::Busy(siaga_probe::control::Busy { retry_after_ms: 7_000, message: None }))
            .await;
        peer.linger().await;
    });
    let probed = lab.probe(server, SHORT_TRAINS).await;
    assert_told(&probed, Reason::ServerBusy, &["in 7 s"]);
    assert_eq!(probed.retry_after, Some(std::time::Duration::from_secs(7)));
}

/// Of every size and with every first byte, by a fixed seed (splitmix64).
fn random_packets() -> impl Iterator<Item = Vec<u8>> {
    let mut state = 7_u64;
    let mut random = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb).to_be_bytes()[0]
    };
    (0..1_024_usize).map(move |number| {
        let mut packet: Vec<u8> = (0..number * 1_400 / 1_024).map(|_| random()).collect();
        if let [first, a, b, c, d, ..] = packet.as_mut_slice() {
            *first = number.to_be_bytes()[7];
            // Every other long header claims QUIC version 1, so that it is looked into.
            if number % 2 == 0 {
                [*a, *b, *c, *d] = [0, 0, 0, 1];
            }
        }
        packet
    })
}
