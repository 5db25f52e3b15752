//! The way to the server: its address, a socket of our own, the connection.

use std::{fmt::Display, io, net::SocketAddr, sync::Arc, time::Duration};

use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, TokioRuntime};
use siaga_probe::{Reason, outcome::ByteCount};
use tokio::{net::lookup_host, time::timeout};

use crate::{
    close, diagnose,
    failure::{self, Failure},
    quic,
    server_name::ServerName,
    socket::{self, CountingSocket, Meter},
};

/// How long a name may take to resolve.
const RESOLVE: Duration = Duration::from_secs(5);

/// How long the last word may take to leave this machine.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// The server's address; the first, if the name has several.
pub(crate) async fn resolve(server: &ServerName) -> Result<SocketAddr, Failure> {
    let failed = |cause: &dyn Display| {
        let words = format!(
            "the name {} could not be resolved: {cause}; check the spelling and this machine's DNS",
            server.host()
        );
        Failure::new(Reason::NameNotResolved, words)
    };
    match timeout(RESOLVE, lookup_host((server.host(), server.port()))).await {
        Ok(Ok(mut addresses)) => addresses.next().ok_or_else(|| failed(&"no address")),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(failed(&"the name server did not answer within 5 s")),
    }
}

/// A socket for one attempt, and what passed over it.
pub(crate) struct Port {
    server: SocketAddr,
    socket: Arc<CountingSocket>,
    endpoint: Endpoint,
}

impl Port {
    pub(crate) fn open(server: SocketAddr, meter: &Meter) -> Result<Self, Failure> {
        let local: SocketAddr =
            if server.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
        let failed = |error: io::Error| {
            Failure::new(Reason::LocalFault, format!("this machine could not open a UDP socket: {error}"))
        };
        let ipv6 = server.ip().to_canonical().is_ipv6();
        let socket =
            CountingSocket::new(socket::bind(local).map_err(failed)?, ipv6, meter).map_err(failed)?;
        let endpoint = Endpoint::new_with_abstract_socket(
            quic::endpoint(),
            None,
            socket.clone(),
            Arc::new(TokioRuntime),
        )
        .map_err(failed)?;
        Ok(Self { server, socket, endpoint })
    }

    pub(crate) async fn connect(
        &self,
        config: ClientConfig,
        server: &ServerName,
        patience: Duration,
    ) -> Result<Connection, Failure> {
        let connecting = self.endpoint.connect_with(config, self.server, server.host()).map_err(|error| {
            Failure::new(Reason::LocalFault, format!("cannot connect to {}: {error}", self.server))
        })?;
        match timeout(patience, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Err(_) | Ok(Err(ConnectionError::TimedOut)) => {
                let (reason, words) = diagnose::silence(self.server).await;
                Err(Failure::new(reason, words))
            }
            Ok(Err(error)) => Err(failure::of_connection(&error, server)),
        }
    }

    /// Takes leave of the server. Answers with the IP bytes of all that passed.
    pub(crate) async fn close(self) -> ByteCount {
        let bytes = self.socket.ip_bytes();
        if self.endpoint.open_connections() > 0 {
            let word_left = self.socket.next_sent();
            self.endpoint.close(close::DONE, b"");
            // Not until the connection has drained: that takes three round trips and more, and nothing comes of it.
            let _ = timeout(LAST_WORDS, word_left).await;
        }
        bytes
    }
}
