//! Serves an [`axum::Router`], bounded in everything a client could exhaust: over plain HTTP to this machine only, over TLS to
//! whoever has a token.
//!
//! The connection loop is ours because `axum::serve` sets no timer: a client that sends its header a byte a
//! minute would hold a connection for ever.

mod access;
mod bind;
mod certificates;
mod clients;
mod connection;
mod guard;
mod hosts;
mod limits;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use self::clients::{Clients, Place};
use self::hosts::Hosts;
use crate::signals::Shutdown;

pub use access::{Access, Need};
pub use bind::{BindError, check_address};
pub use certificates::{CertificateError, Certificates};
pub use limits::Limits;

/// An HTTP/1 server, bound to an address and not yet serving.
///
/// Every answer comes through the guard: a `Host` that is not this server is 421, an `Origin` that is not this
/// server is 403, a token that is missing is 401 and one without the scope 403, methods that a route does not name are 405, no
/// CORS header is ever sent, and every refusal is a [`Problem`](crate::problem::Problem).
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
    hosts: Hosts,
    access: Access,
    tls: Option<Arc<ServerConfig>>,
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
        Ok(Self { listener, address, limits, hosts, access: Access::open(), tls: None })
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
        let tls = Some(Arc::new(config));
        Ok(Self { listener, address, limits, hosts, access, tls })
    }

    /// The same, but whatever does more than read needs a token.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The address that was bound, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it speaks TLS.
    pub fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves `router` until `shutdown` resolves, then lets running requests end within
    /// [`Limits::shutdown_grace`] and cuts what is left.
    pub async fn serve(self, router: Router, shutdown: impl Future<Output = ()>) {
        let Self { listener, limits, hosts, access, tls, .. } = self;
        let router = guard::guarded(router, hosts, access, &limits, tls.is_none());
        let slots = Arc::new(Semaphore::new(limits.connections));
        let clients = Clients::default();
        let closing = Shutdown::manual();
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = connections.join_next() => report_panic(ended),
                (slots, stream) = accept(&listener, &slots, &clients, limits.connections_per_client) => {
                    let (tls, router) = (tls.clone().map(TlsAcceptor::from), router.clone());
                    let closing = closing.requested();
                    connections.spawn(async move {
                        match tls {
                            None => connection::serve(stream, router, limits, closing).await,
                            Some(tls) => connection::serve_tls(&tls, stream, router, limits, closing).await,
                        }
                        drop(slots);
                    });
                }
            }
        }
        drop(listener);
        closing.request();
        let ended = async {
            while let Some(ended) = connections.join_next().await {
                report_panic(ended);
            }
        };
        if timeout(limits.shutdown_grace, ended).await.is_err() {
            tracing::debug!(connections = connections.len(), "cutting HTTP connections at shutdown");
            connections.shutdown().await;
        }
    }
}

/// Waits for a free slot before it accepts: surplus clients wait in the kernel's queue, where they cost nothing. Those of a
/// client that has its share are closed, so that the rest need not wait for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
    clients: &Clients,
    most: usize,
) -> ((OwnedSemaphorePermit, Place), TcpStream) {
    loop {
        // The semaphore is never closed; should it be, waiting for ever is what a closed server does.
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else { std::future::pending().await };
        match listener.accept().await {
            Ok((stream, client)) => match clients.place(client.ip(), most) {
                Some(place) => return ((slot, place), stream),
                None => tracing::debug!(%client, "closed: this client has {most} connections already"),
            },
            Err(error) if bind::concerns_one_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept HTTP connections; trying again in {RETRY:?}");
                sleep(RETRY).await;
            }
        }
    }
}

/// Out of file descriptors or memory: a moment for running requests to give some back.
const RETRY: Duration = Duration::from_secs(1);

fn report_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "an HTTP handler panicked; its connection was closed without an answer");
    }
}
