//! Rooms whose devices were tried.

mod room;

use std::time::Duration;

use siaga_readiness::{
    AskedTrials, Cause, CheckCode, CheckState, Code, DeviceKind, Evidence, Inventory, Judgement, Level,
    Observation, Policy, Profile, RoomVerdict, TimeToLive, Trial, TrialOutcome, evaluate,
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
fn how_long_the_last_trial_took_is_known_whatever_came_of_it() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    let id = inventory.cameras[0].id.clone();
    let mut tried = |outcome, seconds| {
        let trial = Trial { kind: DeviceKind::Camera, id: id.clone(), outcome };
        let (took, evidence) = (Duration::from_secs(seconds), Evidence::Trial(trial));
        let at = room.pass(60).now;
        room.tracker.observe(Observation { at, took, evidence });
        let device = room.tracker.snapshot().devices.trials.of(DeviceKind::Camera, &id).unwrap();
        device.took.map(|took| (took.at.age_at(&room.now).unwrap().as_secs(), took.what.as_secs()))
    };
    assert_eq!(tried(TrialOutcome::Voided, 0), None, "that is none");
    assert_eq!(tried(works(), 4), Some((0, 4)));
    assert_eq!(tried(broke(), 17), Some((0, 17)));
    assert_eq!(tried(TrialOutcome::Voided, 0), Some((60, 17)));
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
fn a_trial_that_could_not_be_done_after_a_good_one_is_not_hidden_behind_it() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    camera_came_to(room.pass(10), &inventory, 0, broke());
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::DeviceTryBroke));
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    camera_came_to(room.pass(10), &inventory, 0, works());
    assert_eq!(camera_says(&room), (CheckState::Ok, Code::CameraWorks));
}

#[test]
fn a_good_device_that_was_plugged_in_anew_was_not_tried() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    camera_came_to(room.pass(10), &inventory, 0, TrialOutcome::Voided);
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::CameraNotTried));
}

#[test]
fn a_failed_device_that_was_plugged_in_anew_is_unknown_until_it_is_tried() {
    let inventory = webcam_alone();
    for before in [frozen(), retrying()] {
        let mut room = room(inventory.clone());
        camera_came_to(&mut room, &inventory, 0, before);
        room.pass(10).scan(Inventory { cameras: vec![], ..inventory.clone() });
        room.pass(10).scan(inventory.clone());
        camera_came_to(&mut room, &inventory, 0, TrialOutcome::Voided);
        let replugged = (CheckState::Unknown, Code::DeviceReplugged);
        assert_eq!(camera_says(&room), replugged);
        assert_eq!(room.minimum().verdict, RoomVerdict::Unknown);
        camera_came_to(room.pass(10), &inventory, 0, broke());
        assert_eq!(camera_says(&room), replugged, "a trial that could not be done tells nothing");
        later(&mut room, &inventory, 25 * HOUR);
        assert_eq!(camera_says(&room), replugged, "nor does time");
        camera_came_to(&mut room, &inventory, 0, works());
        assert_eq!(camera_says(&room), (CheckState::Ok, Code::CameraWorks));
    }
}

#[test]
fn a_failed_device_that_was_moved_to_another_port_is_unknown_until_it_is_tried() {
    let inventory = webcam_alone();
    let moved_to = |port: &str| {
        let mut moved = inventory.clone();
        moved.cameras[0].id = format!("046d:0843@{port}");
        moved.cameras[0].bus = port.to_owned();
        moved
    };
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    let moved = moved_to("usb-0000:00:14.0-4");
    room.pass(30).scan(moved.clone());
    assert_eq!(camera_says(&room), (CheckState::Unknown, Code::DeviceReplugged));

    let mut both = moved.clone();
    both.cameras.push(inventory.cameras[0].clone());
    room.scan(both);
    let beside = "a camera of the same model beside the broken one is another one";
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::CameraNotTried), "{beside}");

    room.scan(moved.clone());
    camera_came_to(&mut room, &moved, 0, works());
    assert_eq!(camera_says(&room), (CheckState::Ok, Code::CameraWorks));
    room.pass(30).scan(moved_to("usb-0000:00:14.0-6"));
    assert_eq!(camera_says(&room), (CheckState::Warning, Code::CameraNotTried), "it worked last");
}

#[test]
fn a_failed_device_keeps_its_failure_while_another_program_holds_it() {
    let mut inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    microphone_came_to(&mut room, &inventory, found(CheckState::Failed, Code::MicrophoneSilent));
    hold(&mut inventory);
    later(&mut room, &inventory, HOUR);
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(readiness.reasons, [Code::CameraFrozen, Code::MicrophoneSilent]);
    let camera = check(&readiness, CheckCode::Camera);
    assert_eq!((camera.state, camera.age_s), (CheckState::Failed, Some(3600.0)));
    assert!(
        camera
            .text
            .en
            .ends_with("stopped coming. The camera Logitech Webcam C930e is in use by another program.")
    );
    assert!(camera.remedy.id.contains("tutup program yang memakainya"), "{}", camera.remedy.id);

    later(&mut room, &inventory, 23 * HOUR);
    assert_eq!(camera_says(&room), (CheckState::Unknown, Code::EvidenceStale));
}

#[test]
fn while_a_failure_is_to_be_tried_again_a_device_in_use_is_unknown() {
    let mut inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, retrying());
    hold(&mut inventory);
    later(&mut room, &inventory, 10);
    assert_eq!(camera_says(&room), (CheckState::Unknown, Code::DeviceRetrying));
}

#[test]
fn a_device_in_use_keeps_its_last_good_state_with_its_age_until_the_meeting_ends() {
    let mut inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    hold(&mut inventory);
    later(&mut room, &inventory, 10 * HOUR);
    let readiness = room.minimum();
    let camera = check(&readiness, CheckCode::Camera);
    assert_eq!((camera.state, camera.reason), (CheckState::InUse, Code::CameraInUse));
    assert_eq!(camera.age_s, Some(36_000.0));
    assert!(camera.text.en.contains("in use by another program. The camera"), "{}", camera.text.en);
    assert!(camera.text.en.ends_with("works: 29.9 pictures per second."), "{}", camera.text.en);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    later(&mut room, &inventory, 20 * HOUR);
    assert_eq!(camera_says(&room), (CheckState::InUse, Code::CameraInUse));
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready, "however long it lasts");
}

#[test]
fn a_device_that_was_held_before_anything_was_read_of_it_is_unknown() {
    let mut inventory = webcam_alone();
    hold(&mut inventory);
    inventory.cameras[0].modes = vec![];
    inventory.microphones[0].rates = vec![];
    let mut room = room(inventory.clone());
    let readiness = room.minimum();
    assert_eq!((readiness.verdict, readiness.reasons), (RoomVerdict::Unknown, vec![Code::DeviceNeverRead]));
    camera_came_to(&mut room, &inventory, 0, frozen());
    assert_eq!(camera_says(&room), (CheckState::Failed, Code::CameraFrozen), "what failed is told");
    room.scan(webcam_alone());
    camera_came_to(room.pass(1), &inventory, 0, works());
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn a_scan_that_warns_of_a_device_takes_no_failure_back() {
    let mut inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, frozen());
    inventory.cameras[0].state = CheckState::Warning;
    inventory.cameras[0].reason = Code::DeviceError;
    room.pass(10).scan(inventory);
    assert_eq!(camera_says(&room), (CheckState::Failed, Code::CameraFrozen));
}

/// Another program takes the devices.
fn hold(inventory: &mut Inventory) {
    inventory.cameras[0].state = CheckState::InUse;
    inventory.cameras[0].reason = Code::DeviceBusy;
    inventory.microphones[0].state = CheckState::InUse;
    inventory.microphones[0].reason = Code::DeviceBusy;
}

#[test]
fn a_webcam_whose_own_microphone_was_tried_and_failed_has_none_to_recommend_though_another_one_works() {
    let inventory = webcam();
    let mut room = room(inventory.clone());
    let trial_of = |index: usize, outcome| {
        let id = inventory.microphones[index].id.clone();
        Evidence::Trial(Trial { kind: DeviceKind::Microphone, id, outcome })
    };
    let own = |room: &Room| says(&room.recommended(), CheckCode::CameraMicrophone);
    assert_eq!(own(&room), (CheckState::Ok, Code::CameraMicrophonePresent), "not tried yet");
    camera_came_to(&mut room, &inventory, 1, works());
    room.observe(trial_of(0, found(CheckState::Ok, Code::MicrophoneWorks)));
    room.observe(trial_of(1, retrying()));
    assert_eq!(own(&room), (CheckState::Unknown, Code::DeviceRetrying));
    room.pass(15).observe(trial_of(1, found(CheckState::Failed, Code::MicrophoneSilent)));

    let readiness = room.recommended();
    assert_eq!(own(&room), (CheckState::Failed, Code::MicrophoneSilent));
    assert_eq!(
        (readiness.verdict, readiness.level),
        (RoomVerdict::NotReady, Level::Minimum),
        "the laptop's microphone is enough for the minimum"
    );
    let told = check(&readiness, CheckCode::CameraMicrophone);
    assert!(told.text.en.contains("microphone Logitech Webcam C930e hears nothing"), "{}", told.text.en);
    assert_eq!(says(&readiness, CheckCode::Microphone), (CheckState::Ok, Code::MicrophoneWorks));

    room.pass(10).observe(trial_of(1, found(CheckState::Ok, Code::MicrophoneWorks)));
    assert_eq!(own(&room), (CheckState::Ok, Code::CameraMicrophonePresent));
    assert_eq!(room.recommended().verdict, RoomVerdict::Ready);
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

/// The webcam's microphone, of which the scan can't tell whether it is muted.
fn perhaps_muted() -> Inventory {
    let mut inventory = webcam_alone();
    inventory.microphones[0].state = CheckState::Unknown;
    inventory.microphones[0].reason = Code::MicrophoneMuteUnknown;
    inventory
}

fn microphone_says(room: &Room) -> (CheckState, Code) {
    says(&room.minimum(), CheckCode::Microphone)
}

#[test]
fn a_microphone_that_may_be_muted_is_unknown_until_it_was_heard() {
    let inventory = perhaps_muted();
    let mut room = room(inventory.clone());
    let unknown = (CheckState::Unknown, Code::MicrophoneMuteUnknown);
    assert_eq!(microphone_says(&room), unknown);
    assert_eq!(room.minimum().verdict, RoomVerdict::Unknown);
    microphone_came_to(room.pass(1), &inventory, found(CheckState::Warning, Code::MicrophoneLow));
    assert_eq!(microphone_says(&room), unknown, "what is muted may still rustle");
    microphone_came_to(room.pass(1), &inventory, broke());
    assert_eq!(microphone_says(&room), unknown);
    microphone_came_to(room.pass(1), &inventory, found(CheckState::Ok, Code::MicrophoneWorks));
    assert_eq!(microphone_says(&room), (CheckState::Ok, Code::MicrophoneWorks));
    assert_eq!(room.recommended().verdict, RoomVerdict::Ready);
    microphone_came_to(room.pass(1), &inventory, broke());
    assert_eq!(microphone_says(&room), unknown, "which leaves what was heard in doubt");
    microphone_came_to(room.pass(1), &inventory, found(CheckState::Failed, Code::MicrophoneSilent));
    assert_eq!(microphone_says(&room), (CheckState::Failed, Code::MicrophoneSilent));
}

#[test]
fn what_was_heard_of_a_microphone_that_may_be_muted_counts_no_longer_than_the_answer_says() {
    let inventory = perhaps_muted();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    microphone_came_to(&mut room, &inventory, found(CheckState::Ok, Code::MicrophoneWorks));
    later(&mut room, &inventory, 24 * HOUR - 60);
    room.sustain(pass(20), pass(20));
    // A camera that was seen to be good and is no longer known to be is only a warning.
    for readiness in [room.minimum(), room.recommended()] {
        assert_eq!(readiness.verdict, RoomVerdict::Ready);
        let left = readiness.valid_until.unwrap().duration_since(room.now.wall);
        assert_eq!(left.as_secs(), 60);
    }
    later(&mut room, &inventory, 60);
    assert_eq!(microphone_says(&room), (CheckState::Unknown, Code::MicrophoneMuteUnknown));
}

#[test]
fn a_good_room_whose_devices_were_to_be_tried_and_were_not_is_granted_with_a_warning_at_best() {
    let inventory = webcam_alone();
    let mut room = room(inventory.clone());
    camera_came_to(&mut room, &inventory, 0, works());
    microphone_came_to(&mut room, &inventory, found(CheckState::Ok, Code::MicrophoneWorks));
    room.pass(10);
    let after = |reason, tried| room.minimum().after_trials(AskedTrials { reason, tried, of: 2 }, room.now);

    let done = after(Code::TrialsDone, 2);
    assert_eq!((done.exit_code(), says(&done, CheckCode::Trials)), (0, (CheckState::Ok, Code::TrialsDone)));
    assert_eq!(done.reasons, []);

    for reason in [
        Code::TrialsNothing,
        Code::TrialsMeetingOn,
        Code::TrialsTurnedOff,
        Code::TrialsTooSoon,
        Code::TrialsIncomplete,
        Code::TrialsNotEnded,
        Code::DeviceScanFailed,
        Code::Unknown,
    ] {
        let told = after(reason, 1);
        assert_eq!((told.verdict, told.exit_code()), (RoomVerdict::Ready, 1), "{reason}");
        assert_eq!(told.reasons, [reason], "{reason}");
        let trials = check(&told, CheckCode::Trials);
        assert_eq!((trials.value, trials.required, trials.age_s), (Some(1.0), Some(2.0), Some(0.0)));
        assert!(!trials.remedy.id.is_empty() && !trials.remedy.en.is_empty(), "{reason}");
    }
}

#[test]
fn trials_that_were_not_made_make_a_room_that_is_not_ready_no_readier() {
    let mut room = room(webcam_alone());
    room.scan(Inventory::default());
    let told =
        room.minimum().after_trials(AskedTrials { reason: Code::TrialsMeetingOn, tried: 0, of: 0 }, room.now);
    assert_eq!((told.verdict, told.exit_code()), (RoomVerdict::NotReady, 2));
    assert_eq!(told.reasons, [Code::CameraMissing, Code::MicrophoneMissing]);
    assert_eq!(check(&told, CheckCode::Trials).value, None, "nobody counted them");
}
