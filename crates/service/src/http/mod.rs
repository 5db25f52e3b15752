//! Serves an [`axum::Router`], bounded in everything a client could exhaust: over plain HTTP to this machine only, over TLS to
//! whoever has a token, over a unix socket to whom its file lets in.
//!
//! The connection loop is ours because `axum::serve` sets no timer: a client that sends its header a byte a
//! minute would hold a connection for ever.

mod access;
mod bind;
mod body;
mod certificates;
mod clients;
mod connection;
mod door;
mod guard;
mod hosts;
mod limits;
mod login;
mod sessions;
mod socket;
mod wrong;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;

use self::door::Door;
use self::hosts::Hosts;
use crate::signals::Shutdown;

pub use access::{Access, Asker, Need};
pub use bind::{BindError, check_address, overlap, parse_address, try_address};
pub use body::Body;
pub use certificates::{CertificateError, Certificates};
pub use limits::Limits;
pub use login::{Login, NotIn};
pub use sessions::Sessions;
pub use socket::{Socket, SocketError, check_socket};

/// An HTTP/1 server, bound to an address and not yet serving.
///
/// Every answer comes through the guard: a `Host` that is not this server is 421, an `Origin` that is not this
/// server is 403, a token that is missing is 401 and one without the scope 403, methods that a route does not name are 405, no
/// CORS header is ever sent, and every refusal is a [`Problem`](crate::problem::Problem).
#[derive(Debug)]
pub struct HttpServer {
    door: Door,
    address: SocketAddr,
    limits: Limits,
    hosts: Hosts,
    access: Access,
    socket: Option<Socket>,
}

impl HttpServer {
    /// Binds a loopback `address` for plain HTTP; port 0 takes a free one. Nothing is answered before [`HttpServer::serve`], but
    /// clients can connect from now on. Whoever reaches it may ask whatever it answers, unless
    /// [`HttpServer::with_access`] says otherwise.
    ///
    /// # Errors
    /// The address is not a loopback address, or the system refuses it.
    pub async fn bind(address: SocketAddr, limits: Limits) -> Result<Self, BindError> {
        check_address(address)?;
        let (listener, address) = bind::listen(address).await?;
        let hosts = Hosts::loopback(address);
        let door = Door::Loopback(listener);
        Ok(Self { door, address, limits, hosts, access: Access::open(), socket: None })
    }

    /// Binds any `address` for HTTPS. Nobody is answered without a token that `access` knows.
    ///
    /// # Errors
    /// The system refuses the address, or TLS can't be set up.
    pub async fn bind_tls(
        address: SocketAddr,
        limits: Limits,
        certificates: Arc<Certificates>,
        access: Access,
    ) -> Result<Self, BindError> {
        let config = certificates::tls(certificates.clone())?;
        let (listener, address) = bind::listen(address).await?;
        let hosts = Hosts::of(certificates);
        let door = Door::Tls(listener, Arc::new(config));
        Ok(Self { door, address, limits, hosts, access, socket: None })
    }

    /// The same, but whatever does more than read needs a token.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// Answers over a unix socket too, as `http://localhost`.
    #[must_use]
    pub fn with_socket(self, socket: Socket) -> Self {
        Self { socket: Some(socket), ..self }
    }

    /// The socket's file, if it answers over one.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_ref().map(Socket::path)
    }

    /// The address that was bound, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it speaks TLS.
    pub fn is_tls(&self) -> bool {
        matches!(self.door, Door::Tls(..))
    }

    /// Serves `router` until `shutdown` resolves, then lets running requests end within
    /// [`Limits::shutdown_grace`] and cuts what is left.
    pub async fn serve(self, router: Router, shutdown: impl Future<Output = ()>) {
        let Self { door, limits, hosts, access, socket, .. } = self;
        let closing = Shutdown::manual();
        let through = async |door: Door, hosts: Hosts| {
            let router = guard::guarded(router.clone(), hosts, access.clone(), &limits, door.way());
            door.serve(router, limits, closing.requested()).await;
        };
        let through_socket = async {
            if let Some(socket) = socket {
                through(Door::Socket(socket), Hosts::socket()).await;
            }
        };
        let close = async {
            shutdown.await;
            closing.request();
        };
        tokio::join!(through(door, hosts), through_socket, close);
    }
}
