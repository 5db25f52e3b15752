//! Which device is to be tried when. Pure: what happens comes in, and time, since boot, is an argument.

use std::{collections::HashMap, time::Duration};

use siaga_readiness::{
    reasons::Code,
    state::CheckState,
    trial::{DeviceKind, Judgement, TrialOutcome},
};

/// A device, as the inventory knows it.
pub type Key = (DeviceKind, String);

/// A failure counts when it was seen twice; the second look is taken this soon, within the half minute that the room
/// may be unknown for it.
const RETRY: Duration = Duration::from_secs(15);

/// A dark picture or a silent room says more later.
const AFTER_WARNING: Duration = Duration::from_secs(3600);

/// What failed may have been mended; what could not be tried may be possible now.
const AFTER_FAILURE: Duration = Duration::from_secs(600);

/// A device that was taken by another program is looked at again.
const AFTER_NOTHING: Duration = Duration::from_secs(60);

/// More devices than a room has; past it those that are gone are forgotten.
const MOST: usize = 64;

/// What is known of each device's trials. A device is tried when it is seen first, when it is plugged in again, and
/// from then on by what came of it.
#[derive(Debug)]
pub struct Plan {
    after_ok: Duration,
    devices: HashMap<Key, Device>,
}

#[derive(Debug)]
struct Device {
    due: Duration,
    /// When it was first seen, or its last trial began.
    since: Duration,
    standing: Standing,
    is_present: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Untried,
    Fine,
    /// Failed once.
    Suspect,
    Failed,
}

impl Plan {
    /// A plan for findings that count for so long: a device that works is tried again well before that.
    #[must_use]
    pub fn new(life: Duration) -> Self {
        Self { after_ok: life * 5 / 6, devices: HashMap::new() }
    }

    /// Takes in which devices are there. Answers with those that were tried, went and came back: what was found about
    /// them no longer counts.
    pub fn on_scan(&mut self, now: Duration, present: &[Key]) -> Vec<Key> {
        for (key, device) in &mut self.devices {
            device.is_present &= present.contains(key);
        }
        if self.devices.len() > MOST {
            self.devices.retain(|_, device| device.is_present);
        }
        let mut returned = Vec::new();
        for key in present {
            let new = Device { due: now, since: now, standing: Standing::Untried, is_present: true };
            match self.devices.get_mut(key) {
                Some(device) if device.is_present => {}
                Some(device) => {
                    if device.standing != Standing::Untried {
                        returned.push(key.clone());
                    }
                    *device = new;
                }
                None => {
                    self.devices.insert(key.clone(), new);
                }
            }
        }
        returned
    }

    /// What came of trials that began before this moment no longer counts: those devices are due again.
    pub fn forget_before(&mut self, moment: Duration) {
        for device in self.devices.values_mut().filter(|device| device.since < moment) {
            *device = Device { due: moment, since: moment, standing: Standing::Untried, ..*device };
        }
    }

    /// Of the devices in `free`, the one that has been due for longest.
    #[must_use]
    pub fn due(&self, now: Duration, free: &[Key]) -> Option<Key> {
        let due = |key: &&Key| self.devices.get(*key).filter(|device| device.due <= now);
        free.iter()
            .filter(|key| due(key).is_some())
            .min_by_key(|key| (self.devices[*key].due, key.1.as_str()))
            .cloned()
    }

    /// When the next device that is not due yet will be.
    #[must_use]
    pub fn next_due(&self, now: Duration) -> Option<Duration> {
        let coming = self.devices.values().filter(|device| device.is_present && device.due > now);
        coming.map(|device| device.due).min()
    }

    /// A trial that began `at` was given up because a device came or went: it is made up for soon.
    pub fn on_interruption(&mut self, at: Duration, key: &Key) {
        if let Some(device) = self.devices.get_mut(key) {
            device.due = at + RETRY;
        }
    }

    /// Takes in what came of a trial that began `at`; `None` if nothing did. Answers with what is to be told: a first failure is not
    /// one yet, and one success clears all.
    pub fn on_outcome(
        &mut self,
        at: Duration,
        key: &Key,
        outcome: Option<TrialOutcome>,
    ) -> Option<TrialOutcome> {
        let device = self.devices.get_mut(key)?;
        let (standing, after, told) = match outcome {
            Some(TrialOutcome::Found(found)) if found.state == CheckState::Failed => match device.standing {
                Standing::Untried | Standing::Fine => {
                    let retrying = Judgement::new(CheckState::Unknown, Code::DeviceRetrying);
                    (Standing::Suspect, RETRY, Some(TrialOutcome::Found(retrying)))
                }
                Standing::Suspect | Standing::Failed => {
                    (Standing::Failed, AFTER_FAILURE, Some(TrialOutcome::Found(found)))
                }
            },
            Some(TrialOutcome::Found(found)) => {
                let after = if found.state == CheckState::Ok { self.after_ok } else { AFTER_WARNING };
                (Standing::Fine, after, Some(TrialOutcome::Found(found)))
            }
            Some(told) => (device.standing, AFTER_FAILURE, Some(told)),
            None => (device.standing, AFTER_NOTHING, None),
        };
        *device = Device { due: at + after, since: at, standing, ..*device };
        told
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn camera() -> Key {
        (DeviceKind::Camera, "046d:082d@1".to_owned())
    }

    fn microphone() -> Key {
        (DeviceKind::Microphone, "046d:082d@1".to_owned())
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn found(state: CheckState) -> Option<TrialOutcome> {
        Some(TrialOutcome::Found(Judgement::new(state, Code::CameraFrozen)))
    }

    /// A plan that has seen the camera at the beginning.
    fn plan() -> Plan {
        let mut plan = Plan::new(at(24 * 3600));
        assert_eq!(plan.on_scan(at(0), &[camera()]), []);
        plan
    }

    fn is_due(plan: &Plan, seconds: u64) -> bool {
        plan.due(at(seconds), &[camera()]).is_some()
    }

    #[test]
    fn a_trial_that_was_given_up_is_made_up_for_soon_and_a_busy_device_is_left_alone_for_a_minute() {
        let mut plan = plan();
        plan.on_interruption(at(4), &camera());
        assert!(!is_due(&plan, 18) && is_due(&plan, 19));
        assert_eq!(plan.on_outcome(at(19), &camera(), None), None);
        assert!(!is_due(&plan, 78) && is_due(&plan, 79));
    }

    #[test]
    fn a_device_is_tried_when_it_is_first_seen_and_then_daily() {
        let mut plan = plan();
        assert_eq!(plan.due(at(0), &[camera()]), Some(camera()));
        assert_eq!(plan.on_outcome(at(5), &camera(), found(CheckState::Ok)), found(CheckState::Ok));
        assert!(!is_due(&plan, 5 + 20 * 3600 - 1));
        assert!(is_due(&plan, 5 + 20 * 3600));
        assert_eq!(plan.next_due(at(5)), Some(at(5 + 20 * 3600)));
    }

    #[test]
    fn a_failure_is_unknown_until_it_is_seen_again_within_half_a_minute() {
        let mut plan = plan();
        let told = plan.on_outcome(at(5), &camera(), found(CheckState::Failed));
        let retrying = Judgement::new(CheckState::Unknown, Code::DeviceRetrying);
        assert_eq!(told, Some(TrialOutcome::Found(retrying)));
        assert!(!is_due(&plan, 6) && is_due(&plan, 5 + 30));
        assert_eq!(plan.on_outcome(at(25), &camera(), found(CheckState::Failed)), found(CheckState::Failed));
        assert!(!is_due(&plan, 25 + 599) && is_due(&plan, 25 + 600));
        // What has failed and fails again stays failed meanwhile.
        assert_eq!(plan.on_outcome(at(700), &camera(), found(CheckState::Failed)), found(CheckState::Failed));
    }

    #[test]
    fn one_success_clears_a_failure() {
        let mut plan = plan();
        let _ = plan.on_outcome(at(5), &camera(), found(CheckState::Failed));
        assert_eq!(plan.on_outcome(at(25), &camera(), found(CheckState::Ok)), found(CheckState::Ok));
        let told = plan.on_outcome(at(90_000), &camera(), found(CheckState::Failed));
        assert_ne!(told, found(CheckState::Failed), "the next failure is a first one");
    }

    #[test]
    fn a_device_that_is_plugged_in_again_is_tried_at_once_and_its_finding_is_void() {
        let mut plan = plan();
        let _ = plan.on_outcome(at(5), &camera(), found(CheckState::Ok));
        assert_eq!(plan.on_scan(at(30), &[]), []);
        assert_eq!(plan.next_due(at(30)), None);
        assert_eq!(plan.on_scan(at(60), &[camera()]), [camera()]);
        assert!(is_due(&plan, 60));
        assert_eq!(plan.on_scan(at(90), &[camera()]), []);
    }

    #[test]
    fn what_was_found_before_the_machine_slept_is_to_be_found_anew() {
        let mut plan = plan();
        let _ = plan.on_outcome(at(5), &camera(), found(CheckState::Failed));
        plan.forget_before(at(5));
        assert!(!is_due(&plan, 6), "that was before");
        plan.forget_before(at(9));
        assert!(is_due(&plan, 9));
        let _ = plan.on_outcome(at(12), &camera(), None);
        plan.forget_before(at(9));
        assert!(!is_due(&plan, 13), "it was looked at since");
        assert_ne!(plan.on_outcome(at(99), &camera(), found(CheckState::Failed)), found(CheckState::Failed));
    }

    #[test]
    fn only_a_free_device_is_tried_and_the_one_that_waited_longest_first() {
        let mut plan = plan();
        plan.on_scan(at(10), &[camera(), microphone()]);
        assert_eq!(plan.due(at(10), &[microphone(), camera()]), Some(camera()));
        assert_eq!(plan.due(at(10), &[microphone()]), Some(microphone()));
        assert_eq!(plan.due(at(10), &[]), None);
        // It was taken while it was about to be tried.
        assert_eq!(plan.on_outcome(at(11), &camera(), None), None);
        assert_eq!(plan.due(at(12), &[microphone(), camera()]), Some(microphone()));
        assert!(is_due(&plan, 71));
    }

    #[test]
    fn a_trial_that_could_not_be_done_neither_clears_nor_confirms() {
        let mut plan = plan();
        let _ = plan.on_outcome(at(0), &camera(), found(CheckState::Failed));
        let broke = TrialOutcome::NotDone { reason: Code::DeviceTryBroke, detail: String::new() };
        assert_eq!(plan.on_outcome(at(20), &camera(), Some(broke.clone())), Some(broke));
        assert_eq!(plan.on_outcome(at(700), &camera(), found(CheckState::Failed)), found(CheckState::Failed));
    }

    proptest! {
        #[test]
        fn a_failure_is_told_only_where_the_last_two_findings_were_failures(
            states in prop::collection::vec(
                prop::sample::select(vec![CheckState::Ok, CheckState::Warning, CheckState::Failed]), 1..20),
        ) {
            let mut plan = plan();
            let mut before = CheckState::Ok;
            for (index, state) in states.into_iter().enumerate() {
                let told = plan.on_outcome(at(index as u64 * 1000), &camera(), found(state));
                let is_told = told == found(CheckState::Failed);
                prop_assert_eq!(is_told, state == CheckState::Failed && before == CheckState::Failed);
                before = state;
            }
        }
    }
}
