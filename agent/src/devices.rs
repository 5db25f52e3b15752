//! Looks at the devices: one scan, or one after the other.

mod plugs;

use std::time::Duration;

use siaga_devices::{Kernel, Roots, ScanError, ScanOptions, Scanner, analysis::Occasion, trial::plan::Plan};
use siaga_probe::schedule::Hours;
use siaga_readiness::{
    inventory::Inventory,
    moment::Moment,
    observation::{Evidence, Observation, ScanFault},
    reasons::Code,
    snapshot::{DeviceEvidence, ScanAttempt, Snapshot},
    trial::TrialOutcome,
};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tracing::warn;

use crate::{
    changes::Changes,
    config::{DeviceSettings, Settings},
    host,
    room::Room,
    trials::{self, Hands},
};
use plugs::Plugs;

/// A scan that takes longer is told as timed out; a healthy one takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a device offers is remembered from one scan to the next, and asked anew after this long.
const MEMORY: Duration = Duration::from_secs(24 * 60 * 60);

/// Scans at the configured interval, at once when a device comes or goes and after each change of the machine, for
/// ever, and tries what is due and free after a scan. Never both at once: a device in the hand would look like one in
/// use. A trial ends early when a device comes or goes meanwhile.
pub async fn watch(room: &Room, settings: &Settings, mut changes: Changes) {
    let Settings { devices, network, .. } = settings;
    let mut eyes = Eyes::new(devices);
    let mut plan = Plan::new(room.snapshot().setup.policy.device_check.duration());
    let mut plugs = Plugs::listen();
    let mut ticks = interval(devices.scan_interval.duration());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = host::now().since_boot;
        let next_trial = plan.next_due(now).map_or(FAR, |due| due - now);
        tokio::select! {
            _ = ticks.tick() => {}
            () = sleep(next_trial) => {}
            () = plugs.next() => {}
            () = changes.next() => eyes.forget(),
        }
        room.observe(eyes.look().await);
        // A look after each, so that a scan never grows old over many trials.
        while devices.active_checks && try_one(room, |now| network.hours(now), &mut plan, &mut plugs).await {
            room.observe(eyes.look().await);
        }
    }
}

const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Tries the device that has been due for longest, unless the room is better left alone. Answers whether there was one.
async fn try_one(room: &Room, hours: impl Fn(Moment) -> Hours, plan: &mut Plan, plugs: &mut Plugs) -> bool {
    let snapshot = room.snapshot();
    let DeviceEvidence { since, scan, attempt, .. } = &snapshot.devices;
    let (Some(scan), Some(ScanAttempt { fault: None, .. })) = (scan, attempt) else { return false };
    let now = host::now();
    // What was found before the machine slept is void.
    plan.forget_before(since.at.since_boot);
    for key in plan.on_scan(now.since_boot, &trials::present(&scan.inventory)) {
        room.observe(trials::observation(now, &key, TrialOutcome::Voided));
    }
    if is_to_be_left_alone(&snapshot, hours(now), now) {
        return false;
    }
    let candidates = trials::candidates(&scan.inventory, snapshot.setup.policy.accept_virtual);
    let free: Vec<_> = candidates.iter().map(|candidate| candidate.key.clone()).collect();
    let due = plan.due(now.since_boot, &free);
    let Some(candidate) = candidates.iter().find(|candidate| Some(&candidate.key) == due.as_ref()) else {
        return false;
    };
    let outcome = Hands::new().try_out(candidate, Occasion::Scheduled, plugs.next()).await;
    if let Some(told) = plan.on_outcome(now.since_boot, &candidate.key, outcome) {
        room.observe(trials::observation(now, &candidate.key, told));
    }
    true
}

/// A camera's light goes on for a trial: not in a meeting, and not in an office that is closed.
fn is_to_be_left_alone(snapshot: &Snapshot, hours: Hours, now: Moment) -> bool {
    matches!(hours, Hours::Closed { .. }) || snapshot.is_in_use(now)
}

/// A scanner off the async threads. A driver may hang; then the scan is told as timed out, and none is begun on top
/// of it.
#[derive(Debug)]
pub struct Eyes {
    state: State,
    /// When each device was last asked what it offers.
    asked: Moment,
    ask_anew: bool,
}

type Scanned = (Box<Scanner<Kernel>>, Result<Inventory, ScanError>);

#[derive(Debug)]
enum State {
    Ready(Box<Scanner<Kernel>>),
    /// Since when a scan hangs, and the scan.
    Busy(Moment, JoinHandle<Scanned>),
    /// A scan panicked, and the scanner went with it.
    Lost,
}

impl Eyes {
    /// Eyes on this machine.
    #[must_use]
    pub fn new(settings: &DeviceSettings) -> Self {
        let declared_fov = settings.field_of_view.iter().map(|declared| declared.0.clone()).collect();
        let options = ScanOptions { declared_fov, ..ScanOptions::default() };
        let scanner = Scanner::new(Roots::default(), options, Kernel);
        Self { state: State::Ready(Box::new(scanner)), asked: host::now(), ask_anew: true }
    }

    /// Asks each device anew at the next look.
    pub fn forget(&mut self) {
        self.ask_anew = true;
    }

    /// One look; ends within ten seconds.
    pub async fn look(&mut self) -> Observation {
        let (at, scanned) = self.scan().await;
        let evidence = match scanned {
            Ok(inventory) => Evidence::Devices(inventory),
            Err(fault) => {
                warn!(detail = fault.detail, "device scan failed");
                Evidence::DeviceFault(fault)
            }
        };
        let took = at.age_at(&host::now()).unwrap_or_default();
        Observation { at, took, evidence }
    }

    /// The scan's own beginning comes with it: one that hung for an hour is an hour old when it ends.
    async fn scan(&mut self) -> (Moment, Result<Inventory, ScanFault>) {
        let (at, mut scan) = match std::mem::replace(&mut self.state, State::Lost) {
            State::Ready(scanner) => self.begin(scanner),
            State::Busy(at, scan) => (at, scan),
            State::Lost => {
                let crashed = fault(Code::DeviceScanFailed, "an earlier scan crashed; restart the agent");
                return (host::now(), Err(crashed));
            }
        };
        match timeout(DEADLINE, &mut scan).await {
            Ok(Ok((scanner, scanned))) => {
                self.state = State::Ready(scanner);
                (at, scanned.map_err(|error| fault(Code::DeviceScanFailed, &error.to_string())))
            }
            Ok(Err(crash)) => (at, Err(fault(Code::DeviceScanFailed, &crash.to_string()))),
            Err(_) => {
                self.state = State::Busy(at, scan);
                let hangs = fault(Code::DeviceScanTimedOut, "a driver did not answer within 10 s");
                (host::now(), Err(hangs))
            }
        }
    }

    fn begin(&mut self, mut scanner: Box<Scanner<Kernel>>) -> (Moment, JoinHandle<Scanned>) {
        let at = host::now();
        if self.ask_anew || self.asked.age_at(&at).is_none_or(|age| age >= MEMORY) {
            scanner.forget();
            self.asked = at;
            self.ask_anew = false;
        }
        let scan = tokio::task::spawn_blocking(move || {
            let scanned = scanner.scan();
            (scanner, scanned)
        });
        (at, scan)
    }
}

fn fault(reason: Code, detail: &str) -> ScanFault {
    ScanFault { reason, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{policy::Policy, snapshot::Setup, state::CheckState, tracker::Tracker};

    use super::*;
    use crate::{
        config::NetworkSettings,
        sample::{at, inventory, snapshot},
    };

    /// The sample begins at nine on a Sunday, in Makassar.
    fn open(office_hours: &str) -> NetworkSettings {
        NetworkSettings {
            office_hours: Some(office_hours.to_owned().try_into().unwrap()),
            time_zone: "Asia/Makassar".to_owned().try_into().unwrap(),
            ..NetworkSettings::default()
        }
    }

    #[test]
    fn devices_are_tried_in_the_office_s_hours_only_and_at_any_time_where_there_are_none() {
        let alone = |network: NetworkSettings, seconds| {
            is_to_be_left_alone(&snapshot(), network.hours(at(seconds)), at(seconds))
        };
        assert!(!alone(open("Sun 08:00-09:01"), 59));
        assert!(alone(open("Sun 08:00-09:01"), 60));
        assert!(alone(open("Mon-Fri 07:30-16:00"), 59));
        assert!(!alone(NetworkSettings::default(), 59));
    }

    #[test]
    fn no_device_is_tried_in_a_meeting() {
        let mut inventory = inventory();
        inventory.microphones[0].state = CheckState::InUse;
        let setup = Setup { room: "r2".into(), probe_server: None, policy: Policy::default() };
        let mut tracker = Tracker::new(setup, at(0));
        let evidence = Evidence::Devices(inventory);
        tracker.observe(Observation { at: at(10), took: Duration::from_millis(250), evidence });
        assert!(is_to_be_left_alone(tracker.snapshot(), Hours::Unknown, at(11)));
        assert!(is_to_be_left_alone(tracker.snapshot(), Hours::Open, at(11)));
    }
}
