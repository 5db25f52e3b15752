//! The network that this machine is on, from what the kernel tells in text.

mod kind;
mod routes;
mod traffic;

use std::{fs, path::Path};

use siaga_probe::network::NetworkFingerprint;

use routes::Route;

pub use kind::is_paid_by_volume;
pub use traffic::Counters;

/// The default routes, as far as they tell one network from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The preferred one first.
    routes: Vec<Route>,
}

impl Network {
    /// Looks at this machine.
    #[must_use]
    pub fn now() -> Self {
        let read = |file: &str| fs::read_to_string(Path::new("/proc/net").join(file)).unwrap_or_default();
        Self::parse(&read("route"), &read("ipv6_route"), &read("arp"))
    }

    /// From the texts of `/proc/net/route`, `ipv6_route` and `arp`.
    pub(crate) fn parse(v4: &str, v6: &str, neighbours: &str) -> Self {
        let mut routes = routes::default_routes(v4, v6);
        for route in &mut routes {
            route.gateway_mac = routes::hardware_address(neighbours, route);
        }
        Self { routes }
    }

    /// The interface that traffic to the internet takes.
    #[must_use]
    pub fn interface(&self) -> Option<&str> {
        self.routes.first().map(|route| route.interface.as_str())
    }

    /// What tells this network from others, as far as it can be told; `None` without a default route.
    #[must_use]
    pub fn fingerprint(&self) -> Option<NetworkFingerprint> {
        self.routes.first().map(|route| NetworkFingerprint {
            interface: route.interface.clone(),
            gateway_mac: route.gateway_mac.clone(),
            subnet: route.subnet.clone(),
        })
    }

    /// Takes over the hardware addresses that `before` knew and the kernel has forgotten since: it does so about
    /// neighbours that were quiet for a while.
    #[must_use]
    pub fn knowing(mut self, before: &Self) -> Self {
        for route in &mut self.routes {
            let known = before.routes.iter().find(|known| known.leads_like(route));
            route.gateway_mac = route.gateway_mac.take().or_else(|| known?.gateway_mac.clone());
        }
        self
    }

    /// Whether this is another network than `other`. A hardware address that becomes known is no change.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        let has_its_like = |route: &Route, others: &[Route]| others.iter().any(|other| route.is_like(other));
        !(self.routes.iter().all(|route| has_its_like(route, &other.routes))
            && other.routes.iter().all(|route| has_its_like(route, &self.routes)))
    }
}

#[cfg(test)]
mod tests;
