//! Stories of the standing link: rooms that report, break its rules, move, and come twice.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use quinn::{TransportConfig, VarInt};
use serde_json::json;
use siaga_probe::admission::Purpose as Urgency;
use siaga_readiness::{
    report::{
        Ack, CheckAnswer, CheckNow, CheckingFrame, Echo, FromRoom, FromServer, Hello, JournalId, Looks,
        StillFrame, VERSION,
    },
    room::RoomId,
};
use tokio::sync::mpsc;

use super::lab::{
    Authority, Lab, Purpose, Relay, Room, SHORT_TRAINS, TestServer, VALID, assert_served, within,
};
use crate::{
    client::{ProbeRequest, probe_within},
    close,
    identity::Identity,
    quic,
    room::{Desk, DeskError, Doing, Handle, LinkEnd, LinkPatience, LinkRequest, Received, RoomLink, Why},
    server::{Event, Keys},
};

/// What a desk of the tests was told.
#[derive(Debug)]
enum Told {
    Connected(RoomId, Handle),
    Reported(Received),
    Closed(u64, String),
}

/// A desk that tells what it is told, and answers with the number of what it has taken in.
struct Notebook {
    told: mpsc::UnboundedSender<Told>,
    taken: Mutex<u64>,
    refuses: bool,
    /// Takes no room in.
    full: Mutex<bool>,
    ordered: Mutex<Urgency>,
}

impl Desk for Notebook {
    fn connected<'a>(&'a self, room: &'a RoomId, _: &'a Hello, handle: Handle) -> Doing<'a, u64> {
        if *self.full.lock().unwrap() {
            return Box::pin(async { Err(DeskError("the disk is full".into())) });
        }
        let _ = self.told.send(Told::Connected(room.clone(), handle));
        Box::pin(async { Ok(*self.taken.lock().unwrap()) })
    }

    fn report<'a>(&'a self, _: &'a RoomId, received: Received) -> Doing<'a, u64> {
        Box::pin(async {
            if self.refuses {
                return Err(DeskError("the disk is full".into()));
            }
            let _ = self.told.send(Told::Reported(received));
            let mut taken = self.taken.lock().unwrap();
            *taken += 1;
            Ok(*taken)
        })
    }

    fn closed(&self, _: &RoomId, link: u64, why: &str) {
        let _ = self.told.send(Told::Closed(link, why.to_owned()));
    }

    fn ordered(&self, _: &RoomId) -> Urgency {
        *self.ordered.lock().unwrap()
    }
}

/// A server with a desk, and what that is told.
struct Office {
    lab: Lab,
    server: TestServer,
    desk: Arc<Notebook>,
    told: mpsc::UnboundedReceiver<Told>,
}

impl Office {
    fn open() -> Self {
        Self::open_with(LinkPatience::default(), false)
    }

    fn open_with(patience: LinkPatience, refuses: bool) -> Self {
        let lab = Lab::new();
        let (tell, told) = mpsc::unbounded_channel();
        let (taken, full, ordered) = Default::default();
        let desk = Arc::new(Notebook { told: tell, taken, refuses, full, ordered });
        let server = TestServer::start_with_rooms(&lab, desk.clone(), 3, patience);
        Self { lab, server, desk, told }
    }

    fn identity(&self, room: &str) -> Identity {
        self.lab.authority.issue(Purpose::Room, room, VALID)
    }

    fn request(&self) -> LinkRequest {
        self.request_to(self.server.address)
    }

    fn request_to(&self, server: std::net::SocketAddr) -> LinkRequest {
        let trust = self.lab.authority.trust();
        LinkRequest { server: server.to_string().parse().unwrap(), trust, identity: self.identity("r1") }
    }

    async fn link(&self) -> RoomLink {
        within(RoomLink::open(&self.request(), hello("r1"))).await.unwrap()
    }

    /// A room made by hand, which has not yet said anything.
    async fn silent_room(&self) -> Room {
        self.silent_room_with(TransportConfig::default()).await
    }

    async fn silent_room_with(&self, transport: TransportConfig) -> Room {
        let (trust, identity) = (self.lab.authority.trust(), self.identity("r1"));
        let patience = LinkPatience::default();
        let mut config = quic::link(&trust, &identity, patience.keep_alive, patience.idle).unwrap();
        config.transport_config(Arc::new(transport));
        self.lab.room_with(self.server.address, config).await
    }

    async fn greeted_room(&self) -> Room {
        let mut room = self.silent_room().await;
        room.write(&frame(&FromRoom::Hello(hello("r1")))).await;
        room
    }

    async fn told(&mut self) -> Told {
        within(self.told.recv()).await.unwrap()
    }

    async fn closed(&mut self) -> (u64, String) {
        loop {
            if let Told::Closed(link, why) = self.told().await {
                return (link, why);
            }
        }
    }

    async fn reported(&mut self) -> Received {
        loop {
            if let Told::Reported(received) = self.told().await {
                return received;
            }
        }
    }
}

fn hello(room: &str) -> Hello {
    Hello {
        version: VERSION,
        agent: "0.1.0".into(),
        room: room.parse().unwrap(),
        site: None,
        journal: JournalId(7),
        clock_ms: 0,
    }
}

fn still(no: u64, echo: Echo) -> FromRoom {
    FromRoom::Still(StillFrame { no, echo, looks: Looks::default() })
}

fn frame(body: &impl serde::Serialize) -> Vec<u8> {
    let body = serde_json::to_vec(body).unwrap();
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &body].concat()
}

const WELCOMED: Echo = Echo { no: 0, held_ms: 0 };

async fn acknowledged(link: &mut RoomLink) -> Ack {
    match within(link.hear()).await.unwrap() {
        FromServer::Ack(ack) => ack,
        other => panic!("{other:?}"),
    }
}

async fn report(link: &mut RoomLink) -> Ack {
    let (no, echo) = link.number();
    link.say(&still(no, echo)).await.unwrap();
    acknowledged(link).await
}

#[tokio::test]
async fn what_a_room_says_is_taken_in_and_acknowledged_and_it_can_be_asked_to_check() {
    let mut office = Office::open();
    let mut link = office.link().await;
    assert_eq!((link.welcome().version, link.welcome().committed), (VERSION, 0));
    let Told::Connected(room, handle) = office.told().await else { panic!("it is connected") };
    assert_eq!(room.as_str(), "r1");
    for no in 1..=3 {
        let ack = report(&mut link).await;
        assert_eq!((ack.no, ack.committed), (no, no));
        let received = office.reported().await;
        assert!(matches!(received.frame, FromRoom::Still(_)));
        assert!(received.under_way < Duration::from_secs(5), "loopback is fast: {:?}", received.under_way);
    }
    let wish = FromServer::CheckNow(CheckNow { id: 9, purpose: Urgency::PreCheck });
    handle.say(wish.clone()).unwrap();
    assert_eq!(within(link.hear()).await.unwrap(), wish);
    let (no, _) = link.number();
    let checking = FromRoom::Checking(CheckingFrame { no, id: 9, answer: CheckAnswer::Begun });
    link.say(&checking).await.unwrap();
    assert_eq!(office.reported().await.frame, checking);
    within(link.close()).await;
    assert_eq!(office.closed().await.0, handle.link());
    assert!(handle.say(wish).is_err(), "it is gone");
}

#[tokio::test]
async fn a_probe_is_granted_for_what_the_desk_asked_and_not_for_what_the_room_claims() {
    let mut office = Office::open();
    let asked = [Urgency::Routine, Urgency::PreCheck, Urgency::Booking];
    let mut granted = Vec::new();
    for ordered in asked {
        *office.desk.ordered.lock().unwrap() = ordered;
        for claimed in asked {
            let request = ProbeRequest { purpose: claimed, ..office.lab.request(office.server.address) };
            assert_served(&within(probe_within(&request, SHORT_TRAINS, pending())).await.unwrap());
            let Event::Granted(purpose) = office.server.event().await else { panic!("it was granted") };
            office.server.finished().await;
            granted.push(purpose);
        }
    }
    let [routine, pre_check, booking] = asked;
    assert_eq!(
        granted,
        [routine, routine, routine, routine, pre_check, pre_check, routine, pre_check, booking]
    );
}

#[tokio::test]
async fn the_same_server_serves_probes_beside_links() {
    let office = Office::open();
    let mut link = office.link().await;
    assert_served(&office.lab.probe(office.server.address, SHORT_TRAINS).await);
    report(&mut link).await;
}

#[tokio::test]
async fn who_is_not_the_room_that_it_says_it_is_has_no_link() {
    let office = Office::open();
    let open = async |identity, hello| {
        let request = LinkRequest { identity, ..office.request() };
        match within(RoomLink::open(&request, hello)).await {
            Ok(_) => panic!("it has a link"),
            Err(end) => end,
        }
    };
    let end = open(office.identity("r1"), hello("r2")).await;
    assert_eq!(end.why, Why::Unwanted);
    assert!(end.words.contains("calls itself r2, its certificate r1"), "{}", end.words);
    let stranger = Authority::new("stranger").issue(Purpose::Room, "r1", VALID);
    assert_eq!(open(stranger, hello("r1")).await.why, Why::Unwanted);
    let end = open(office.identity("r1"), Hello { version: 0, ..hello("r1") }).await;
    assert!(end.why == Why::Unwanted && end.words.contains("same release"), "{}", end.words);
}

#[tokio::test]
async fn a_room_of_the_next_version_is_welcome_and_speaks_this_one() {
    let office = Office::open();
    let newer = Hello { version: VERSION + 1, ..hello("r1") };
    let link = within(RoomLink::open(&office.request(), newer)).await.unwrap();
    assert_eq!(link.welcome().version, VERSION);
    // Frames that only the next version knows are skipped; the link goes on.
    let mut room = office.greeted_room().await;
    room.write(&frame(&json!({"type": "weather", "no": 1, "sun": true}))).await;
    room.write(&frame(&still(1, WELCOMED))).await;
    let heard: FromServer = crate::control::receive(&mut room.from_server).await.unwrap();
    assert!(matches!(heard, FromServer::Welcome(_)));
    let heard: FromServer = crate::control::receive(&mut room.from_server).await.unwrap();
    assert!(matches!(heard, FromServer::Ack(Ack { no: 1, .. })));
}

#[tokio::test]
async fn a_newer_link_of_the_same_room_replaces_the_older_one_and_that_is_told() {
    let mut office = Office::open();
    let mut older = office.link().await;
    let mut newer = office.link().await;
    let end = within(older.hear()).await.unwrap_err();
    assert_eq!(end.why, Why::Unwanted, "two machines must not push each other out for ever");
    assert!(end.words.contains("two have the same identity"), "{}", end.words);
    report(&mut newer).await;
    let (link, why) = office.closed().await;
    assert!(link == 1 && why.contains("newer link"), "{link} {why}");
}

#[tokio::test]
async fn more_rooms_than_the_server_takes_are_told_so() {
    let office = Office::open();
    let mut links = Vec::new();
    for n in 0..3 {
        let name = format!("room-{n}");
        let request = LinkRequest { identity: office.identity(&name), ..office.request() };
        links.push(within(RoomLink::open(&request, hello(&name))).await.unwrap());
    }
    let end = within(RoomLink::open(&office.request(), hello("r1"))).await.map(drop).unwrap_err();
    assert!(end.why == Why::Unreachable && end.words.contains("as many rooms as it takes"), "{}", end.words);
}

#[tokio::test]
async fn a_desk_that_cannot_take_it_in_does_not_acknowledge_it() {
    let office = Office::open_with(LinkPatience::default(), true);
    let mut link = office.link().await;
    let (no, echo) = link.number();
    link.say(&still(no, echo)).await.unwrap();
    let end = within(link.hear()).await.unwrap_err();
    assert!(end.why == Why::Unreachable && end.words.contains("the disk is full"), "{end:?}");
}

#[tokio::test]
async fn a_room_that_can_not_be_taken_in_is_not_told_to_have_gone_because_the_server_shuts_down() {
    let mut office = Office::open();
    *office.desk.full.lock().unwrap() = true;
    assert!(within(RoomLink::open(&office.request(), hello("r1"))).await.is_err());
    let (_, why) = office.closed().await;
    assert!(why.contains("can't take in") && why.contains("the disk is full"), "{why}");
}

#[tokio::test]
async fn a_room_that_breaks_the_rules_is_closed_with_the_reason_and_the_others_are_served() {
    let office = Office::open();
    let mut other = within(RoomLink::open(
        &LinkRequest { identity: office.identity("r9"), ..office.request() },
        hello("r9"),
    ))
    .await
    .unwrap();
    let megabyte = [&(1_000_000_u32).to_be_bytes()[..], &[b' '; 2_000]].concat();
    for (bytes, words) in [
        (megabyte, "a frame of 1000000 bytes, at most 262144"),
        (u32::MAX.to_be_bytes().to_vec(), "4294967295"),
        (frame(&"[".repeat(9)), "not what the protocol says"),
        ([&4_u32.to_be_bytes()[..], b"\xff\xff\xff\xff"].concat(), "not what the protocol says"),
        (frame(&FromRoom::Hello(hello("r1"))), "a second hello"),
        (frame(&still(1, Echo { no: 5, held_ms: 0 })), "an echo of what was not said"),
        ([frame(&still(2, WELCOMED)), frame(&still(2, WELCOMED))].concat(), "not numbered after"),
    ] {
        let mut room = office.greeted_room().await;
        room.write(&bytes).await;
        let (code, told) = room.closed().await;
        assert_eq!(code, close::PROTOCOL.into_inner(), "{told}");
        assert!(told.contains(words), "{told}");
    }
    let mut early = office.silent_room().await;
    early.write(&frame(&still(1, WELCOMED))).await;
    assert!(early.closed().await.1.contains("before its hello"));
    report(&mut other).await;
}

#[tokio::test]
async fn ten_thousand_frames_at_once_are_too_many() {
    let office = Office::open();
    let mut room = office.greeted_room().await;
    let answer = CheckAnswer::Begun;
    let flood: Vec<u8> =
        (1..10_000).flat_map(|no| frame(&FromRoom::Checking(CheckingFrame { no, id: 1, answer }))).collect();
    // The server stops reading, and closes.
    let _ = within(room.to_server.write_all(&flood)).await;
    let (code, told) = room.closed().await;
    assert_eq!(code, close::TOO_FAST.into_inner(), "{told}");
}

/// Times for stories in which a side waits in vain.
const SHORT: LinkPatience = LinkPatience {
    greeting: Duration::from_millis(300),
    frame: Duration::from_millis(300),
    keep_alive: Duration::from_millis(100),
    silence: Duration::from_millis(900),
    idle: Duration::from_secs(30),
    ack: Duration::from_secs(30),
};

#[tokio::test]
async fn who_says_nothing_half_a_frame_or_takes_nothing_is_closed() {
    let office = Office::open_with(SHORT, false);
    let silent = office.silent_room().await;
    assert_eq!(silent.closed().await.0, close::TOO_SLOW.into_inner());
    let mut stalled = office.greeted_room().await;
    stalled.write(&frame(&still(1, WELCOMED))[..7]).await;
    assert_eq!(stalled.closed().await.0, close::TOO_SLOW.into_inner());
    // It takes 200 bytes: the welcome and no more.
    let mut transport = TransportConfig::default();
    transport
        .stream_receive_window(VarInt::from_u32(200))
        .keep_alive_interval(Some(Duration::from_millis(100)));
    let mut taker = office.silent_room_with(transport).await;
    taker.write(&frame(&FromRoom::Hello(hello("r1")))).await;
    for no in 1..50 {
        if taker.to_server.write_all(&frame(&still(no, WELCOMED))).await.is_err() {
            break;
        }
    }
    assert_eq!(taker.closed().await.0, close::TOO_SLOW.into_inner());
}

#[tokio::test]
async fn behind_a_nat_that_forgot_it_the_room_notices_and_is_back_over_a_new_connection() {
    let mut office = Office::open();
    let relay = Relay::start(office.server.address).await;
    let request = office.request_to(relay.address);
    let open = || within(RoomLink::open_within(&request, hello("r1"), SHORT));
    let mut link = open().await.unwrap();
    report(&mut link).await;
    relay.change_port();
    let end = within(link.hear()).await.unwrap_err();
    assert_eq!(end.why, Why::Lost);
    assert!(end.words.contains("nothing has come"), "{}", end.words);
    let mut link = open().await.unwrap();
    report(&mut link).await;
    let (_, why) = office.closed().await;
    assert!(why.contains("newer link"), "the old one is not waited for: {why}");
}

#[tokio::test]
async fn a_server_that_was_killed_tells_its_rooms_once_it_is_there_again() {
    let mut office = Office::open();
    let ends = async |office: &Office| {
        let relay = Relay::start(office.server.address).await;
        let request = office.request_to(relay.address);
        let mut link = within(RoomLink::open_within(&request, hello("r1"), SHORT)).await.unwrap();
        report(&mut link).await;
        let again = TestServer::start(&office.lab, 1, SHORT_TRAINS);
        relay.change_server(again.address);
        within(link.hear()).await.unwrap_err()
    };
    let end = ends(&office).await;
    assert_eq!(end.why, Why::Lost);
    assert!(end.words.contains("no longer answers"), "{}", end.words);
    office.lab.keys = Keys::random().unwrap();
    let end = ends(&office).await;
    assert!(end.words.contains("nothing has come"), "another server can't: {}", end.words);
}

#[tokio::test]
async fn a_link_that_is_idle_stays() {
    let office = Office::open();
    let mut link = within(RoomLink::open_within(&office.request(), hello("r1"), SHORT)).await.unwrap();
    // Longer than silence is borne: signs of life come though nobody says anything.
    let heard = tokio::time::timeout(Duration::from_secs(2), link.hear()).await;
    assert!(heard.is_err(), "{heard:?}");
    report(&mut link).await;
}

#[tokio::test]
async fn a_server_that_is_shut_down_says_so_and_tells_its_desk() {
    let Office { lab, server, mut told, desk: _ } = Office::open();
    let office_request = {
        let trust = lab.authority.trust();
        let identity = lab.authority.issue(Purpose::Room, "r1", VALID);
        LinkRequest { server: server.address.to_string().parse().unwrap(), trust, identity }
    };
    let mut link = within(RoomLink::open(&office_request, hello("r1"))).await.unwrap();
    let (end, _) = tokio::join!(within(link.hear()), server.stop());
    let LinkEnd { why, words } = end.unwrap_err();
    assert!(why == Why::Lost && words.contains("being shut down"), "{words}");
    loop {
        if let Told::Closed(..) = within(told.recv()).await.unwrap() {
            return;
        }
    }
}
