//! What a room's probes lead to.

mod room;

use siaga_probe::{Reason, Verdict, outcome::ByteCount};
use siaga_readiness::{
    Cause, CheckCode, CheckState, Code, Freshness, Level, Moment, Policy, Profile, Readiness, RoomVerdict,
    ServerPlace, Setup, evaluate,
    moment::BootId,
    observation::{Evidence, Gateway},
};

use room::*;

fn is(readiness: &Readiness, up: (CheckState, Code), down: (CheckState, Code)) {
    assert_eq!(says(readiness, CheckCode::NetUp), up);
    assert_eq!(says(readiness, CheckCode::NetDown), down);
}

const UP_OK: (CheckState, Code) = (CheckState::Ok, Code::NetUpSustained);
const DOWN_OK: (CheckState, Code) = (CheckState::Ok, Code::NetDownSustained);

/// A room with devices, so that only its link decides.
fn equipped() -> Room {
    let mut room = Room::new(Policy::default());
    room.scan(webcam());
    room
}

/// Time goes by and the devices are scanned, but nothing is probed.
fn wait(room: &mut Room, seconds: u64) {
    room.pass(seconds).scan(webcam());
}

#[test]
fn a_room_that_was_just_started_is_unknown() {
    let room = Room::new(Policy::default());
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.level, Level::Unknown);
    assert_eq!(readiness.reasons, [Code::NotCheckedYet]);
    assert_eq!(readiness.valid_until, None);
    assert_eq!(readiness.exit_code(), 3);
}

#[test]
fn a_link_that_sustains_both_rates_makes_the_room_ready_with_warnings_for_devices_never_tried() {
    let mut room = equipped();
    let readiness = room.probe(pass(10), pass(20)).minimum();
    is(&readiness, UP_OK, DOWN_OK);
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Ok, Code::NetServerAnswers));
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(readiness.level, Level::Minimum);
    assert_eq!(readiness.reasons, [Code::CameraNotTried, Code::MicrophoneNotTried, Code::NetSustainMissing]);
    assert_eq!(readiness.exit_code(), 1);
}

#[test]
fn a_slow_upload_fails_at_once_and_says_what_arrived() {
    let mut room = equipped();
    let readiness = room.probe(fail(10, Reason::QueueGrows, 9_999_999), pass(20)).minimum();
    is(&readiness, (CheckState::Failed, Code::NetUpBelowMinimum), DOWN_OK);
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(readiness.level, Level::None);
    assert_eq!(readiness.reasons, [Code::NetUpBelowMinimum]);
    assert_eq!(readiness.exit_code(), 2);
    let up = check(&readiness, CheckCode::NetUp);
    assert_eq!((up.value, up.required, up.unit.as_deref()), (Some(9.99), Some(10.0), Some("Mbit/s")));
    assert!(up.text.id.contains("9,99 Mbit/s") && up.text.en.contains("9.99 Mbit/s"), "{:?}", up.text);
}

#[test]
fn loss_and_a_standing_queue_are_failures_with_their_own_reasons() {
    let mut room = equipped();
    let readiness =
        room.probe(fail(10, Reason::Loss, 9_000_000), fail(20, Reason::StandingQueue, 20_000_000)).minimum();
    is(&readiness, (CheckState::Failed, Code::NetUpLoss), (CheckState::Failed, Code::NetDownQueue));
}

#[test]
fn a_pass_counts_for_every_lower_rate_and_a_failure_for_its_own_only() {
    let mut room = equipped();
    room.probe(fail(20, Reason::QueueGrows, 14_000_000), pass(20));
    is(&room.recommended(), (CheckState::Failed, Code::NetUpBelowMinimum), DOWN_OK);
    is(&room.minimum(), (CheckState::Unknown, Code::NetRateNotProbed), DOWN_OK);

    room.pass(1).probe(pass(10), pass(20));
    is(&room.recommended(), (CheckState::Failed, Code::NetUpBelowMinimum), DOWN_OK);
    is(&room.minimum(), UP_OK, DOWN_OK);

    room.pass(1).probe(pass(20), pass(20));
    is(&room.recommended(), (CheckState::Warning, Code::NetUpBorderline), DOWN_OK);
    is(&room.minimum(), UP_OK, DOWN_OK);
    assert_eq!(check(&room.minimum(), CheckCode::NetUp).value, Some(20.0));
}

#[test]
fn a_pass_does_not_outlive_a_newer_failure_at_a_lower_rate() {
    let mut room = equipped();
    room.probe(pass(20), pass(20)).pass(1).probe(fail(10, Reason::QueueGrows, 6_000_000), pass(20));
    is(&room.minimum(), (CheckState::Failed, Code::NetUpBelowMinimum), DOWN_OK);
    is(&room.recommended(), (CheckState::Unknown, Code::NetRateNotProbed), DOWN_OK);

    room.pass(1).probe(pass(10), pass(20));
    is(&room.minimum(), (CheckState::Warning, Code::NetUpBorderline), DOWN_OK);
    is(&room.recommended(), (CheckState::Unknown, Code::NetRateNotProbed), DOWN_OK);
}

#[test]
fn a_server_that_is_killed_leaves_the_last_result_standing_until_its_time_then_unknown_never_failed() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    for _ in 0..5 {
        wait(&mut room, 10 * MINUTE);
        room.probe(nothing(10, Reason::ServerUnreachable), nothing(20, Reason::ServerUnreachable));
        let readiness = room.minimum();
        is(&readiness, UP_OK, DOWN_OK);
        assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, Code::NetServerUnreachable));
        assert_eq!(readiness.verdict, RoomVerdict::Ready);
    }
    wait(&mut room, 10 * MINUTE);
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    for code in [CheckCode::NetServer, CheckCode::NetUp, CheckCode::NetDown] {
        assert_eq!(says(&readiness, code), (CheckState::Unknown, Code::NetServerUnreachable));
    }
    assert_eq!(readiness.reasons, [Code::NetServerUnreachable]);
}

#[test]
fn where_nothing_answers_the_gateway_tells_the_room_s_own_network_from_what_is_behind_it() {
    let silence = [Reason::ServerUnreachable, Reason::NoServerAnswers, Reason::NameNotResolved];
    let [silent, behind] = [Code::NetGatewaySilent, Code::NetBeyondGateway];
    for (gateway, codes) in [
        (Gateway::Silent, [silent, silent, silent]),
        // Of a name alone that is not resolved the names' server may be guilty.
        (Gateway::Answers, [behind, behind, Code::NetNameNotResolved]),
        (Gateway::Unknown, [Code::NetServerUnreachable, Code::NetNoServerAnswers, Code::NetNameNotResolved]),
    ] {
        for (reason, code) in silence.into_iter().zip(codes) {
            let mut room = equipped();
            room.observe(through(
                gateway,
                probe(ServerPlace::Public, nothing(10, reason), nothing(20, reason)),
            ));
            let readiness = room.minimum();
            assert_eq!(readiness.verdict, RoomVerdict::Unknown, "it says nothing about the link");
            for check in [CheckCode::NetServer, CheckCode::NetUp, CheckCode::NetDown] {
                assert_eq!(says(&readiness, check), (CheckState::Unknown, code), "{gateway:?} {reason}");
            }
            assert_eq!(readiness.reasons, [code]);
        }
    }
}

#[test]
fn a_gateway_says_nothing_where_a_server_spoke_and_takes_no_pass_away() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).pass(60);
    let busy = nothing(10, Reason::ServerBusy);
    room.observe(through(Gateway::Silent, probe(ServerPlace::Public, busy.clone(), busy)));
    assert_eq!(says(&room.minimum(), CheckCode::NetServer), (CheckState::Warning, Code::NetServerBusy));

    let unreachable = nothing(10, Reason::ServerUnreachable);
    room.observe(through(Gateway::Silent, probe(ServerPlace::Public, unreachable.clone(), unreachable)));
    let readiness = room.minimum();
    is(&readiness, UP_OK, DOWN_OK);
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, Code::NetGatewaySilent));
}

fn through(gateway: Gateway, mut evidence: Evidence) -> Evidence {
    if let Evidence::Probe(probe) = &mut evidence {
        probe.gateway = Some(gateway);
    }
    evidence
}

#[test]
fn every_way_of_being_turned_away_ends_as_unknown_with_its_own_reason() {
    let reasons = [
        (Reason::NameNotResolved, Code::NetNameNotResolved),
        (Reason::NoRoute, Code::NetNoRoute),
        (Reason::ServerAbsent, Code::NetServerAbsent),
        (Reason::UdpBlocked, Code::NetUdpBlocked),
        (Reason::ServerNotTrusted, Code::NetServerNotTrusted),
        (Reason::ClockBehind, Code::NetClockBehind),
        (Reason::IdentityRefused, Code::NetIdentityRefused),
        (Reason::IdentityRequired, Code::NetIdentityRequired),
        (Reason::VersionMismatch, Code::NetVersionMismatch),
        (Reason::ServerBusy, Code::NetServerBusy),
        (Reason::ServerRefused, Code::NetServerRefused),
        (Reason::PeerFailed, Code::NetServerFailed),
        (Reason::LocalFault, Code::NetLocalFault),
    ];
    for (reason, code) in reasons {
        let mut room = equipped();
        room.probe(nothing(10, reason), nothing(20, reason));
        let readiness = room.minimum();
        assert_eq!(readiness.verdict, RoomVerdict::Unknown, "{reason:?}");
        assert_eq!(readiness.reasons, [code]);
        is(&readiness, (CheckState::Unknown, code), (CheckState::Unknown, code));
    }
}

#[test]
fn an_outage_during_a_probe_is_shown_but_withdraws_nothing() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).pass(30);
    room.probe(disturbed(10, Reason::Outage), pass(20));
    let readiness = room.minimum();
    is(&readiness, (CheckState::Warning, Code::NetOutage), DOWN_OK);
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Ok, Code::NetServerAnswers));
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(check(&readiness, CheckCode::NetUp).age_s, Some(30.0));

    room.pass(1).probe(pass(10), pass(20));
    is(&room.minimum(), UP_OK, DOWN_OK);
}

#[test]
fn a_direction_that_told_nothing_shows_it_whoever_is_to_blame() {
    let reasons = [
        (Reason::PeerFailed, Code::NetServerFailed),
        (Reason::LocalFault, Code::NetLocalFault),
        (Reason::SenderLate, Code::NetServerBusy),
        (Reason::ServerRefused, Code::NetServerRefused),
    ];
    for (reason, code) in reasons {
        let mut room = equipped();
        room.probe(pass(10), pass(20)).pass(30);
        room.probe(pass(10), disturbed(20, reason));
        let readiness = room.minimum();
        is(&readiness, UP_OK, (CheckState::Warning, code));
        assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Ok, Code::NetServerAnswers));
        assert_eq!(readiness.verdict, RoomVerdict::Ready);
        assert!(readiness.reasons.contains(&code));

        wait(&mut room, 60 * MINUTE - 30);
        let readiness = room.minimum();
        is(&readiness, UP_OK, (CheckState::Unknown, code));
        assert_eq!(readiness.verdict, RoomVerdict::Unknown);

        let mut unproven = equipped();
        unproven.probe(pass(10), disturbed(20, reason));
        is(&unproven.minimum(), UP_OK, (CheckState::Unknown, code));
    }
}

#[test]
fn two_directions_that_told_nothing_for_different_reasons_are_both_heard() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).pass(30);
    room.probe(disturbed(10, Reason::Outage), disturbed(20, Reason::PeerFailed));
    is(&room.minimum(), (CheckState::Warning, Code::NetOutage), (CheckState::Warning, Code::NetServerFailed));

    room.pass(1).probe(disturbed(10, Reason::PeerFailed), disturbed(20, Reason::LocalFault));
    let readiness = room.minimum();
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, Code::NetServerFailed));
    is(&readiness, UP_OK, (CheckState::Warning, Code::NetLocalFault));
}

#[test]
fn a_link_that_never_settled_is_unknown_although_the_server_answers() {
    let mut room = equipped();
    room.probe(disturbed(10, Reason::Undecided), disturbed(20, Reason::SenderLate));
    let readiness = room.minimum();
    is(&readiness, (CheckState::Unknown, Code::NetUndecided), (CheckState::Unknown, Code::NetServerBusy));
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Ok, Code::NetServerAnswers));
}

#[test]
fn a_late_sender_is_the_computer_upwards_and_the_server_downwards() {
    let mut room = equipped();
    room.probe(disturbed(10, Reason::SenderLate), disturbed(20, Reason::SenderLate));
    let readiness = room.minimum();
    is(&readiness, (CheckState::Unknown, Code::NetSenderLate), (CheckState::Unknown, Code::NetServerBusy));
    let down = check(&readiness, CheckCode::NetDown);
    assert!(down.text.en.contains("does not mean that the link is slow"), "{}", down.text.en);
}

#[test]
fn a_failure_stands_while_the_server_is_busy() {
    let mut room = equipped();
    room.probe(fail(10, Reason::QueueGrows, 8_000_000), pass(20)).pass(1);
    room.probe(nothing(10, Reason::ServerBusy), nothing(20, Reason::ServerBusy));
    let readiness = room.minimum();
    is(&readiness, (CheckState::Failed, Code::NetUpBelowMinimum), DOWN_OK);
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, Code::NetServerBusy));
}

#[test]
fn a_prober_that_is_stuck_closes_the_gate_by_itself() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    wait(&mut room, 60 * MINUTE - 1);
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    wait(&mut room, 1);
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.reasons, [Code::EvidenceStale]);
    assert_eq!(check(&readiness, CheckCode::NetUp).age_s, Some(3600.0));
}

#[test]
fn an_office_shortens_the_time_to_live() {
    let freshness = Freshness { gate_probe: "5s".parse().unwrap(), ..Freshness::default() };
    let mut room = Room::new(Policy::strict(freshness));
    room.scan(webcam()).probe(pass(10), pass(20)).pass(4);
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    assert_eq!(room.pass(1).minimum().verdict, RoomVerdict::Unknown);
}

#[test]
fn a_caller_who_wants_younger_evidence_is_told_that_the_rooms_is_stale() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    wait(&mut room, 15 * MINUTE - 1);
    let within = |room: &Room, max_age: Option<&str>| {
        let max_age = max_age.map(|text| text.parse().unwrap());
        evaluate(&room.tracker.snapshot().clone().no_older_than(max_age), Profile::minimum(), room.now)
    };
    let readiness = within(&room, Some("15m"));
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    let a_second_later = room.now.wall + std::time::Duration::from_secs(1);
    assert_eq!(readiness.valid_until, Some(a_second_later), "valid for that caller");

    wait(&mut room, 1);
    let readiness = within(&room, Some("15m"));
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.level, Level::Unknown);
    assert_eq!(readiness.reasons, [Code::EvidenceStale]);
    for max_age in [None, Some("24h")] {
        assert_eq!(within(&room, max_age), room.minimum(), "a wider limit than the room's changes nothing");
    }
}

/// As a caller sees the room who asked so many seconds ago that the link be measured.
fn asked_ago(room: &Room, seconds: u64) -> Readiness {
    let ago = std::time::Duration::from_secs(seconds);
    evaluate(&room.tracker.snapshot().clone().no_gate_older_than(ago), Profile::minimum(), room.now)
}

#[test]
fn who_has_the_link_measured_gets_no_answer_from_before() {
    let mut room = equipped();
    room.sustain(pass(10), pass(20)).probe(pass(10), pass(20));
    wait(&mut room, 21);
    // Nothing has come of it yet: the answer rests on nothing.
    let readiness = asked_ago(&room, 0);
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.reasons, [Code::EvidenceStale]);
    for (reason, code) in [
        (Reason::ServerAbsent, Code::NetServerAbsent),
        (Reason::IdentityRefused, Code::NetIdentityRefused),
        (Reason::MeetingOn, Code::NetMeetingOn),
        (Reason::BudgetSpent, Code::NetBudgetSpent),
    ] {
        room.pass(5).probe(nothing(10, reason), nothing(20, reason));
        room.pass(1);
        let readiness = asked_ago(&room, 3);
        assert_eq!((readiness.verdict, readiness.exit_code()), (RoomVerdict::Unknown, 3));
        assert_eq!(readiness.reasons, [code]);
        is(&readiness, (CheckState::Unknown, code), (CheckState::Unknown, code));
        let sustain = says(&readiness, CheckCode::NetSustain);
        assert_eq!(sustain, (CheckState::Ok, Code::NetSustainPassed), "that was not asked for");
        assert_eq!(room.minimum().verdict, RoomVerdict::Ready, "who asked for nothing is answered as ever");
    }
    room.pass(2).probe(pass(10), pass(20)).pass(1);
    let readiness = asked_ago(&room, 2);
    is(&readiness, UP_OK, DOWN_OK);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
}

#[test]
fn the_answer_says_until_when_it_is_valid_and_lapses_then() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    wait(&mut room, 30);
    room.pass(20);
    let until = room.minimum().valid_until.unwrap();
    assert_eq!(until, room.now.wall + std::time::Duration::from_secs(100), "the scan lapses first");
    assert_eq!(room.pass(99).minimum().valid_until, Some(until));
    assert_eq!(room.pass(1).minimum().verdict, RoomVerdict::Unknown);
}

#[test]
fn two_answers_that_the_clocks_tell_nanoseconds_apart_are_alike() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).pass(3);
    room.now.wall += std::time::Duration::from_micros(300);
    let before = room.minimum();
    room.now.since_boot += std::time::Duration::from_nanos(70);
    room.now.wall += std::time::Duration::from_nanos(90);
    assert_eq!(room.minimum(), before);
    assert_eq!(before.valid_until.unwrap().subsec_nanosecond(), 0);
}

#[test]
fn a_laptop_that_wakes_up_is_unknown_because_the_boot_clock_went_on() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    assert_eq!(room.pass(8 * 60 * MINUTE).minimum().verdict, RoomVerdict::Unknown);
}

#[test]
fn evidence_of_another_boot_or_of_the_future_says_nothing() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    let now = room.now;
    room.now = Moment { boot: BootId(8), ..now };
    assert_eq!(room.minimum().verdict, RoomVerdict::Unknown);
    room.now = Moment { since_boot: now.since_boot - std::time::Duration::from_secs(1), ..now };
    assert_eq!(room.minimum().verdict, RoomVerdict::Unknown);

    let mut rebooted = equipped();
    let other_boot = Moment { boot: BootId(8), ..rebooted.now };
    rebooted.observe_from(other_boot, probe(ServerPlace::Public, pass(10), pass(20)));
    assert_eq!(rebooted.minimum().reasons, [Code::NotCheckedYet]);
}

#[test]
fn setting_the_wall_clock_changes_no_age() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).pass(60);
    for hours in [-48, 48] {
        room.now.wall += jiff::SignedDuration::from_hours(hours);
        let readiness = room.minimum();
        assert_eq!(readiness.verdict, RoomVerdict::Ready);
        assert_eq!(check(&readiness, CheckCode::NetUp).age_s, Some(60.0));
        assert_eq!(readiness.valid_until, Some(room.now.wall + std::time::Duration::from_secs(60)));
    }
}

#[test]
fn a_laptop_carried_to_another_network_keeps_its_devices_and_loses_its_link() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).pass(5);
    let before_the_move = room.now;
    let readiness = room.pass(1).invalidate(Cause::NetworkChanged).minimum();
    assert_eq!(readiness.reasons, [Code::NetChanged]);
    assert_eq!(says(&readiness, CheckCode::Camera).0, CheckState::Warning);

    room.observe_from(before_the_move, probe(ServerPlace::Public, pass(10), pass(20)));
    assert_eq!(room.minimum().reasons, [Code::NetChanged], "a probe that began before the move says nothing");

    room.pass(1).probe(pass(10), pass(20));
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn after_a_resume_a_clock_step_or_a_new_configuration_everything_is_unknown_until_rechecked() {
    let causes = [
        (Cause::Resumed, Code::MachineResumed),
        (Cause::ClockStepped, Code::ClockStepped),
        (Cause::ConfigurationChanged, Code::ConfigurationChanged),
        (Cause::Started, Code::NotCheckedYet),
    ];
    for (cause, code) in causes {
        let mut room = equipped();
        room.probe(pass(10), pass(20)).pass(1).invalidate(cause);
        let readiness = room.minimum();
        for check in &readiness.checks {
            // What is missing of these alone denies nothing.
            let missing = match check.code {
                CheckCode::NetSustain | CheckCode::Power | CheckCode::Software => CheckState::Warning,
                _ => CheckState::Unknown,
            };
            assert_eq!(check.state, missing, "{:?}", check.code);
        }
        assert_eq!(readiness.reasons, [code]);
    }
}

#[test]
fn probes_may_come_in_out_of_order() {
    let mut room = equipped();
    let earlier = room.now;
    room.pass(10).probe(fail(10, Reason::QueueGrows, 5_000_000), pass(20));
    room.observe_from(earlier, probe(ServerPlace::Public, pass(10), pass(20)));
    is(&room.minimum(), (CheckState::Failed, Code::NetUpBelowMinimum), DOWN_OK);
    let attempt = room.tracker.snapshot().network.gate.attempt.as_ref().unwrap();
    assert_eq!(attempt.at.since_boot, std::time::Duration::from_secs(1010));
}

#[test]
fn a_server_inside_the_office_measures_only_the_offices_own_network() {
    let mut room = equipped();
    room.observe(probe(ServerPlace::Internal, pass(10), pass(20)));
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.reasons, [Code::NetServerInternal]);
    is(&readiness, UP_OK, DOWN_OK);

    let mut declared = Room::new(Policy { accept_internal_server: true, ..Policy::default() });
    declared.scan(webcam()).observe(probe(ServerPlace::Internal, pass(10), pass(20)));
    let readiness = declared.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Ok, Code::NetServerInternalAccepted));
}

#[test]
fn a_slow_link_inside_the_office_is_a_failure_all_the_same() {
    let mut room = equipped();
    room.observe(probe(ServerPlace::Internal, fail(10, Reason::QueueGrows, 4_000_000), pass(20)));
    assert_eq!(room.minimum().verdict, RoomVerdict::NotReady);
}

#[test]
fn without_a_server_the_link_is_unknown_and_the_room_says_why() {
    let mut room = Room::with(Setup { room: "r".to_owned(), probe_server: None, policy: Policy::default() });
    let readiness = room.scan(webcam()).minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.reasons, [Code::NetNoServer]);
}

#[test]
fn probes_and_their_bytes_are_counted_whatever_came_of_them() {
    let mut room = equipped();
    room.probe(pass(10), pass(20)).probe(pass(10), pass(20));
    room.probe(nothing(10, Reason::ServerBusy), nothing(20, Reason::ServerBusy));
    let counters = &room.tracker.snapshot().counters;
    assert_eq!(counters.probes.iter().map(|probe| probe.count).collect::<Vec<_>>(), [2, 1]);
    assert_eq!((counters.bytes_sent, counters.bytes_received), (4_500_000, 8_400_000));
    let measured = room.tracker.snapshot().network.gate.measured.as_ref().unwrap();
    assert_eq!(measured.evidence.result.up, pass(10), "the measures are of the last probe that had any");
}

#[test]
fn however_many_rates_are_probed_what_is_held_stays_bounded_and_errs_to_unknown() {
    let mut room = equipped();
    let first = room.now;
    room.probe(pass(10), pass(20));
    for rate in 101..140 {
        let slow = fail(rate, Reason::QueueGrows, 90_000_000);
        room.pass(1).probe(slow.clone(), slow);
    }
    let findings = room.tracker.snapshot().network.gate.up.iter();
    assert_eq!(findings.count(), 32);
    is(
        &room.minimum(),
        (CheckState::Unknown, Code::NetRateNotProbed),
        (CheckState::Unknown, Code::NetRateNotProbed),
    );

    room.observe_from(first, probe(ServerPlace::Public, pass(10), pass(20)));
    assert_eq!(room.minimum().verdict, RoomVerdict::Unknown, "the oldest does not come back");
}

#[test]
fn a_probe_that_is_put_off_is_told_at_once_and_is_the_reason_once_the_last_one_has_run_out() {
    for (reason, code) in [
        (Reason::BudgetSpent, Code::NetBudgetSpent),
        (Reason::MeetingOn, Code::NetMeetingOn),
        (Reason::MeetingUnknown, Code::NetMeetingUnknown),
        (Reason::OtherTraffic, Code::NetOtherTraffic),
        (Reason::Metered, Code::NetMetered),
        (Reason::OutsideHours, Code::NetOutsideHours),
    ] {
        let mut room = equipped();
        room.probe(pass(10), pass(20));
        wait(&mut room, 40 * MINUTE);
        let put_off = || probe(ServerPlace::Unknown, nothing(10, reason), nothing(20, reason));
        let readiness = room.observe(put_off()).minimum();
        is(&readiness, UP_OK, DOWN_OK);
        assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, code));
        assert_eq!(readiness.verdict, RoomVerdict::Ready);

        wait(&mut room, 21 * MINUTE);
        let readiness = room.minimum();
        is(&readiness, (CheckState::Unknown, code), (CheckState::Unknown, code));
        assert_eq!(readiness.verdict, RoomVerdict::Unknown);
        assert_eq!(readiness.reasons, [code]);
        let probes: u64 = room.tracker.snapshot().counters.probes.iter().map(|count| count.count).sum();
        assert_eq!(probes, 1, "what was not made is not counted");
    }
}

#[test]
fn a_probe_that_a_meeting_ended_is_told_like_one_that_was_put_off_but_its_cost_counts() {
    let mut room = equipped();
    room.probe(pass(10), pass(20));
    wait(&mut room, 40 * MINUTE);
    let (up, down) = (nothing(10, Reason::MeetingOn), nothing(20, Reason::MeetingOn));
    let Evidence::Probe(mut stopped) = probe(ServerPlace::Public, up, down) else { unreachable!() };
    stopped.result.bytes = ByteCount { sent: 1_000_000, received: 2_000_000 };
    let before = room.tracker.snapshot().counters.clone();
    let readiness = room.observe(Evidence::Probe(stopped)).minimum();
    is(&readiness, UP_OK, DOWN_OK);
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Warning, Code::NetMeetingOn));
    let counters = &room.tracker.snapshot().counters;
    assert_eq!(counters.bytes_sent - before.bytes_sent, 1_000_000);
    assert_eq!(counters.bytes_received - before.bytes_received, 2_000_000);
    let count = counters.probes.iter().find(|count| count.verdict == Verdict::Inconclusive);
    assert_eq!(count.map(|count| count.count), Some(1));
}
