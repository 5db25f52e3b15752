//! Looks at the devices: one scan, or one after the other.

mod asked;
mod eyes;
mod hand;
mod hearing;
mod known_good;
mod plugs;

use std::time::Duration;

use siaga_devices::{analysis::Occasion, trial::plan::Plan};
use siaga_probe::schedule::{Hours, Meeting};
use siaga_readiness::{moment::Moment, reasons::Code, snapshot::Snapshot};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    changes::Changes,
    config::{DeviceSettings, Settings},
    host,
    room::Room,
};
pub use eyes::Eyes;
use hand::Choice;
pub use hearing::{Announcer, Hearing};
pub use known_good::KnownGood;
use plugs::Plugs;

/// Scans at the configured interval, at once when a device comes or goes and after each change of the machine, for
/// ever, and tries what is due and free after a scan. Never both at once: a device in the hand would look like one in
/// use. A trial ends early when a device comes or goes meanwhile.
pub async fn watch(room: &Room, settings: &Settings, mut changes: Changes) {
    let Settings { devices, network, .. } = settings;
    let known_good = KnownGood::in_directory(&settings.state_dir);
    let mut eyes = Eyes::new(devices, known_good.clone());
    let mut plan = Plan::new(room.snapshot().setup.policy.device_check.duration());
    let mut plugs = Plugs::listen(room.hearing().clone());
    let mut ticks = interval(devices.scan_interval.duration());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut since = room.snapshot().devices.since;
    loop {
        let now = host::now().since_boot;
        let next_trial = plan.next_due(now).map_or(FAR, |due| due - now);
        let next_round = room.trial_demand().due_in(now).unwrap_or(FAR);
        room.pulse().within(WATCH, devices.scan_interval.duration() + AT_WORK);
        tokio::select! {
            _ = ticks.tick() => {}
            () = sleep(next_trial) => {}
            () = sleep(next_round) => {}
            () = plugs.next() => eyes.expect_change(),
            _ = changes.next() => {}
            () = room.trial_demand().asked() => {}
        }
        // Not for a change of the network: what a device offered stays true, and one in use can't be asked again.
        let counted_since = room.snapshot().devices.since;
        if counted_since != since {
            since = counted_since;
            eyes.forget();
        }
        look(room, &mut eyes).await;
        if room.trial_demand().due_in(host::now().since_boot).is_some_and(|rest| rest.is_zero()) {
            serve_demand(room, devices, &mut eyes, &mut plan, &mut plugs, Some(&known_good)).await;
        }
        // A look after each, so that a scan never grows old over many trials; and a person does not wait for all of them.
        while devices.active_checks
            && !room.trial_demand().is_waiting()
            && try_one(room, |now| network.hours(now), &mut plan, &mut plugs, &known_good).await
        {
            look(room, &mut eyes).await;
        }
    }
}

/// For a command that does without a daemon. It notes no device as known to work: the file is the daemon's.
#[derive(Debug)]
pub struct Visit<'a> {
    room: &'a Room,
    settings: &'a DeviceSettings,
    eyes: Eyes,
}

impl<'a> Visit<'a> {
    /// A visit to a room of which nothing is known yet.
    #[must_use]
    pub fn new(room: &'a Room, settings: &'a Settings) -> Self {
        let eyes = Eyes::new(&settings.devices, KnownGood::in_directory(&settings.state_dir));
        Self { room, settings: &settings.devices, eyes }
    }

    /// One look.
    pub async fn look(&mut self) {
        look(self.room, &mut self.eyes).await;
    }

    /// After a look, serves the wish for trials.
    pub async fn try_all(&mut self) {
        let mut plan = Plan::new(self.room.snapshot().setup.policy.device_check.duration());
        let Self { room, settings, eyes } = self;
        serve_demand(room, settings, eyes, &mut plan, &mut Plugs::unheard(), None).await;
    }
}

/// A round of trials after a look, if the configuration allows any.
async fn serve_demand(
    room: &Room,
    devices: &DeviceSettings,
    eyes: &mut Eyes,
    plan: &mut Plan,
    plugs: &mut Plugs,
    known_good: Option<&KnownGood>,
) {
    if devices.active_checks {
        asked::try_all(room, eyes, plan, plugs, known_good).await;
    } else {
        room.trial_demand().on_end(host::now().since_boot, 0, 0, Code::TrialsTurnedOff);
    }
}

async fn look(room: &Room, eyes: &mut Eyes) {
    room.pulse().within(WATCH, AT_WORK);
    let _in_hand = room.in_hand().lock().await;
    room.observe(eyes.look().await);
}

/// What the watch is called among the loops that the program lives by.
const WATCH: &str = "devices";

/// A look or a trial, each with a bound of its own (30 s), and what is written after it.
const AT_WORK: Duration = Duration::from_secs(120);

const FAR: Duration = Duration::from_secs(24 * 60 * 60);

/// Tries the device that has been due for longest, unless the room is better left alone. Answers whether there was one.
async fn try_one(
    room: &Room,
    hours: impl Fn(Moment) -> Hours,
    plan: &mut Plan,
    plugs: &mut Plugs,
    known_good: &KnownGood,
) -> bool {
    let Ok(Choice { snapshot, inventory, candidates }) = hand::choice(room, plan) else { return false };
    let now = host::now();
    if is_to_be_left_alone(&snapshot, hours(now), now) {
        return false;
    }
    let free: Vec<_> = candidates.iter().map(|candidate| candidate.key.clone()).collect();
    let due = plan.due(now.since_boot, &free);
    let Some(candidate) = candidates.iter().find(|candidate| Some(&candidate.key) == due.as_ref()) else {
        return false;
    };
    hand::take(room, plan, plugs, Some(known_good), (candidate, &inventory), Occasion::Scheduled).await;
    true
}

/// A camera's light goes on for a trial: not in a meeting, nor where nobody knows of one, and not in an office that is
/// closed.
fn is_to_be_left_alone(snapshot: &Snapshot, hours: Hours, now: Moment) -> bool {
    matches!(hours, Hours::Closed { .. }) || snapshot.meeting(now) != Meeting::Off
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{
        observation::{Evidence, Observation},
        policy::Policy,
        snapshot::Setup,
        state::CheckState,
        tracker::Tracker,
    };

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
