//! What a stranger may hold before it is anybody, beside what other stories show: addresses that are shown to be one's own,
//! streams, early data and moves in `admission`, overflowing datagrams in `accounting`.

use std::sync::Arc;

use quinn::TransportConfig;

use super::lab::{Lab, SHORT_TRAINS, TestServer};

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
        "enable_segmentation_offload: false",
    ] {
        assert!(told.contains(setting), "{setting} is not in {told}");
    }
}
