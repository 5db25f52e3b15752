//! What systemd is told: that the program is ready, how it is, and that it makes progress.
//!
//! Without systemd nobody is told, and nothing else changes.

use std::{
    collections::BTreeMap,
    env, fmt,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sd_notify::NotifyState;
use tokio::time::{Instant, sleep};
use tracing::{error, warn};

/// The program does what it is for; `status` says how it is, for `systemctl status`.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// How the program is now, or why it ends, for `systemctl status`, which has one line for it.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(&status.replace('\n', " "))]);
}

/// The program ends.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Whether systemd wants to be told.
#[must_use]
pub fn is_there() -> bool {
    env::var_os("NOTIFY_SOCKET").is_some()
}

/// Whether systemd hands `file` to the service (`LoadCredential=`) and does not show it to this process: not even what
/// `ExecReload=` runs sees it, so that a check before a reload must not take it for missing.
#[must_use]
pub fn is_for_the_service_alone(file: &Path) -> bool {
    file.starts_with("/run/credentials") && !file.exists()
}

/// What keeps a program from being ended so that systemd starts it anew.
#[derive(Debug, Default)]
pub struct Hindrance(Option<String>);

impl Hindrance {
    /// Whether something was in the way when it was tried last.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// Whether nothing is in the way any more, as it was `tried`. What is, is told once.
    pub fn is_gone(&mut self, tried: Result<(), impl fmt::Display>) -> bool {
        let before = self.0.take();
        self.0 = tried.err().map(|hindrance| format!("{hindrance:#}"));
        if let Some(hindrance) = &self.0
            && self.0 != before
        {
            warn!("not started anew until this is mended: {hindrance}");
        }
        self.0.is_none()
    }
}

/// The loops that the program lives by. Each says by when it will be heard again; as long as all keep their word systemd's
/// watchdog is fed, and no longer. Times pass as the machine is awake. Clones are one and the same.
#[derive(Debug, Clone, Default)]
pub struct Pulse(Arc<Mutex<BTreeMap<&'static str, Instant>>>);

impl Pulse {
    /// The loop `name` says this again, or that it has ended, within `time`, or it is stuck.
    pub fn within(&self, name: &'static str, time: Duration) {
        self.loops().insert(name, Instant::now() + time);
    }

    /// The loop `name` has ended, as it should.
    pub fn ended(&self, name: &'static str) {
        self.loops().remove(name);
    }

    /// The loop that has been silent for longest beyond its word, at `now`.
    fn overdue(&self, now: Instant) -> Option<&'static str> {
        let loops = self.loops();
        loops.iter().filter(|(_, by)| **by < now).min_by_key(|(_, by)| **by).map(|(name, _)| *name)
    }

    /// Feeds the watchdog, if there is one, as long as there is progress: for ever.
    pub async fn feed_watchdog(&self) {
        let Some(limit) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
        self.feed(limit, || tell(&[NotifyState::Watchdog])).await;
    }

    async fn feed(&self, limit: Duration, give: impl Fn()) {
        let mut told = None;
        loop {
            let stuck = self.overdue(Instant::now());
            match stuck {
                None => give(),
                Some(name) if told != stuck => {
                    error!(name, "a part of this program is stuck: systemd will start it anew");
                }
                Some(_) => {}
            }
            told = stuck;
            sleep(limit / 4).await;
        }
    }

    fn loops(&self) -> MutexGuard<'_, BTreeMap<&'static str, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(states) {
        warn!(%cause, "cannot tell systemd how this program is");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn the_watchdog_is_fed_as_long_as_every_loop_keeps_its_word() {
        let (pulse, now) = (Pulse::default(), Instant::now());
        let after = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(pulse.overdue(after(1000)), None, "nobody has given a word");
        pulse.within("devices", Duration::from_secs(60));
        pulse.within("link", Duration::from_secs(30));
        assert_eq!(pulse.overdue(after(29)), None);
        assert_eq!(pulse.overdue(after(45)), Some("link"));
        assert_eq!(pulse.overdue(after(90)), Some("link"), "the one that is silent for longest");
        pulse.ended("link");
        assert_eq!(pulse.overdue(after(45)), None);
        assert_eq!(pulse.overdue(after(90)), Some("devices"));
        pulse.clone().within("devices", Duration::from_secs(600));
        assert_eq!(pulse.overdue(after(90)), None, "it was heard");
    }

    #[tokio::test(start_paused = true)]
    async fn it_gets_nothing_while_one_loop_is_stuck_though_the_program_goes_on() {
        let (pulse, given) = (Pulse::default(), Cell::new(0));
        pulse.within("devices", Duration::from_secs(600));
        pulse.within("link", Duration::from_secs(60));
        let for_a_minute = || async {
            let feeding = pulse.feed(Duration::from_secs(30), || given.set(given.get() + 1));
            let _ = timeout(Duration::from_secs(61), feeding).await;
            given.replace(0)
        };
        assert_eq!(for_a_minute().await, 9, "at the start, and four times in each half minute");
        assert_eq!(for_a_minute().await, 0, "the link is stuck");
        pulse.within("link", Duration::from_secs(90));
        assert_eq!(for_a_minute().await, 9, "it was heard");
    }
}
