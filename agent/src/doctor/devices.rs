//! Locked, busy and broken devices, and drivers that are missing.

use siaga_devices::{Roots, UndrivenKind, undriven};
use siaga_readiness::{
    catalogue::Words,
    inventory::{DeviceRef, Inventory, Kind},
    observation::Evidence,
    reasons::Code,
    state::CheckState,
};

use super::{Finding, Level};
use crate::{
    config::Settings,
    devices::{Eyes, KnownGood},
};

/// What a scan says of each device that is not as it should be.
pub(super) async fn devices(settings: &Settings) -> Vec<Finding> {
    let known_good = KnownGood::in_directory(&settings.state_dir);
    match Eyes::new(&settings.devices, known_good).look().await.evidence {
        Evidence::Devices(inventory) => of_inventory(&inventory, |kind| is_asked_for(settings, kind)),
        Evidence::DeviceFault(fault) => {
            vec![Finding::of(Level::Problem, fault.reason, "").with_detail(fault.detail)]
        }
        _ => unreachable!("eyes look at devices"),
    }
}

/// By the room's own profile, or by what the office says that it must have.
fn is_asked_for(settings: &Settings, kind: Kind) -> bool {
    let profiles = settings.profiles();
    let profile = profiles.as_ref().ok().and_then(|all| all.named(settings.profile.as_str()).ok());
    let by_profile = profile.is_none_or(|profile| match kind {
        Kind::Camera => profile.requirements.camera.is_some(),
        Kind::Microphone => profile.requirements.microphone.is_some(),
        _ => false,
    });
    by_profile || settings.devices.required.of(kind) > 0
}

fn of_inventory(inventory: &Inventory, is_asked_for: impl Fn(Kind) -> bool) -> Vec<Finding> {
    let all: Vec<_> = inventory.devices().filter(|it| it.kind != Kind::Display).collect();
    let in_use = |kind| if kind == Kind::Camera { Code::CameraInUse } else { Code::MicrophoneInUse };
    let finding = |level, it: &DeviceRef<'_>| Finding::new(level, it.reason, &it.words(), None);
    let faults: Vec<_> = all
        .iter()
        .filter_map(|it| match it.state {
            CheckState::Ok => None,
            CheckState::InUse => Some(Finding::of(Level::Warning, in_use(it.kind), it.name)),
            CheckState::Warning => Some(finding(Level::Warning, it)),
            CheckState::Failed | CheckState::Unknown => Some(finding(Level::Problem, it)),
        })
        .collect();
    let is_there = |kind| all.iter().any(|it| it.kind == kind);
    let absent = [(Kind::Camera, Code::CameraMissing), (Kind::Microphone, Code::MicrophoneMissing)]
        .into_iter()
        .filter(|(kind, _)| is_asked_for(*kind) && !is_there(*kind))
        .map(|(_, code)| Finding::of(Level::Warning, code, ""));
    let faults: Vec<_> = faults.into_iter().chain(absent).collect();
    if !faults.is_empty() {
        return faults;
    }
    #[allow(clippy::cast_precision_loss)] // Nobody has so many devices.
    let count = Words { value: Some(all.len() as f64), ..Words::default() };
    vec![Finding::new(Level::Ok, Code::DoctorDevicesFine, &count, None)]
}

pub(super) fn drivers(roots: &Roots) -> Vec<Finding> {
    let missing: Vec<_> = undriven(roots)
        .into_iter()
        .map(|device| match device.kind {
            UndrivenKind::Camera => {
                Finding::of(Level::Problem, Code::DoctorCameraWithoutDriver, &device.name)
            }
            UndrivenKind::Sound => Finding::of(Level::Problem, Code::DoctorSoundWithoutDriver, &device.name),
            UndrivenKind::Card => Finding::of(Level::Warning, Code::DoctorCardWithoutPcm, &device.name),
        })
        .collect();
    if missing.is_empty() { vec![Finding::ok(Code::DoctorDriversFine)] } else { missing }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sample::inventory;

    #[test]
    fn a_device_that_is_locked_busy_or_broken_is_named() {
        let fine = of_inventory(&inventory(), |_| true);
        assert_eq!((fine.len(), fine[0].code, fine[0].level), (1, Code::DoctorDevicesFine, Level::Ok));
        for (state, reason, code, level) in [
            (CheckState::InUse, Code::DeviceBusy, Code::CameraInUse, Level::Warning),
            (CheckState::Unknown, Code::DeviceNoPermission, Code::DeviceNoPermission, Level::Problem),
            (CheckState::Failed, Code::DeviceError, Code::DeviceError, Level::Problem),
            (CheckState::Failed, Code::DeviceUsbSlow, Code::DeviceUsbSlow, Level::Problem),
        ] {
            let mut inventory = inventory();
            (inventory.cameras[0].state, inventory.cameras[0].reason) = (state, reason);
            let found = of_inventory(&inventory, |_| true);
            assert_eq!((found.len(), found[0].code, found[0].level), (1, code, level));
            assert_eq!(found[0].about.as_ref(), Some(&inventory.cameras[0].name));
            assert!(!found[0].text.en.contains("not known"), "{}", found[0].text.en);
            assert!(!found[0].remedy.id.is_empty(), "{reason}");
        }
    }

    #[test]
    fn a_machine_without_a_camera_or_a_microphone_is_warned_of() {
        let found = |inventory: &Inventory| {
            of_inventory(inventory, |_| true).into_iter().map(|it| (it.level, it.code)).collect::<Vec<_>>()
        };
        let (camera, microphone) =
            ((Level::Warning, Code::CameraMissing), (Level::Warning, Code::MicrophoneMissing));
        assert_eq!(found(&Inventory::default()), [camera, microphone]);
        assert_eq!(found(&Inventory { microphones: vec![], ..inventory() }), [microphone]);
        let for_voice: Settings =
            toml::from_str("profile = \"voice\"\n[profiles.voice]\nmicrophone = {}\n").unwrap();
        let asked = of_inventory(&Inventory::default(), |kind| is_asked_for(&for_voice, kind));
        assert_eq!(
            (asked.len(), asked[0].code),
            (1, Code::MicrophoneMissing),
            "its profile asks for no camera"
        );
    }

    #[test]
    fn a_usb_camera_without_its_driver_is_a_problem() {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        assert_eq!(drivers(&roots)[0].code, Code::DoctorDriversFine);
        let interface = roots.sys.join("bus/usb/devices/1-2:1.0");
        fs::create_dir_all(&interface).unwrap();
        fs::write(interface.join("bInterfaceClass"), "0e\n").unwrap();
        fs::write(interface.join("bInterfaceSubClass"), "01\n").unwrap();
        let found = drivers(&roots);
        assert_eq!((found[0].code, found[0].level), (Code::DoctorCameraWithoutDriver, Level::Problem));
    }
}
