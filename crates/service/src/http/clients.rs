use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections each client has.
#[derive(Debug, Clone, Default)]
pub(super) struct Clients {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Clients {
    /// A place for one more connection of this client; `None` if it has `most` already.
    pub(super) fn place(&self, address: IpAddr, most: usize) -> Option<Place> {
        let client = of(address);
        let mut open = self.open();
        let held = open.entry(client).or_default();
        if *held >= most {
            return None;
        }
        *held += 1;
        Some(Place { clients: self.clone(), client })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client has all of an IPv6 network of 64 bits to itself.
fn of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

/// A connection's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    clients: Clients,
    client: IpAddr,
}

impl Place {
    /// Whose it is: an IPv4 address, or the first of an IPv6 network of 64 bits.
    pub(super) const fn client(&self) -> IpAddr {
        self.client
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.clients.open();
        let left = open.get(&self.client).map_or(0, |held| held.saturating_sub(1));
        if left == 0 {
            open.remove(&self.client);
        } else {
            open.insert(self.client, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_leaves_makes_room_for_its_next_and_nothing_is_left_of_it() {
        let clients = Clients::default();
        let place = |address: &str| clients.place(address.parse().unwrap(), 2);
        let first = place("2001:db8::1");
        let second = place("2001:db8::ffff");
        assert!(first.is_some() && second.is_some());
        assert!(place("2001:db8::2").is_none(), "another address of the same client");
        assert!(place("2001:db8:0:1::1").is_some(), "another client");
        drop(first);
        assert!(place("2001:db8::2").is_some());
        drop(second);
        assert!(clients.open().is_empty());
    }
}
