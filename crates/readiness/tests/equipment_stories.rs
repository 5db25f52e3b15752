//! Devices that were found good before, and those that a room must have.

mod room;

use siaga_readiness::{
    CheckCode, CheckState, Code, DeviceKind, Evidence, Inventory, Judgement, Moment, Policy, RoomVerdict,
    Trial, TrialOutcome,
    baseline::Baseline,
    inventory::{Display, Kind, Standing},
    policy::Equipment,
};

use room::*;

const DAY: u64 = 24 * 3600;

/// A room whose webcam and microphone a trial found good.
fn learnt() -> Baseline {
    let mut baseline = Baseline::default();
    learn(&mut baseline, webcam_alone(), 0);
    baseline
}

fn learn(baseline: &mut Baseline, mut inventory: Inventory, seconds: u64) {
    baseline.mark(&mut inventory);
    for device in inventory.devices() {
        baseline.on_good(&inventory, device.kind, device.id, moment(seconds).wall);
    }
}

fn marked(baseline: &Baseline, mut inventory: Inventory) -> Inventory {
    baseline.mark(&mut inventory);
    inventory
}

/// How the first camera compares, and which devices are missing.
fn camera(baseline: &Baseline, inventory: Inventory) -> (Standing, usize) {
    let inventory = marked(baseline, inventory);
    (inventory.cameras[0].known.as_ref().unwrap().standing, inventory.missing.len())
}

/// The webcam, plugged in elsewhere, its parts changed.
fn webcam_at(port: &str, usb_id: &str, serial: Option<&str>) -> Inventory {
    let mut inventory = webcam_alone();
    let bus = format!("usb-0000:00:14.0-{port}");
    let camera = &mut inventory.cameras[0];
    camera.usb_id = Some(usb_id.to_owned());
    camera.serial = serial.map(str::to_owned);
    camera.id = format!("{usb_id}@{bus}{}", serial.unwrap_or_default());
    camera.bus = bus;
    inventory
}

#[test]
fn a_device_is_the_same_moved_swapped_or_new() {
    let baseline = learnt();
    assert_eq!(camera(&baseline, webcam_alone()), (Standing::Same, 0));
    assert_eq!(camera(&baseline, webcam_at("3", "046d:0843", None)), (Standing::MovedPort, 0));
    assert_eq!(camera(&baseline, webcam_at("2", "046d:082d", None)), (Standing::Swapped, 0));
    assert_eq!(camera(&baseline, webcam_at("3", "046d:082d", None)), (Standing::New, 1));
    assert_eq!(camera(&Baseline::default(), webcam_alone()), (Standing::New, 0));
}

#[test]
fn one_unit_is_told_from_another_of_its_model_where_it_has_a_serial_number() {
    let mut baseline = Baseline::default();
    learn(&mut baseline, webcam_at("2", "046d:0843", Some("3F2A41DE")), 0);
    assert_eq!(camera(&baseline, webcam_at("3", "046d:0843", Some("3F2A41DE"))), (Standing::MovedPort, 0));
    assert_eq!(camera(&baseline, webcam_at("2", "046d:0843", Some("99AABBCC"))), (Standing::Swapped, 0));
    assert_eq!(camera(&baseline, webcam_at("3", "046d:0843", Some("99AABBCC"))), (Standing::New, 1));
}

#[test]
fn what_is_told_of_a_device_that_changed_says_what_it_was_before() {
    let baseline = learnt();
    let known = |inventory| marked(&baseline, inventory).cameras.remove(0).known.unwrap();
    let moved = known(webcam_at("3", "046d:0843", None));
    assert_eq!(moved.before.as_deref(), Some("usb-0000:00:14.0-2"));
    assert_eq!(moved.good_at, Some(moment(0).wall));
    let swapped = known(webcam_at("2", "046d:082d", None));
    assert_eq!(swapped.before.as_deref(), Some("Logitech Webcam C930e"));
}

#[test]
fn a_pulled_camera_is_missing_with_its_last_good_time() {
    let mut inventory = marked(&learnt(), Inventory::default());
    assert_eq!(inventory.missing.len(), 2);
    let camera = inventory.missing.remove(0);
    assert_eq!((camera.kind, camera.good_at), (Kind::Camera, moment(0).wall));
}

#[test]
fn a_moved_device_that_works_is_noted_and_a_swapped_one_waits_for_a_person() {
    let mut baseline = learnt();
    learn(&mut baseline, webcam_at("3", "046d:0843", None), 60);
    assert_eq!(camera(&baseline, webcam_at("3", "046d:0843", None)), (Standing::Same, 0));
    learn(&mut baseline, webcam_at("3", "046d:082d", None), 120);
    assert_eq!(camera(&baseline, webcam_at("3", "046d:082d", None)), (Standing::Swapped, 0));
    let accepted = Baseline::accepting(&webcam_at("3", "046d:082d", None), false, moment(180).wall);
    assert_eq!(camera(&accepted, webcam_at("3", "046d:082d", None)), (Standing::Same, 0));
}

#[test]
fn a_visitor_s_device_is_missed_for_a_month_and_an_accepted_one_for_ever() {
    let missing_after = |mut baseline: Baseline, days: u64| {
        learn(&mut baseline, built_in(), days * DAY);
        marked(&baseline, built_in()).missing.len()
    };
    assert_eq!(missing_after(learnt(), 30), 2);
    assert_eq!(missing_after(learnt(), 31), 0);
    let accepted = || Baseline::accepting(&webcam_alone(), false, moment(0).wall);
    assert_eq!(missing_after(accepted(), 1000), 2);
}

#[test]
fn what_is_made_by_software_is_accepted_only_where_it_counts() {
    let mut inventory = webcam_alone();
    inventory.cameras[0].is_virtual = true;
    assert_eq!(Baseline::accepting(&inventory, false, moment(0).wall).len(), 1);
    assert_eq!(Baseline::accepting(&inventory, true, moment(0).wall).len(), 2);
}

#[test]
fn a_baseline_never_grows_beyond_bounds() {
    let mut baseline = Baseline::default();
    for port in 0..100 {
        learn(&mut baseline, webcam_at(&port.to_string(), &format!("046d:{port:04}"), None), port);
    }
    assert_eq!(baseline.len(), 64);
    let read: Baseline = serde_json::from_str(&serde_json::to_string(&baseline).unwrap()).unwrap();
    assert_eq!(read, baseline);
}

#[test]
fn three_cameras_of_one_model_without_serial_numbers_are_told_by_their_ports() {
    let three = |ports: [&str; 3]| {
        let cameras = ports.map(|port| webcam_at(port, "046d:0843", None).cameras.remove(0));
        Inventory { cameras: cameras.into(), ..Inventory::default() }
    };
    let mut baseline = Baseline::default();
    learn(&mut baseline, three(["1", "2", "3"]), 0);
    let now = marked(&baseline, three(["1", "4", "3"]));
    let standings: Vec<_> = now.cameras.iter().map(|it| it.known.as_ref().unwrap().standing).collect();
    assert_eq!(standings, [Standing::Same, Standing::MovedPort, Standing::Same]);
}

fn room_that_must_have(required: Equipment) -> Room {
    let mut room = Room::new(Policy { required, ..Policy::default() });
    room.probe(pass(10), pass(20)).sustain(pass(10), pass(20));
    room
}

#[test]
fn a_required_display_that_is_absent_fails_the_room_at_once() {
    let mut room = room_that_must_have(Equipment { displays: 1, ..Equipment::default() });
    let display = Display {
        id: "card0-HDMI-A-1".to_owned(),
        name: "HDMI-A-1".to_owned(),
        known: None,
        state: CheckState::Ok,
        reason: Code::DevicePresent,
    };
    room.scan(Inventory { displays: vec![display], ..webcam() });
    assert_eq!(room.minimum().verdict, RoomVerdict::Ready);
    assert_eq!(says(&room.minimum(), CheckCode::Displays), (CheckState::Ok, Code::EquipmentComplete));
    room.pass(1).scan(webcam());
    let readiness = room.minimum();
    assert_eq!(
        (readiness.verdict, readiness.reasons.as_slice()),
        (RoomVerdict::NotReady, [Code::DisplaysTooFew].as_slice())
    );
    assert_eq!(check(&readiness, CheckCode::Displays).value, Some(0.0));
}

#[test]
fn a_camera_made_by_software_is_none_that_a_room_must_have() {
    let mut room = room_that_must_have(Equipment { cameras: 2, ..Equipment::default() });
    room.scan(webcam());
    assert_eq!(says(&room.minimum(), CheckCode::Cameras), (CheckState::Ok, Code::EquipmentComplete));
    let mut inventory = webcam();
    inventory.cameras[0].is_virtual = true;
    room.pass(1).scan(inventory);
    assert_eq!(says(&room.minimum(), CheckCode::Cameras), (CheckState::Failed, Code::CamerasTooFew));
}

#[test]
fn a_required_camera_that_is_known_to_be_broken_does_not_count() {
    let mut room = room_that_must_have(Equipment { cameras: 2, ..Equipment::default() });
    room.scan(webcam());
    for (state, reason, verdict) in [
        (CheckState::Unknown, Code::DeviceRetrying, RoomVerdict::Unknown),
        (CheckState::Failed, Code::CameraFrozen, RoomVerdict::NotReady),
    ] {
        let (kind, id) = (DeviceKind::Camera, webcam().cameras[0].id.clone());
        let outcome = TrialOutcome::Found(Judgement::new(state, reason));
        room.pass(15).observe(Evidence::Trial(Trial { kind, id, outcome }));
        let readiness = room.minimum();
        assert_eq!(says(&readiness, CheckCode::Cameras), (state, reason));
        assert_eq!(readiness.verdict, verdict);
        assert!(check(&readiness, CheckCode::Cameras).text.en.contains("Integrated Camera"));
    }
}

#[test]
fn nothing_is_asked_of_a_room_that_must_have_nothing() {
    let mut room = room_that_must_have(Equipment::default());
    room.scan(marked(&learnt(), built_in()));
    assert!(room.minimum().checks.iter().all(|check| check.code != CheckCode::Cameras));
}

#[test]
fn required_devices_that_are_gone_swapped_or_moved_are_a_warning_while_enough_are_there() {
    let mut room = room_that_must_have(Equipment { cameras: 1, ..Equipment::default() });
    room.pass(3 * DAY);
    room.probe(pass(10), pass(20)).sustain(pass(10), pass(20));
    for (inventory, reason) in [
        (webcam_alone(), Code::EquipmentComplete),
        (built_in(), Code::DeviceGone),
        (webcam_at("2", "046d:082d", None), Code::DeviceSwapped),
        (webcam_at("3", "046d:0843", None), Code::DeviceMoved),
    ] {
        room.pass(1).scan(marked(&learnt(), inventory));
        let readiness = room.minimum();
        assert_eq!(check(&readiness, CheckCode::Cameras).reason, reason);
        assert_eq!(readiness.verdict, RoomVerdict::Ready, "{reason}");
    }
    room.pass(1).scan(marked(&learnt(), built_in()));
    let gone = room.minimum();
    let gone = check(&gone, CheckCode::Cameras);
    assert!(
        gone.text.en.contains("Logitech Webcam C930e, last known to work 3 days ago"),
        "{}",
        gone.text.en
    );
}

#[test]
fn a_speaker_that_is_or_may_be_muted_is_a_warning_where_a_speaker_is_required() {
    let mut room = room_that_must_have(Equipment { speakers: 1, ..Equipment::default() });
    for reason in [Code::SpeakerMuted, Code::SpeakerVolumeZero, Code::SpeakerMuteUnknown] {
        let mut speaker = webcam_alone().microphones.remove(0);
        speaker.state = CheckState::Warning;
        speaker.reason = reason;
        room.pass(1).scan(Inventory { speakers: vec![speaker], ..webcam() });
        assert_eq!(says(&room.minimum(), CheckCode::Speakers), (CheckState::Warning, reason));
    }
}

#[test]
fn without_a_scan_nobody_knows_what_is_there() {
    let room = room_that_must_have(Equipment { cameras: 1, ..Equipment::default() });
    let now: Moment = room.now;
    assert_eq!(says(&room.minimum(), CheckCode::Cameras), (CheckState::Unknown, Code::NotCheckedYet));
    assert_eq!(now, room.now);
}

#[test]
fn a_muted_microphone_fails_and_says_how_to_unmute_it() {
    let mut room = room_that_must_have(Equipment::default());
    for reason in [Code::MicrophoneMuted, Code::MicrophoneVolumeZero] {
        let mut inventory = webcam_alone();
        inventory.microphones[0].state = CheckState::Failed;
        inventory.microphones[0].reason = reason;
        room.pass(1).scan(inventory);
        let readiness = room.minimum();
        assert_eq!(
            (readiness.verdict, readiness.reasons.as_slice()),
            (RoomVerdict::NotReady, [reason].as_slice())
        );
        assert!(check(&readiness, CheckCode::Microphone).remedy.en.contains("sound settings"));
    }
}

#[test]
fn a_camera_on_a_slow_port_fails_with_both_speeds() {
    let mut room = room_that_must_have(Equipment::default());
    let mut inventory = webcam_alone();
    inventory.cameras[0].state = CheckState::Failed;
    inventory.cameras[0].reason = Code::DeviceUsbSlow;
    inventory.cameras[0].usb_mbits = Some(12.0);
    room.scan(inventory);
    let readiness = room.minimum();
    assert_eq!(readiness.verdict, RoomVerdict::NotReady);
    let camera = check(&readiness, CheckCode::Camera);
    assert_eq!(
        (camera.value, camera.required, camera.unit.as_deref()),
        (Some(12.0), Some(480.0), Some("Mbit/s"))
    );
    assert!(camera.text.en.contains("only 12 Mbit/s") && camera.remedy.en.contains("another USB port"));
}
