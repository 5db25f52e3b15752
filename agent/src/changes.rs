//! Notices what makes evidence worthless before its time: the machine slept, its clock was set, or it is on another
//! network.

use std::{fs, sync::Arc, time::Duration};

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use siaga_readiness::snapshot::Cause;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tracing::warn;

use crate::{host, room::Room};

/// How often it looks; a look reads two small files of the kernel's.
const EVERY: Duration = Duration::from_secs(2);

/// Clocks that part by less are two readings and not a change.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Tells a worker that it must look again at once.
#[derive(Debug, Clone)]
pub struct Changes(watch::Receiver<()>);

impl Changes {
    /// Resolves at the next change; never once nobody watches any more.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Watches for ever, invalidates what the room knows, and wakes the workers.
#[derive(Debug)]
pub struct ChangeWatch {
    tell: watch::Sender<()>,
}

impl ChangeWatch {
    /// A watch, and what its workers hold.
    #[must_use]
    pub fn new() -> (Self, Changes) {
        let (tell, told) = watch::channel(());
        (Self { tell }, Changes(told))
    }

    /// Looks every two seconds.
    pub async fn run(self, room: Arc<Room>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut before = Sight::now();
        loop {
            ticks.tick().await;
            let now = Sight::now();
            if let Some(cause) = before.change_to(&now) {
                warn!(?cause, "what was known of the room no longer counts");
                room.invalidate(cause, host::now());
                let _ = self.tell.send(());
            }
            before = now;
        }
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
    /// The default routes, as the kernel tells them; `None` without one.
    routes: Option<String>,
}

impl Sight {
    fn now() -> Self {
        Self {
            boot: clock(ClockId::Boottime),
            awake: clock(ClockId::Monotonic),
            wall: Timestamp::now(),
            routes: default_routes(
                &fs::read_to_string("/proc/net/route").unwrap_or_default(),
                &fs::read_to_string("/proc/net/ipv6_route").unwrap_or_default(),
            ),
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
        } else if self.routes != now.routes {
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

/// Interface and gateway of each default route: destination and mask (IPv4) or destination and prefix length (IPv6)
/// are zero (proc(5)). Other columns count uses and would change by themselves.
fn default_routes(v4: &str, v6: &str) -> Option<String> {
    let v4 = v4.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        match columns[..] {
            [interface, "00000000", gateway, _, _, _, _, "00000000", ..] => {
                Some(format!("{interface} {gateway}"))
            }
            _ => None,
        }
    });
    let v6 = v6.lines().filter_map(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        match columns[..] {
            // The kernel's own “unreachable” route stands on lo.
            [destination, "00", _, _, gateway, _, _, _, _, interface]
                if destination.bytes().all(|b| b == b'0') && interface != "lo" =>
            {
                Some(format!("{interface} {gateway}"))
            }
            _ => None,
        }
    });
    let mut routes: Vec<String> = v4.chain(v6).collect();
    routes.sort();
    routes.dedup();
    (!routes.is_empty()).then(|| routes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFICE: &str = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
        eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
        eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";

    fn sight() -> Sight {
        Sight {
            boot: Duration::from_secs(100),
            awake: Duration::from_secs(90),
            wall: Timestamp::from_second(1_000_000).unwrap(),
            routes: default_routes(OFFICE, ""),
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
    fn another_gateway_is_another_network_and_so_is_none() {
        let hotspot = OFFICE.replace("eth0", "wlan0").replace("0101A8C0", "012BA8C0");
        for routes in [default_routes(&hotspot, ""), None] {
            let now = Sight { routes, ..later(2) };
            assert_eq!(sight().change_to(&now), Some(Cause::NetworkChanged));
        }
    }

    #[test]
    fn only_default_routes_count_and_not_their_counters() {
        let busy = OFFICE.replace("0003\t0\t0", "0003\t7\t9");
        assert_eq!(default_routes(&busy, ""), default_routes(OFFICE, ""));
        let zeros = "0".repeat(32);
        let v6 = format!(
            "{zeros} 00 {zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n\
             {zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200 lo\n"
        );
        assert_eq!(default_routes("", &v6).unwrap(), "eth0 fe800000000000000000000000000001");
        assert_eq!(default_routes("rubbish", "more rubbish"), None);
    }
}
