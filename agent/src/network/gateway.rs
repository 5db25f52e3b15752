//! Whether the network's own gateway answers: where no server does, that tells a fault in the room from one behind it.

use std::{fs, io, net::Ipv4Addr, time::Duration};

use siaga_readiness::observation::Gateway as Found;
use tokio::{net::TcpStream, time::timeout};

use super::{
    Network,
    routes::{Gateway, Neighbour, Route},
};

impl Network {
    /// Knocks at the default route's gateway, which carries a VPN as well, and takes up to nine seconds for it. Over IPv6
    /// nothing can be told: its neighbours are in no file.
    pub async fn gateway(&self) -> Found {
        let mut ways = self.v4.iter().filter(|route| route.is_default);
        let Some((route, address)) = ways.find_map(|route| Some((route, route.next_hop()?))) else {
            return Found::Unknown;
        };
        let knocked = timeout(PATIENCE, TcpStream::connect((address, DOMAIN))).await;
        if knocked.is_ok_and(|answer| is_answer(answer.as_ref())) {
            return Found::Answers;
        }
        // It may drop what it does not serve, but every host answers who has its address.
        let neighbours = fs::read_to_string("/proc/net/arp").unwrap_or_default();
        found(Neighbour::gateway_of(route, &neighbours).as_ref())
    }
}

/// For so long the kernel takes a neighbour that has fallen silent for one that is there: five seconds, and three
/// questions a second apart (`delay_first_probe_time`, `ucast_solicit` and `retrans_time_ms` of arp(7)).
const PATIENCE: Duration = Duration::from_secs(9);

/// Names are asked of many a gateway (RFC 7766); whatever refuses is there as well.
const DOMAIN: u16 = 53;

fn is_answer<T>(answer: Result<&T, &io::Error>) -> bool {
    answer.map_or_else(|error| error.kind() == io::ErrorKind::ConnectionRefused, |_| true)
}

/// From what the kernel knows after a packet was sent there. A network without such addresses has no row.
fn found(neighbour: Option<&Neighbour>) -> Found {
    match neighbour {
        Some(neighbour) if neighbour.is_permanent() => Found::Unknown,
        Some(neighbour) if neighbour.is_complete() => Found::Answers,
        Some(_) => Found::Silent,
        None => Found::Unknown,
    }
}

impl Route {
    fn next_hop(&self) -> Option<Ipv4Addr> {
        match self.gateway {
            Gateway::V4(address) if !address.is_unspecified() => Some(address),
            Gateway::V4(_) | Gateway::V6(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = include_str!("fixtures/office/route");

    fn after_knocking(row: &str) -> Found {
        let network = Network::parse(OFFICE, "", "");
        found(Neighbour::gateway_of(&network.v4[0], row).as_ref())
    }

    #[test]
    fn a_gateway_is_silent_only_where_the_kernel_has_asked_for_it_in_vain() {
        let row = |flags, mac| format!("192.168.1.1 0x1 {flags} {mac} * eth0\n");
        assert_eq!(after_knocking(&row("0x2", "02:00:00:00:00:0a")), Found::Answers);
        assert_eq!(after_knocking(&row("0x0", "02:00:00:00:00:0a")), Found::Silent, "it no longer answers");
        assert_eq!(after_knocking(&row("0x0", "00:00:00:00:00:00")), Found::Silent, "it never did");
    }

    #[test]
    fn what_the_kernel_does_not_ask_is_not_told() {
        for row in [
            "",
            "192.168.1.1 0x1 0x6 02:00:00:00:00:0a * eth0\n",
            "192.168.1.1 0x1 0x0 00:00:00:00:00:00 * wlan0\n",
            "192.168.1.7 0x1 0x0 00:00:00:00:00:00 * eth0\n",
        ] {
            assert_eq!(after_knocking(row), Found::Unknown, "{row}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer_and_what_others_say_is_none() {
        let refused = |kind: io::ErrorKind| is_answer::<()>(Err(&kind.into()));
        assert!(refused(io::ErrorKind::ConnectionRefused) && is_answer(Ok(&())));
        assert!(!refused(io::ErrorKind::HostUnreachable) && !refused(io::ErrorKind::NetworkUnreachable));
    }

    #[tokio::test]
    async fn without_a_gateway_there_is_nobody_to_ask() {
        assert_eq!(Network::default().gateway().await, Found::Unknown);
    }
}
