//! Default routes and the gateways' hardware addresses, as proc(5) describes their files.

use std::net::Ipv4Addr;

/// A default route. Columns that count uses are left out: they change by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) interface: String,
    pub(super) gateway: Gateway,
    /// Of IPv4 only: IPv6 neighbours are in no file.
    pub(super) gateway_mac: Option<String>,
    pub(super) subnet: Option<String>,
    metric: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gateway {
    V4(Ipv4Addr),
    /// As the kernel writes it.
    V6(String),
}

impl Route {
    /// The same interface, gateway and network, whatever their hardware.
    pub(super) fn leads_like(&self, other: &Self) -> bool {
        self.interface == other.interface && self.gateway == other.gateway && self.subnet == other.subnet
    }

    /// As [`Self::leads_like`], and no two hardware addresses contradict each other.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let same_hardware = match (&self.gateway_mac, &other.gateway_mac) {
            (Some(one), Some(another)) => one == another,
            _ => true,
        };
        self.leads_like(other) && same_hardware
    }
}

/// The default routes of `/proc/net/route` and `/proc/net/ipv6_route`, the preferred one first, IPv4 before IPv6.
pub(super) fn default_routes(v4: &str, v6: &str) -> Vec<Route> {
    let table: Vec<Row> = v4.lines().filter_map(Row::parse).collect();
    let mut routes: Vec<Route> = table.iter().filter_map(|row| row.default_route(&table)).collect();
    routes.sort_by_key(|route| route.metric);
    let mut six: Vec<Route> = v6.lines().filter_map(default_route_v6).collect();
    six.sort_by_key(|route| route.metric);
    routes.extend(six);
    routes
}

/// A row of `/proc/net/route`; addresses are written as the machine keeps them in memory.
struct Row<'a> {
    interface: &'a str,
    destination: u32,
    gateway: u32,
    metric: u32,
    mask: u32,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, gateway, _, _, _, metric, mask, ..] = columns[..] else { return None };
        let address = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::from_be);
        Some(Self {
            interface,
            destination: address(destination)?,
            gateway: address(gateway)?,
            metric: metric.parse().ok()?,
            mask: address(mask)?,
        })
    }

    fn default_route(&self, table: &[Self]) -> Option<Route> {
        (self.destination == 0 && self.mask == 0).then(|| Route {
            interface: self.interface.to_owned(),
            gateway: Gateway::V4(self.gateway.into()),
            gateway_mac: None,
            subnet: table.iter().find_map(|row| row.subnet_of(self)),
            metric: self.metric,
        })
    }

    /// This row's network, if `route`'s gateway is in it.
    fn subnet_of(&self, route: &Self) -> Option<String> {
        let direct = self.gateway == 0 && self.mask != 0 && self.interface == route.interface;
        let has_gateway = route.gateway != 0 && route.gateway & self.mask == self.destination;
        (direct && has_gateway)
            .then(|| format!("{}/{}", Ipv4Addr::from(self.destination), self.mask.count_ones()))
    }
}

/// Destination and prefix length are zero. The network is left out: its prefix may change every day.
fn default_route_v6(line: &str) -> Option<Route> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [destination, "00", _, _, gateway, metric, _, _, _, interface] = columns[..] else { return None };
    // The kernel's own “unreachable” route stands on lo.
    let leads_out = destination.bytes().all(|b| b == b'0') && interface != "lo";
    leads_out.then(|| Route {
        interface: interface.to_owned(),
        gateway: Gateway::V6(gateway.to_owned()),
        gateway_mac: None,
        subnet: None,
        metric: u32::from_str_radix(metric, 16).unwrap_or(u32::MAX),
    })
}

/// The hardware address of a route's gateway in `/proc/net/arp`, if the kernel knows it just now.
pub(super) fn hardware_address(neighbours: &str, route: &Route) -> Option<String> {
    const COMPLETE: u32 = 0x2;
    let Gateway::V4(gateway) = route.gateway else { return None };
    neighbours.lines().find_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [address, _, flags, mac, _, interface] = columns[..] else { return None };
        let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok()?;
        let ours = address.parse() == Ok(gateway) && interface == route.interface;
        (ours && flags & COMPLETE != 0 && mac != "00:00:00:00:00:00").then(|| mac.to_lowercase())
    })
}
