use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::CertificateError;

/// An address with its port, as the command line gives it.
///
/// # Errors
/// It is none, and what would be one.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "an address with a port is needed, like 127.0.0.1:PORT, 0.0.0.0:PORT or [::]:PORT; no name, and no http://"
            .to_owned()
    })
}

/// Whether a server would serve plain HTTP on this address, as far as that can be told without binding it.
///
/// # Errors
/// Not a loopback address.
pub fn check_address(address: SocketAddr) -> Result<(), BindError> {
    if address.ip().is_loopback() { Ok(()) } else { Err(BindError::NotLoopback { address }) }
}

/// Whether nobody can listen on the one while somebody listens on the other.
#[must_use]
pub fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let all = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && (all || one.ip() == other.ip())
}

/// Whether a server that is started now could listen on this address; one that is started may have rights that this program has not.
/// Nobody hears of it: what is bound for it is closed before it listens.
///
/// # Errors
/// The system's refusal; [`BindError::InUse`] where any program listens, this one too.
pub fn try_address(address: SocketAddr) -> Result<(), BindError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // As a listener has it: connections that have just ended there are not in the way.
        socket.set_reuseaddr(true)?;
        socket.bind(address)
    };
    match bound() {
        Err(cause) if cause.kind() != ErrorKind::PermissionDenied => {
            Err(BindError::from_system(address, cause))
        }
        _ => Ok(()),
    }
}

pub(super) async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    let failed = |cause| BindError::from_system(address, cause);
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Why a server does not start on an address.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Anyone on the network could ask: needs TLS and authentication, which this server does not have.
    #[error(
        "refusing to serve HTTP on {address}: anyone on the network could read it, without TLS and \
         authentication; use a loopback address such as --http 127.0.0.1:{port}, or a reverse proxy \
         with TLS and authentication in front of it", port = address.port()
    )]
    NotLoopback {
        /// The address asked for.
        address: SocketAddr,
    },
    /// Another program listens there.
    #[error(
        "cannot serve HTTP on {address}: another program uses this port; \
         `ss -ltnp 'sport = :{port}'` shows which, stop it or choose another port with --http ADDR:PORT",
        port = address.port()
    )]
    InUse {
        /// The address asked for.
        address: SocketAddr,
    },
    /// The user may not listen there.
    #[error(
        "cannot serve HTTP on {address}: no permission; ports below 1024 need CAP_NET_BIND_SERVICE, \
         choose a higher one with --http ADDR:PORT"
    )]
    PermissionDenied {
        /// The address asked for.
        address: SocketAddr,
    },
    /// No interface of this machine has that address.
    #[error(
        "cannot serve HTTP on {address}: this machine does not have that address; \
         `ip address` shows those it has, choose one with --http ADDR:PORT"
    )]
    AddressNotAvailable {
        /// The address asked for.
        address: SocketAddr,
    },
    /// TLS can't be set up.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Anything else.
    #[error("cannot serve HTTP on {address}: {cause}; choose another address with --http ADDR:PORT")]
    System {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
}

impl BindError {
    fn from_system(address: SocketAddr, cause: io::Error) -> Self {
        match cause.kind() {
            ErrorKind::AddrInUse => Self::InUse { address },
            ErrorKind::PermissionDenied => Self::PermissionDenied { address },
            ErrorKind::AddrNotAvailable => Self::AddressNotAvailable { address },
            _ => Self::System { address, cause },
        }
    }
}

/// Whether a failed `accept` says nothing about the next one.
pub(super) fn concerns_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: ErrorKind) -> String {
        BindError::from_system("127.0.0.1:80".parse().unwrap(), kind.into()).to_string()
    }

    #[tokio::test]
    async fn an_address_is_free_until_somebody_listens_there() {
        let (listener, address) = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
        assert!(matches!(try_address(address), Err(BindError::InUse { .. })));
        drop(listener);
        try_address(address).unwrap();
        try_address(address).unwrap();
    }

    #[test]
    fn addresses_overlap_where_one_port_is_meant_and_one_machine_s_address_or_all() {
        let overlap = |one: &str, other: &str| overlap(one.parse().unwrap(), other.parse().unwrap());
        assert!(overlap("127.0.0.1:80", "127.0.0.1:80"));
        assert!(overlap("127.0.0.1:80", "0.0.0.0:80") && overlap("[::]:80", "127.0.0.1:80"));
        assert!(!overlap("127.0.0.1:80", "127.0.0.2:80"));
        assert!(!overlap("0.0.0.0:80", "0.0.0.0:81"));
    }

    #[test]
    fn each_refusal_of_the_system_names_address_cause_and_remedy() {
        assert_eq!(
            told(ErrorKind::PermissionDenied),
            "cannot serve HTTP on 127.0.0.1:80: no permission; ports below 1024 need CAP_NET_BIND_SERVICE, choose \
             a higher one with --http ADDR:PORT"
        );
        assert_eq!(
            told(ErrorKind::AddrNotAvailable),
            "cannot serve HTTP on 127.0.0.1:80: this machine does not have that address; `ip address` shows those \
             it has, choose one with --http ADDR:PORT"
        );
        assert_eq!(
            told(ErrorKind::OutOfMemory),
            "cannot serve HTTP on 127.0.0.1:80: out of memory; choose another address with --http ADDR:PORT"
        );
    }
}
