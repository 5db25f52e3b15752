//! Laws of the plan, over random histories of a room and its server.

use proptest::{prelude::*, test_runner::RngSeed};

use super::{stories::*, *};

/// Something that happens, and for how many steps of ten seconds it goes on so.
#[derive(Debug, Clone)]
enum Happening {
    Room {
        on: bool,
    },
    Meeting(bool),
    Fault(Option<Fault>),
    Finds(Option<Finding>),
    /// The server is down, for so many steps; it starts with what it has kept.
    Outage(u16),
}

fn finding() -> impl Strategy<Value = Option<Finding>> {
    prop_oneof![
        4 => Just(Some(Finding::Passed)),
        1 => Just(Some(Finding::Failed { reasons: vec![Code::CameraMissing], link_only: false })),
        1 => Just(Some(Finding::Failed { reasons: vec![Code::NetUpLoss], link_only: true })),
        1 => Just(Some(Finding::Unclear(vec![Code::NetUndecided]))),
        1 => Just(Some(Finding::Unclear(vec![Code::NetServerBusy]))),
        1 => Just(Some(Finding::InUse)),
        1 => Just(None),
    ]
}

fn fault() -> impl Strategy<Value = Option<Fault>> {
    let faults = vec![Fault::JustStarted, Fault::RoomsAway, Fault::NoGrant, Fault::Late, Fault::Store];
    prop_oneof![2 => Just(None), 1 => prop::sample::select(faults).prop_map(Some)]
}

fn history() -> impl Strategy<Value = Vec<(Happening, u16)>> {
    let happening = prop_oneof![
        3 => any::<bool>().prop_map(|on| Happening::Room { on }),
        2 => any::<bool>().prop_map(Happening::Meeting),
        2 => fault().prop_map(Happening::Fault),
        3 => finding().prop_map(Happening::Finds),
        1 => (0_u16..400).prop_map(Happening::Outage),
    ];
    prop::collection::vec((happening, 0_u16..300), 1..20)
}

/// Plays a history until an hour after the meeting began, and looks after every step.
fn play(history: &[(Happening, u16)], mut look: impl FnMut(&Story, usize)) -> Story {
    let mut story = Story::new();
    let mut step = |story: &mut Story| {
        let before = story.done.len();
        story.tick();
        look(story, before);
    };
    for (happening, steps) in history {
        match happening {
            Happening::Room { on: true } => story.room.away = None,
            Happening::Room { on: false } => {
                story.room.away.get_or_insert(Duration::ZERO);
            }
            Happening::Meeting(on) => story.room.in_use = *on,
            Happening::Fault(fault) => story.server.fault = *fault,
            Happening::Finds(finding) => story.finds = finding.clone(),
            Happening::Outage(steps) => {
                story.now += Duration::from_secs(10) * u32::from(*steps);
                story.server = Server { fault: Some(Fault::JustStarted), started: story.now };
            }
        }
        for _ in 0..*steps {
            step(&mut story);
        }
    }
    while story.now < at("10:00") {
        step(&mut story);
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(0x5146_4147),
        failure_persistence: None,
        ..ProptestConfig::with_cases(256)
    })]

    #[test]
    fn while_the_server_has_a_fault_nothing_but_the_room_s_own_devices_withdraws(history in history()) {
        play(&history, |story, before| {
            let withdrawn = story.done[before..].iter().find_map(|(_, action)| match action {
                Action::Withdraw(why) => Some(why.clone()),
                _ => None,
            });
            if story.server.fault.is_some() {
                assert!(withdrawn.is_none_or(|why| why == Withdrawal::Failed(vec![Code::CameraMissing])));
            }
        });
    }

    #[test]
    fn an_approval_is_only_ever_withdrawn_from_a_room_that_failed_or_is_off(history in history()) {
        play(&history, |story, before| {
            for (_, action) in &story.done[before..] {
                match action {
                    Action::Withdraw(Withdrawal::Off) => {
                        assert!(story.room.away.is_some_and(|away| away >= OFF_AFTER));
                        assert!(story.now >= story.times.off_after);
                    }
                    Action::Withdraw(Withdrawal::Failed(reasons)) => {
                        let failed = |finding: &Finding| matches!(finding, Finding::Failed { reasons: found, .. } if found == reasons);
                        assert!(story.finds.as_ref().is_some_and(failed));
                    }
                    _ => {}
                }
            }
        });
    }

    #[test]
    fn a_check_ends_once_and_is_not_asked_for_after_that_nor_twice_at_a_time(history in history()) {
        let mut ended = [None; 3];
        let mut asked: [Option<Timestamp>; 3] = [None; 3];
        play(&history, |story, before| {
            for (now, action) in &story.done[before..] {
                if let Action::Ask { stage, .. } = action {
                    let number = *stage as usize;
                    assert_eq!(ended[number], None);
                    // Only a room that was off since, or has answered, is asked anew at once.
                    let waited = asked[number].is_none_or(|since| *now >= since + minutes(2));
                    assert!(waited, "{stage:?} asked twice");
                    asked[number] = Some(*now);
                }
            }
            for stage in Stage::ALL {
                let now = story.progress.ended(stage);
                assert!(ended[stage as usize].is_none_or(|before| Some(before) == now));
                ended[stage as usize] = now;
            }
        });
    }

    #[test]
    fn unconfirmed_is_told_once_until_it_is_confirmed_and_nothing_after_a_withdrawal(history in history()) {
        let story = play(&history, |_, _| {});
        let mut last = None;
        for (_, action) in story.done.iter().filter(|(_, action)| !matches!(action, Action::Ask { .. })) {
            match action {
                Action::TellUnconfirmed(_) => assert!(!matches!(last, Some(Action::TellUnconfirmed(_)))),
                Action::TellConfirmed => assert!(matches!(last, Some(Action::TellUnconfirmed(_)))),
                _ => {}
            }
            assert!(!matches!(last, Some(Action::Withdraw(_))), "told after the withdrawal");
            last = Some(action.clone());
        }
    }

    #[test]
    fn a_history_ends_with_every_check_ended(history in history()) {
        let story = play(&history, |_, _| {});
        assert!(story.progress.is_over());
    }

    #[test]
    fn a_room_that_is_found_broken_while_the_server_is_well_always_loses_its_approval(
        history in history(), from in 0_u16..1000,
    ) {
        // Whatever came before: from some time on the room is there, free and broken, and the server well.
        let mut history = history;
        let steps = history.iter().scan(0_u32, |sum, (_, steps)| { *sum += u32::from(*steps); Some(*sum) });
        let keep = steps.take_while(|sum| *sum <= u32::from(from)).count();
        history.truncate(keep);
        history.extend([
            (Happening::Room { on: true }, 0),
            (Happening::Meeting(false), 0),
            (Happening::Fault(None), 0),
            (Happening::Finds(Some(Finding::Failed { reasons: vec![Code::CameraMissing], link_only: false })), 0),
        ]);
        let began = play(&history[..keep], |_, _| {});
        let before: Vec<_> = began.done.clone();
        let mut broken_from = None;
        let story = play(&history, |story, _| {
            let broken = story.finds == Some(Finding::Failed { reasons: vec![Code::CameraMissing], link_only: false });
            if broken && story.server.fault.is_none() && story.room.away.is_none() && !story.room.in_use {
                broken_from.get_or_insert(story.now);
            } else {
                broken_from = None;
            }
        });
        // The last check needs a patience of its own, and what was put off its time.
        let early_enough = broken_from.is_some_and(|from| from < at("08:45"));
        if early_enough {
            assert!(matches!(story.progress.standing, Standing::Withdrawn(_)), "{:?} {before:?}", story.done);
        }
    }
}
