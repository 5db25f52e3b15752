//! The peer of the probes: admits them, sends the down train, judges the up train.

mod admission;
mod session;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use quinn::{Endpoint, EndpointConfig, Incoming, TokioRuntime};
use siaga_probe::{DirectionResult, Reason};
use thiserror::Error;
use tokio::{task::JoinSet, time::timeout};

use self::admission::Admission;
pub use self::admission::Limits;
use crate::{
    close,
    identity::{Identity, IdentityError, Trust},
    quic, socket,
};

/// Something an operator counts.
#[derive(Debug, Clone)]
pub enum Event {
    /// A probe may run.
    Granted,
    /// A probe was told to come back later.
    Busy,
    /// A probe was refused.
    Denied(Reason),
    /// A granted probe is over, with the up direction's finding if there was one, and the IP bytes of this side.
    Finished {
        /// The finding.
        up: Option<DirectionResult>,
        /// IP bytes sent to the room.
        sent: u64,
        /// IP bytes received from it.
        received: u64,
    },
}

/// Where a server's events go.
pub type Events = Arc<dyn Fn(Event) + Send + Sync>;

/// A probe server bound to its address.
pub struct ProbeServer {
    endpoint: Endpoint,
    desk: Arc<Desk>,
}

/// What every connection needs.
struct Desk {
    admission: Admission,
    events: Events,
}

impl ProbeServer {
    /// Binds the UDP address.
    ///
    /// # Errors
    /// The address can't be bound, or the identity can't be used.
    pub fn bind(
        listen: SocketAddr,
        trust: &Trust,
        identity: &Identity,
        limits: Limits,
        events: Events,
    ) -> Result<Self, ServerError> {
        let config = quic::server(trust, identity)?;
        let failed = |cause| ServerError::Bind { listen, cause };
        let socket = socket::bind(listen).map_err(failed)?;
        let endpoint = Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime))
            .map_err(failed)?;
        let desk = Desk { admission: Admission::new(limits), events };
        Ok(Self { endpoint, desk: Arc::new(desk) })
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The socket is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.endpoint.local_addr()
    }

    /// Serves until `shutdown` resolves; then tells every room and ends within half a second.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next() => {}
                incoming = self.endpoint.accept() => match incoming {
                    Some(incoming) => admit_address(incoming, &self.desk, &mut connections),
                    None => break,
                },
            }
        }
        self.endpoint.close(close::SHUTDOWN, b"the probe server is shutting down");
        // The last words are on the wire, or the peer learns by its own time-out.
        let _ = timeout(Duration::from_millis(500), self.endpoint.wait_idle()).await;
    }
}

/// Nothing is kept and nothing larger is answered for an address that has not shown that it is its own.
fn admit_address(incoming: Incoming, desk: &Arc<Desk>, connections: &mut JoinSet<()>) {
    if incoming.remote_address_validated() {
        let desk = desk.clone();
        connections.spawn(async move { session::serve(incoming, &desk).await });
    } else if let Err(error) = incoming.retry() {
        error.into_incoming().ignore();
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
