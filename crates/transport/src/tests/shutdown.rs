//! A server that is ended in the middle of a probe.

use siaga_probe::Reason;
use tokio::join;

use super::lab::{Lab, SHORT_TRAINS, TestServer, assert_told};
use crate::{close, server::Event};

#[tokio::test]
async fn the_room_is_told_that_the_server_is_shutting_down() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let address = server.address;
    let end = async {
        assert!(matches!(server.event().await, Event::Granted(_)));
        server.stop().await
    };
    let (probed, left) = join!(lab.probe(address, SHORT_TRAINS), end);
    assert_told(&probed, Reason::PeerFailed, &[&address.to_string(), "is being shut down"]);
    assert!(matches!(left[..], [Event::Finished { .. }]), "{left:?}");
}

#[tokio::test]
async fn a_room_that_waits_to_ask_is_told_too() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let room = lab.room(server.address).await;
    server.stop().await;
    assert_eq!(room.closed().await.0, close::SHUTDOWN.into_inner());
}
