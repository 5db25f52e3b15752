//! What a room's devices lead to.

mod room;

use siaga_probe::schedule::Meeting;
use siaga_readiness::{
    CheckCode, CheckState, Code, Inventory, Level, Policy, Profile, RoomVerdict,
    inventory::{FieldOfView, FovAxis},
};

use room::*;

/// A room whose link is good for every shipped profile, so that only its devices decide.
fn linked(inventory: Inventory) -> Room {
    let mut room = Room::new(Policy::default());
    room.probe(pass(20), pass(20)).sustain(pass(20), pass(20)).scan(inventory);
    room
}

#[test]
fn a_machine_without_devices_is_not_ready_and_says_which_are_missing() {
    let readiness = linked(Inventory::default()).minimum();
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(readiness.reasons, [Code::CameraMissing, Code::MicrophoneMissing]);
    assert_eq!(readiness.exit_code(), 2);
}

#[test]
fn a_missing_camera_beats_an_unknown_link() {
    let mut room = Room::new(Policy::default());
    let readiness = room.scan(Inventory { cameras: vec![], ..built_in() }).minimum();
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(readiness.reasons, [Code::CameraMissing]);
}

#[test]
fn a_camera_that_is_pulled_out_counts_at_once() {
    let mut room = linked(webcam());
    assert_eq!(room.recommended().verdict, RoomVerdict::Ready);
    room.pass(1).scan(built_in());
    assert_eq!(room.recommended().verdict, RoomVerdict::NotReady);
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn the_laptops_own_devices_are_enough_for_minimum_and_not_for_recommended() {
    let room = linked(built_in());
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    assert_eq!(room.minimum().level, Level::Minimum);
    let readiness = room.recommended();
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(readiness.reasons, [Code::CameraBuiltIn, Code::CameraMicrophoneMissing]);
}

#[test]
fn a_wide_webcam_with_its_own_microphone_meets_recommended() {
    for inventory in [webcam(), webcam_alone()] {
        let room = linked(inventory);
        let readiness = room.recommended();
        assert_eq!(readiness.verdict, RoomVerdict::Ready);
        assert_eq!(readiness.level, Level::Recommended);
        assert_eq!(check(&readiness, CheckCode::CameraFieldOfView).value, Some(90.0));
        assert_eq!(room.minimum().level, Level::Recommended);
    }
}

#[test]
fn recommended_is_not_granted_while_the_field_of_view_is_unknown() {
    let mut inventory = webcam();
    inventory.cameras[1].fov = None;
    let readiness = linked(inventory).recommended();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.reasons, [Code::CameraFieldOfViewUnknown]);
    let remedy = &check(&readiness, CheckCode::CameraFieldOfView).remedy;
    for remedy in [&remedy.id, &remedy.en] {
        assert!(remedy.contains("(devices.field_of_view)"), "{remedy}");
    }
    assert_eq!(readiness.level, Level::Minimum);
}

#[test]
fn only_the_diagonal_settles_that_a_camera_is_too_narrow() {
    let seen = |degrees, axis| {
        let mut inventory = webcam_alone();
        inventory.cameras[0].fov = Some(FieldOfView { degrees, axis, source: "configuration".to_owned() });
        says(&linked(inventory).recommended(), CheckCode::CameraFieldOfView)
    };
    assert_eq!(seen(78.0, FovAxis::Diagonal), (CheckState::Failed, Code::CameraFieldOfViewNarrow));
    assert_eq!(seen(82.1, FovAxis::Horizontal), (CheckState::Unknown, Code::CameraFieldOfViewNotDiagonal));
    assert_eq!(seen(100.0, FovAxis::Horizontal), (CheckState::Ok, Code::CameraFieldOfViewWide));
}

#[test]
fn a_camera_must_offer_a_required_size_fast_enough() {
    let seen = |width, height, fps| {
        let mut inventory = webcam_alone();
        inventory.cameras[0].modes = vec![siaga_readiness::inventory::VideoMode { width, height, fps }];
        says(&linked(inventory).recommended(), CheckCode::CameraResolution)
    };
    assert_eq!(seen(1280, 720, 29.97), (CheckState::Ok, Code::CameraResolutionOffered));
    assert_eq!(seen(1920, 1080, 60.0), (CheckState::Ok, Code::CameraResolutionOffered));
    assert_eq!(seen(1920, 1080, 5.0), (CheckState::Failed, Code::CameraFrameRateLow));
    assert_eq!(seen(640, 480, 30.0), (CheckState::Failed, Code::CameraResolutionMissing));
}

#[test]
fn a_microphone_in_another_device_is_not_the_cameras_own() {
    let mut inventory = webcam_alone();
    inventory.microphones[0].bus = "usb-0000:00:14.0-3".to_owned();
    let readiness = linked(inventory).recommended();
    assert_eq!(readiness.reasons, [Code::CameraMicrophoneMissing]);
}

#[test]
fn devices_in_use_by_a_meeting_are_granted_with_a_warning() {
    let mut inventory = webcam_alone();
    inventory.cameras[0].state = CheckState::InUse;
    inventory.cameras[0].reason = Code::DeviceBusy;
    inventory.microphones[0].state = CheckState::InUse;
    inventory.microphones[0].reason = Code::DeviceBusy;
    let readiness = linked(inventory).recommended();
    assert_eq!(says(&readiness, CheckCode::Camera), (CheckState::InUse, Code::CameraInUse));
    assert_eq!(says(&readiness, CheckCode::Microphone), (CheckState::InUse, Code::MicrophoneInUse));
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(readiness.exit_code(), 1);
    assert_eq!(readiness.reasons, [Code::CameraInUse, Code::MicrophoneInUse]);
    assert!(!check(&readiness, CheckCode::Camera).remedy.id.is_empty());
}

#[test]
fn a_camera_or_a_microphone_in_use_is_a_meeting_as_long_as_the_scan_counts() {
    type Use = fn(&mut Inventory);
    let camera: Use = |seen| seen.cameras[0].state = CheckState::InUse;
    let microphone: Use = |seen| seen.microphones[0].state = CheckState::InUse;
    for begins in [camera, microphone] {
        let mut inventory = webcam_alone();
        let mut room = linked(inventory.clone());
        assert_eq!(room.tracker.snapshot().meeting(room.now), Meeting::Off);
        begins(&mut inventory);
        room.pass(1).scan(inventory.clone());
        assert_eq!(room.tracker.snapshot().meeting(room.now), Meeting::On);
        room.pass(2 * MINUTE + 1);
        assert_eq!(room.tracker.snapshot().meeting(room.now), Meeting::Unknown, "nobody knows any more");
        inventory.cameras[0].is_virtual = true;
        inventory.microphones[0].is_virtual = true;
        room.scan(inventory);
        let meeting = room.tracker.snapshot().meeting(room.now);
        assert_eq!(meeting, Meeting::Off, "devices that don't count hold nobody up");
    }
}

#[test]
fn a_camera_in_use_that_was_never_read_shows_no_picture_size() {
    let mut inventory = webcam_alone();
    inventory.cameras[0].state = CheckState::InUse;
    inventory.cameras[0].reason = Code::DeviceBusy;
    inventory.cameras[0].modes = vec![];
    inventory.microphones[0].rates = vec![];
    let readiness = linked(inventory).recommended();
    let told = says(&readiness, CheckCode::CameraResolution);
    assert_eq!(told, (CheckState::Unknown, Code::CameraResolutionUnknown));
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
}

#[test]
fn a_camera_that_is_free_is_told_of_before_one_in_use() {
    for in_use in [0, 1] {
        let mut inventory = webcam();
        inventory.cameras[in_use].state = CheckState::InUse;
        inventory.cameras[in_use].reason = Code::DeviceBusy;
        let readiness = linked(inventory).minimum();
        assert_eq!(says(&readiness, CheckCode::Camera), (CheckState::Warning, Code::CameraNotTried));
    }
}

#[test]
fn a_camera_that_does_not_state_its_rates_is_unknown() {
    let mut inventory = webcam_alone();
    inventory.cameras[0].state = CheckState::Unknown;
    inventory.cameras[0].reason = Code::DeviceNoRates;
    inventory.cameras[0].modes = vec![];
    let readiness = linked(inventory).minimum();
    assert_eq!(readiness.reasons, [Code::DeviceNoRates]);
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
}

#[test]
fn a_device_that_cannot_be_opened_is_unknown_with_its_reason_and_not_broken() {
    for reason in [Code::DeviceNoPermission, Code::DeviceError] {
        for state in [CheckState::Unknown, CheckState::Failed] {
            let mut inventory = webcam_alone();
            inventory.cameras[0].state = state;
            inventory.cameras[0].reason = reason;
            let readiness = linked(inventory).minimum();
            assert_eq!(readiness.verdict, RoomVerdict::Unknown);
            assert_eq!(says(&readiness, CheckCode::Camera), (CheckState::Unknown, reason));
            assert!(check(&readiness, CheckCode::Camera).text.id.contains("Logitech Webcam C930e"));
        }
    }
}

#[test]
fn a_broken_camera_beside_a_good_one_denies_nothing() {
    let mut inventory = webcam();
    inventory.cameras[0].state = CheckState::Failed;
    inventory.cameras[0].reason = Code::DeviceError;
    assert_eq!(linked(inventory).minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn a_machine_with_only_virtual_devices_fails_unless_they_are_accepted() {
    let mut inventory = built_in();
    inventory.cameras[0].is_virtual = true;
    inventory.microphones[0].is_virtual = true;
    let readiness = linked(inventory.clone()).minimum();
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    assert_eq!(readiness.reasons, [Code::CameraOnlyVirtual, Code::MicrophoneOnlyVirtual]);
    assert!(!check(&readiness, CheckCode::Camera).remedy.id.is_empty());

    let mut bench = Room::new(Policy { accept_virtual: true, ..Policy::default() });
    bench.probe(pass(10), pass(20)).scan(inventory);
    assert_eq!(bench.minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn a_virtual_microphone_on_the_same_bus_is_not_the_cameras_own() {
    let mut inventory = webcam();
    inventory.microphones[1].is_virtual = true;
    assert_eq!(linked(inventory).recommended().reasons, [Code::CameraMicrophoneMissing]);
}

#[test]
fn a_scan_that_fails_leaves_the_last_one_standing_until_its_time() {
    let mut room = linked(webcam());
    room.pass(MINUTE).scan_fails();
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    room.pass(MINUTE).scan_fails();
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::Unknown);
    assert_eq!(readiness.reasons, [Code::DeviceScanTimedOut]);
    room.pass(2 * MINUTE);
    assert_eq!(room.minimum().reasons, [Code::EvidenceStale], "then even trying has stopped");
    room.scan(webcam());
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
}

#[test]
fn an_office_may_ask_for_devices_alone() {
    let profile = Profile::from_toml("lobby".parse().unwrap(), "[microphone]").unwrap();
    let mut room = Room::new(Policy::default());
    let readiness = room.scan(built_in()).readiness(&profile);
    assert_eq!(readiness.verdict, RoomVerdict::Ready);
    assert_eq!(readiness.checks.len(), 1);
    assert_eq!(readiness.level, Level::Unknown, "the shipped profiles ask for a link");
}
