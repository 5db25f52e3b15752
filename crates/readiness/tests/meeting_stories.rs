//! Stories of meetings, of links at their limit, and of clocks that are wrong.

mod room;

use siaga_probe::Reason;
use siaga_readiness::{
    Cause, CheckCode, CheckState, Code, Evidence, Inventory, Policy, Profile, ServerPlace, TimeToLive,
    evaluate,
};

use room::*;

fn in_a_meeting() -> Inventory {
    let mut inventory = built_in();
    inventory.cameras[0].state = CheckState::InUse;
    inventory
}

/// Scans every half minute, and a gate probe that is put off every five.
fn meeting(room: &mut Room, minutes: u64) {
    for half in 0..2 * minutes {
        room.pass(30).scan(in_a_meeting());
        if half % 10 == 0 {
            room.probe(nothing(10, Reason::MeetingOn), nothing(20, Reason::MeetingOn));
        }
    }
}

fn up(room: &Room) -> (CheckState, Code) {
    says(&room.minimum(), CheckCode::NetUp)
}

/// Probed a quarter of an hour before a meeting began.
fn room_with_a_meeting_of(minutes: u64) -> Room {
    let mut room = Room::new(Policy::default());
    room.scan(built_in()).probe(pass(10), pass(20)).pass(15 * MINUTE);
    meeting(&mut room, minutes);
    room
}

#[test]
fn a_long_meeting_leaves_the_room_as_it_was_until_it_ends() {
    let mut room = room_with_a_meeting_of(180);
    assert!(room.minimum().is_granted());
    assert_eq!(up(&room), (CheckState::InUse, Code::NetInUse));
    assert_eq!(check(&room.minimum(), CheckCode::NetUp).age_s, Some(195.0 * 60.0));
    assert_eq!(room.minimum().exit_code(), 1);
    room.pass(30).scan(built_in());
    assert_eq!(up(&room).0, CheckState::Unknown);
    room.probe(pass(10), pass(20));
    assert_eq!(up(&room), (CheckState::Ok, Code::NetUpSustained));
}

#[test]
fn a_meeting_that_nobody_sees_any_more_holds_nothing() {
    let mut room = room_with_a_meeting_of(90);
    assert!(room.minimum().is_granted());
    assert!(!room.pass(2 * MINUTE).minimum().is_granted());
    // Whether it is the same meeting is not known.
    room.scan(in_a_meeting());
    assert_eq!(up(&room), (CheckState::Unknown, Code::NetMeetingOn));
}

#[test]
fn what_was_stale_or_had_failed_before_the_meeting_is_not_held() {
    let mut room = Room::new(Policy::default());
    room.scan(built_in()).probe(pass(10), pass(20)).pass(61 * MINUTE);
    meeting(&mut room, 5);
    assert_eq!(up(&room), (CheckState::Unknown, Code::NetMeetingOn));

    let mut room = Room::new(Policy::default());
    room.scan(built_in()).probe(pass(10), pass(20)).pass(15 * MINUTE);
    room.probe(fail(10, Reason::QueueGrows, 8_000_000), pass(20)).pass(5 * MINUTE);
    meeting(&mut room, 30);
    assert_eq!(up(&room), (CheckState::Failed, Code::NetUpBelowMinimum));
    meeting(&mut room, 30);
    assert_eq!(up(&room).0, CheckState::Unknown, "a failure is not told for longer than it counts");
}

#[test]
fn another_network_or_a_program_that_holds_a_camera_for_good_is_no_meeting() {
    let mut room = room_with_a_meeting_of(90);
    room.invalidate(Cause::NetworkChanged).scan(in_a_meeting());
    assert_eq!(up(&room), (CheckState::Unknown, Code::NetChanged));

    assert!(room_with_a_meeting_of(12 * 60 - 1).minimum().is_granted());
    assert!(!room_with_a_meeting_of(12 * 60 + 2).minimum().is_granted());
}

#[test]
fn who_wants_younger_evidence_gets_none_that_a_meeting_holds() {
    let room = room_with_a_meeting_of(90);
    let wanted = |minutes: u64| {
        let max_age = TimeToLive::new(std::time::Duration::from_secs(minutes * MINUTE)).unwrap();
        let younger = room.tracker.snapshot().clone().no_older_than(Some(max_age));
        evaluate(&younger, Profile::minimum(), room.now).is_granted()
    };
    assert_eq!([wanted(60), wanted(104), wanted(106)], [false, false, true]);
}

#[test]
fn a_link_that_failed_within_the_hour_and_passes_again_is_at_its_limit() {
    let mut room = Room::new(Policy::default());
    room.scan(built_in()).probe(fail(10, Reason::QueueGrows, 9_700_000), pass(20)).pass(10 * MINUTE);
    room.scan(built_in()).probe(pass(10), pass(20));
    assert!(room.minimum().is_granted(), "up again after one success");
    assert_eq!(up(&room), (CheckState::Warning, Code::NetUpBorderline));
    assert_eq!(says(&room.minimum(), CheckCode::NetDown).0, CheckState::Ok);
    room.pass(49 * MINUTE).scan(built_in());
    assert_eq!(up(&room).1, Code::NetUpBorderline);
    room.pass(2 * MINUTE).scan(built_in()).probe(pass(10), pass(20));
    assert_eq!(up(&room), (CheckState::Ok, Code::NetUpSustained));
}

#[test]
fn a_clock_that_is_off_by_more_than_a_minute_is_told_and_denies_nothing() {
    let mut room = Room::new(Policy::default());
    room.scan(built_in());
    for (offset, wrong) in [(Some(60.0), false), (Some(-61.0), true), (Some(0.2), false), (None, false)] {
        let Evidence::Probe(mut evidence) = probe(ServerPlace::Public, pass(10), pass(20)) else {
            unreachable!()
        };
        evidence.clock_offset_s = offset;
        room.pass(1).observe(Evidence::Probe(evidence));
        let told = room.minimum();
        assert!(told.is_granted());
        let clock = told.checks.iter().find(|check| check.code == CheckCode::Clock);
        assert_eq!(clock.map(|check| check.reason), wrong.then_some(Code::ClockWrong), "{offset:?}");
    }
}
