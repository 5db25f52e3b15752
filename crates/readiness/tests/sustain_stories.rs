//! What a room's sustain probes lead to.

mod room;

use std::time::Duration;

use siaga_probe::{Direction, DirectionResult, Mode, Reason};
use siaga_readiness::{
    Cause, CheckCode, CheckState, Code, Evidence, Freshness, Level, Moment, Policy, Profile, Readiness,
    RoomVerdict, ServerPlace, Setup, Snapshot, evaluate,
};

use room::*;

const HOUR: u64 = 60 * MINUTE;

const PASSED: (CheckState, Code) = (CheckState::Ok, Code::NetSustainPassed);
const MISSING: (CheckState, Code) = (CheckState::Warning, Code::NetSustainMissing);
const TOO_LONG_AGO: (CheckState, Code) = (CheckState::Unknown, Code::EvidenceStale);

/// A room whose devices and gate probe are good, so that only its sustain probes decide.
fn equipped() -> Room {
    let mut room = Room::new(Policy::default());
    room.scan(webcam()).probe(pass(10), pass(20));
    room
}

/// Time goes by and gate probes pass.
fn wait(room: &mut Room, seconds: u64) {
    room.pass(seconds).scan(webcam()).probe(pass(10), pass(20));
}

fn slow(rate: u64) -> DirectionResult {
    fail(rate, Reason::QueueGrows, rate * 500_000)
}

fn sustain(readiness: &Readiness) -> (CheckState, Code) {
    says(readiness, CheckCode::NetSustain)
}

fn within(room: &Room, max_age: &str) -> Readiness {
    let snapshot = room.tracker.snapshot().clone().no_older_than(Some(max_age.parse().unwrap()));
    evaluate(&snapshot, Profile::minimum(), room.now)
}

#[test]
fn a_link_that_was_never_tried_for_longer_is_granted_with_a_warning() {
    let readiness = equipped().minimum();
    assert_eq!(sustain(&readiness), MISSING);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert!(readiness.reasons.contains(&Code::NetSustainMissing));
    assert_eq!(readiness.exit_code(), 1);
    assert_eq!(check(&readiness, CheckCode::NetSustain).age_s, None);
}

#[test]
fn a_profile_without_devices_whose_link_held_both_rates_is_granted_without_a_warning() {
    let network_only =
        Profile::from_toml("link".parse().unwrap(), "[network]\nup = \"10M\"\ndown = \"20M\"\n").unwrap();
    let mut room = equipped();
    assert_eq!(room.readiness(&network_only).exit_code(), 1);
    let readiness = room.sustain(pass(10), pass(20)).readiness(&network_only);
    assert_eq!(sustain(&readiness), PASSED);
    assert_eq!(readiness.exit_code(), 0);
    assert_eq!(readiness.reasons, []);
}

#[test]
fn a_profile_that_requires_nothing_of_the_link_has_no_such_check() {
    let camera_only = Profile::from_toml("camera".parse().unwrap(), "[camera]").unwrap();
    let readiness = equipped().readiness(&camera_only);
    assert!(readiness.checks.iter().all(|check| check.code != CheckCode::NetSustain));
}

#[test]
fn a_link_that_tires_is_not_ready_however_often_the_gate_passes() {
    let mut room = equipped();
    room.sustain(slow(10), pass(20));
    for _ in 0..47 {
        wait(&mut room, 30 * MINUTE);
        let readiness = room.minimum();
        assert_eq!(says(&readiness, CheckCode::NetUp).0, CheckState::Ok);
        assert_eq!(sustain(&readiness), (CheckState::Failed, Code::NetUpBelowMinimum));
        assert_eq!(readiness.verdict, RoomVerdict::NotReady);
        assert_eq!(readiness.level, Level::None);
        assert_eq!(readiness.reasons, [Code::NetUpBelowMinimum]);
    }
    room.pass(1).sustain(pass(10), pass(20));
    assert_eq!(sustain(&room.minimum()), PASSED);
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn a_failure_names_its_direction_and_what_arrived_and_says_which_test_found_it() {
    let mut room = equipped();
    let readiness = room.sustain(pass(10), fail(20, Reason::Loss, 14_999_999)).minimum();
    assert_eq!(sustain(&readiness), (CheckState::Failed, Code::NetDownLoss));
    let it = check(&readiness, CheckCode::NetSustain);
    assert_eq!((it.value, it.required, it.unit.as_deref()), (Some(14.99), Some(20.0), Some("Mbit/s")));
    assert!(it.text.id.contains("uji ketahanan") && it.text.en.contains("endurance test"), "{:?}", it.text);

    let gate = room.pass(1).probe(pass(10), fail(20, Reason::Loss, 14_999_999)).minimum();
    let text = &check(&gate, CheckCode::NetDown).text;
    assert!(!text.id.contains("uji ketahanan") && !text.en.contains("endurance test"), "{text:?}");
}

#[test]
fn of_two_directions_that_failed_the_upload_is_told_first() {
    let mut room = equipped();
    assert_eq!(sustain(&room.sustain(slow(10), slow(20)).minimum()).1, Code::NetUpBelowMinimum);
    assert_eq!(sustain(&room.pass(1).sustain(pass(10), slow(20)).minimum()).1, Code::NetDownBelowMinimum);
}

#[test]
fn an_attempt_without_a_verdict_changes_nothing_that_stands() {
    for reason in [Reason::Outage, Reason::ServerBusy, Reason::BudgetSpent, Reason::MeetingOn] {
        let nothing_told = || (nothing(10, reason), nothing(20, reason));
        for (up, stands) in [(pass(10), PASSED), (slow(10), (CheckState::Failed, Code::NetUpBelowMinimum))] {
            let mut room = equipped();
            room.sustain(up, pass(20)).pass(1);
            let before = room.minimum();
            let (up, down) = nothing_told();
            assert_eq!(sustain(&room.sustain(up, down).minimum()), stands, "{reason:?}");
            assert_eq!(room.minimum(), before);
        }
        let mut room = equipped();
        let (up, down) = nothing_told();
        assert_eq!(sustain(&room.sustain(up, down).pass(5).minimum()), MISSING);
        assert_eq!(check(&room.minimum(), CheckCode::NetSustain).age_s, Some(5.0));
    }
}

#[test]
fn a_pass_in_one_direction_only_is_none() {
    let mut room = equipped();
    assert_eq!(sustain(&room.sustain(pass(10), disturbed(20, Reason::Outage)).minimum()), MISSING);
    room.pass(60).sustain(disturbed(10, Reason::Outage), pass(20));
    let readiness = room.pass(60).minimum();
    assert_eq!(sustain(&readiness), PASSED);
    assert_eq!(check(&readiness, CheckCode::NetSustain).age_s, Some(120.0), "as old as the older direction");
}

#[test]
fn a_pass_that_runs_out_leaves_a_warning_and_shortens_no_answer() {
    let mut room = equipped();
    room.sustain(pass(10), pass(20));
    wait(&mut room, 24 * HOUR - 1);
    let readiness = room.minimum();
    assert_eq!(sustain(&readiness), PASSED);
    let scan_lives = Duration::from_secs(120);
    assert_eq!(readiness.valid_until, Some(room.now.wall + scan_lives), "beyond the sustain probe's end");

    let readiness = room.pass(1).minimum();
    assert_eq!(sustain(&readiness), MISSING);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(check(&readiness, CheckCode::NetSustain).age_s, Some(86_400.0));
}

#[test]
fn a_failure_that_runs_out_opens_nothing_until_a_gate_probe_has_passed_since() {
    let mut room = equipped();
    room.sustain(slow(10), pass(20));
    wait(&mut room, 24 * HOUR - 1);
    assert_eq!(room.minimum().verdict, RoomVerdict::NotReady);

    room.pass(1).scan(webcam());
    assert_eq!(sustain(&room.minimum()), TOO_LONG_AGO);
    assert_eq!(room.minimum().verdict, RoomVerdict::Unknown, "age alone grants nothing");
    assert_eq!(room.minimum().reasons, [Code::EvidenceStale]);

    room.pass(MINUTE).scan(webcam()).probe(disturbed(10, Reason::Outage), pass(20));
    assert_eq!(sustain(&room.minimum()), TOO_LONG_AGO);

    room.pass(MINUTE).probe(pass(10), pass(20));
    let readiness = room.minimum();
    assert_eq!(sustain(&readiness), MISSING);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
}

#[test]
fn a_failure_at_a_lower_rate_leaves_the_higher_one_open_and_denies_it() {
    let mut room = Room::new(Policy::default());
    room.scan(webcam()).probe(pass(20), pass(20)).sustain(slow(10), pass(20));
    assert_eq!(sustain(&room.minimum()), (CheckState::Failed, Code::NetUpBelowMinimum));
    assert_eq!(sustain(&room.recommended()), (CheckState::Unknown, Code::NetRateNotProbed));
    assert_eq!(room.recommended().verdict, RoomVerdict::Unknown);

    room.pass(1).sustain(pass(10), pass(20));
    assert_eq!(sustain(&room.minimum()), PASSED);
    assert_eq!(sustain(&room.recommended()), MISSING, "a pass counts for lower rates only");
}

#[test]
fn a_pass_counts_for_every_lower_rate_and_a_failure_for_none() {
    let mut room = equipped();
    assert_eq!(sustain(&room.sustain(pass(20), pass(20)).minimum()), PASSED);
    let mut room = equipped();
    assert_eq!(sustain(&room.sustain(slow(20), pass(20)).minimum()), MISSING);
}

#[test]
fn a_failure_is_made_good_at_its_own_rate_or_above_and_not_below() {
    let mut room = equipped();
    room.sustain(slow(10), pass(20)).pass(1).sustain(pass(9), pass(20));
    assert_eq!(sustain(&room.minimum()), (CheckState::Failed, Code::NetUpBelowMinimum));
    room.pass(1).sustain(pass(20), pass(20));
    assert_eq!(sustain(&room.minimum()), PASSED);
}

#[test]
fn a_caller_who_wants_younger_evidence_gets_a_warning_for_an_old_pass_and_still_a_no_for_a_failure() {
    let mut room = equipped();
    room.sustain(pass(10), pass(20));
    wait(&mut room, 2 * HOUR);
    let readiness = within(&room, "15m");
    assert_eq!(sustain(&readiness), MISSING);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(sustain(&room.minimum()), PASSED);

    room.sustain(slow(10), pass(20));
    wait(&mut room, 2 * HOUR);
    assert_eq!(within(&room, "15m").verdict, RoomVerdict::NotReady);
    assert_eq!(within(&room, "15m"), room.minimum());

    room.sustain(pass(10), pass(20));
    wait(&mut room, 2 * HOUR);
    assert_eq!(
        sustain(&within(&room, "15m")),
        MISSING,
        "the pass is too old, the failure refuted all the same"
    );
}

#[test]
fn a_gate_probes_failure_too_stays_one_for_a_caller_who_wants_younger_evidence() {
    let mut room = Room::new(Policy::default());
    room.probe(slow(10), pass(20)).pass(20 * MINUTE).scan(webcam());
    let readiness = within(&room, "15m");
    assert_eq!(says(&readiness, CheckCode::NetUp), (CheckState::Failed, Code::NetUpBelowMinimum));
    assert_eq!(says(&readiness, CheckCode::NetDown), (CheckState::Unknown, Code::EvidenceStale));
    assert_eq!(says(&readiness, CheckCode::NetServer), (CheckState::Unknown, Code::EvidenceStale));

    room.probe(pass(10), pass(20)).pass(20 * MINUTE).scan(webcam());
    assert_eq!(says(&within(&room, "15m"), CheckCode::NetUp), (CheckState::Unknown, Code::EvidenceStale));
}

#[test]
fn another_network_or_a_restart_leaves_the_check_without_evidence() {
    for cause in [Cause::NetworkChanged, Cause::Resumed, Cause::Started] {
        for up in [pass(10), slow(10)] {
            let mut room = equipped();
            room.sustain(up, pass(20)).pass(1);
            let before: Moment = room.now;
            room.pass(1).invalidate(cause).scan(webcam());
            assert_eq!(sustain(&room.minimum()), MISSING);
            assert_eq!(room.minimum().verdict, RoomVerdict::Unknown, "the gate's evidence went with it");

            room.observe_from(before, probe_of(Mode::Sustain, ServerPlace::Public, pass(10), pass(20)));
            assert_eq!(sustain(&room.minimum()), MISSING, "what began before the change says nothing");
        }
    }
}

#[test]
fn a_failure_that_is_remembered_of_this_network_goes_on_denying_after_a_restart_or_a_night() {
    for cause in [Cause::Started, Cause::Resumed] {
        let mut room = equipped();
        room.sustain(pass(10), slow(20)).pass(2 * HOUR).invalidate(cause);
        room.remember(Direction::Down, 20, 2 * HOUR);
        wait(&mut room, HOUR);
        let readiness = room.minimum();
        assert_eq!(readiness.verdict, RoomVerdict::NotReady);
        assert_eq!(sustain(&readiness), (CheckState::Failed, Code::NetDownShaped));
        let told = check(&readiness, CheckCode::NetSustain);
        assert_eq!((told.value, told.required, told.age_s), (Some(10.0), Some(20.0), Some(10_800.0)));
        let (then, now) = (told.observed_at.unwrap(), room.now.wall);
        assert_eq!(now.duration_since(then).as_secs(), 10_800);
        assert_eq!(room.recommended().verdict, RoomVerdict::NotReady);

        assert_eq!(sustain(&room.pass(1).sustain(pass(10), pass(20)).minimum()), PASSED);
    }
}

#[test]
fn what_is_remembered_grants_nothing_and_ends_with_the_network() {
    let mut room = equipped();
    room.remember(Direction::Up, 10, HOUR).pass(1).invalidate(Cause::NetworkChanged);
    wait(&mut room, 1);
    assert_eq!(sustain(&room.minimum()), MISSING, "another network is another link");
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);

    let mut nothing_probed = Room::new(Policy::default());
    nothing_probed.scan(webcam()).observe(Evidence::Remembered(vec![]));
    assert_eq!(nothing_probed.minimum().verdict, RoomVerdict::Unknown);
}

#[test]
fn a_remembered_failure_counts_for_its_rate_leaves_higher_ones_open_and_grows_as_old_as_any() {
    let mut room = equipped();
    room.remember(Direction::Up, 20, 20 * HOUR);
    assert_eq!(sustain(&room.minimum()), MISSING, "the room sends no more than 10");
    room.remember(Direction::Up, 5, 20 * HOUR);
    assert_eq!(sustain(&room.minimum()), (CheckState::Unknown, Code::NetRateNotProbed));
    wait(&mut room, 4 * HOUR - 1);
    assert_eq!(sustain(&room.minimum()), (CheckState::Unknown, Code::NetRateNotProbed));
    room.pass(1).scan(webcam());
    assert_eq!(sustain(&room.minimum()), TOO_LONG_AGO);
    wait(&mut room, 0);
    assert_eq!(sustain(&room.minimum()), MISSING, "a gate probe from after its time opens the room");
}

#[test]
fn what_is_remembered_later_does_not_make_a_failure_older_than_it_was_remembered_before() {
    let mut room = equipped();
    room.remember(Direction::Up, 10, HOUR);
    assert_eq!(sustain(&room.minimum()).0, CheckState::Failed);
    room.remember(Direction::Up, 10, 30 * HOUR);
    assert_eq!(sustain(&room.minimum()).0, CheckState::Failed, "the failure of an hour ago still stands");
}

#[test]
fn a_server_inside_the_office_can_show_that_a_link_tires_but_not_that_it_lasts() {
    let inside = |up| probe_of(Mode::Sustain, ServerPlace::Internal, up, pass(20));
    let mut room = equipped();
    assert_eq!(sustain(&room.observe(inside(pass(10))).minimum()), MISSING);
    assert_eq!(sustain(&room.observe(inside(slow(10))).minimum()).0, CheckState::Failed);

    let mut declared = Room::new(Policy { accept_internal_server: true, ..Policy::default() });
    declared.scan(webcam()).probe(pass(10), pass(20)).observe(inside(pass(10)));
    assert_eq!(sustain(&declared.minimum()), PASSED);
}

#[test]
fn without_a_server_there_is_nothing_to_wait_for() {
    let mut room = Room::with(Setup { room: "r".to_owned(), probe_server: None, policy: Policy::default() });
    assert_eq!(sustain(&room.scan(webcam()).minimum()), (CheckState::Unknown, Code::NetNoServer));
}

#[test]
fn a_sustain_probe_proves_nothing_to_the_gate_and_a_quality_probe_nothing_to_either() {
    let mut room = Room::new(Policy::default());
    room.scan(webcam()).sustain(pass(20), pass(20));
    assert_eq!(says(&room.minimum(), CheckCode::NetUp), (CheckState::Unknown, Code::NotCheckedYet));

    let quality = DirectionResult { loss_ratio: Some(0.001), jitter_ms: Some(2.0), ..pass(20) };
    let evidence = probe_of(Mode::Quality, ServerPlace::Public, quality.clone(), quality);
    let mut room = Room::new(Policy::default());
    let before = room.scan(webcam()).minimum();
    assert_eq!(room.observe(evidence).minimum(), before);
    assert_eq!(room.tracker.snapshot().network.quality.as_ref().unwrap().at, room.now);

    let measured_at = room.now;
    let late = DirectionResult { loss_ratio: Some(0.2), ..disturbed(1, Reason::SenderLate) };
    room.pass(1).observe(probe_of(Mode::Quality, ServerPlace::Public, late, nothing(1, Reason::PeerFailed)));
    let quality = room.tracker.snapshot().network.quality.as_ref().unwrap();
    assert_eq!(quality.at, measured_at, "the last one that measured the link undisturbed");
}

#[test]
fn a_failure_that_had_to_give_way_to_many_others_still_opens_nothing() {
    let mut room = equipped();
    room.sustain(slow(10), pass(20));
    for rate in 101..140 {
        room.pass(1).sustain(slow(rate), pass(20));
    }
    assert_eq!(sustain(&room.minimum()), (CheckState::Unknown, Code::NetRateNotProbed));
    assert_eq!(room.minimum().verdict, RoomVerdict::Unknown);
    assert_eq!(sustain(&room.pass(1).sustain(pass(10), pass(20)).minimum()), PASSED);
}

#[test]
fn an_office_says_for_how_long_a_sustain_probe_counts() {
    let freshness = Freshness { sustain_probe: "6h".parse().unwrap(), ..Freshness::default() };
    let mut room = Room::new(Policy::strict(freshness));
    room.sustain(pass(10), pass(20));
    wait(&mut room, 6 * HOUR - 1);
    assert_eq!(sustain(&room.minimum()), PASSED);
    wait(&mut room, 1);
    assert_eq!(sustain(&room.minimum()), MISSING);
}

#[test]
fn the_snapshot_of_a_room_that_knows_no_sustain_probes_can_be_read() {
    let mut snapshot = serde_json::to_value(equipped().tracker.snapshot()).unwrap();
    for (table, key) in [("/setup/policy", "sustain_probe"), ("/network", "sustain"), ("/network", "quality")]
    {
        snapshot.pointer_mut(table).unwrap().as_object_mut().unwrap().remove(key).unwrap();
    }
    let read: Snapshot = serde_json::from_value(snapshot).unwrap();
    assert_eq!(&read, equipped().tracker.snapshot());
}
