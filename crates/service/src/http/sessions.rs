use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::page::cookie;

/// Browsers that were let in, each known by a cookie of 256 random bits, with what is kept of each (`T`). Kept in memory alone, as
/// hashes; bounded in time and number.
#[derive(Debug)]
pub struct Sessions<T = ()> {
    cookie: &'static str,
    attributes: &'static str,
    lifetime: Duration,
    most: usize,
    open: Mutex<HashMap<Hash, Session<T>>>,
}

#[derive(Debug)]
struct Session<T> {
    used: Instant,
    of: T,
}

type Hash = [u8; 32];

impl<T: Copy> Sessions<T> {
    /// Sessions that end when they have not been used for `lifetime`; of more than `most` the one that was not used for longest gives
    /// way. `is_tls`: the cookie is never sent in the clear.
    #[must_use]
    pub fn new(cookie: &'static str, lifetime: Duration, most: usize, is_tls: bool) -> Self {
        let attributes = if is_tls {
            "Path=/; HttpOnly; SameSite=Strict; Secure"
        } else {
            "Path=/; HttpOnly; SameSite=Strict"
        };
        Self { cookie, attributes, lifetime, most, open: Mutex::default() }
    }

    /// Lets a browser in. Answers with what goes into `Set-Cookie`; `None` if the system gives no random numbers.
    #[must_use]
    pub fn open_for(&self, of: T, now: Instant) -> Option<String> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).ok()?;
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut open = self.lasting(now);
        while open.len() >= self.most
            && let Some(oldest) = open.iter().min_by_key(|(_, it)| it.used).map(|(hash, _)| *hash)
        {
            open.remove(&oldest);
        }
        open.insert(hash(&secret), Session { used: now, of });
        Some(format!("{}={secret}; {}", self.cookie, self.attributes))
    }

    /// What is kept of the browser that a request comes from, if it was let in; if so, its session goes on.
    #[must_use]
    pub fn of(&self, headers: &HeaderMap, now: Instant) -> Option<T> {
        let secret = cookie(headers, self.cookie)?;
        let mut open = self.lasting(now);
        let session = open.get_mut(&hash(secret))?;
        session.used = now;
        Some(session.of)
    }

    /// Whether a request comes from a browser that was let in; if so, its session goes on.
    #[must_use]
    pub fn knows(&self, headers: &HeaderMap, now: Instant) -> bool {
        self.of(headers, now).is_some()
    }

    /// Ends the session that a request belongs to. Answers with what makes the browser forget its cookie.
    #[must_use]
    pub fn close(&self, headers: &HeaderMap, now: Instant) -> String {
        if let Some(secret) = cookie(headers, self.cookie) {
            self.lasting(now).remove(&hash(secret));
        }
        format!("{}=; {}; Max-Age=0", self.cookie, self.attributes)
    }

    fn lasting(&self, now: Instant) -> MutexGuard<'_, HashMap<Hash, Session<T>>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, it| now.saturating_duration_since(it.used) < self.lifetime);
        open
    }
}

impl Sessions {
    /// Lets a browser in of which nothing is kept; see [`Sessions::open_for`].
    #[must_use]
    pub fn open(&self, now: Instant) -> Option<String> {
        self.open_for((), now)
    }
}

/// Whoever looks a hash up learns nothing from how long it takes.
fn hash(secret: &str) -> Hash {
    digest(&SHA256, secret.as_bytes()).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn with(set_cookie: &str) -> HeaderMap {
        let pair = set_cookie.split(';').next().unwrap();
        [(header::COOKIE, pair.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn who_was_let_in_is_known_for_as_long_as_it_comes_back() {
        let (sessions, start) = (Sessions::new("s", HOUR, 4, false), Instant::now());
        let cookie = sessions.open(start).unwrap();
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict") && cookie.len() > 64, "{cookie}");
        let at = |minutes: u32| start + HOUR / 60 * minutes;
        assert!(sessions.knows(&with(&cookie), at(50)) && sessions.knows(&with(&cookie), at(100)));
        assert!(!sessions.knows(&with(&cookie), at(161)));
        assert!(!sessions.knows(&with("s=00"), start) && !sessions.knows(&HeaderMap::new(), start));
    }

    #[test]
    fn who_logs_out_is_out() {
        let (sessions, now) = (Sessions::new("s", HOUR, 4, true), Instant::now());
        let [left, stays] = [(); 2].map(|()| sessions.open(now).unwrap());
        assert!(left.ends_with("; Secure") && left != stays);
        assert_eq!(
            sessions.close(&with(&left), now),
            "s=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"
        );
        assert!(!sessions.knows(&with(&left), now) && sessions.knows(&with(&stays), now));
    }

    #[test]
    fn nobody_can_make_it_remember_without_bound() {
        let (sessions, start) = (Sessions::new("s", HOUR, 3, false), Instant::now());
        let cookies: Vec<_> =
            (0..5_u32).map(|n| sessions.open(start + Duration::from_secs(n.into())).unwrap()).collect();
        let known: Vec<_> = cookies.iter().map(|it| sessions.knows(&with(it), start + HOUR / 2)).collect();
        assert_eq!(known, [false, false, true, true, true]);
    }
}
