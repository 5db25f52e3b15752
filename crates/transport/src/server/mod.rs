//! The peer of the probes: admits them, sends the down train, judges the up train.

mod admission;
mod arrival;
mod ended;
mod enrolment;
mod keys;
mod observer;
mod places;
mod reload;
mod session;
mod storm;
mod trains;

use std::{
    collections::BTreeSet, future::Future, io, net::SocketAddr, path::Path, sync::Arc, time::Duration,
};

use quinn::{Endpoint, Incoming, TokioRuntime};
use siaga_probe::{
    DirectionResult,
    admission::{Cause, Purpose},
};
use thiserror::Error;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, timeout},
};
use tracing::warn;

use self::{admission::Admission, places::Places, storm::Storm};
pub use self::{
    admission::{Limits, Refused},
    keys::{Keys, KeysError},
    observer::{Observer, Pacers},
    reload::Reload,
};
use crate::{
    close,
    enrol::{DenyList, Registrar, RegistryError},
    identity::{Identity, IdentityError, Trust},
    patience::Patience,
    quic,
    room::{self, LinkPatience, Live, Rooms},
    segments, socket,
};

/// How often a server that takes connections says so.
pub const HEARD_EVERY: Duration = Duration::from_secs(5);

/// How long rooms may take to be told that the server ends.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Something an operator counts.
#[derive(Debug, Clone)]
pub enum Event {
    /// A probe may run.
    Granted(Purpose),
    /// A probe was told to come back later.
    Busy(Cause),
    /// A probe was refused.
    Denied(Refused),
    /// A granted probe is over, with the up direction's finding if there was one, and the IP bytes of this side. What it
    /// held is free.
    Finished {
        /// The finding.
        up: Option<Box<DirectionResult>>,
        /// IP bytes sent to the room.
        sent: u64,
        /// IP bytes received from it.
        received: u64,
    },
    /// A room has asked for a certificate.
    Enrolment {
        /// And got it.
        given: bool,
    },
    /// A room's link was not taken, or ended for what came over it: one of [`room::REFUSALS`].
    LinkRefused(&'static str),
    /// Whether the list of revoked keys could be read; told when that changes.
    RevocationsRead(bool),
}

/// Where a server's events go.
pub type Events = Arc<dyn Fn(Event) + Send + Sync>;

/// A probe server bound to its address.
pub struct ProbeServer {
    endpoint: Endpoint,
    reload: Reload,
    desk: Desk,
    /// For connections beside rooms' links that stand.
    places: Arc<Places>,
    /// Told every few seconds that connections are taken.
    heard: Arc<dyn Fn() + Send + Sync>,
}

/// What every connection needs.
struct Desk {
    admission: Arc<Admission>,
    /// Of a server that enrols rooms.
    registrar: Option<Arc<Registrar>>,
    denied: DenyList,
    events: Events,
    patience: Patience,
    /// Where rooms report, if this server is a desk.
    rooms: Option<Rooms>,
    storm: Storm,
}

impl ProbeServer {
    /// Binds the UDP address; a server that is known again by its `keys`.
    ///
    /// # Errors
    /// The address can't be bound, or the identity can't be used.
    pub fn bind(
        listen: SocketAddr,
        trust: &Trust,
        identity: &Identity,
        keys: &Keys,
        limits: Limits,
        events: Events,
    ) -> Result<Self, ServerError> {
        let most_connections = Places::beside(&limits.shares);
        let patience = Patience::default();
        Self::bind_within(listen, trust, identity, keys, limits, events, patience, most_connections)
    }

    /// Whether a server that is started now could be bound to this address; it may have rights that this program has not.
    ///
    /// # Errors
    /// [`ServerError::Bind`], with the system's refusal; also where this program is bound to it.
    pub fn try_address(listen: SocketAddr) -> Result<(), ServerError> {
        match socket::bind(listen) {
            Err(cause) if cause.kind() != io::ErrorKind::PermissionDenied => {
                Err(ServerError::Bind { listen, cause })
            }
            _ => Ok(()),
        }
    }

    /// [`Self::bind`] with other times and another bound.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn bind_within(
        listen: SocketAddr,
        trust: &Trust,
        identity: &Identity,
        keys: &Keys,
        limits: Limits,
        events: Events,
        patience: Patience,
        most_connections: usize,
    ) -> Result<Self, ServerError> {
        let config = quic::server(trust, identity, keys)?;
        let failed = |cause| ServerError::Bind { listen, cause };
        let socket = socket::bind(listen).map_err(failed)?;
        if let Some(socket::Missing { given, wanted }) = socket::missing_buffer(&socket) {
            warn!(
                given,
                wanted,
                "the kernel keeps fewer arriving bytes than a province's rooms send that come back at once: some will have \
                 to try again; set net.core.rmem_max={wanted} with sysctl"
            );
        }
        let (of_keys, runtime) = (quic::server_endpoint(keys), Arc::new(TokioRuntime));
        let socket = segments::wrap(socket).map_err(failed)?;
        let endpoint = Endpoint::new_with_abstract_socket(of_keys, Some(config.clone()), socket, runtime)
            .map_err(failed)?;
        let admission = Arc::new(Admission::new(limits, patience));
        let places = Arc::new(Places::new(most_connections));
        let reload = Reload::new(endpoint.clone(), admission.clone(), places.clone(), config);
        let denied = DenyList::new(BTreeSet::new());
        let storm = Storm::new(Instant::now());
        let desk = Desk { admission, registrar: None, denied, events, patience, rooms: None, storm };
        Ok(Self { endpoint, reload, desk, places, heard: Arc::new(|| {}) })
    }

    /// Takes in what rooms report, at most `most` rooms at once, and hands it to `desk`.
    #[must_use]
    pub fn with_rooms(self, desk: Arc<dyn room::Desk>, most: usize) -> Self {
        self.with_rooms_within(desk, most, LinkPatience::default())
    }

    /// [`Self::with_rooms`] with other times.
    pub(crate) fn with_rooms_within(
        mut self,
        desk: Arc<dyn room::Desk>,
        most: usize,
        patience: LinkPatience,
    ) -> Self {
        let live = Arc::new(Live::new(most));
        self.reload.of_rooms(live.clone());
        self.desk.rooms = Some(Rooms { desk, live, patience });
        self
    }

    /// Enrols rooms with the CA and the tokens in `dir`, and serves no room whose key is revoked there. What is revoked
    /// while it serves counts within two seconds, for running connections too.
    ///
    /// # Errors
    /// It can't be told which keys are revoked.
    pub fn enrolling(mut self, dir: &Path) -> Result<Self, RegistryError> {
        let registrar = Registrar::open(dir)?;
        self.desk.denied = registrar.denied().clone();
        self.desk.registrar = Some(Arc::new(registrar));
        Ok(self)
    }

    /// Calls `heard` every [`HEARD_EVERY`] from the loop that takes connections: who is not called any more knows that it is stuck.
    #[must_use]
    pub fn heard_by(self, heard: impl Fn() + Send + Sync + 'static) -> Self {
        Self { heard: Arc::new(heard), ..self }
    }

    /// By which it is changed while it serves.
    #[must_use]
    pub fn reload(&self) -> Reload {
        self.reload.clone()
    }

    /// The keys that are revoked; of a server that does not enrol, none.
    #[must_use]
    pub fn deny_list(&self) -> DenyList {
        self.desk.denied.clone()
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Looks at it while it serves.
    #[must_use]
    pub fn observer(&self) -> Observer {
        Observer::of(self.desk.admission.clone())
    }

    /// Serves until `shutdown` resolves; then tells every room and ends within half a second.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { endpoint, desk, places, reload: _, heard } = self;
        let desk = Arc::new(desk);
        let looking = enrolment::look_at_revocations(&desk);
        tokio::pin!(shutdown, looking);
        let mut seconds = interval(HEARD_EVERY);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                () = &mut looking => {}
                _ = seconds.tick() => heard(),
                Some(_) = connections.join_next() => {}
                incoming = endpoint.accept() => match incoming {
                    Some(incoming) => admit_address(incoming, &desk, &places, &mut connections),
                    None => break,
                },
            }
        }
        endpoint.close(close::SHUTDOWN, b"the probe server is shutting down");
        // The last words are on the wire, or the peer learns by its own time-out.
        let _ = timeout(LAST_WORDS, async {
            while connections.join_next().await.is_some() {}
            endpoint.wait_idle().await;
        })
        .await;
    }
}

/// Nothing is kept and nothing larger is answered for an address that has not shown that it is its own.
fn admit_address(incoming: Incoming, desk: &Arc<Desk>, places: &Arc<Places>, connections: &mut JoinSet<()>) {
    if !incoming.remote_address_validated() {
        if let Err(error) = incoming.retry() {
            error.into_incoming().ignore();
        }
    } else if let Some(place) = places.take() {
        let desk = desk.clone();
        desk.storm.on_sign(Instant::now());
        connections.spawn(async move { arrival::serve(incoming, &desk, place).await });
    } else {
        incoming.refuse();
    }
}

/// Why a probe server can't start.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum ServerError {
    #[error("cannot listen on UDP {listen}: {cause}; {}", remedy(cause))]
    Bind { listen: SocketAddr, cause: io::Error },
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

fn remedy(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::AddrInUse => "another program has the port: stop it or choose another with --listen",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege: choose a higher one with --listen"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address: see “ip address”",
        _ => "choose another address with --listen",
    }
}
