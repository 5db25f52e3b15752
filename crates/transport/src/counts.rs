//! IP bytes of a connection, and the sizes of a train's packets.

use quinn::{Connection, ConnectionStats};
use siaga_probe::{Mode, ip_overhead, outcome::ByteCount};

/// QUIC bytes around a train's datagram: short header 1, connection id 8, packet number 2, DATAGRAM frame header 3,
/// AEAD tag 16.
const QUIC_OVERHEAD: u32 = 30;

/// Bytes of each QUIC DATAGRAM of a train.
#[allow(clippy::cast_possible_truncation)]
pub(crate) const fn train_datagram(mode: Mode) -> u16 {
    (mode.udp_payload() - QUIC_OVERHEAD) as u16
}

/// IP bytes of one train packet on this connection.
pub(crate) fn train_packet_bytes(connection: &Connection, mode: Mode) -> u32 {
    u32::from(train_datagram(mode)) + QUIC_OVERHEAD + ip_overhead(is_ipv6(connection))
}

/// IP bytes that this side of the connection has sent and received so far.
pub(crate) fn ip_bytes(connection: &Connection) -> ByteCount {
    ip_bytes_in(connection, &connection.stats())
}

/// The same by what is known already.
pub(crate) fn ip_bytes_in(connection: &Connection, stats: &ConnectionStats) -> ByteCount {
    let header = u64::from(ip_overhead(is_ipv6(connection)));
    ByteCount {
        sent: stats.udp_tx.bytes + stats.udp_tx.datagrams * header,
        received: stats.udp_rx.bytes + stats.udp_rx.datagrams * header,
    }
}

fn is_ipv6(connection: &Connection) -> bool {
    // A dual-stack socket shows IPv4 peers as mapped addresses; on the wire they are IPv4.
    connection.remote_address().ip().to_canonical().is_ipv6()
}
