//! How often a stranger may try a token.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// Wrong tokens from one address within a minute. A token has 160 bits: what this saves is the server's time.
const WRONG: u32 = 10;

/// Addresses of which wrong tokens are counted within a minute. While there are more, no others are heard: whoever
/// holds so many addresses must not get further guesses by them.
const ADDRESSES: usize = 4096;

const MINUTE: Duration = Duration::from_secs(60);

/// Wrong tokens of the running minute, by address (of IPv6 by /64, which one subscriber has).
#[derive(Debug)]
pub(super) struct Guesses {
    since: Instant,
    wrong: HashMap<IpAddr, u32>,
}

impl Guesses {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, wrong: HashMap::new() }
    }

    /// How long to wait before the next try from `address`; `None` if it may be made now.
    pub(super) fn wait(&mut self, address: IpAddr, now: Instant) -> Option<Duration> {
        if now.saturating_duration_since(self.since) >= MINUTE {
            *self = Self::new(now);
        }
        let refused = match self.wrong.get(&subscriber(address)) {
            Some(wrong) => *wrong >= WRONG,
            None => self.wrong.len() >= ADDRESSES,
        };
        refused.then(|| MINUTE.saturating_sub(now.saturating_duration_since(self.since)))
    }

    /// Counts a wrong token.
    pub(super) fn wrong(&mut self, address: IpAddr) {
        let count = self.wrong.entry(subscriber(address)).or_default();
        *count = count.saturating_add(1);
    }
}

fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_ten_wrong_ones_an_address_waits_for_the_rest_of_the_minute_and_others_do_not() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let (guesser, neighbour) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
        let other = "192.0.2.1".parse().unwrap();
        let mut guesses = Guesses::new(start);
        for _ in 0..WRONG {
            assert_eq!(guesses.wait(guesser, at(20)), None);
            guesses.wrong(guesser);
        }
        for address in [guesser, neighbour] {
            assert_eq!(guesses.wait(address, at(20)), Some(Duration::from_secs(40)), "the same subscriber");
        }
        assert_eq!(guesses.wait(other, at(20)), None);
        assert_eq!(guesses.wait(guesser, at(60)), None);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let start = Instant::now();
        let mut guesses = Guesses::new(start);
        let addresses = (0..).map(|n: u32| IpAddr::from(n.to_be_bytes()));
        for address in addresses.take(10 * ADDRESSES) {
            if guesses.wait(address, start).is_none() {
                guesses.wrong(address);
            }
        }
        assert_eq!(guesses.wrong.len(), ADDRESSES);
        assert_eq!(guesses.wait([0, 0, 0, 1].into(), start), None, "who is known may go on");
    }
}
