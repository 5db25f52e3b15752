//! The network that this machine is on, from what the kernel tells in text.

mod gateway;
mod kind;
mod routes;
mod traffic;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    path::Path,
};

use siaga_probe::network::NetworkFingerprint;

use routes::{Neighbour, Route};

pub use kind::is_paid_by_volume;
pub use traffic::Counters;

/// The ways to the internet, as far as they tell one network from another. Of each family the one that is taken comes
/// first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    v4: Vec<Route>,
    v6: Vec<Route>,
    /// From where this machine would send over IPv4. It changes with a VPN that is known to routing rules only.
    source: Option<Ipv4Addr>,
}

impl Network {
    /// Looks at this machine.
    #[must_use]
    pub fn now() -> Self {
        Self { source: source(), ..Self::read(Path::new("/proc/net")) }
    }

    /// From the files of `/proc/net`.
    fn read(directory: &Path) -> Self {
        let read = |file: &str| fs::read_to_string(directory.join(file)).unwrap_or_default();
        Self::parse(&read("route"), &read("ipv6_route"), &read("arp"))
    }

    /// From the texts of `/proc/net/route`, `ipv6_route` and `arp`.
    pub(crate) fn parse(v4: &str, v6: &str, neighbours: &str) -> Self {
        let mut v4 = routes::ways_out(v4);
        for route in &mut v4 {
            route.gateway_mac = Neighbour::gateway_of(route, neighbours).and_then(|it| it.hardware_address());
        }
        Self { v4, v6: routes::ways_out_v6(v6), source: None }
    }

    /// The interface that traffic to the internet takes: a VPN's, where it goes through one.
    #[must_use]
    pub fn interface(&self) -> Option<&str> {
        self.preferred().map(|route| route.interface.as_str())
    }

    /// The interface of the default route. Where [`Self::interface`] is a VPN's, this is the one that carries it.
    #[must_use]
    pub fn carrier(&self) -> Option<&str> {
        self.routes().find(|route| route.is_default).map(|route| route.interface.as_str())
    }

    /// What tells this network from others, as far as it can be told; `None` without a way to the internet.
    #[must_use]
    pub fn fingerprint(&self) -> Option<NetworkFingerprint> {
        self.preferred().map(|route| NetworkFingerprint {
            interface: route.interface.clone(),
            gateway_mac: route.gateway_mac.clone(),
            subnet: route.subnet.clone(),
        })
    }

    /// Takes over what `before` knew and can't be told now: the kernel forgets the hardware addresses of neighbours that
    /// were quiet for a while.
    #[must_use]
    pub fn knowing(mut self, before: &Self) -> Self {
        for route in &mut self.v4 {
            let known = before.v4.iter().find(|known| known.leads_like(route));
            route.gateway_mac = route.gateway_mac.take().or_else(|| known?.gateway_mac.clone());
        }
        self.source = self.source.or(before.source);
        self
    }

    /// Whether this is another network than `other`: there are other ways out, or another one is taken. A hardware
    /// address that becomes known is no change. Own IPv6 addresses say nothing: they change by themselves.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        let moved = matches!((self.source, other.source), (Some(now), Some(before)) if now != before);
        moved || differ(&self.v4, &other.v4) || differ(&self.v6, &other.v6)
    }

    /// IPv4 before IPv6.
    fn preferred(&self) -> Option<&Route> {
        self.routes().next()
    }

    fn routes(&self) -> impl Iterator<Item = &Route> {
        self.v4.iter().chain(&self.v6)
    }
}

/// The kernel chooses it when a socket is connected; nothing is sent for that.
fn source() -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((routes::SOMEWHERE, DISCARD)).ok()?;
    match socket.local_addr().ok()? {
        SocketAddr::V4(address) => Some(*address.ip()),
        SocketAddr::V6(_) => None,
    }
}

/// Any port would do (RFC 863).
const DISCARD: u16 = 9;

fn differ(some: &[Route], others: &[Route]) -> bool {
    let has_its_like = |route: &Route, among: &[Route]| among.iter().any(|other| route.is_like(other));
    let same_first = match (some.first(), others.first()) {
        (Some(one), Some(another)) => one.is_like(another),
        (one, another) => one.is_none() && another.is_none(),
    };
    let same_ways = some.iter().all(|route| has_its_like(route, others))
        && others.iter().all(|route| has_its_like(route, some));
    !(same_first && same_ways)
}

#[cfg(test)]
mod tests;
