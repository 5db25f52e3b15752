//! A whole machine: a laptop in a meeting room with an external webcam and a television.

mod support;

use std::fs;

use siaga_devices::{Control, DeclaredFov, Direction, DriverError, Volume, trial::any_in_use};
use siaga_readiness::{
    inventory::{AudioDevice, FovAxis, Inventory, VideoMode},
    reasons::Code,
    state::CheckState,
};
use support::{Machine, capture, no_capture};

const BUILT_IN: &str = "usb-0000:00:14.0-8";
const WEBCAM: &str = "usb-0000:00:14.0-2";

fn room() -> Machine {
    let mut machine = Machine::new(include_str!("fixtures/meeting-room.txt"));
    let drivers = &mut machine.drivers;
    drivers.camera("video0", capture(BUILT_IN, &[(b"MJPG", 1280, 720, 30.0), (b"YUYV", 640, 480, 30.0)]));
    drivers.camera("video1", no_capture(BUILT_IN));
    drivers.camera("video2", capture(BUILT_IN, &[(b"GREY", 640, 360, 15.0)]));
    drivers.camera("video3", no_capture(BUILT_IN));
    drivers.camera("video4", capture(WEBCAM, &[(b"YUYV", 1920, 1080, 5.0), (b"MJPG", 1920, 1080, 30.0)]));
    drivers.camera("video5", no_capture(WEBCAM));
    drivers.pcm("pcmC0D0c", Ok(&[(44_100, 44_100), (48_000, 48_000)]));
    drivers.pcm("pcmC0D0p", Ok(&[(44_100, 192_000)]));
    drivers.pcm("pcmC1D3p", Ok(&[(32_000, 48_000)]));
    drivers.pcm("pcmC2D0c", Ok(&[(16_000, 16_000), (32_000, 32_000)]));
    machine
}

#[test]
fn six_video_nodes_are_two_cameras_each_with_its_identity() {
    let cameras = room().scan().cameras;
    let [webcam, built_in] = cameras.as_slice() else { panic!("{cameras:#?}") };

    assert_eq!(webcam.id, "046d:082d/3F2A41DE/usb-0000:00:14.0-2");
    assert_eq!(webcam.name, "HD Pro Webcam C920");
    assert!(webcam.node.ends_with("/dev/video4"), "{}", webcam.node);
    assert_eq!(webcam.usb_id.as_deref(), Some("046d:082d"));
    assert_eq!((webcam.external, webcam.is_virtual), (Some(true), false));
    assert_eq!(webcam.modes, [VideoMode { width: 1920, height: 1080, fps: 30.0 }]);
    assert_eq!((webcam.state, webcam.reason), (CheckState::Ok, Code::DevicePresent));

    // Its serial number is a firmware version that every unit carries, so the port alone tells it.
    assert_eq!(built_in.id, "04f2:b6be/usb-0000:00:14.0-8");
    assert!(built_in.node.ends_with("/dev/video0"), "the infrared twin is not the camera: {}", built_in.node);
    assert_eq!((built_in.external, built_in.is_virtual), (Some(false), false));
    assert_eq!(built_in.modes.len(), 2);
}

#[test]
fn a_microphone_is_a_card_that_captures_at_its_lowest_device() {
    let microphones = room().scan().microphones;
    let [webcam, board] = microphones.as_slice() else { panic!("{microphones:#?}") };
    assert_eq!((board.name.as_str(), board.node.as_str()), ("HDA Intel PCH", "hw:CARD=PCH,DEV=0"));
    assert_eq!((board.id.as_str(), board.usb_id.as_deref()), ("pci:0000:00:1f.3", None));
    assert_eq!(board.rates, [44_100, 48_000]);
    assert_eq!((webcam.name.as_str(), webcam.node.as_str()), ("HD Pro Webcam C920", "hw:CARD=C920,DEV=0"));
    assert_eq!((webcam.external, webcam.is_virtual), (Some(true), false));
}

#[test]
fn a_webcam_and_its_own_microphone_are_on_one_bus() {
    let inventory = room().scan();
    let camera = inventory.cameras.first().unwrap();
    let microphone = inventory.microphones.first().unwrap();
    assert_eq!((&camera.bus, &camera.usb_id), (&microphone.bus, &microphone.usb_id));
    assert_eq!(camera.bus, WEBCAM);
}

#[test]
fn a_card_that_only_plays_is_a_speaker_and_no_microphone() {
    let inventory = room().scan();
    let nodes: Vec<_> = inventory.speakers.iter().map(|speaker| speaker.node.as_str()).collect();
    assert_eq!(nodes, ["hw:CARD=PCH,DEV=0", "hw:CARD=HDMI,DEV=3"]);
}

#[test]
fn only_connected_displays_are_listed() {
    let displays = room().scan().displays;
    let names: Vec<_> = displays.iter().map(|display| (display.id.as_str(), display.name.as_str())).collect();
    assert_eq!(names, [("card0-HDMI-A-1", "HDMI-A-1"), ("card0-eDP-1", "eDP-1")]);
}

#[test]
fn a_field_of_view_is_declared_else_known_by_model_else_unknown() {
    let mut machine = room();
    let fov = |machine: &Machine| {
        let cameras = machine.scan().cameras;
        cameras.into_iter().map(|c| c.fov.map(|fov| (fov.degrees, fov.source))).collect::<Vec<_>>()
    };
    assert_eq!(fov(&machine), [Some((78.0, "catalogue".to_owned())), None]);

    for (device, degrees) in [("046D:082D", 90.0), ("Integrated Camera: Integrated C", 65.0)] {
        machine.options.declared_fov.push(DeclaredFov::new(device, degrees, FovAxis::Diagonal).unwrap());
    }
    let declared = |degrees: f64| Some((degrees, "configuration".to_owned()));
    assert_eq!(fov(&machine), [declared(90.0), declared(65.0)]);
}

#[test]
fn a_camera_in_a_meeting_is_in_use_and_is_not_opened() {
    let machine = room();
    machine.add("/proc/4194303/fd/7 -> /dev/video4");
    let cameras = machine.scan().cameras;
    let webcam = cameras.first().unwrap();
    assert_eq!((webcam.state, webcam.reason), (CheckState::InUse, Code::DeviceBusy));
    assert!(webcam.modes.is_empty(), "it was never asked");
    assert!(!machine.drivers.opened().contains(&"video4".to_owned()));
    assert_eq!(cameras.last().map(|camera| camera.state), Some(CheckState::Ok));
}

#[test]
fn a_camera_that_goes_into_a_meeting_keeps_the_sizes_it_told_before() {
    let machine = room();
    let mut scanner = machine.scanner();
    scanner.scan().unwrap();
    machine.add("/proc/4194303/fd/7 -> /dev/video4");
    let webcam = scanner.scan().unwrap().cameras.remove(0);
    assert_eq!((webcam.state, webcam.modes.len()), (CheckState::InUse, 1));
}

#[test]
fn a_meeting_is_not_over_because_for_a_moment_nobody_can_tell() {
    let machine = room();
    let mut scanner = machine.scanner();
    machine.add("/proc/4194303/fd/7 -> /dev/video4");
    scanner.scan().unwrap();
    // This machine has no first process that could be seen, and no helper.
    fs::remove_dir_all(machine.path("/proc/4194303")).unwrap();
    assert_eq!(scanner.scan().unwrap().cameras[0].state, CheckState::InUse);
    assert_ne!(machine.scan().cameras[0].state, CheckState::InUse, "nobody saw it in use");
}

#[test]
fn a_microphone_in_a_meeting_is_in_use_and_is_not_opened() {
    let machine = room();
    machine.add("/proc/asound/card2/pcm0c/sub1/status = state: RUNNING\\nowner_pid   : 4242");
    let microphones = machine.scan().microphones;
    let webcam = microphones.first().unwrap();
    assert_eq!((webcam.state, webcam.reason), (CheckState::InUse, Code::DeviceBusy));
    assert!(!machine.drivers.opened().contains(&"pcmC2D0c".to_owned()));
    assert_eq!(microphones.last().map(|microphone| microphone.state), Some(CheckState::Ok));
}

#[test]
fn whether_anything_is_in_use_since_a_scan_is_told_without_opening_anything() {
    for begins in [
        "/proc/4194303/fd/7 -> /dev/video4",
        "/proc/asound/card2/pcm0c/sub1/status = state: RUNNING\\nowner_pid   : 4242",
    ] {
        let machine = room();
        let scan = machine.scan();
        machine.drivers.opened();
        let in_use = || any_in_use(&machine.roots(), &scan, false, &&machine.drivers);
        assert!(!in_use(), "{begins}");
        machine.add(begins);
        assert!(in_use(), "{begins}");
        assert_eq!(machine.drivers.opened(), [""; 0]);
        // What does not count holds nobody up.
        let mut aside = scan.clone();
        aside.cameras.iter_mut().for_each(|camera| camera.is_virtual = true);
        aside.microphones.iter_mut().for_each(|microphone| microphone.is_virtual = true);
        assert!(!any_in_use(&machine.roots(), &aside, false, &&machine.drivers), "{begins}");
    }
}

#[test]
fn a_speaker_in_use_is_no_meeting() {
    let machine = room();
    let scan = machine.scan();
    machine.add("/proc/asound/card2/pcm0p/sub0/status = state: RUNNING\\nowner_pid   : 4242");
    assert!(!any_in_use(&machine.roots(), &scan, true, &&machine.drivers));
}

#[test]
fn a_second_scan_opens_nothing_until_something_changes() {
    let machine = room();
    let mut scanner = machine.scanner();
    let first = scanner.scan().unwrap();
    assert_eq!(machine.drivers.opened().len(), 13);
    assert_eq!(scanner.scan().unwrap(), first);
    assert_eq!(machine.drivers.opened(), [""; 0]);

    // Unplugged and plugged in again: the node is another one.
    std::fs::rename(machine.path("/dev/video4"), machine.path("/dev/old")).unwrap();
    machine.add("/dev/video4");
    scanner.scan().unwrap();
    assert_eq!(machine.drivers.opened(), ["video4"]);

    scanner.forget();
    scanner.scan().unwrap();
    assert_eq!(machine.drivers.opened().len(), 13);
}

#[test]
fn a_look_opens_nothing_and_does_not_know_what_was_never_asked() {
    let machine = room();
    let mut scanner = machine.scanner();
    let unread = scanner.look().unwrap();
    assert_eq!(machine.drivers.opened(), [""; 0]);
    let told: Vec<_> = unread.cameras.iter().map(|camera| (camera.state, camera.reason)).collect();
    assert_eq!(told, [(CheckState::Unknown, Code::DeviceNotRead); 2]);
    assert!(unread.microphones.iter().all(|device| device.reason == Code::DeviceNotRead));
    let read = scanner.scan().unwrap();
    machine.drivers.opened();
    assert_eq!(scanner.look().unwrap(), read, "it remembers what was asked");
    assert_eq!(machine.drivers.opened(), [""; 0]);
}

#[test]
fn a_device_that_did_not_answer_is_not_asked_at_every_scan() {
    let mut machine = room();
    machine.drivers.camera("video4", Err(DriverError::Failed("EIO".to_owned())));
    machine.drivers.pcm("pcmC2D0c", Err(DriverError::Busy));
    let mut scanner = machine.scanner();
    scanner.scan().unwrap();
    machine.drivers.opened();
    scanner.scan().unwrap();
    assert_eq!(machine.drivers.opened(), ["pcmC2D0c"], "that it was busy is about one moment");
    scanner.forget_failures();
    scanner.scan().unwrap();
    assert_eq!(machine.drivers.opened(), ["video4", "pcmC2D0c"]);
}

#[test]
fn another_device_behind_the_same_node_is_asked_itself() {
    let machine = room();
    let mut scanner = machine.scanner();
    scanner.scan().unwrap();
    machine.drivers.opened();
    let model = machine.path("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/idProduct");
    std::fs::write(model, "0825").unwrap();
    scanner.scan().unwrap();
    let opened = machine.drivers.opened();
    assert_eq!(opened, ["video4", "video5", "pcmC2D0c", "mixer of C920"]);
}

#[test]
fn each_way_of_not_answering_has_its_own_state_and_reason() {
    let cases = [
        (DriverError::NoPermission, CheckState::Unknown, Code::DeviceNoPermission),
        (DriverError::Busy, CheckState::InUse, Code::DeviceBusy),
        (DriverError::Failed("EIO".to_owned()), CheckState::Failed, Code::DeviceError),
    ];
    for (error, state, reason) in cases {
        let mut machine = room();
        machine.drivers.camera("video4", Err(error.clone()));
        machine.drivers.camera("video5", Err(error.clone()));
        machine.drivers.pcm("pcmC2D0c", Err(error));
        let inventory = machine.scan();
        let (camera, microphone) =
            (inventory.cameras.first().unwrap(), inventory.microphones.first().unwrap());
        assert_eq!((camera.state, camera.reason), (state, reason));
        assert_eq!((microphone.state, microphone.reason), (state, reason));
        assert!(camera.node.ends_with("/dev/video4"), "the node that captures, not the metadata node");
    }
}

fn switch(name: &str, direction: Direction, is_on: bool) -> Control {
    Control { name: name.to_owned(), index: 0, direction, is_on: Some(Ok(is_on)), volume: None }
}

#[test]
fn a_muted_microphone_has_failed_and_a_muted_speaker_has_a_warning() {
    let machine = room();
    let muted = [switch("Capture", Direction::Capture, false), switch("Master", Direction::Playback, false)];
    machine.drivers.mixer("PCH", Ok(&muted));
    let inventory = machine.scan();
    let (board, speaker) = (inventory.microphones.last().unwrap(), inventory.speakers.first().unwrap());
    assert_eq!((board.state, board.reason), (CheckState::Failed, Code::MicrophoneMuted));
    assert_eq!((speaker.state, speaker.reason), (CheckState::Warning, Code::SpeakerMuted));
    let others = (&inventory.microphones[0], &inventory.speakers[1]);
    assert_eq!(
        (others.0.state, others.1.state),
        (CheckState::Ok, CheckState::Ok),
        "their mixers have no controls"
    );
}

#[test]
fn a_volume_of_zero_is_told_and_is_read_again_when_that_is_due() {
    let machine = room();
    let volume = Some(Ok(Volume { value: 0, min: 0, db: None }));
    let zero = Control { is_on: None, volume, ..switch("Capture", Direction::Capture, false) };
    machine.drivers.mixer("PCH", Ok(&[zero.clone(), Control { direction: Direction::Playback, ..zero }]));
    let mut scanner = machine.scanner();
    let inventory = scanner.scan().unwrap();
    assert_eq!(inventory.microphones.last().unwrap().reason, Code::MicrophoneVolumeZero);
    assert_eq!(inventory.speakers.first().unwrap().reason, Code::SpeakerVolumeZero);
    machine.drivers.opened();
    scanner.make_mixers_due();
    scanner.scan().unwrap();
    let opened = machine.drivers.opened();
    assert_eq!(opened, ["mixer of PCH", "mixer of HDMI", "mixer of C920"], "once for both directions");
}

fn broken() -> DriverError {
    DriverError::Failed("Input/output error".to_owned())
}

/// What a scan says of the card that is built in: of its microphone, and of its speaker.
fn board(inventory: &Inventory) -> [(CheckState, Code); 2] {
    let told = |device: &AudioDevice| (device.state, device.reason);
    [told(inventory.microphones.last().unwrap()), told(&inventory.speakers[0])]
}

#[test]
fn a_mixer_that_was_never_read_leaves_open_whether_its_card_is_muted() {
    for error in [broken(), DriverError::Busy, DriverError::Gone, DriverError::NoPermission] {
        let machine = room();
        machine.drivers.mixer("PCH", Err(error.clone()));
        let mut scanner = machine.scanner();
        let unknown = [
            (CheckState::Unknown, Code::MicrophoneMuteUnknown),
            (CheckState::Warning, Code::SpeakerMuteUnknown),
        ];
        assert_eq!(board(&scanner.scan().unwrap()), unknown, "{error}");
        scanner.make_mixers_due();
        assert_eq!(board(&scanner.scan().unwrap()), unknown, "{error}");
        machine.drivers.mixer("PCH", Ok(&[]));
        scanner.make_mixers_due();
        assert_eq!(board(&scanner.scan().unwrap()), [(CheckState::Ok, Code::DevicePresent); 2]);
    }
    let machine = room();
    std::fs::remove_file(machine.path("/dev/snd/controlC0")).unwrap();
    assert_eq!(board(&machine.scan())[0], (CheckState::Unknown, Code::MicrophoneMuteUnknown));
}

#[test]
fn a_mixer_that_does_not_answer_stands_as_it_did_for_three_scans() {
    for (is_on, state, reason) in
        [(false, CheckState::Failed, Code::MicrophoneMuted), (true, CheckState::Ok, Code::DevicePresent)]
    {
        let machine = room();
        machine.drivers.mixer("PCH", Ok(&[switch("Capture", Direction::Capture, is_on)]));
        let mut scanner = machine.scanner();
        assert_eq!(board(&scanner.scan().unwrap())[0], (state, reason));
        machine.drivers.mixer("PCH", Err(broken()));
        scanner.make_mixers_due();
        machine.drivers.opened();
        for _ in 0..3 {
            assert_eq!(board(&scanner.scan().unwrap())[0], (state, reason));
            assert!(machine.drivers.opened().contains(&"mixer of PCH".to_owned()), "it is asked each time");
        }
        let unknown = (CheckState::Unknown, Code::MicrophoneMuteUnknown);
        assert_eq!(board(&scanner.scan().unwrap())[0], unknown);
        // One answer, and all is as it was.
        machine.drivers.mixer("PCH", Ok(&[switch("Capture", Direction::Capture, is_on)]));
        scanner.make_mixers_due();
        assert_eq!(board(&scanner.scan().unwrap())[0], (state, reason));
    }
}

#[test]
fn how_the_mixer_of_another_card_stood_says_nothing_of_the_one_in_its_place() {
    let machine = room();
    let mut scanner = machine.scanner();
    scanner.scan().unwrap();
    machine.drivers.mixer("PCH", Err(broken()));
    let (node, old) = (machine.path("/dev/snd/controlC0"), machine.path("/dev/snd/old"));
    std::fs::rename(&node, old).unwrap();
    std::fs::write(node, "").unwrap();
    assert_eq!(board(&scanner.scan().unwrap())[0], (CheckState::Unknown, Code::MicrophoneMuteUnknown));
}

#[test]
fn a_microphone_that_is_muted_in_a_meeting_is_in_use_and_nothing_more() {
    let machine = room();
    machine.drivers.mixer("PCH", Ok(&[switch("Capture", Direction::Capture, false)]));
    std::fs::write(machine.path("/proc/asound/card0/pcm0c/sub0/status"), "state: RUNNING").unwrap();
    let board = machine.scan().microphones.pop().unwrap();
    assert_eq!((board.state, board.reason), (CheckState::InUse, Code::DeviceBusy));
}

#[test]
fn a_full_hd_camera_on_a_full_speed_port_has_failed() {
    for (speed, mbits, state, reason) in [
        ("12", Some(12.0), CheckState::Failed, Code::DeviceUsbSlow),
        ("1.5", Some(1.5), CheckState::Failed, Code::DeviceUsbSlow),
        ("480", Some(480.0), CheckState::Ok, Code::DevicePresent),
        ("5000", Some(5000.0), CheckState::Ok, Code::DevicePresent),
        ("unknown", None, CheckState::Ok, Code::DevicePresent),
        ("-12", None, CheckState::Ok, Code::DevicePresent),
        ("NaN", None, CheckState::Ok, Code::DevicePresent),
    ] {
        let machine = room();
        machine.add(&format!("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/speed = {speed}"));
        let webcam = machine.scan().cameras.remove(0);
        assert_eq!((webcam.usb_mbits, webcam.state, webcam.reason), (mbits, state, reason), "{speed}");
    }
}

#[test]
fn a_small_picture_fits_through_a_full_speed_port() {
    let mut machine = room();
    machine.add("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/speed = 12");
    machine.drivers.camera("video4", capture(WEBCAM, &[(b"MJPG", 320, 240, 30.0)]));
    assert_eq!(machine.scan().cameras.remove(0).state, CheckState::Ok);
}

#[test]
fn a_device_unplugged_during_the_scan_is_absent() {
    let mut machine = room();
    for node in ["video4", "video5"] {
        machine.drivers.camera(node, Err(DriverError::Gone));
    }
    machine.drivers.pcm("pcmC2D0c", Err(DriverError::Gone));
    let inventory = machine.scan();
    assert_eq!((inventory.cameras.len(), inventory.microphones.len()), (1, 1));
}

#[test]
fn a_device_that_offers_nothing_usable_says_so() {
    let mut machine = room();
    machine.drivers.camera("video4", capture(WEBCAM, &[]));
    machine.drivers.camera("video0", capture(BUILT_IN, &[(b"UYVY", 1920, 1080, 0.0)]));
    machine.drivers.pcm("pcmC2D0c", Ok(&[]));
    let inventory = machine.scan();
    let told: Vec<_> = inventory.cameras.iter().map(|camera| (camera.state, camera.reason)).collect();
    // Pictures without a stated rate: no statement either way.
    assert_eq!(
        told,
        [(CheckState::Failed, Code::DeviceNoFormats), (CheckState::Unknown, Code::DeviceNoRates)]
    );
    let microphone = inventory.microphones.first().unwrap();
    assert_eq!((microphone.state, microphone.reason), (CheckState::Failed, Code::DeviceNoFormats));
}

#[test]
fn the_infrared_twin_does_not_stand_in_for_a_broken_camera() {
    let mut machine = room();
    machine.drivers.camera("video0", Err(DriverError::Failed("EIO".to_owned())));
    let built_in = machine.scan().cameras.pop().unwrap();
    assert_eq!((built_in.state, built_in.reason), (CheckState::Failed, Code::DeviceError));
}

#[test]
fn the_node_with_the_largest_picture_speaks_for_a_camera() {
    let mut machine = room();
    machine.drivers.camera("video0", capture(BUILT_IN, &[(b"MJPG", 640, 360, 30.0)]));
    machine.drivers.camera("video2", capture(BUILT_IN, &[(b"MJPG", 1280, 720, 30.0)]));
    let built_in = machine.scan().cameras.pop().unwrap();
    assert!(built_in.node.ends_with("/dev/video2"), "{}", built_in.node);
}
