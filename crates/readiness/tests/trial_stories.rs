//! Rooms whose devices were tried.

mod room;

use std::time::Duration;

use siaga_readiness::{
    Cause, CheckCode, CheckState, Code, DeviceKind, Evidence, Inventory, Judgement, Policy, Profile,
    RoomVerdict, TimeToLive, Trial, TrialOutcome, evaluate,
};

use room::*;

const HOUR: u64 = 60 * MINUTE;

/// A room with a good link, and the devices of `inventory`.
fn room(inventory: Inventory) -> Room {
    let mut room = Room::new(Policy::default());
    room.probe(pass(20), pass(20)).sustain(pass(20), pass(20)).scan(inventory);
    room
}

fn camera_came_to(room: &mut Room, inventory: &Inventory, index: usize, outcome: TrialOutcome) {
    let id = inventory.cameras[index].id.clone();
    room.observe(Evidence::Trial(Trial { kind: DeviceKind::Camera, id, outcome }));
}

fn microphone_came_to(room: &mut Room, inventory: &Inventory, outcome: TrialOutcome) {
    let id = inventory.microphones[0].id.clone();
    room.observe(Evidence::Trial(Trial { kind: DeviceKind::Microphone, id, outcome }));
}

fn found(state: CheckState, reason: Code) -> TrialOutcome {
    TrialOutcome::Found(Judgement::new(state, reason))
}

fn works() -> TrialOutcome {
    let judgement = Judgement::new(CheckState::Ok, Code::CameraWorks);
    TrialOutcome::Found(Judgement { value: Some(29.9), required: Some(30.0), ..judgement })
}

fn retrying() -> TrialOutcome {
    found(CheckState::Unknown, Code::DeviceRetrying)
}

fn broke() -> TrialOutcome {
    TrialOutcome::NotDone { reason: Code::DeviceTryBroke, detail: "crashed".to_owned() }
}

fn frozen() -> TrialOutcome {
    found(CheckState::Failed, Code::CameraFrozen)
}

/// After a later scan and probe, as the daemon goes on making them.
fn later(room: &mut Room, inventory: &Inventory, seconds: u64) {
    room.pass(seconds).probe(pass(20), pass(20)).scan(inventory.clone());
}

fn camera_says(room: &Room) -> (CheckState, Code) {
    says(&room.minimum(), CheckCode::Camera)
}

#[test]
fn devices_that_were_tried_and_work_leave_nothing_to_warn_of() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    assert_eq!(room.minimum().exit_code(), 1);
    camera_came_to(&mut room, &inventory, 0, works());
    microphone_came_to(&mut room, &inventory, found(CheckState::Ok, Code::MicrophoneWorks));
    room.pass(10);
    let readiness = room.minimum();
    assert_eq!((readiness.verdict, readiness.exit_code()), (RoomVerdict::Ready, 0));
    let camera = check(&readiness, CheckCode::Camera);
    assert_eq!(
        (camera.value, camera.unit.as_deref(), camera.required),
        (Some(29.9), Some("fps"), Some(30.0))
    );
    assert!(camera.text.en.contains("works: 29.9 pictures per second"), "{}", camera.text.en);
}

#[test]
fn a_camera_that_was_tried_and_failed_blocks_though_it_is_there() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    let readiness = room.minimum();
    assert_eq!((readiness.verdict, readiness.reasons), (RoomVerdict::NotReady, vec![Code::CameraFrozen]));
    camera_came_to(room.pass(20), &inventory, 0, works());
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready, "one success clears it");
}

#[test]
fn while_a_failure_is_tried_again_the_room_is_unknown() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    camera_came_to(room.pass(10), &inventory, 0, retrying());
    let readiness = room.minimum();
    assert_eq!((readiness.verdict, readiness.reasons), (RoomVerdict::Unknown, vec![Code::DeviceRetrying]));
}

#[test]
fn a_broken_camera_beside_one_that_works_denies_nothing() {
    let inventory = webcam();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    camera_came_to(&mut room, &inventory, 1, works());
    assert_eq!(camera_says(&room), (CheckState::Ok, Code::CameraWorks));
}

#[test]
fn the_age_of_a_check_is_that_of_its_trial_and_a_day_later_it_is_only_seen() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    later(&mut room, &inventory, 24 * HOUR - 1);
    let readiness = room.minimum();
    assert_eq!(check(&readiness, CheckCode::Camera).age_s, Some(86_399.0));
    assert!(readiness.valid_until.is_some());
    later(&mut room, &inventory, 1);
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::CameraNotTried));
}

#[test]
fn a_failure_that_grows_old_never_turns_into_a_warning() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    later(&mut room, &inventory, 24 * HOUR);
    assert_eq!(camera_says(&room), (CheckState::Unknown, Code::EvidenceStale));
}

#[test]
fn a_trial_that_could_not_be_done_says_why_and_takes_no_finding_back() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, broke());
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::DeviceTryBroke));
    camera_came_to(room.pass(10), &inventory, 0, frozen());
    camera_came_to(room.pass(10), &inventory, 0, broke());
    assert_eq!(camera_says(&room), (CheckState::Failed, Code::CameraFrozen));
}

#[test]
fn what_was_found_before_a_device_was_plugged_in_anew_does_not_count() {
    for before in [works(), frozen()] {
        let inventory = webcam_alone();
        let mut room = room(inventory.clone());
        camera_came_to(&mut room, &inventory, 0, before);
        camera_came_to(room.pass(10), &inventory, 0, TrialOutcome::Voided);
        assert_eq!(camera_says(&room), (CheckState::Warning, Code::CameraNotTried));
    }
}

#[test]
fn what_a_scan_says_of_a_device_comes_before_what_was_found_earlier() {
    let mut inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    inventory.cameras[0].state = CheckState::InUse;
    inventory.cameras[0].reason = Code::DeviceBusy;
    room.pass(10).scan(inventory);
    assert_eq!(camera_says(&room), (CheckState::InUse, Code::CameraInUse));
    room.scan(Inventory::default());
    assert_eq!(camera_says(&room), (CheckState::Failed, Code::CameraMissing));
}

#[test]
fn a_machine_that_slept_has_tried_nothing() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    room.pass(10).invalidate(Cause::Resumed);
    later(&mut room, &inventory, 10);
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::CameraNotTried));
}

#[test]
fn who_wants_younger_evidence_is_told_that_the_device_was_not_tried_lately() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    later(&mut room, &inventory, 10 * MINUTE);
    assert_eq!(camera_says_of_five_minutes(&room), (CheckState::Warning, Code::CameraNotTried));
}

#[test]
fn who_wants_younger_evidence_is_still_told_what_failed() {
    let inventory = webcam_alone();
    for (found, told) in [
        (frozen(), (CheckState::Failed, Code::CameraFrozen)),
        (retrying(), (CheckState::Unknown, Code::DeviceRetrying)),
    ] {
        let mut room = room(inventory.clone());
        camera_came_to(&mut room, &inventory, 0, found);
        later(&mut room, &inventory, 10 * MINUTE);
        assert_eq!(camera_says_of_five_minutes(&room), told);
        later(&mut room, &inventory, 24 * HOUR);
        assert_eq!(camera_says_of_five_minutes(&room), (CheckState::Unknown, Code::EvidenceStale));
    }
}

/// To a caller who accepts nothing older.
fn camera_says_of_five_minutes(room: &Room) -> (CheckState, Code) {
    let five_minutes = TimeToLive::new(Duration::from_secs(300)).unwrap();
    let snapshot = room.tracker.snapshot().clone().no_older_than(Some(five_minutes));
    says(&evaluate(&snapshot, Profile::minimum(), room.now), CheckCode::Camera)
}

#[test]
fn a_failure_that_is_forgotten_over_many_other_devices_leaves_its_device_unknown() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    for port in 0..64 {
        let (kind, id) = (DeviceKind::Microphone, format!("0d8c:0014@usb-{port}"));
        room.pass(1).observe(Evidence::Trial(Trial { kind, id, outcome: works() }));
    }
    assert_eq!(camera_says(&room), (CheckState::Unknown, Code::NotCheckedYet));
    camera_came_to(room.pass(1), &inventory, 0, works());
    assert_eq!(camera_says(&room), (CheckState::Ok, Code::CameraWorks));
}
