//! Machines that are bare, virtual, small, crowded or lying.

mod support;

use siaga_devices::DriverError;
use siaga_readiness::{inventory::Inventory, reasons::Code, state::CheckState};
use support::{Machine, capture, no_capture};

const HD: &[(&[u8; 4], u32, u32, f64)] = &[(b"YUYV", 1280, 720, 30.0)];

/// The table of a webcam's node on USB `port`, with the given attributes of the USB device.
fn webcam(number: u32, port: &str, attributes: &[(&str, &str)]) -> String {
    let device = format!("/sys/devices/pci0000:00/0000:00:14.0/usb1/{port}");
    let node = format!("{port}:1.0/video4linux/video{number}");
    let mut table = format!(
        "/dev/video{number}\n{device}/{node}/index = 0\n\
         /sys/class/video4linux/video{number} -> ../../devices/pci0000:00/0000:00:14.0/usb1/{port}/{node}\n"
    );
    for (name, text) in attributes {
        table += &format!("{device}/{name} = {text}\n");
    }
    table
}

#[test]
fn a_machine_without_devices_has_an_empty_inventory() {
    assert_eq!(Machine::new("").scan(), Inventory::default());
}

#[test]
fn without_sysfs_or_dev_a_scan_says_that_it_cannot_see_rather_than_that_nothing_is_there() {
    for (missing, remedy) in [("/sys/class", "mount sysfs there"), ("/dev", "let this user list it")] {
        let machine = Machine::new("");
        std::fs::remove_dir(machine.path(missing)).unwrap();
        let error = machine.scanner().scan().unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "cannot see this machine's devices: {} is not readable (No such file or directory (os error 2)); {remedy}",
                machine.path(missing).display()
            )
        );
    }
}

#[test]
fn vivid_with_all_its_nodes_is_one_virtual_camera() {
    let mut machine = Machine::new("/sys/devices/platform/vivid.0/subsystem -> ../../../bus/platform");
    for number in 0..8 {
        machine.add(&format!(
            "/dev/video{number}\n\
             /sys/devices/platform/vivid.0/video4linux/video{number}/index = {number}\n\
             /sys/class/video4linux/video{number} -> ../../devices/platform/vivid.0/video4linux/video{number}"
        ));
        // Capture and output of two instances; the rest is metadata and touch.
        let bus = format!("platform:vivid-00{}", number / 4);
        machine.drivers.camera(
            &format!("video{number}"),
            if number % 4 == 0 { capture(&bus, HD) } else { no_capture(&bus) },
        );
    }
    machine.add("/dev/vbi0\n/dev/radio0\n/dev/swradio0\n/dev/v4l-touch0\n/dev/media0");
    let cameras = machine.scan().cameras;
    let ids: Vec<_> = cameras.iter().map(|camera| (camera.id.as_str(), camera.is_virtual)).collect();
    assert_eq!(ids, [("platform:vivid-000", true), ("platform:vivid-001", true)], "one for each instance");
}

#[test]
fn two_software_cameras_without_a_parent_are_two_even_when_one_cannot_be_read() {
    let mut machine = Machine::new(
        "/dev/video10
         /dev/video11
         /sys/devices/virtual/video4linux/video10/index = 0
         /sys/devices/virtual/video4linux/video11/index = 0
         /sys/class/video4linux/video10 -> ../../devices/virtual/video4linux/video10
         /sys/class/video4linux/video11 -> ../../devices/virtual/video4linux/video11",
    );
    machine.drivers.camera("video10", capture("platform:v4l2loopback-010", HD));
    machine.drivers.camera("video11", Err(DriverError::NoPermission));
    let cameras = machine.scan().cameras;
    let told: Vec<_> = cameras.iter().map(|c| (c.id.as_str(), c.is_virtual, c.reason)).collect();
    assert_eq!(
        told,
        [
            ("platform:v4l2loopback-010", true, Code::DevicePresent),
            ("virtual:video11", true, Code::DeviceNoPermission)
        ]
    );
}

#[test]
fn a_small_board_s_usb_is_hardware_and_a_usb_device_over_the_network_is_not() {
    let mut machine =
        Machine::new("/sys/devices/platform/scb/of_node -> ../../../firmware/devicetree/base/scb");
    for (number, controller) in [(0, "scb/xhci.0/usb1"), (1, "vhci_hcd.0/usb3")] {
        let port = format!("{controller}/1-1");
        machine.add(&format!(
            "/dev/video{number}
             /sys/devices/platform/{port}/idVendor = 046d
             /sys/devices/platform/{port}/idProduct = 0825
             /sys/devices/platform/{port}/1-1:1.0/video4linux/video{number}/index = 0
             /sys/class/video4linux/video{number} -> ../../devices/platform/{port}/1-1:1.0/video4linux/video{number}"
        ));
        machine.drivers.camera(&format!("video{number}"), capture("usb", HD));
    }
    let cameras = machine.scan().cameras;
    let told: Vec<_> = cameras.iter().map(|c| (c.bus.as_str(), c.is_virtual)).collect();
    assert_eq!(told, [("usb-xhci.0-1", false), ("usb-vhci_hcd.0-1", true)]);
}

#[test]
fn a_part_fixed_in_a_bar_that_is_plugged_in_is_external() {
    let mut machine = Machine::new(&webcam(
        0,
        "1-4/1-4.1",
        &[("idVendor", "046d"), ("idProduct", "0881"), ("removable", "fixed")],
    ));
    let hub = "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-4";
    machine.add(&format!("{hub}/idVendor = 046d\n{hub}/idProduct = 0882\n{hub}/removable = removable"));
    machine.drivers.camera("video0", capture("usb-0000:00:14.0-4.1", HD));
    let camera = machine.scan().cameras.remove(0);
    assert_eq!((camera.external, camera.bus.as_str()), (Some(true), "usb-0000:00:14.0-4.1"));
}

#[test]
fn without_a_statement_about_its_port_a_camera_is_neither_external_nor_built_in() {
    let mut machine = Machine::new(&webcam(0, "1-4", &[("idVendor", "046d"), ("idProduct", "0881")]));
    machine.drivers.camera("video0", capture("", HD));
    assert_eq!(machine.scan().cameras.remove(0).external, None);
}

#[test]
fn links_and_files_in_dev_are_no_cameras() {
    let mut machine = Machine::new(&webcam(0, "1-1", &[("idVendor", "046d"), ("idProduct", "0825")]));
    machine
        .add("/dev/video1 -> video0\n/dev/video2 -> nowhere\n/dev/video3/\n/dev/v4l/by-id/x -> ../../video0");
    machine.drivers.camera("video0", capture("", HD));
    machine.drivers.listing(Ok(vec![3, 2, 1, 0]));
    assert_eq!(machine.scan().cameras.len(), 1);
    assert_eq!(machine.drivers.opened(), ["video0"]);
}

#[test]
fn a_name_that_makes_the_camera_library_panic_or_its_failure_hides_no_camera() {
    for hazard in ["/dev/video", "/dev/video-link -> video0", "/dev/video/", ""] {
        let mut machine = Machine::new(&webcam(0, "1-1", &[("idVendor", "046d"), ("idProduct", "0825")]));
        machine.add(hazard);
        machine.drivers.camera("video0", capture("", HD));
        machine.drivers.listing(Err(DriverError::Failed("the library panicked".to_owned())));
        assert_eq!(machine.scan().cameras.len(), 1, "{hazard}");
    }
}

#[test]
fn names_from_devices_are_made_safe_to_show() {
    let long = "x".repeat(10_000);
    let names = [
        ("Cam\\n\"quoted\"\\t\\u{1b}[31m", "Cam \"quoted\" [31m"),
        (long.as_str(), &long[..100]),
        ("", "/dev/video0"),
    ];
    for (raw, shown) in names {
        let mut machine = Machine::new(&webcam(
            0,
            "1-1",
            &[("1-1:1.0/video4linux/video0/name", raw), ("idVendor", "046d"), ("idProduct", "0825")],
        ));
        machine.drivers.camera("video0", capture("", HD));
        let name = machine.scan().cameras.remove(0).name;
        assert!(name.ends_with(shown), "{name}");
    }
}

#[test]
fn a_lying_sysfs_costs_a_device_its_identity_not_its_entry() {
    let lies: [&[(&str, &str)]; 4] = [
        &[("idVendor", ""), ("idProduct", "")],
        &[("idVendor", "zzzz"), ("idProduct", "0825")],
        &[("idVendor", "046d046d046d"), ("idProduct", "-1")],
        &[],
    ];
    for lie in lies {
        let mut machine = Machine::new(&webcam(0, "1-1", lie));
        machine.drivers.camera("video0", capture("", HD));
        let camera = machine.scan().cameras.remove(0);
        assert_eq!((camera.usb_id, camera.state), (None, CheckState::Ok), "{lie:?}");
    }
}

#[test]
fn a_device_that_sysfs_does_not_know_is_not_taken_for_hardware() {
    let mut machine = Machine::new("/dev/video0\n/dev/snd/pcmC0D0c");
    machine.drivers.camera("video0", capture("usb-0000:00:14.0-2", HD));
    machine.drivers.pcm("pcmC0D0c", Ok(&[(48_000, 48_000)]));
    let inventory = machine.scan();
    assert!(inventory.cameras.iter().all(|camera| camera.is_virtual) && inventory.cameras.len() == 1);
    let microphone = inventory.microphones.first().unwrap();
    assert_eq!((microphone.node.as_str(), microphone.is_virtual), ("hw:CARD=0,DEV=0", true));
}

#[test]
fn a_held_node_is_a_camera_as_udev_noted_it_and_a_held_codec_is_none() {
    for (capabilities, cameras) in [(":capture:", 1), (":", 0)] {
        let mut machine = Machine::new(&webcam(0, "1-1", &[("1-1:1.0/video4linux/video0/dev", "81:0")]));
        machine.add(&format!(
            "/run/udev/data/c81:0 = E:ID_V4L_VERSION=2\\nE:ID_V4L_CAPABILITIES={capabilities}"
        ));
        machine.add("/proc/4194303/fd/7 -> /dev/video0");
        machine.drivers.listing(Ok(vec![0]));
        assert_eq!(machine.scan().cameras.len(), cameras, "{capabilities}");
        assert_eq!(machine.drivers.opened(), [""; 0]);
    }
}

#[test]
fn sixty_four_cameras_are_all_listed_in_the_same_order_every_time() {
    let mut machine = Machine::new("");
    for number in 0..64 {
        machine.add(&webcam(number, &format!("1-{number}"), &[("idVendor", "046d"), ("idProduct", "0825")]));
        machine.drivers.camera(&format!("video{number}"), capture("", HD));
    }
    let first = machine.scan();
    assert_eq!(first.cameras.len(), 64);
    let ids: std::collections::HashSet<_> = first.cameras.iter().map(|camera| &camera.id).collect();
    assert_eq!(ids.len(), 64, "same model, no serial numbers: the ports tell them apart");
    assert_eq!(machine.scan(), first);
}

#[test]
fn sixty_four_cameras_and_a_look_at_them_opens_none() {
    let mut machine = Machine::new("");
    for number in 0..64 {
        machine.add(&webcam(number, &format!("1-{number}"), &[("idVendor", "046d"), ("idProduct", "0825")]));
        machine.drivers.camera(&format!("video{number}"), capture("", HD));
    }
    let mut scanner = machine.scanner();
    assert_eq!(scanner.look().unwrap().cameras.len(), 64);
    assert_eq!(machine.drivers.opened(), [""; 0]);
    scanner.scan().unwrap();
    assert_eq!(machine.drivers.opened().len(), 64);
    assert_eq!(scanner.look().unwrap().cameras.len(), 64);
    assert_eq!(machine.drivers.opened(), [""; 0]);
}

#[test]
fn a_format_that_no_library_knows_is_no_picture_and_hides_none() {
    let mut machine = Machine::new(&webcam(0, "1-1", &[("idVendor", "046d"), ("idProduct", "0825")]));
    let unknown = (b"X\xffq\0", 4096, 2160, 60.0);
    machine.drivers.camera("video0", capture("", &[unknown]));
    let camera = machine.scan().cameras.remove(0);
    assert_eq!((camera.state, camera.reason), (CheckState::Failed, Code::DeviceNoFormats));
    machine.drivers.camera("video0", capture("", &[unknown, HD[0]]));
    let camera = machine.scan().cameras.remove(0);
    assert_eq!((camera.state, camera.modes.len(), camera.modes[0].height), (CheckState::Ok, 1, 720));
}

#[test]
fn a_bus_that_a_driver_makes_up_is_made_safe_to_show() {
    let mut machine = Machine::new(
        "/dev/video0
         /sys/devices/platform/odd.0/video4linux/video0/index = 0
         /sys/class/video4linux/video0 -> ../../devices/platform/odd.0/video4linux/video0",
    );
    machine.drivers.camera("video0", capture("odd:\n\"0\"\u{1b}[31m", HD));
    let camera = machine.scan().cameras.remove(0);
    assert_eq!((camera.bus.as_str(), camera.id.as_str()), ("odd: \"0\" [31m", "odd: \"0\" [31m"));
}
