//! A probe that is called off, in each of its phases.

use std::{future::ready, net::SocketAddr};

use siaga_probe::{Reason, outcome::ByteCount};
use tokio::{net::UdpSocket, sync::oneshot};

use super::lab::{Lab, SHORT_TRAINS, TestServer, assert_told, within};
use crate::{
    client::{Probed, probe, probe_within},
    server::Event,
};

/// Probes until `phase` is reached, and then ends the probe for a meeting.
async fn called_off(lab: &Lab, server: SocketAddr, phase: impl Future<Output = ()>) -> Probed {
    within(probe_within(&lab.request(server), SHORT_TRAINS, async {
        phase.await;
        Reason::MeetingOn
    }))
    .await
    .unwrap()
}

#[tokio::test]
async fn while_the_name_is_resolved() {
    let lab = Lab::new();
    let mut request = lab.request(([127, 0, 0, 1], 1).into());
    request.server = "localhost:1".parse().unwrap();
    let probed = within(probe(&request, ready(Reason::Interrupted))).await.unwrap();
    assert_told(&probed, Reason::Interrupted, &["interrupted"]);
    assert_eq!(probed.address, None);
}

#[tokio::test]
async fn while_it_connects() {
    let lab = Lab::new();
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let connecting = async { drop(silent.recv(&mut [0; 1_500]).await) };
    let probed = called_off(&lab, silent.local_addr().unwrap(), connecting).await;
    assert_told(&probed, Reason::MeetingOn, &["in use"]);
    assert!(probed.result.bytes.sent > 0);
}

#[tokio::test]
async fn while_it_waits_for_the_answer_and_the_server_learns_of_it() {
    let lab = Lab::new();
    let (tell_asked, asked) = oneshot::channel();
    let (tell_left, left) = oneshot::channel();
    let server = lab.hostile(async |peer| {
        tell_asked.send(()).unwrap();
        tell_left.send(peer.linger().await).unwrap();
    });
    let probed = called_off(&lab, server, async { asked.await.unwrap() }).await;
    assert_told(&probed, Reason::MeetingOn, &["in use"]);
    assert!(matches!(within(left).await.unwrap(), quinn::ConnectionError::ApplicationClosed(_)));
}

#[tokio::test]
async fn in_the_middle_of_the_trains_and_the_server_frees_its_place() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let address = server.address;
    let granted = async { assert!(matches!(server.event().await, Event::Granted(_))) };
    let probed = called_off(&lab, address, granted).await;
    assert_told(&probed, Reason::MeetingOn, &["in use"]);
    server.finished().await;
    lab.room(address).await.granted().await;
}

#[tokio::test]
async fn what_it_had_cost_until_then_is_counted_and_was_seen_while_it_ran() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let request = lab.request(server.address);
    let meter = request.meter.clone();
    assert_eq!(meter.on_the_interface(), ByteCount::default());
    let phase = async {
        assert!(matches!(server.event().await, Event::Granted(_)));
        while meter.on_the_interface().received < 20_000 {
            tokio::task::yield_now().await;
        }
        Reason::OtherTraffic
    };
    let probed = within(probe_within(&request, SHORT_TRAINS, phase)).await.unwrap();
    assert_told(&probed, Reason::OtherTraffic, &["something else"]);
    let ByteCount { sent, received } = probed.result.bytes;
    assert!(sent > 1_000 && received > 15_000, "{sent} {received}");
    let most = meter.on_the_interface();
    assert!(most.sent > sent && most.received > received, "with Ethernet's headers: {most:?}");
}
