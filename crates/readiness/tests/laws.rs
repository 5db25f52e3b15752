//! Laws that hold for every sequence of events, tried on many random ones.

mod events;
mod room;

use std::time::Duration;

use proptest::prelude::*;
use siaga_probe::Mode;
use siaga_readiness::{
    CheckCode, CheckState, Code, Evidence, Profile, Readiness, Snapshot, TimeToLive, evaluate,
};

use events::{
    Event, Record, What, after, configuration, events, evidence, has_failed_to_sustain, has_fresh_evidence,
    improved, is_about_a_meeting, is_passing, is_passing_beside_trials, is_ready, policy, profile,
    random_rooms, silence, silence_of, up_to_now, without, without_all,
};
use room::*;

fn without_probes(events: &[Event], mode: Mode) -> Vec<Event> {
    without_all(events, |evidence| matches!(evidence, Evidence::Probe(probe) if probe.result.mode == mode))
}

fn without_memories(events: &[Event]) -> Vec<Event> {
    without_all(events, |evidence| matches!(evidence, Evidence::Remembered(_)))
}

proptest! {
    #![proptest_config(configuration(2000))]

    #[test]
    fn a_room_whose_link_failed_to_sustain_a_rate_is_not_ready_until_something_new_is_seen(
        policy in policy(), events in events(), profile in profile(), later in 0..400_u64,
    ) {
        let mut events = events;
        events.push(Event { after: later, what: silence() });
        let ready = is_ready(&after(policy, &events), profile);
        prop_assert!(!ready || !has_failed_to_sustain(policy, &events, profile));
    }

    #[test]
    fn nothing_is_ready_on_evidence_that_is_stale_missing_or_outdone(
        policy in policy(), events in events(), profile in profile(), later in 0..250_u64,
    ) {
        let mut events = events;
        events.push(Event { after: later, what: silence() });
        if is_ready(&after(policy, &events), profile) {
            prop_assert!(has_fresh_evidence(policy, &events, profile));
        }
    }

    #[test]
    fn ageing_never_grants(
        policy in policy(), events in events(), profile in profile(), steps in prop::collection::vec(0..60_u64, 6),
    ) {
        let mut room = after(policy, &events);
        let mut was_ready = is_ready(&room, profile);
        for step in steps {
            let ready = is_ready(room.pass(step), profile);
            prop_assert!(was_ready || !ready);
            was_ready = ready;
        }
    }

    #[test]
    fn wanting_younger_evidence_never_grants(
        policy in policy(), events in events(), profile in profile(), max_age in 1..200_u64,
    ) {
        let room = after(policy, &events);
        let max_age = TimeToLive::new(Duration::from_secs(max_age)).unwrap();
        let younger = room.tracker.snapshot().clone().no_older_than(Some(max_age));
        let wanted = evaluate(&younger, profile, room.now);
        prop_assert!(is_ready(&room, profile) || !wanted.is_granted());
        if wanted.is_granted() {
            let limit = max_age.duration().as_secs_f64();
            // A missing sustain probe is told with the age of the last one that was tried. Of what is not required and not
            // known nothing is granted.
            let mut granting = wanted.checks.iter().filter(|check| {
                check.reason != Code::NetSustainMissing && !is_optional(check.code)
            });
            prop_assert!(granting.all(|check| check.age_s.unwrap() < limit));
        }
    }

    #[test]
    fn taking_a_passing_observation_away_never_grants(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let granted = is_ready(&after(policy, &events), profile);
        for (index, event) in events.iter().enumerate() {
            let What::Observed { evidence, .. } = &event.what else { continue };
            if granted || !is_passing(policy, evidence, profile) {
                continue;
            }
            if is_passing_beside_trials(policy, evidence, &events, profile) {
                let others = without(&events, index);
                let law = !is_ready(&after(policy, &others), profile)
                    || is_about_a_meeting(policy, evidence, &events, &others);
                prop_assert!(law, "without event {index}");
            } else {
                // Left out is only a scan that shows a device that failed.
                let Evidence::Devices(inventory) = evidence else { unreachable!("nothing else is left out") };
                let failed = Record::of(&events).devices_against(policy, inventory);
                prop_assert!(!failed.is_empty(), "event {index}");
            }
        }
    }

    #[test]
    fn a_better_observation_never_withdraws(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let granted = is_ready(&after(policy, &events), profile);
        for index in 0..events.len() {
            let mut better = events.clone();
            let What::Observed { evidence, .. } = &mut better[index].what else { continue };
            let before = evidence.clone();
            *evidence = improved(policy, evidence);
            let law = !granted
                || is_ready(&after(policy, &better), profile)
                || is_about_a_meeting(policy, &before, &events, &better);
            prop_assert!(law, "event {index} was improved");
        }
    }

}

/// Whether these profiles only warn of it.
fn is_optional(check: CheckCode) -> bool {
    matches!(check, CheckCode::Power | CheckCode::Software)
}

proptest! {
    #![proptest_config(configuration(500))]

    #[test]
    fn what_a_profile_only_warns_of_changes_neither_the_verdict_nor_how_long_it_holds(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let room = after(policy, &events);
        let mut requirements = profile.requirements.clone();
        (requirements.power, requirements.software) = (None, None);
        let plain = Profile { name: profile.name.clone(), requirements };
        let (told, without) = (room.readiness(profile), room.readiness(&plain));
        prop_assert_eq!((told.verdict, told.valid_until), (without.verdict, without.valid_until));
        for check in told.checks.iter().filter(|check| is_optional(check.code)) {
            prop_assert!(matches!(check.state, CheckState::Ok | CheckState::Warning), "{:?}", check);
        }
    }

    #[test]
    fn an_attempt_that_told_nothing_never_changes_the_verdict(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let before = after(policy, &events).readiness(profile);
        for mode in [Mode::Gate, Mode::Sustain, Mode::Quality] {
            let mut tried = events.clone();
            tried.push(Event { after: 0, what: silence_of(mode) });
            let told = after(policy, &tried).readiness(profile);
            prop_assert_eq!(told.verdict, before.verdict);
            prop_assert_eq!(says(&told, CheckCode::NetSustain), says(&before, CheckCode::NetSustain));
        }
    }

    #[test]
    fn quality_probes_change_no_answer(policy in policy(), events in events(), profile in profile()) {
        let events = up_to_now(events);
        let told = after(policy, &events).readiness(profile);
        let others = without_probes(&events, Mode::Quality);
        prop_assert_eq!(after(policy, &others).readiness(profile), told);
    }

    #[test]
    fn what_is_remembered_never_makes_a_room_ready(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let events = up_to_now(events);
        let others = without_memories(&events);
        prop_assert!(is_ready(&after(policy, &others), profile) || !is_ready(&after(policy, &events), profile));
    }

    #[test]
    fn sustain_probes_never_make_a_room_ready_that_is_not_without_them_and_what_is_remembered_of_others(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let events = up_to_now(events);
        let others = without_memories(&without_probes(&events, Mode::Sustain));
        prop_assert!(is_ready(&after(policy, &others), profile) || !is_ready(&after(policy, &events), profile));
    }

    #[test]
    fn a_room_that_meets_recommended_meets_minimum(policy in policy(), events in events()) {
        let room = after(policy, &events);
        prop_assert!(!is_ready(&room, Profile::recommended()) || is_ready(&room, Profile::minimum()));
    }

    #[test]
    fn it_does_not_matter_in_which_order_observations_come_in(
        policy in policy(),
        evidence in prop::collection::vec(evidence(), 1..12),
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        // One every nine seconds, all handed in at the end.
        let at = |index: usize| moment(1000 + 9 * index as u64);
        let told = |order: &[usize]| {
            let mut room = Room::new(policy);
            let is_scan = |index: &usize| matches!(evidence.get(*index), Some(Evidence::Devices(_)));
            // Scans come from one worker.
            let mut scans: Vec<usize> = order.iter().copied().filter(is_scan).collect();
            scans.sort_unstable_by(|one, other| other.cmp(one));
            let order = order.iter().map(|index| if is_scan(index) { scans.pop().unwrap() } else { *index });
            for index in order.filter(|index| *index < evidence.len()) {
                room.observe_from(at(index), evidence[index].clone());
            }
            room.now = at(12);
            (room.minimum(), room.recommended())
        };
        let in_order: Vec<usize> = (0..12).collect();
        prop_assert_eq!(told(&order), told(&in_order));
    }

    #[test]
    fn a_granted_answer_holds_until_it_says_and_not_longer(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let mut room = after(policy, &events);
        let readiness = room.readiness(profile);
        prop_assert_eq!(readiness.valid_until.is_some(), readiness.is_granted());
        if let Some(until) = readiness.valid_until {
            let left = u64::try_from(until.duration_since(room.now.wall).as_secs()).unwrap();
            prop_assert!(left > 0);
            prop_assert!(is_ready(room.pass(left - 1), profile));
            prop_assert!(!is_ready(room.pass(1), profile));
        }
    }

    #[test]
    fn every_answer_is_in_words_with_a_remedy_where_one_is_needed_and_survives_json(
        policy in policy(), events in events(), profile in profile(),
    ) {
        let room = after(policy, &events);
        let readiness = room.readiness(profile);
        prop_assert_eq!(readiness.checks.len(), if profile == Profile::minimum() { 8 } else { 13 });
        prop_assert_eq!(readiness.reasons.is_empty(), readiness.exit_code() == 0);
        for check in &readiness.checks {
            for text in [&check.text.id, &check.text.en] {
                prop_assert!(!text.is_empty() && !text.contains('{'), "{}", text);
                prop_assert!(!text.contains("(not known)"), "{}", text);
            }
            let fine = matches!(check.state, CheckState::Ok | CheckState::InUse);
            prop_assert!(fine || !check.remedy.id.is_empty(), "{}", check.reason);
        }
        let json = serde_json::to_string(&readiness).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Readiness>(&json).unwrap(), &readiness);

        let sent = serde_json::to_string(room.tracker.snapshot()).unwrap();
        let received: Snapshot = serde_json::from_str(&sent).unwrap();
        prop_assert_eq!(evaluate(&received, profile, room.now), readiness);
    }
}

/// Laws about what is granted say nothing if nothing ever is.
#[test]
fn the_random_rooms_are_ready_often_enough_to_try_the_laws() {
    let ready = |profile| random_rooms(500).filter(|room| is_ready(room, profile)).count();
    let ready = [Profile::minimum(), Profile::recommended()].map(ready);
    assert!(ready[0] > 100 && ready[1] > 50, "{ready:?} of 500");
}

/// Neither do laws about sustain probes if these never matter.
#[test]
fn the_random_rooms_have_sustain_probes_that_passed_failed_ran_out_and_are_missing() {
    let answers: Vec<Readiness> = random_rooms(1000).map(|room| room.minimum()).collect();
    let count = |asked: fn(&Readiness) -> bool| answers.iter().filter(|answer| asked(answer)).count();
    let told = [
        count(|it| says(it, CheckCode::NetSustain) == (CheckState::Ok, Code::NetSustainPassed)),
        count(|it| says(it, CheckCode::NetSustain).0 == CheckState::Failed),
        count(|it| says(it, CheckCode::NetSustain) == (CheckState::Unknown, Code::EvidenceStale)),
        count(|it| it.is_granted() && says(it, CheckCode::NetSustain).0 == CheckState::Warning),
    ];
    assert!(told.iter().all(|count| *count > 5), "{told:?} of 1000");
}
