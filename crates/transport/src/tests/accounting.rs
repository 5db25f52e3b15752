//! Every packet and every byte is accounted for, and what this machine does to packets is not blamed on the link.

use std::time::Duration;

use quinn::Connection;
use siaga_probe::{
    Mode,
    control::TrainGrant,
    judge::Effort,
    reception::{Criterion, Terms},
    wire::PacketHeader,
};
use tokio::{join, sync::watch, time::sleep};

use super::{
    lab::{Lab, Peer, Room, SHORT_TRAINS, TestServer, ask, mbps, send_train, within},
    socket::{Mood, MoodySocket},
};
use crate::{
    counts::ip_bytes,
    train::{Receiver, TrainError},
};

/// Half a second at 4 Mbit/s.
fn grant(train: u32) -> TrainGrant {
    let max_ms = 500;
    let rate_bps = mbps(4);
    TrainGrant { train, rate_bps, max_bytes: rate_bps.bytes_in(Duration::from_millis(max_ms.into())), max_ms }
}

/// A room and a server, both made by hand; the server hands its end out.
async fn pair(lab: &Lab) -> (Room, Peer) {
    let (give, take) = tokio::sync::oneshot::channel();
    let server = lab.hostile(async move |peer| {
        let connection = peer.connection.clone();
        assert!(give.send(peer).is_ok());
        connection.closed().await;
    });
    let mut room = lab.room(server).await;
    room.say(&ask(1)).await;
    (room, within(take).await.unwrap())
}

#[tokio::test]
async fn all_bytes_that_both_sides_put_on_the_line_stay_within_the_grants() {
    let lab = Lab::new();
    let (room, peer) = pair(&lab).await;
    // Both at once, so that each side's acknowledgements ride along with its train.
    let (up, down) =
        within(async { join!(count(&room.connection, grant(1)), count(&peer.connection, grant(2))) }).await;
    for (packets, bytes) in [up, down] {
        assert!(packets > 100, "{packets} packets");
        assert!(bytes >= packets * 1_187, "{bytes} bytes for {packets} packets");
        // What is owed when the train ends are acknowledgements of some last packets.
        assert!(bytes <= grant(1).max_bytes + 1_000, "{bytes} bytes");
    }
}

/// Packets of a train, and all IP bytes that its sender put on the line meanwhile.
async fn count(connection: &Connection, grant: TrainGrant) -> (u64, u64) {
    let before = (ip_bytes(connection).sent, connection.stats().frame_tx.datagram);
    let sent = send_train(connection, grant).await.unwrap();
    let datagrams = connection.stats().frame_tx.datagram - before.1;
    assert_eq!(datagrams, u64::from(sent), "none was dropped");
    (datagrams, ip_bytes(connection).sent - before.0)
}

#[tokio::test]
async fn time_in_this_machine_shows_in_the_stamps_and_not_as_delay_of_the_link() {
    let lab = Lab::new();
    let (give, mut taken) = tokio::sync::mpsc::unbounded_channel();
    let server = lab.hostile(async move |peer| {
        while let Ok(datagram) = peer.connection.read_datagram().await {
            give.send(PacketHeader::parse(&datagram).unwrap()).unwrap();
        }
    });
    let socket = MoodySocket::bind();
    let mut room = Room::connect(socket.endpoint(), server, lab.client_config()).await.unwrap();
    room.say(&ask(1)).await;
    socket.set(Mood::Full);
    let full = Duration::from_millis(200);
    let release = async {
        sleep(full).await;
        socket.set(Mood::Well);
    };
    let (sent, ()) = within(async { join!(send_train(&room.connection, grant(1)), release) }).await;
    let sent = sent.unwrap();
    let mut early = 0;
    for _ in 0..sent {
        let header = within(taken.recv()).await.unwrap();
        early += u32::from(header.sent_at < full - Duration::from_millis(10));
    }
    // 4 Mbit/s for 190 ms would be 80 packets.
    assert!(early <= 12, "{early} packets carry stamps of a time at which nothing went out");
}

#[tokio::test]
async fn packets_that_never_leave_this_machine_are_its_own_fault() {
    let lab = Lab::new();
    let server = lab.hostile(async |peer| drop(peer.linger().await));
    let socket = MoodySocket::bind();
    let mut room = Room::connect(socket.endpoint(), server, lab.client_config()).await.unwrap();
    room.say(&ask(1)).await;
    socket.set(Mood::Full);
    let sent = within(send_train(&room.connection, grant(1))).await;
    assert!(matches!(sent, Err(TrainError::LocalFault)), "{sent:?}");
}

#[tokio::test]
async fn packets_that_overflow_this_machine_s_own_buffer_are_not_lost_on_the_link() {
    let lab = Lab::new();
    let (room, peer) = pair(&lab).await;
    let grant = TrainGrant { rate_bps: mbps(40), max_bytes: 2_000_000, ..grant(2) };
    let sent = within(send_train(&peer.connection, grant)).await.unwrap();
    while room.connection.stats().frame_rx.datagram < u64::from(sent) {
        within(sleep(Duration::from_millis(1))).await;
    }
    // Only now does anybody read: the buffer holds the last 225 of them.
    let terms = Terms { mode: Mode::Gate, train: grant, pre_train: None, window: Duration::from_secs(1) };
    let criterion = Criterion { effort: Effort::Normal, target: mbps(38) };
    let mut receiver = Receiver::new(&room.connection, terms, criterion, Duration::ZERO).unwrap();
    let (_tell, mut told) = watch::channel(None);
    let (credit, _) = watch::channel(0);
    let received = within(receiver.run(&mut told, &credit)).await;
    assert!(matches!(received, Err(TrainError::LocalFault)), "{sent} packets: {received:?}");
}

#[tokio::test]
async fn what_a_probe_reports_as_bytes_is_what_the_server_saw() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let probed = lab.probe(server.address, SHORT_TRAINS).await;
    let crate::server::Event::Granted(_) = server.event().await else { panic!("granted") };
    let crate::server::Event::Finished { sent, received, .. } = server.event().await else {
        panic!("finished")
    };
    let bytes = probed.result.bytes;
    // The room counts the Retry and the last packets too, which the server's connection does not.
    assert!(bytes.received >= sent && bytes.received < sent + 10_000, "{bytes:?}, {sent} sent");
    assert!(bytes.sent >= received && bytes.sent < received + 10_000, "{bytes:?}, {received} received");
}
