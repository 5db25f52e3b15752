//! What was seen, and when: the only way evidence enters.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use siaga_probe::ProbeResult;

use crate::{inventory::Inventory, moment::Moment, reasons::Code};

/// One look at the world. A look that failed is an observation too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// When the look **began**: nothing in it is younger than that, so ages never flatter.
    pub at: Moment,
    /// How long it took.
    pub took: Duration,
    /// What was seen.
    pub evidence: Evidence,
}

/// What an observation says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A device scan that was done.
    Devices(Inventory),
    /// A device scan that could not be done.
    DeviceFault(ScanFault),
    /// An attempt to probe the link, whatever came of it.
    Probe(Box<ProbeEvidence>),
}

/// Why a device scan could not be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanFault {
    /// For people and scripts.
    pub reason: Code,
    /// For the log and support: the system's own words.
    pub detail: String,
}

/// An attempt to probe the link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeEvidence {
    /// Where the server's address lies.
    pub server_place: ServerPlace,
    /// What the probe reports; it names the server.
    pub result: ProbeResult,
}

/// Where a probe server's address lies, which decides what a probe to it can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerPlace {
    /// Reached over the internet.
    Public,
    /// In the office's own network or on this machine.
    Internal,
    /// No address is known: its name was not resolved.
    #[serde(other)]
    Unknown,
}

impl ServerPlace {
    /// Internal: loopback, private (RFC 1918), link-local, shared by a carrier's NAT (RFC 6598), unique
    /// local (RFC 4193), the unspecified address, which means this machine, and what of these is written as
    /// an IPv4-mapped IPv6 address.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        let internal = match address.to_canonical() {
            IpAddr::V4(v4) => is_internal_v4(v4),
            IpAddr::V6(v6) => is_internal_v6(v6),
        };
        if internal { Self::Internal } else { Self::Public }
    }
}

const fn is_internal_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let carrier_nat = first == 100 && second & 0b1100_0000 == 0b0100_0000;
    carrier_nat
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
}

const fn is_internal_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_in_the_offices_own_network_is_told_from_one_on_the_internet() {
        let place = |text: &str| ServerPlace::of(text.parse().unwrap());
        for internal in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.254",
            "192.168.1.1",
            "169.254.9.9",
            "100.64.0.1",
            "100.127.255.255",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(place(internal), ServerPlace::Internal, "{internal}");
        }
        for public in
            ["1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8"]
        {
            assert_eq!(place(public), ServerPlace::Public, "{public}");
        }
    }
}
