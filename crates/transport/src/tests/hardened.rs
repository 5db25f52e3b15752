//! What a stranger may hold before it is anybody, beside what other stories show: addresses that are shown to be one's own,
//! streams, early data and moves in `admission`, overflowing datagrams in `accounting`.

use std::{collections::BTreeSet, sync::Arc};

use quinn::TransportConfig;
use tokio::net::UdpSocket;

use super::lab::{Lab, SHORT_TRAINS, TestServer, within};

#[tokio::test]
async fn a_room_may_have_64_kib_on_its_way_and_no_more() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut config = lab.client_config();
    // Its own library's settings, which would let it send megabytes.
    config.transport_config(Arc::new(TransportConfig::default()));
    let mut room = lab.room_with(server.address, config).await;
    let taken = room.to_server.write(&vec![0; 1_000_000]).await.unwrap();
    assert_eq!(taken, 64 * 1024);
}

/// A province that comes back after a power cut: of as many names as its links have, none is given out twice, or a room would
/// be taken for another one and never be answered.
#[tokio::test]
async fn no_two_rooms_are_told_the_same_connection_by_a_retry() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    // Rooms' very first packets, caught on their way.
    let between = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let endpoint = quinn::Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
    let (mut connecting, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..AT_ONCE {
        let here = between.local_addr().unwrap();
        connecting.push(endpoint.connect_with(lab.client_config(), here, "127.0.0.1").unwrap());
        let mut first = vec![0; 2_000];
        let length = within(between.recv(&mut first)).await.unwrap();
        first.truncate(length);
        firsts.push(first);
    }
    let room = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (mut names, mut packet) = (BTreeSet::new(), [0; 2_000]);
    for _ in 0..NAMES / AT_ONCE {
        for first in &firsts {
            room.send_to(first, server.address).await.unwrap();
        }
        for _ in &firsts {
            let length = within(room.recv(&mut packet)).await.unwrap();
            assert!(names.insert(source_id(&packet[..length]).to_vec()), "after {}", names.len());
        }
    }
}

/// With 24 bits of chance, 16,000 names are all different once in two thousand runs; with 64, but for once in 10^11.
const NAMES: usize = 16_000;

/// What the sockets' buffers hold.
const AT_ONCE: usize = 50;

/// Of a packet with a long header (RFC 9000, 17.2).
fn source_id(packet: &[u8]) -> &[u8] {
    let (destination, rest) = (usize::from(packet[5]), &packet[6..]);
    let source = &rest[destination..];
    &source[1..=usize::from(source[0])]
}

/// Memory and time that can't be seen from outside.
#[test]
fn what_is_kept_for_a_stranger_is_bounded() {
    let told = format!("{:?}", Lab::new().server_config());
    for setting in [
        "max_incoming: 1024,",
        "incoming_buffer_size: 65536,",
        "incoming_buffer_size_total: 16777216,",
        "max_concurrent_bidi_streams: 1,",
        "max_concurrent_uni_streams: 0,",
        "receive_window: 65536,",
        "send_window: 65536,",
        "datagram_receive_buffer_size: Some(262144)",
        "migration: false",
        "enable_segmentation_offload: true",
    ] {
        assert!(told.contains(setting), "{setting} is not in {told}");
    }
}
