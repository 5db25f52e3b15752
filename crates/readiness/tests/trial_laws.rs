//! Laws about trials of devices that hold for every sequence of events, tried on many random ones.

mod events;
mod room;

use std::time::Duration;

use proptest::prelude::*;
use siaga_readiness::{
    Check, CheckCode, CheckState, Code, Evidence, Readiness, RoomVerdict, TimeToLive, evaluate,
};

use events::{
    Event, Record, What, after, configuration, events, is_ready, policy, profile, random_rooms, silence,
    up_to_now, without_all,
};
use room::*;

fn without_trials(events: &[Event]) -> Vec<Event> {
    without_all(events, |evidence| matches!(evidence, Evidence::Trial(_)))
}

proptest! {
    #![proptest_config(configuration(2000))]

    #[test]
    fn a_room_whose_devices_failed_their_trial_is_not_ready_until_something_new_is_found(
        policy in policy(), events in events(), profile in profile(), later in 0..250_u64, again in any::<bool>(),
    ) {
        let mut events = events;
        events.push(Event { after: later, what: silence() });
        if again {
            // The scans and the probes go on, and nothing is tried.
            let rest: Vec<_> = events.iter().filter(|it| is_a_look(it)).cloned().collect();
            events.extend(rest.into_iter().map(|event| Event { after: 0, ..event }));
        }
        if is_ready(&after(policy, &events), profile) {
            let record = Record::of(&events);
            prop_assert!(!record.is_without_a_device(policy, record.scan(policy).unwrap()));
        }
    }

    /// In these rooms no mixer is unread; where one is, only a trial can tell that its microphone is not muted.
    #[test]
    fn trials_never_make_a_room_ready_that_is_not_without_them(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let events = up_to_now(events);
        let others = without_trials(&events);
        prop_assert!(is_ready(&after(policy, &others), profile) || !is_ready(&after(policy, &events), profile));
    }

    #[test]
    fn a_caller_who_wants_younger_evidence_is_told_of_every_failure(
        policy in policy(), events in events(), profile in profile(), max_age in 1..200_u64,
    ) {
        let room = after(policy, &events);
        let snapshot = room.tracker.snapshot();
        let max_age = TimeToLive::new(Duration::from_secs(max_age)).unwrap();
        let scan_age = snapshot.devices.scan.as_ref().and_then(|scan| scan.at.age_at(&room.now));
        let host_age = snapshot.host.as_ref().and_then(|look| look.at.age_at(&room.now));
        let is_told = |code| match code {
            CheckCode::NetUp | CheckCode::NetDown | CheckCode::NetSustain => true,
            CheckCode::NetServer => false,
            // Nor is a machine that was looked at too long ago known to be what it was.
            CheckCode::Machine => host_age.is_some_and(|age| age < max_age.duration()),
            // A device that the scan no longer shows for this caller is not known to be there.
            _ => scan_age.is_some_and(|age| age < max_age.duration()),
        };
        let told = room.readiness(profile);
        let failed = told.checks.iter().any(|check| check.state == CheckState::Failed && is_told(check.code));
        let wanted = evaluate(&snapshot.clone().no_older_than(Some(max_age)), profile, room.now);
        prop_assert!(!failed || wanted.verdict == RoomVerdict::NotReady);
    }
}

fn is_a_look(event: &Event) -> bool {
    matches!(&event.what, What::Observed { evidence: Evidence::Devices(_) | Evidence::Probe(_), .. })
}

/// Laws about trials say nothing if these never matter.
#[test]
fn the_random_rooms_have_devices_that_work_failed_ran_out_and_could_not_be_tried() {
    let answers: Vec<Readiness> = random_rooms(2000).map(|room| room.minimum()).collect();
    let camera = |it: &Readiness| says(it, CheckCode::Camera);
    let microphone = |it: &Readiness| says(it, CheckCode::Microphone);
    let count = |asked: &dyn Fn(&Readiness) -> bool| answers.iter().filter(|answer| asked(answer)).count();
    let either = |said: (CheckState, Code)| count(&|it| camera(it) == said || microphone(it) == said);
    let stale = (CheckState::Unknown, Code::EvidenceStale);
    let told = [
        count(&|it| it.is_granted() && camera(it) == (CheckState::Ok, Code::CameraWorks)),
        either((CheckState::Failed, Code::CameraFrozen)),
        either((CheckState::Unknown, Code::DeviceRetrying)),
        either((CheckState::Warning, Code::DeviceTryBroke)),
        either((CheckState::Unknown, Code::DeviceReplugged)),
        either((CheckState::Unknown, Code::DeviceNeverRead)),
        count(&|it| it.is_granted() && camera(it) == (CheckState::InUse, Code::CameraInUse)),
        count(&|it| {
            let in_use_and_bad = |check: &&Check| {
                !check.state.grants() && check.text.en.contains("is in use by another program")
            };
            it.checks.iter().any(|check| in_use_and_bad(&check))
        }),
        // A scan that is too old would leave both unknown.
        count(&|it| (camera(it) == stale) != (microphone(it) == stale)),
    ];
    assert!(told.iter().all(|count| *count > 5), "{told:?} of 2000");
}
