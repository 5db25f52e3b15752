//! Serves an [`axum::Router`] to this machine only, bounded in everything a client could exhaust.
//!
//! The connection loop is ours because `axum::serve` sets no timer: a client that sends its header a byte a
//! minute would hold a connection for ever.

mod bind;
mod connection;
mod guard;
mod hosts;
mod limits;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};

use crate::signals::Shutdown;

pub use bind::{BindError, check_address};
pub use limits::Limits;

/// An HTTP/1 server, bound to a loopback address and not yet serving.
///
/// Every answer comes through the guard: a `Host` that is not this server is 421, an `Origin` that is not this
/// server is 403, methods that a route does not name are 405, no CORS header is ever sent, and every refusal is
/// a [`Problem`](crate::problem::Problem).
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

impl HttpServer {
    /// Binds `address`; port 0 takes a free one. Nothing is answered before [`HttpServer::serve`], but clients
    /// can connect from now on.
    ///
    /// # Errors
    /// The address is not a loopback address, or the system refuses it.
    pub async fn bind(address: SocketAddr, limits: Limits) -> Result<Self, BindError> {
        check_address(address)?;
        let listener =
            TcpListener::bind(address).await.map_err(|cause| BindError::from_system(address, cause))?;
        let address = listener.local_addr().map_err(|cause| BindError::from_system(address, cause))?;
        Ok(Self { listener, address, limits })
    }

    /// The address that was bound, with the port that the system chose for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `shutdown` resolves, then lets running requests end within
    /// [`Limits::shutdown_grace`] and cuts what is left.
    pub async fn serve(self, router: Router, shutdown: impl Future<Output = ()>) {
        let router = guard::guarded(router, self.address, &self.limits);
        let slots = Arc::new(Semaphore::new(self.limits.connections));
        let closing = Shutdown::manual();
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = connections.join_next() => report_panic(ended),
                (slot, stream) = accept(&self.listener, &slots) => {
                    let connection = connection::serve(stream, router.clone(), self.limits, closing.requested());
                    connections.spawn(async move {
                        connection.await;
                        drop(slot);
                    });
                }
            }
        }
        drop(self.listener);
        closing.request();
        let ended = async {
            while let Some(ended) = connections.join_next().await {
                report_panic(ended);
            }
        };
        if timeout(self.limits.shutdown_grace, ended).await.is_err() {
            tracing::debug!(connections = connections.len(), "cutting HTTP connections at shutdown");
            connections.shutdown().await;
        }
    }
}

/// Waits for a free slot before it accepts: surplus clients wait in the kernel's queue, where they cost nothing.
async fn accept(listener: &TcpListener, slots: &Arc<Semaphore>) -> (OwnedSemaphorePermit, TcpStream) {
    loop {
        // The semaphore is never closed; should it be, waiting for ever is what a closed server does.
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else { std::future::pending().await };
        match listener.accept().await {
            Ok((stream, _)) => return (slot, stream),
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
