//! What was seen, and when: the only way evidence enters.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use siaga_probe::{
    ProbeResult, Reason,
    network::{Failure, NetworkId},
};

use crate::{host::Host, inventory::Inventory, moment::Moment, reasons::Code, trial::Trial};

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
    /// A look at the machine itself. It can't fail as a whole: what could not be read is told as not known.
    Host(Host),
    /// A device that was tried, whatever came of it.
    Trial(Trial),
    /// An attempt to probe the link, whatever came of it.
    Probe(Box<ProbeEvidence>),
    /// What is remembered of the network that the room is on: that sustain probes failed there. It may only deny.
    Remembered(Vec<Failure>),
    /// How each probe server served when it was last asked.
    Servers(Vec<ServerStanding>),
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
    /// On which network it was made; `None` where that is not known, or it changed meanwhile, or an older room does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkId>,
    /// By how much the server's clock is ahead of this machine's, s, where the server said its time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_s: Option<f64>,
    /// Whether the network's own gateway answered. It is asked only where no server on the internet does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<Gateway>,
    /// What the probe reports; it names the server.
    pub result: ProbeResult,
}

/// How the gateway of the room's own network was found when nothing was heard from behind it: that tells a fault in the
/// room from one that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gateway {
    /// It answers.
    Answers,
    /// It does not.
    Silent,
    /// That can't be told.
    #[serde(other)]
    Unknown,
}

/// How one probe server served when it was last asked: a server's fault is told from the room's by looking at the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerStanding {
    /// As it is configured, `HOST:PORT`.
    pub server: String,
    /// What the last probe of it ended with; [`Reason::is_about_the_server`] tells that it did not serve.
    pub reason: Reason,
    /// Round trip to it while the line is idle, ms, if it was ever reached on this network.
    pub rtt_ms: Option<f64>,
    /// It saw the link fail where another server saw it pass.
    pub contradicted: bool,
}

/// Where a probe server's address lies, which decides what a probe to it can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerPlace {
    /// Reached over the internet.
    Public,
    /// In the office's own network, on this machine, or at an address that no host on the internet has.
    Internal,
    /// No address is known: its name was not resolved.
    #[serde(other)]
    Unknown,
}

impl ServerPlace {
    /// Internal is what the registries of special-purpose addresses (RFC 6890) keep out of the internet:
    /// loopback, private (RFC 1918), link-local, shared by a carrier's NAT (RFC 6598), unique local
    /// (RFC 4193), protocol assignments (192.0.0.0/24), benchmarking (RFC 2544), documentation (RFC 5737,
    /// RFC 3849), reserved (240.0.0.0/4), multicast, the unspecified address, which means this machine, and
    /// what of these is written as an IPv4-mapped IPv6 address.
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
    let [first, second, third, _] = address.octets();
    let carrier_nat = first == 100 && second & 0b1100_0000 == 0b0100_0000;
    let protocol_assignments = first == 192 && second == 0 && third == 0;
    let benchmarking = first == 198 && second & 0b1111_1110 == 18;
    let reserved = first >= 240;
    carrier_nat
        || protocol_assignments
        || benchmarking
        || reserved
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || address.is_unspecified()
}

const fn is_internal_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let documentation = first == 0x2001 && second == 0x0db8;
    documentation
        || address.is_loopback()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
        || address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_the_internet_is_told_from_one_that_cannot_be_there() {
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
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.19.255.254",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001:db8:ffff::1",
            "::ffff:10.0.0.1",
            "::ffff:198.18.0.1",
        ] {
            assert_eq!(place(internal), ServerPlace::Internal, "{internal}");
        }
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.255.255",
            "198.20.0.1",
            "198.51.101.1",
            "203.0.112.1",
            "223.255.255.254",
            "2001:db7::1",
            "2001:db9::1",
            "2606:4700::1",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(place(public), ServerPlace::Public, "{public}");
        }
    }
}
