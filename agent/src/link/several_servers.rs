//! Several servers, real ones on loopback: which of them is probed, and whose fault it is held to be.

use std::{
    collections::{HashMap, hash_map::Entry},
    future::pending,
    net::SocketAddr,
    ops::Range,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use jiff::civil::date;
use siaga_probe::{Bitrate, ProbeResult, Reason, Verdict, admission};
use siaga_readiness::{
    observation::{Evidence, ServerStanding},
    profile::NetworkRequirement,
};
use siaga_service::signals::Shutdown;
use siaga_transport::{
    client::Meter,
    identity::{Identity, Trust, create},
    server::{Keys, Limits, ProbeServer},
};
use tempfile::TempDir;
use tokio::{
    net::UdpSocket,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};

use super::Links;
use crate::{config::ServerSettings, host, live::Live};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_nearest_server_is_probed_and_when_it_goes_the_next_one() {
    let (far, near) = (Server::start().await, Server::start().await);
    // A way of 30 ms more, there and back.
    let way = Way::to(far.address, Duration::from_millis(15)).await;
    let mut room = Room::of(&[(way.address, &far), (near.address, &near)]);
    assert_eq!(room.probes().await.server, way.address.to_string(), "the first one that is configured");
    room.measures().await;
    let found = room.probes().await;
    assert_eq!((found.server, found.verdict), (near.address.to_string(), Verdict::Pass), "it is nearer");
    let gone = near.address.to_string();
    let _files = near.stop().await;
    let found = room.probes().await;
    assert_eq!((found.server, found.verdict), (way.address.to_string(), Verdict::Pass));
    let detail = found.detail.unwrap();
    assert!(detail.starts_with("other servers did not serve") && detail.contains(&gone), "{detail}");
    let standing = room.standing(&gone);
    assert_eq!(
        (standing.reason, standing.contradicted),
        (Reason::ServerAbsent, false),
        "its machine says so"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_to_one_server_and_passes_to_another_is_that_server_s_fault() {
    let (first, second) = (Server::start().await, Server::start().await);
    let way = Way::to(first.address, Duration::ZERO).await;
    let mut room = Room::of(&[(way.address, &first), (second.address, &second)]);
    way.lose_one_of(5);
    let found = room.probes().await;
    assert_eq!((found.server.as_str(), found.verdict), (&*way.address.to_string(), Verdict::Fail));
    assert!(!room.standing(&found.server).contradicted, "one alone can't tell");
    let found = room.probes().await;
    assert_eq!((found.server, found.verdict), (second.address.to_string(), Verdict::Pass));
    assert!(room.standing(&way.address.to_string()).contradicted);
    assert!(!room.standing(&second.address.to_string()).contradicted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_to_two_servers_is_the_room_s_link() {
    let (first, second) = (Server::start().await, Server::start().await);
    let ways = [Way::to(first.address, Duration::ZERO).await, Way::to(second.address, Duration::ZERO).await];
    let mut room = Room::of(&[(ways[0].address, &first), (ways[1].address, &second)]);
    for way in &ways {
        way.lose_one_of(5);
        let found = room.probes().await;
        assert_eq!((found.server, found.verdict), (way.address.to_string(), Verdict::Fail));
    }
    for way in &ways {
        assert!(!room.standing(&way.address.to_string()).contradicted, "neither is to blame");
    }
}

/// A real server for whoever comes, with a CA of its own.
struct Server {
    address: SocketAddr,
    dir: TempDir,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Server {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &["127.0.0.1".into()], date(2026, 1, 1)).unwrap();
        let trust = Trust::load(&dir.path().join("ca.pem")).unwrap();
        let identity =
            Identity::load(&dir.path().join("server.pem"), &dir.path().join("server.key")).unwrap();
        let (keys, listen) = (Keys::random().unwrap(), ([127, 0, 0, 1], 0).into());
        let server = ProbeServer::bind(listen, &trust, &identity, &keys, limits(), Arc::new(drop)).unwrap();
        let (address, shutdown) = (server.local_addr().unwrap(), Shutdown::manual());
        let ended = shutdown.requested();
        let task = tokio::spawn(server.serve(ended));
        Self { address, dir, shutdown, task }
    }

    /// Nothing answers there any more; its files stay.
    async fn stop(self) -> TempDir {
        self.shutdown.request();
        self.task.await.unwrap();
        self.dir
    }
}

fn limits() -> Limits {
    let (line, max_rate) = (mbps(1_000), mbps(100));
    let shares = admission::Limits {
        uplink_up: line,
        uplink_down: line,
        share_percent: 80,
        max_rate,
        max_probes: 4,
        daily_bytes: 1_000_000_000,
        daily_probes: 1_000,
    };
    Limits { open: true, shares }
}

fn mbps(rate: u64) -> Bitrate {
    Bitrate::from_bps(rate * 1_000_000).unwrap()
}

/// A room that knows these servers, by the addresses at which it takes them to be. One megabit each way is asked about.
struct Room(Links);

impl Room {
    fn of(servers: &[(SocketAddr, &Server)]) -> Self {
        let settings = servers.iter().map(|(address, server)| ServerSettings {
            address: address.to_string().parse().unwrap(),
            ca: server.dir.path().join("ca.pem"),
            identity: None,
        });
        let rates = NetworkRequirement { up: mbps(1), down: mbps(1) };
        Self(Links::new(&settings.collect::<Vec<_>>(), Path::new("/no/state"), rates).unwrap())
    }

    /// Until there is a verdict, as the daemon does: on a machine that is busy with something else there may be none.
    async fn probes(&mut self) -> ProbeResult {
        let probe = async {
            loop {
                let seen = self.0.look(&Live::default(), pending()).await;
                let Evidence::Probe(probe) = seen.evidence else { panic!("{seen:?}") };
                if probe.result.verdict != Verdict::Inconclusive {
                    return probe.result;
                }
            }
        };
        timeout(HANG, probe).await.expect("it hangs")
    }

    /// How far each server is.
    async fn measures(&mut self) {
        while let Some(place) = self.0.to_measure(host::now()) {
            let meter = Meter::default();
            let measured = self.0.measure(place, meter, pending::<Reason>());
            timeout(HANG, measured).await.expect("it hangs");
        }
    }

    fn standing(&self, server: &str) -> ServerStanding {
        let Evidence::Servers(standings) = self.0.standings(host::now()).evidence else { panic!("they are") };
        standings.into_iter().find(|standing| standing.server == server).unwrap()
    }
}

/// What a test waits for comes sooner than this, even on a machine that is busy with something else.
const HANG: Duration = Duration::from_secs(60);

/// The way to a server, which holds packets up or loses some.
struct Way {
    address: SocketAddr,
    loses_one_of: Arc<AtomicU16>,
}

impl Way {
    async fn to(server: SocketAddr, delay: Duration) -> Self {
        let inside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let (address, loses_one_of) = (inside.local_addr().unwrap(), Arc::new(AtomicU16::new(0)));
        tokio::spawn(carry(inside, server, delay, loses_one_of.clone()));
        Self { address, loses_one_of }
    }

    /// Of the packets of trains, in both directions, every so many-th; handshakes get through.
    fn lose_one_of(&self, packets: u16) {
        self.loses_one_of.store(packets, Ordering::Relaxed);
    }
}

/// Each port of the room's gets one of its own to the server.
async fn carry(inside: Arc<UdpSocket>, server: SocketAddr, delay: Duration, loses_one_of: Arc<AtomicU16>) {
    let mut ports: HashMap<SocketAddr, Lane> = HashMap::new();
    let mut packet = [0; 2_000];
    while let Ok((length, room)) = inside.recv_from(&mut packet).await {
        let lane = match ports.entry(room) {
            Entry::Occupied(lane) => lane.into_mut(),
            Entry::Vacant(place) => {
                let outside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
                outside.connect(server).await.unwrap();
                let back = Lane::to(inside.clone(), room, delay, loses_one_of.clone());
                tokio::spawn(come_back(outside.clone(), back));
                place.insert(Lane::to(outside, server, delay, loses_one_of.clone()))
            }
        };
        lane.take(&packet[..length]);
    }
}

async fn come_back(outside: Arc<UdpSocket>, mut back: Lane) {
    let mut packet = [0; 2_000];
    // A server that is gone is told as an error (ICMP), and there may be another one later.
    loop {
        if let Ok(length) = outside.recv(&mut packet).await {
            back.take(&packet[..length]);
        }
    }
}

/// One direction between two ports: packets keep their order.
struct Lane {
    under_way: UnboundedSender<(Instant, Vec<u8>)>,
    delay: Duration,
    loses_one_of: Arc<AtomicU16>,
    trains: u16,
}

/// UDP bytes of a train's packet: fewer than a handshake's largest, far more than all others.
const TRAIN: Range<usize> = 1_100..1_200;

impl Lane {
    fn to(socket: Arc<UdpSocket>, to: SocketAddr, delay: Duration, loses_one_of: Arc<AtomicU16>) -> Self {
        let (under_way, arriving) = unbounded_channel();
        tokio::spawn(arrive(arriving, socket, to));
        Self { under_way, delay, loses_one_of, trains: 0 }
    }

    fn take(&mut self, packet: &[u8]) {
        let loses_one_of = self.loses_one_of.load(Ordering::Relaxed);
        if loses_one_of > 0 && TRAIN.contains(&packet.len()) {
            self.trains += 1;
            if self.trains.is_multiple_of(loses_one_of) {
                return;
            }
        }
        let _ = self.under_way.send((Instant::now() + self.delay, packet.to_vec()));
    }
}

async fn arrive(mut arriving: UnboundedReceiver<(Instant, Vec<u8>)>, socket: Arc<UdpSocket>, to: SocketAddr) {
    while let Some((due, packet)) = arriving.recv().await {
        sleep_until(due).await;
        let _ = socket.send_to(&packet, to).await;
    }
}
