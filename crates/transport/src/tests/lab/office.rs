//! A server with a directory, as “init” makes it, that enrols rooms.

use std::{
    future::pending,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use quinn::Endpoint;
use siaga_readiness::{RoomId, report::Hello};
use tempfile::TempDir;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{Room, SHORT_TRAINS, mbps, within};
use crate::{
    client::{Meter, ProbeRequest, Probed, Tokens, probe_within},
    enrol::{
        LONGEST_LIFE, Registry, Token,
        room::{EnrolError, Enrolled, enrol_within},
    },
    identity::{self, ENROL_ALPN, Identity, PROBE_ALPN, Trust},
    patience::Patience,
    quic,
    room::{Desk, Doing, Handle, Received},
    server::{Event, Keys, ProbeServer, Reload},
    server_name::ServerName,
};

/// A running server, and what its operator has.
pub(crate) struct Office {
    dir: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) reload: Reload,
    events: mpsc::UnboundedReceiver<Event>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Office {
    pub(crate) fn open() -> Self {
        Self::open_with(Patience { grace: Duration::from_secs(2), ..SHORT_TRAINS })
    }

    pub(crate) fn open_with(patience: Patience) -> Self {
        let dir = tempfile::tempdir().unwrap();
        identity::create(dir.path(), &["127.0.0.1".into()], jiff::civil::date(2026, 1, 1)).unwrap();
        let (trust, own) = loaded(dir.path());
        let (tell, events) = mpsc::unbounded_channel();
        let events_of = Arc::new(move |event| drop(tell.send(event)));
        let limits = super::limits(mbps(100), 4);
        let listen = ([127, 0, 0, 1], 0).into();
        let server = ProbeServer::bind_within(
            listen,
            &trust,
            &own,
            &Keys::random().unwrap(),
            limits,
            events_of,
            patience,
            64,
        )
        .map(|server| server.with_rooms(Arc::new(NoMemory), 4).enrolling(dir.path()).unwrap())
        .unwrap();
        let (address, reload) = (server.local_addr().unwrap(), server.reload());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(async { drop(stopped.await) }));
        Self { dir, address, reload, events, stop, task }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir().join(name)
    }

    pub(crate) fn trust(&self) -> Trust {
        loaded(self.dir()).0
    }

    pub(crate) fn name(&self) -> ServerName {
        self.address.to_string().parse().unwrap()
    }

    pub(crate) fn registry(&self) -> Registry {
        Registry::new(self.dir())
    }

    pub(crate) fn token(&self, room: &str) -> Token {
        self.registry().add_token(&room_id(room), LONGEST_LIFE, Timestamp::now()).unwrap()
    }

    /// As “siaga-agent enroll” does.
    pub(crate) async fn enrol(&self, token: &Token) -> Result<Enrolled, EnrolError> {
        within(enrol_within(&self.name(), &self.trust(), token, SHORT_TRAINS)).await
    }

    /// A room that was enrolled.
    pub(crate) async fn room(&self, name: &str) -> Identity {
        identity_of(&self.enrol(&self.token(name)).await.unwrap())
    }

    /// A connection for enrolment, made by hand.
    pub(crate) async fn stranger(&self) -> Room {
        let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
        let config = quic::client(&self.trust(), None, ENROL_ALPN).unwrap();
        Room::connect(endpoint, self.address, config).await.unwrap()
    }

    /// A connection for a probe, made by hand.
    pub(crate) async fn connected(&self, room: &Identity) -> Room {
        let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
        let config = quic::client(&self.trust(), Some(room), PROBE_ALPN).unwrap();
        Room::connect(endpoint, self.address, config).await.unwrap()
    }

    pub(crate) fn request(&self, identity: Option<&Identity>) -> ProbeRequest {
        ProbeRequest {
            server: self.name(),
            trust: self.trust(),
            identity: identity.cloned(),
            mode: siaga_probe::Mode::Gate,
            effort: siaga_probe::judge::Effort::Normal,
            up: mbps(1),
            down: mbps(1),
            passed_before: false,
            purpose: siaga_probe::admission::Purpose::Routine,
            tokens: Tokens::default(),
            meter: Meter::default(),
        }
    }

    pub(crate) async fn probe(&self, identity: Option<&Identity>) -> Probed {
        within(probe_within(&self.request(identity), SHORT_TRAINS, pending())).await.unwrap()
    }

    pub(crate) async fn event(&mut self) -> Event {
        within(self.events.recv()).await.expect("the server runs")
    }

    pub(crate) async fn close(self) {
        let _ = self.stop.send(());
        within(self.task).await.unwrap();
    }
}

/// A desk that takes everything in and keeps nothing.
struct NoMemory;

impl Desk for NoMemory {
    fn connected<'a>(&'a self, _: &'a RoomId, _: &'a Hello, _: Handle) -> Doing<'a, u64> {
        Box::pin(async { Ok(0) })
    }

    fn report<'a>(&'a self, _: &'a RoomId, _: Received) -> Doing<'a, u64> {
        Box::pin(async { Ok(0) })
    }

    fn closed(&self, _: &RoomId, _: u64, _: &str) {}
}

pub(crate) fn room_id(room: &str) -> RoomId {
    room.parse().unwrap()
}

/// What a room keeps in its files.
pub(crate) fn identity_of(enrolled: &Enrolled) -> Identity {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("cert.pem"), &enrolled.given.chain).unwrap();
    std::fs::write(dir.path().join("key.pem"), &enrolled.key).unwrap();
    Identity::load_dir(dir.path()).unwrap()
}

/// The CA and the server's identity in a directory.
pub(crate) fn loaded(dir: &Path) -> (Trust, Identity) {
    let identity = Identity::load(&dir.join("server.pem"), &dir.join("server.key")).unwrap();
    (Trust::load(&dir.join("ca.pem")).unwrap(), identity)
}
