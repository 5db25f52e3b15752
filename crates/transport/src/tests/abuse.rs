//! Rooms that take more than they are given, or hold what they do not use.

use std::time::Duration;

use quinn::{Connection, TransportConfig};
use siaga_probe::{
    Direction, Mode,
    admission::Cause,
    control::{Credit, FromClient, FromServer},
    wire::PacketHeader,
};
use tokio::time::{Instant, sleep};

use super::lab::{Lab, Room, SHORT, SHORT_TRAINS, TestServer, limits, mbps, within};
use crate::{close, counts::train_datagram, patience::Patience, server::Event};

/// Alive by QUIC's own means, however silent it is otherwise.
async fn kept_alive(lab: &Lab, server: &TestServer) -> Room {
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(Duration::from_millis(100)));
    let mut config = lab.client_config();
    config.transport_config(std::sync::Arc::new(transport));
    lab.room_with(server.address, config).await
}

async fn flood(connection: &Connection) {
    let datagram = PacketHeader { train: 7, seq: 0, sent_at: Duration::ZERO }
        .to_datagram(train_datagram(Mode::Gate).into());
    while connection.send_datagram_wait(datagram.clone().into()).await.is_ok() {}
}

const PROTOCOL: u64 = close::PROTOCOL.into_inner();
const FLOODED: &str = "the room sent more packets than were granted";

#[tokio::test]
async fn a_lease_of_which_nothing_is_used_is_taken_back() {
    let lab = Lab::new();
    let patience = Patience { unused: Duration::from_millis(100), ..SHORT_TRAINS };
    let mut server = TestServer::start(&lab, 1, patience);
    let mut room = kept_alive(&lab, &server).await;
    room.granted().await;
    let told = room.closed().await;
    assert_eq!(told, (close::TOO_SLOW.into_inner(), "the room did not use what it was granted".to_owned()));
    server.finished().await;
    lab.room_called("other", server.address).await.granted().await;
}

#[tokio::test]
async fn one_message_is_use_enough_to_keep_it_and_not_to_keep_it_for_ever() {
    let lab = Lab::new();
    let patience = Patience { unused: Duration::from_millis(100), ..SHORT };
    let mut server = TestServer::start(&lab, 1, patience);
    let mut room = kept_alive(&lab, &server).await;
    room.granted().await;
    room.say(&FromClient::Credit(Credit { direction: Direction::Down, packets: u32::MAX })).await;
    let FromServer::Sent(sent) = room.hear().await else { panic!("the train ends at its granted time") };
    assert!(sent.packets > 40, "{sent:?}");
    server.finished().await;
    lab.room_called("other", server.address).await.granted().await;
}

#[tokio::test]
async fn a_room_that_sends_before_it_is_granted_anything_is_turned_out() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let room = lab.room(server.address).await;
    flood(&room.connection).await;
    assert_eq!(room.closed().await, (PROTOCOL, FLOODED.to_owned()));
}

#[tokio::test]
async fn and_so_is_one_that_sends_although_it_was_refused() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut first = lab.room(server.address).await;
    first.granted().await;
    let mut other = lab.room_called("other", server.address).await;
    assert!(matches!(other.ask().await, FromServer::Busy(_)));
    flood(&other.connection).await;
    assert_eq!(other.closed().await, (PROTOCOL, FLOODED.to_owned()));
    assert!(matches!(server.event().await, Event::Granted(_)));
    assert!(matches!(server.event().await, Event::Busy(Cause::Taken)));
}

#[tokio::test]
async fn datagrams_of_no_train_count_against_the_lease_all_the_same() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 1, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    room.granted().await;
    flood(&room.connection).await;
    assert_eq!(room.closed().await, (PROTOCOL, FLOODED.to_owned()));
}

#[tokio::test]
async fn one_room_holds_one_lease_however_many_connections_it_opens() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 8, SHORT_TRAINS);
    let mut first = lab.room(server.address).await;
    first.granted().await;
    assert!(matches!(server.event().await, Event::Granted(_)));
    let mut second = lab.room(server.address).await;
    let FromServer::Busy(busy) = second.ask().await else { panic!("it has one") };
    assert!((1_000..=3_600_000).contains(&busy.retry_after_ms), "{busy:?}");
    assert_eq!(busy.message.as_deref(), Some("this room is probing already"), "the server is not full");
    assert!(matches!(server.event().await, Event::Busy(Cause::HoldsLease)));
    assert!(matches!(lab.room_called("other", server.address).await.ask().await, FromServer::Grant(_)));
}

#[tokio::test]
async fn strangers_of_one_address_hold_one_lease_together() {
    let lab = Lab::new();
    let mut limits = limits(mbps(100), 8);
    limits.open = true;
    let server = TestServer::start_with(&lab, limits, SHORT_TRAINS, 8);
    let stranger = || crate::quic::client(&lab.authority.trust(), None, crate::identity::PROBE_ALPN).unwrap();
    let mut first = lab.room_with(server.address, stranger()).await;
    first.granted().await;
    assert!(matches!(lab.room_with(server.address, stranger()).await.ask().await, FromServer::Busy(_)));
    lab.room(server.address).await.granted().await;
}

#[tokio::test]
async fn the_operator_sees_what_is_granted_and_that_it_is_given_back() {
    let lab = Lab::new();
    let mut server = TestServer::start(&lab, 4, SHORT_TRAINS);
    let mut room = lab.room(server.address).await;
    let grant = room.granted().await;
    let standing = server.observer.standing().unwrap();
    assert_eq!(standing.leases, [1, 0, 0]);
    assert_eq!(standing.granted_bps, [grant.up.rate_bps.bps(), grant.down.rate_bps.bps()]);
    assert_eq!(standing.share_bps, [800_000_000; 2]);
    room.connection.close(close::DONE, b"");
    server.finished().await;
    let standing = server.observer.standing().unwrap();
    assert_eq!((standing.leases, standing.granted_bps, standing.known), ([0; 3], [0; 2], 1));
}

#[tokio::test]
async fn a_hundred_rooms_that_ask_at_once_get_what_there_is_and_turns_one_after_the_other() {
    let lab = Lab::new();
    let server = TestServer::start(&lab, 4, SHORT_TRAINS);
    let mut rooms = Vec::new();
    for n in 0..100 {
        rooms.push(lab.room_called(&format!("room-{n}"), server.address).await);
    }
    let (mut granted, mut turns) = (0, Vec::new());
    for room in &mut rooms {
        match room.ask().await {
            FromServer::Grant(_) => granted += 1,
            FromServer::Busy(busy) => turns.push(busy.retry_after_ms),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(granted, 3, "a quarter is for what people wait for");
    assert!(turns.is_sorted(), "{turns:?}");
    let (first, last) = (turns[0], turns[96]);
    assert!(last - first > 30_000, "three at a time, 1.5 s each: {first} to {last}");
}

#[tokio::test]
async fn a_server_whose_trains_are_late_begins_no_other() {
    let lab = Lab::new();
    let patience = Patience { minds_lateness: true, ..SHORT_TRAINS };
    let mut server = TestServer::start(&lab, 8, patience);
    let now = Instant::now();
    for _ in 0..1_000 {
        server.observer.on_wake(now - Duration::from_millis(30));
    }
    let FromServer::Busy(busy) = lab.room(server.address).await.ask().await else { panic!("busy") };
    assert!(busy.retry_after_ms >= 1_000);
    assert!(matches!(server.event().await, Event::Busy(Cause::Late)));
    let pacers = server.observer.pacers();
    assert_eq!((pacers.wakes, pacers.late), (1_000, 1_000));
    let over = async {
        while !server.observer.pacers().p99.is_zero() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    within(over).await;
    lab.room_called("other", server.address).await.granted().await;
}
