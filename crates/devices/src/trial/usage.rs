//! Whether another program uses a device, told without opening it.

use std::path::{Path, PathBuf};

use siaga_readiness::inventory::Inventory;

use super::subject::Subject;
use crate::{
    camera::holders,
    drivers::{Direction, Drivers, Pcm},
    kernel::Kernel,
    roots::{Roots, attribute},
    sound::pcm,
};

/// Whether another program uses a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    /// None does.
    Free,
    /// One does.
    InUse,
    /// That can't be told.
    Unknown,
}

/// Whether another program uses a device, now.
#[must_use]
pub fn usage(roots: &Roots, subject: &Subject) -> Usage {
    match subject {
        Subject::Camera { node, .. } => camera(roots, node),
        Subject::Microphone { name, .. } => microphone(roots, name, &Kernel),
    }
}

/// Whether another program uses a camera or microphone of this scan that counts, now, as far as that can be told without
/// opening one. Takes milliseconds; blocks.
#[must_use]
pub fn any_in_use(roots: &Roots, scan: &Inventory, accept_virtual: bool, drivers: &impl Drivers) -> bool {
    let counts = |is_virtual: bool| accept_virtual || !is_virtual;
    let microphones: Vec<&str> =
        scan.microphones.iter().filter(|it| counts(it.is_virtual)).map(|it| it.node.as_str()).collect();
    let hears = |pcm: &Pcm| {
        pcm.direction == Direction::Capture
            && microphones.contains(&pcm.alsa_name().as_str())
            && pcm::is_in_use(&roots.proc, pcm)
    };
    let cameras: Vec<PathBuf> =
        scan.cameras.iter().filter(|it| counts(it.is_virtual)).map(|it| PathBuf::from(&it.node)).collect();
    !microphones.is_empty() && pcm::list(roots, drivers).iter().any(hears)
        || !cameras.is_empty() && !holders::of(roots, &cameras).held.is_empty()
}

/// Where neither this process nor the helper sees all, a USB camera that the kernel has sent to sleep still says that
/// nobody has it open.
fn camera(roots: &Roots, node: &Path) -> Usage {
    let holders = holders::of(roots, &[node.to_owned()]);
    if !holders.held.is_empty() {
        return Usage::InUse;
    }
    if holders.unknown.is_empty() || is_asleep(roots, node) { Usage::Free } else { Usage::Unknown }
}

/// As the USB device's power management says (Linux `Documentation/driver-api/usb/power-management.rst`).
fn is_asleep(roots: &Roots, node: &Path) -> bool {
    let Some(name) = node.file_name() else { return false };
    let interface = roots.sys.join("class/video4linux").join(name).join("device");
    let Ok(interface) = interface.canonicalize() else { return false };
    let Some(device) = interface.parent().filter(|parent| parent.join("idVendor").exists()) else {
        return false;
    };
    attribute(&device.join("power/runtime_status")).is_some_and(|status| status == "suspended")
}

/// A card's status can be read by everyone.
fn microphone(roots: &Roots, name: &str, drivers: &impl Drivers) -> Usage {
    let pcm = pcm::list(roots, drivers)
        .into_iter()
        .find(|pcm| pcm.direction == Direction::Capture && pcm.alsa_name() == name);
    match pcm {
        Some(pcm) if !roots.proc.join(format!("asound/card{}", pcm.card)).is_dir() => Usage::Unknown,
        Some(pcm) if pcm::is_in_use(&roots.proc, &pcm) => Usage::InUse,
        Some(_) => Usage::Free,
        None => Usage::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    const NODE: &str = "/dev/video0";

    /// A machine with a process 1 and a camera whose USB device's power is `power`.
    fn machine(power: &str) -> (tempfile::TempDir, Roots) {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        fs::create_dir_all(roots.proc.join("1/fd")).unwrap();
        let usb = roots.sys.join("devices/usb1/1-1");
        fs::create_dir_all(usb.join("power")).unwrap();
        fs::create_dir_all(usb.join("1-1:1.0")).unwrap();
        fs::write(usb.join("idVendor"), "046d").unwrap();
        fs::write(usb.join("power/runtime_status"), power).unwrap();
        let class = roots.sys.join("class/video4linux/video0");
        fs::create_dir_all(&class).unwrap();
        symlink(usb.join("1-1:1.0"), class.join("device")).unwrap();
        (directory, roots)
    }

    #[test]
    fn a_camera_that_no_process_holds_is_free_to_those_who_see_all_processes() {
        let (_directory, roots) = machine("active");
        assert_eq!(camera(&roots, Path::new(NODE)), Usage::Free);
        symlink(NODE, roots.proc.join("1/fd/3")).unwrap();
        assert_eq!(camera(&roots, Path::new(NODE)), Usage::InUse);
    }

    #[test]
    fn to_those_who_don_t_see_all_processes_it_is_unknown_unless_it_sleeps() {
        for (power, expected) in
            [("active", Usage::Unknown), ("unsupported", Usage::Unknown), ("suspended", Usage::Free)]
        {
            let (_directory, roots) = machine(power);
            fs::remove_dir_all(roots.proc.join("1/fd")).unwrap();
            assert_eq!(camera(&roots, Path::new(NODE)), expected, "{power}");
        }
    }

    #[test]
    fn a_microphone_is_as_its_card_says() {
        let (directory, roots) = machine("active");
        let status = roots.proc.join("asound/card0/pcm0c/sub0/status");
        fs::create_dir_all(status.parent().unwrap()).unwrap();
        fs::create_dir_all(roots.dev.join("snd")).unwrap();
        // Any character device will do for a PCM: only its major number counts, and that is not asked here.
        let pcm = crate::drivers::Pcm {
            card: 0,
            card_id: "0".to_owned(),
            device: 0,
            direction: Direction::Capture,
            path: directory.path().join("dev/snd/pcmC0D0c"),
        };
        for (text, in_use) in [("closed", false), ("state: RUNNING", true)] {
            fs::write(&status, text).unwrap();
            assert_eq!(pcm::is_in_use(&roots.proc, &pcm), in_use);
        }
        assert_eq!(microphone(&roots, "hw:CARD=0,DEV=0", &Kernel), Usage::Unknown, "there is no such node");
    }
}
