use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many wrong tokens each client has shown lately.
///
/// Who shows a right one is answered whatever others behind the same address do: with 256 random bits there is nothing to
/// guess, and what is bounded is only the noise.
#[derive(Debug, Default)]
pub(super) struct WrongTokens(Mutex<HashMap<IpAddr, Shown>>);

#[derive(Debug)]
struct Shown {
    /// Wrong tokens, less those that are forgiven.
    number: f64,
    at: Instant,
}

/// Wrong tokens that a client may show at once.
const MOST: f64 = 10.0;

/// After this time one is forgiven.
const FORGIVEN: Duration = Duration::from_secs(6);

/// Clients that are remembered.
const CLIENTS: usize = 4096;

impl WrongTokens {
    /// This client has shown one at `now`. Answers how long it should wait before the next, if these are too many.
    pub(super) fn shown(&self, client: IpAddr, now: Instant) -> Option<Duration> {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clients.len() >= CLIENTS && !clients.contains_key(&client) {
            clients.retain(|_, shown| shown.left(now) > 0.0);
            // So many are no accident.
            if clients.len() >= CLIENTS {
                return Some(FORGIVEN);
            }
        }
        let shown = clients.entry(client).or_insert(Shown { number: 0.0, at: now });
        let number = shown.left(now);
        *shown = Shown { number: (number + 1.0).min(MOST), at: now };
        (number + 1.0 > MOST).then(|| FORGIVEN.mul_f64(number + 1.0 - MOST))
    }
}

impl Shown {
    fn left(&self, now: Instant) -> f64 {
        let forgiven = now.saturating_duration_since(self.at).as_secs_f64() / FORGIVEN.as_secs_f64();
        (self.number - forgiven).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_may_be_wrong_now_and_then_and_not_all_the_time() {
        let (wrong, start) = (WrongTokens::default(), Instant::now());
        let client: IpAddr = [192, 0, 2, 1].into();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!((0..10).all(|_| wrong.shown(client, start).is_none()));
        assert_eq!(wrong.shown(client, start), Some(FORGIVEN));
        assert_eq!(wrong.shown([192, 0, 2, 2].into(), start), None, "another client");
        assert!((0..1000).all(|_| wrong.shown(client, at(1)).is_some_and(|wait| wait <= FORGIVEN)));
        assert_eq!(wrong.shown(client, at(13)), None, "two were forgiven, whatever it did meanwhile");
        assert!((1..100).all(|n| wrong.shown([192, 0, 2, 3].into(), at(n * 6)).is_none()));
    }

    #[test]
    fn nobody_can_make_it_remember_without_bound() {
        let (wrong, start) = (WrongTokens::default(), Instant::now());
        for client in 0..10_000_u32 {
            wrong.shown(std::net::Ipv4Addr::from_bits(client).into(), start);
        }
        assert_eq!(wrong.0.lock().unwrap().len(), CLIENTS);
        assert!(wrong.shown([203, 0, 113, 1].into(), start).is_some());
        assert!(wrong.shown([203, 0, 113, 1].into(), start + FORGIVEN).is_none());
    }
}
