//! Who asks.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

/// What is accounted for as one: a room, or a stranger's network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Asker {
    /// By the name in its certificate.
    Room(Arc<str>),
    /// A client without an identity, by what [`Self::at`] makes of its address.
    Address(IpAddr),
}

impl Asker {
    /// A client without an identity: its IPv4 address, or the /64 of its IPv6 address, which one machine fills by itself.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }

    pub(super) const fn is_room(&self) -> bool {
        matches!(self, Self::Room(_))
    }
}

/// For the server's log.
impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(room) => f.write_str(room),
            Self::Address(IpAddr::V6(address)) => write!(f, "{address}/64"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_counts_as_one_and_an_ipv4_address_as_itself_however_it_is_written() {
        let at = |text: &str| Asker::at(text.parse().unwrap()).to_string();
        assert_eq!(at("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(at("192.0.2.7"), "192.0.2.7");
        assert_eq!(at("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
