use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::clients::{Clients, Place};
use super::limits::Limits;
use super::socket::Socket;
use super::{bind, connection};
use crate::signals::Shutdown;

/// Where clients come in.
#[derive(Debug)]
pub(super) enum Door {
    /// This machine's loopback.
    Loopback(TcpListener),
    /// Any address, over TLS.
    Tls(TcpListener, Arc<ServerConfig>),
    /// A file that only some of this machine may open.
    Socket(Socket),
}

/// By which kind of door a client has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Loopback,
    Tls,
    Socket,
}

impl Door {
    pub(super) const fn way(&self) -> Way {
        match self {
            Self::Loopback(_) => Way::Loopback,
            Self::Tls(..) => Way::Tls,
            Self::Socket(_) => Way::Socket,
        }
    }

    /// Serves `router` until `shutdown` resolves, then lets running requests end within [`Limits::shutdown_grace`] and cuts what
    /// is left.
    pub(super) async fn serve(self, router: Router, limits: Limits, shutdown: impl Future<Output = ()>) {
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
                (slot, client) = self.accept(&slots, &clients, limits.connections_per_client) => {
                    let (router, closing) = (router.clone(), closing.requested());
                    connections.spawn(async move {
                        match client {
                            Client::Plain(stream, _place) => connection::serve(stream, router, limits, closing).await,
                            Client::Tls(stream, tls, place) => {
                                let router = router.layer(Extension(ClientAddress(place.client())));
                                connection::serve_tls(&tls, stream, router, limits, closing).await;
                            }
                            Client::Socket(stream) => connection::serve(stream, router, limits, closing).await,
                        }
                        drop(slot);
                    });
                }
            }
        }
        drop(self);
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

    /// Waits for a free slot before it accepts: surplus clients wait in the kernel's queue, where they cost nothing.
    async fn accept(
        &self,
        slots: &Arc<Semaphore>,
        clients: &Clients,
        most: usize,
    ) -> (OwnedSemaphorePermit, Client) {
        // The semaphore is never closed; should it be, waiting for ever is what a closed server does.
        let Ok(slot) = Arc::clone(slots).acquire_owned().await else { std::future::pending().await };
        loop {
            match self.next(clients, most).await {
                Ok(Some(client)) => return (slot, client),
                Ok(None) => {}
                Err(error) if bind::concerns_one_client(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept HTTP connections; trying again in {RETRY:?}");
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// The next client; `None` if it has its share of connections already: that one is closed, so that the rest need not wait for
    /// it.
    async fn next(&self, clients: &Clients, most: usize) -> io::Result<Option<Client>> {
        let (listener, tls) = match self {
            Self::Loopback(listener) => (listener, None),
            Self::Tls(listener, tls) => (listener, Some(TlsAcceptor::from(tls.clone()))),
            Self::Socket(socket) => return Ok(Some(Client::Socket(socket.accept().await?))),
        };
        let (stream, client) = listener.accept().await?;
        let Some(place) = clients.place(client.ip(), most) else {
            tracing::debug!(%client, "closed: this client has {most} connections already");
            return Ok(None);
        };
        Ok(Some(match tls {
            None => Client::Plain(stream, place),
            Some(tls) => Client::Tls(stream, tls, place),
        }))
    }
}

/// Who asks, as far as an address tells: goes with each of their requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct ClientAddress(pub(super) IpAddr);

enum Client {
    Plain(TcpStream, Place),
    Tls(TcpStream, TlsAcceptor, Place),
    Socket(UnixStream),
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
