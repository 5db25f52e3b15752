//! Many who come in the same moment.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

/// So many connections and questions in [`WITHIN`] are a storm: a fleet of ten thousand rooms comes five times a second to ask, and
/// each handshake costs a small machine some milliseconds. Who asks first must not be told before the others are in sight.
const MANY: u32 = 8;

const WITHIN: Duration = Duration::from_millis(50);

/// No grant is told later than this because of one.
const LONGEST: Duration = Duration::from_millis(300);

/// While many come in a storm, who is granted a probe is told so a moment later: trains that begin in the middle of it
/// would be late, which makes them worthless, and would hold up the answers to all others.
#[derive(Debug)]
pub(super) struct Storm(Mutex<Signs>);

/// Those of the last one to two times [`WITHIN`].
#[derive(Debug)]
struct Signs {
    since: Instant,
    before: u32,
    now: u32,
}

impl Storm {
    pub(super) fn new(now: Instant) -> Self {
        Self(Mutex::new(Signs { since: now, before: 0, now: 0 }))
    }

    /// Somebody has connected, or asked.
    pub(super) fn on_sign(&self, now: Instant) {
        self.with(now, |signs| signs.now = signs.now.saturating_add(1));
    }

    /// Resolves once there is none, or after [`LONGEST`].
    pub(super) async fn passes(&self) {
        let latest = Instant::now() + LONGEST;
        while self.is_on(Instant::now()) && Instant::now() < latest {
            sleep(WITHIN / 2).await;
        }
    }

    fn is_on(&self, now: Instant) -> bool {
        self.with(now, |signs| signs.before.max(signs.now) >= MANY)
    }

    fn with<T>(&self, now: Instant, look: impl FnOnce(&mut Signs) -> T) -> T {
        let mut signs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(signs.since);
        if passed >= WITHIN {
            let before = if passed < 2 * WITHIN { signs.now } else { 0 };
            *signs = Signs { since: now, before, now: 0 };
        }
        look(&mut signs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_is_over_once_few_ask() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let storm = Storm::new(start);
        let ask = |rooms: u32, ms| (0..rooms).for_each(|_| storm.on_sign(at(ms)));
        ask(MANY - 1, 0);
        assert!(!storm.is_on(at(10)), "a province that is awake");
        ask(1, 20);
        assert!(storm.is_on(at(20)) && storm.is_on(at(60)) && storm.is_on(at(90)));
        ask(MANY - 1, 95);
        assert!(!storm.is_on(at(121)));
        ask(MANY, 200);
        assert!(!storm.is_on(at(900)), "long ago");
    }

    #[tokio::test]
    async fn a_grant_waits_for_its_end_and_never_for_long() {
        let storm = Storm::new(Instant::now());
        storm.passes().await;
        let endless = async {
            loop {
                (0..MANY).for_each(|_| storm.on_sign(Instant::now()));
                sleep(WITHIN / 5).await;
            }
        };
        tokio::select! {
            never = endless => never,
            () = storm.passes() => {}
        }
    }
}
