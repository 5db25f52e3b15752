//! Notices what makes evidence worthless before its time: the machine slept, its clock was set, or it is on another
//! network.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use siaga_readiness::snapshot::Cause;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tracing::warn;

use crate::{host, network::Network, room::Room};

/// How often it looks by itself; a look reads three small files of the kernel's.
const EVERY: Duration = Duration::from_secs(2);

/// Whoever looks every two seconds and is not heard for so long is stuck.
const SILENT: Duration = Duration::from_secs(30);

/// Clocks that part by less are two readings and not a change.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Tells a worker that it must look again at once, and on which network.
#[derive(Debug, Clone)]
pub struct Changes(watch::Receiver<News>);

/// What the watch saw last.
#[derive(Debug, Clone)]
struct News {
    network: Network,
    /// What the last change was.
    cause: Cause,
}

impl Changes {
    /// Resolves at the next change; never once nobody watches any more.
    pub async fn next(&mut self) -> Cause {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.0.borrow().cause
    }

    /// Whether there was a change that nobody who holds this has been told of; it is then told.
    pub fn take(&mut self) -> bool {
        let changed = self.0.has_changed().unwrap_or(false);
        self.0.mark_unchanged();
        changed
    }

    /// The network as it was last seen.
    #[must_use]
    pub fn network(&self) -> Network {
        self.0.borrow().network.clone()
    }
}

/// Invalidates what the room knows, and wakes the workers.
#[derive(Debug)]
pub struct ChangeWatch {
    tell: watch::Sender<News>,
    before: Mutex<Sight>,
}

impl ChangeWatch {
    /// A watch, and what its workers hold.
    #[must_use]
    pub fn new() -> (Self, Changes) {
        let before = Sight::now();
        let (tell, told) = watch::channel(News { network: before.network.clone(), cause: Cause::Started });
        (Self { tell, before: Mutex::new(before) }, Changes(told))
    }

    /// Looks every two seconds, for ever.
    pub async fn run(&self, room: &Room) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            room.pulse().within("changes", SILENT);
            ticks.tick().await;
            self.look(room);
        }
    }

    /// Looks now. Whoever answers looks first: a machine that has just woken up must not be granted for as long as nobody
    /// has noticed.
    pub fn look(&self, room: &Room) {
        // One look after the other: an older one must not undo what a newer one saw.
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        self.compare(room, &mut before, Sight::now());
    }

    fn compare(&self, room: &Room, before: &mut Sight, mut now: Sight) {
        now.network = now.network.knowing(&before.network);
        let cause = before.change_to(&now);
        if let Some(cause) = cause {
            warn!(?cause, "what was known of the room no longer counts");
            room.invalidate(cause, host::now());
        }
        // A gateway's hardware that becomes known wakes nobody.
        self.tell.send_if_modified(|news| {
            news.network.clone_from(&now.network);
            news.cause = cause.unwrap_or(news.cause);
            cause.is_some()
        });
        *before = now;
    }
}

/// What is compared from one look to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sight {
    /// Suspend included, steps excluded.
    boot: Duration,
    /// Suspend excluded, steps excluded.
    awake: Duration,
    /// Suspend included, steps included.
    wall: Timestamp,
    network: Network,
}

impl Sight {
    fn now() -> Self {
        Self {
            boot: clock(ClockId::Boottime),
            awake: clock(ClockId::Monotonic),
            wall: Timestamp::now(),
            network: Network::now(),
        }
    }

    fn change_to(&self, now: &Self) -> Option<Cause> {
        let boot = now.boot.saturating_sub(self.boot);
        let asleep = boot.saturating_sub(now.awake.saturating_sub(self.awake));
        let stepped = now.wall.duration_since(self.wall).as_secs_f64() - boot.as_secs_f64();
        if asleep > TOLERANCE {
            Some(Cause::Resumed)
        } else if stepped.abs() > TOLERANCE.as_secs_f64() {
            Some(Cause::ClockStepped)
        } else if now.network.differs_from(&self.network) {
            Some(Cause::NetworkChanged)
        } else {
            None
        }
    }
}

fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{
        observation::{Evidence, Observation},
        policy::Policy,
        profile::Profiles,
        snapshot::Setup,
    };

    use super::*;
    use crate::sample;

    fn sight() -> Sight {
        Sight {
            boot: Duration::from_secs(100),
            awake: Duration::from_secs(90),
            wall: Timestamp::from_second(1_000_000).unwrap(),
            network: Network::default(),
        }
    }

    fn later(seconds: u64) -> Sight {
        let before = sight();
        let passed = Duration::from_secs(seconds);
        Sight {
            boot: before.boot + passed,
            awake: before.awake + passed,
            wall: before.wall + passed,
            ..before
        }
    }

    #[tokio::test]
    async fn whoever_answers_looks_first_and_finds_that_the_machine_slept() {
        let setup = Setup { room: "r2".into(), probe_server: None, policy: Policy::default() };
        let room = Room::new(setup, Profiles::default(), "minimum", host::now()).unwrap();
        let evidence = Evidence::Devices(sample::inventory());
        room.observe(Observation { at: host::now(), took: Duration::ZERO, evidence });
        let (watch, mut changes) = ChangeWatch::new();
        watch.look(&room);
        assert!(room.snapshot().devices.scan.is_some());

        // It was last seen ten seconds ago, of which it was awake for a moment only.
        watch.before.lock().unwrap().boot -= Duration::from_secs(10);
        watch.look(&room);
        assert_eq!(room.snapshot().devices.since.cause, Cause::Resumed);
        assert!(room.snapshot().devices.scan.is_none());
        changes.next().await;
        watch.look(&room);
        assert!(!changes.0.has_changed().unwrap(), "it is told once");
    }

    #[test]
    fn time_that_passes_is_no_change() {
        assert_eq!(sight().change_to(&later(3)), None);
    }

    #[test]
    fn a_machine_that_slept_has_resumed() {
        let mut now = later(3600);
        now.awake = sight().awake + Duration::from_secs(2);
        assert_eq!(sight().change_to(&now), Some(Cause::Resumed));
    }

    #[test]
    fn a_clock_that_was_set_has_stepped_in_either_direction() {
        for wall in [later(2).wall + Duration::from_secs(60), later(2).wall - Duration::from_secs(60)] {
            let now = Sight { wall, ..later(2) };
            assert_eq!(sight().change_to(&now), Some(Cause::ClockStepped));
        }
    }

    #[test]
    fn another_network_is_a_change() {
        let route = "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        let now = Sight { network: Network::parse(route, "", ""), ..later(2) };
        assert_eq!(sight().change_to(&now), Some(Cause::NetworkChanged));
        assert_eq!(now.change_to(&later(4)), Some(Cause::NetworkChanged));
    }
}
