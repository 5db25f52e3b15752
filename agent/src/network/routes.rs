//! Ways to the internet and the gateways' hardware addresses, as proc(5) describes their files.

use std::{
    cmp::Reverse,
    net::{Ipv4Addr, Ipv6Addr},
};

/// A default route, or one that is nearly as wide. Columns that count uses are left out: they change by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) interface: String,
    pub(super) gateway: Gateway,
    /// Of IPv4 only: IPv6 neighbours are in no file.
    pub(super) gateway_mac: Option<String>,
    pub(super) subnet: Option<String>,
    /// It leads everywhere; else to a part of all addresses.
    pub(super) is_default: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gateway {
    V4(Ipv4Addr),
    V6(Ipv6Addr),
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

/// A VPN may leave the default route alone and add two halves of all addresses, or all but the private ones in some
/// twenty pieces. What is longer than this many bits leads to somebody's network and not to the internet.
const LONGEST_PREFIX: u32 = 8;

/// Stands for the internet where a route is chosen. Nobody has it (RFC 5737), and it is far from the private networks,
/// around which the pieces become small.
pub(super) const SOMEWHERE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// The same for IPv6 (RFC 3849).
const SOMEWHERE_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// The ways out of `/proc/net/route`, the one that the kernel takes first.
pub(super) fn ways_out(v4: &str) -> Vec<Route> {
    let table: Vec<Row> = v4.lines().filter_map(Row::parse).collect();
    let mut ways: Vec<&Row> = table.iter().filter(|row| row.leads_out()).collect();
    ways.sort_by_key(|row| (!row.contains(SOMEWHERE), Reverse(row.mask.count_ones()), row.metric));
    ways.into_iter().map(|row| row.route(&table)).collect()
}

/// The ways out of `/proc/net/ipv6_route`, the one that the kernel takes first.
pub(super) fn ways_out_v6(v6: &str) -> Vec<Route> {
    let mut ways: Vec<RowV6> = v6.lines().filter_map(RowV6::parse).filter(RowV6::leads_out).collect();
    ways.sort_by_key(|row| (!row.contains(SOMEWHERE_V6), Reverse(row.prefix), row.metric));
    ways.iter().map(RowV6::route).collect()
}

/// The route is in use (`RTF_UP` of linux/route.h).
const UP: u32 = 0x1;

/// It is there to refuse (`RTF_REJECT`).
const REJECT: u32 = 0x200;

const fn is_usable(flags: u32) -> bool {
    flags & UP != 0 && flags & REJECT == 0
}

/// A row of `/proc/net/route`; addresses are written as the machine keeps them in memory.
struct Row<'a> {
    interface: &'a str,
    destination: u32,
    gateway: u32,
    flags: u32,
    metric: u32,
    mask: u32,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [interface, destination, gateway, flags, _, _, metric, mask, ..] = columns[..] else {
            return None;
        };
        let address = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::from_be);
        Some(Self {
            interface,
            destination: address(destination)?,
            gateway: address(gateway)?,
            flags: u32::from_str_radix(flags, 16).ok()?,
            metric: metric.parse().ok()?,
            mask: address(mask)?,
        })
    }

    /// A black hole is a route of the interface `*`.
    fn leads_out(&self) -> bool {
        let is_multicast = Ipv4Addr::from(self.destination).is_multicast();
        is_usable(self.flags)
            && !["lo", "*"].contains(&self.interface)
            && self.mask.count_ones() <= LONGEST_PREFIX
            && !is_multicast
    }

    fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask == self.destination
    }

    fn route(&self, table: &[Self]) -> Route {
        Route {
            interface: self.interface.to_owned(),
            gateway: Gateway::V4(self.gateway.into()),
            gateway_mac: None,
            subnet: table.iter().find_map(|row| row.subnet_of(self)),
            is_default: self.mask == 0,
        }
    }

    /// This row's network, if `route`'s gateway is in it.
    fn subnet_of(&self, route: &Self) -> Option<String> {
        let direct = self.gateway == 0 && self.mask != 0 && self.interface == route.interface;
        let has_gateway = route.gateway != 0 && route.gateway & self.mask == self.destination;
        (direct && has_gateway)
            .then(|| format!("{}/{}", Ipv4Addr::from(self.destination), self.mask.count_ones()))
    }
}

/// A row of `/proc/net/ipv6_route`, all of it in hexadecimal digits.
struct RowV6<'a> {
    interface: &'a str,
    destination: u128,
    prefix: u32,
    gateway: u128,
    metric: u32,
    flags: u32,
}

impl<'a> RowV6<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let [destination, prefix, _, _, gateway, metric, _, _, flags, interface] = columns[..] else {
            return None;
        };
        let number = |text| u32::from_str_radix(text, 16).ok();
        let address = |text| u128::from_str_radix(text, 16).ok();
        Some(Self {
            interface,
            destination: address(destination)?,
            prefix: number(prefix).filter(|bits| *bits <= u128::BITS)?,
            gateway: address(gateway)?,
            metric: number(metric)?,
            flags: number(flags)?,
        })
    }

    /// Each interface has a route for multicast, and `lo` some of the kernel's own.
    fn leads_out(&self) -> bool {
        let is_multicast = Ipv6Addr::from(self.destination).is_multicast();
        is_usable(self.flags) && self.interface != "lo" && self.prefix <= LONGEST_PREFIX && !is_multicast
    }

    fn contains(&self, address: Ipv6Addr) -> bool {
        let apart = u128::from(address) ^ self.destination;
        apart.leading_zeros() >= self.prefix
    }

    /// The network is left out: its prefix may change every day.
    fn route(&self) -> Route {
        Route {
            interface: self.interface.to_owned(),
            gateway: Gateway::V6(self.gateway.into()),
            gateway_mac: None,
            subnet: None,
            is_default: self.prefix == 0,
        }
    }
}

/// What the kernel knows of a gateway just now: a row of `/proc/net/arp`.
pub(super) struct Neighbour<'a> {
    flags: u32,
    mac: &'a str,
}

impl<'a> Neighbour<'a> {
    /// Of a route's gateway, if it was spoken to lately.
    pub(super) fn gateway_of(route: &Route, neighbours: &'a str) -> Option<Self> {
        let Gateway::V4(gateway) = route.gateway else { return None };
        neighbours.lines().find_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [address, _, flags, mac, _, interface] = columns[..] else { return None };
            let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16).ok()?;
            let ours = address.parse() == Ok(gateway) && interface == route.interface;
            ours.then_some(Self { flags, mac })
        })
    }

    /// Its hardware address is known (`ATF_COM` of linux/if_arp.h).
    pub(super) const fn is_complete(&self) -> bool {
        self.flags & 0x2 != 0
    }

    /// Somebody wrote it down, and the kernel does not ask (`ATF_PERM`).
    pub(super) const fn is_permanent(&self) -> bool {
        self.flags & 0x4 != 0
    }

    pub(super) fn hardware_address(&self) -> Option<String> {
        (self.is_complete() && self.mac != "00:00:00:00:00:00").then(|| self.mac.to_lowercase())
    }
}
