//! Why did no QUIC packet come back? A look from two sides, after a handshake that timed out.

use std::{io, net::SocketAddr, time::Duration};

use siaga_probe::Reason;
use tokio::{
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// How long each look may take.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What stands between this machine and the server, in a reason and in words.
pub(crate) async fn silence(server: SocketAddr) -> (Reason, String) {
    match udp_refusal(server).await {
        Some(io::ErrorKind::ConnectionRefused) => (
            Reason::ServerAbsent,
            format!(
                "{server} answers that nothing listens on this UDP port; \
                 check that the probe server runs, and its address and port"
            ),
        ),
        Some(io::ErrorKind::PermissionDenied) => (
            Reason::UdpBlocked,
            format!("this machine's own firewall does not let UDP to {server} out; allow it there"),
        ),
        Some(kind @ (io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable)) => (
            Reason::NoRoute,
            format!("there is no way to {server} ({kind}); check the cable, the Wi-Fi and the default route"),
        ),
        _ if tcp_answers(server).await => (
            Reason::UdpBlocked,
            format!(
                "{server} answers over TCP but not over UDP: \
                 a firewall on the way blocks UDP port {}, or the probe server has stopped answering; \
                 have the port opened for UDP in both directions",
                server.port()
            ),
        ),
        _ => (
            Reason::ServerUnreachable,
            format!(
                "nothing answers at {server}; check that the server's machine is up and reachable from here, \
                 and that UDP port {} is not blocked",
                server.port()
            ),
        ),
    }
}

/// A connected socket hears the ICMP errors that QUIC's unconnected one does not.
async fn udp_refusal(server: SocketAddr) -> Option<io::ErrorKind> {
    let local = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let look = async {
        let socket = UdpSocket::bind(local).await?;
        socket.connect(server).await?;
        // One byte is no QUIC packet; a server drops it.
        socket.send(&[0]).await?;
        socket.recv(&mut [0; 1]).await
    };
    match timeout(PATIENCE, look).await {
        Ok(Err(error)) => Some(error.kind()),
        Ok(Ok(_)) | Err(_) => None,
    }
}

/// Whether the machine answers at all: a refusal of the connection is an answer too.
async fn tcp_answers(server: SocketAddr) -> bool {
    match timeout(PATIENCE, TcpStream::connect(server)).await {
        Ok(Ok(_)) => true,
        Ok(Err(error)) => error.kind() == io::ErrorKind::ConnectionRefused,
        Err(_) => false,
    }
}
