//! Laptop, desktop or something else, from what the firmware says (DMI).

use std::path::Path;

use siaga_readiness::host::MachineKind;

use super::attribute;

/// What the machine under `root` is. Makers of virtual machines write their names where others write theirs.
pub(super) fn read(root: &Path) -> MachineKind {
    let dmi = |name: &str| attribute(&root.join("sys/class/dmi/id").join(name)).unwrap_or_default();
    let is_virtual = ["sys_vendor", "product_name", "board_vendor", "bios_vendor"].iter().any(|name| {
        let said = dmi(name);
        VIRTUAL.iter().any(|vendor| said.starts_with(vendor))
    });
    if is_virtual {
        return MachineKind::Virtual;
    }
    // DSP0134, “System Enclosure or Chassis Types”; the highest bit says that there is a lock.
    match dmi("chassis_type").parse::<u8>().map(|kind| kind & 0x7f) {
        Ok(8..=10 | 14 | 31 | 32) => MachineKind::Laptop,
        Ok(3..=7 | 13 | 15 | 16 | 24 | 34..=36) => MachineKind::Desktop,
        Ok(30) => MachineKind::Tablet,
        // “Other” and “unknown” are what firmware says that was never filled in; 12 is a laptop's dock.
        Ok(0..=2 | 12) | Err(_) => MachineKind::Unknown,
        Ok(_) => MachineKind::Other,
    }
}

/// How the DMI fields of virtual machines begin; the list of `systemd-detect-virt`, as far as it is about PCs.
const VIRTUAL: [&str; 12] = [
    "QEMU",
    "KVM",
    "Bochs",
    "VMware",
    "VMW",
    "innotek GmbH",
    "VirtualBox",
    "Oracle Corporation VirtualBox",
    "Xen",
    "Parallels",
    "Virtual Machine",
    "Google Compute Engine",
];

#[cfg(test)]
mod tests {
    use super::{super::tests::Tree, *};

    fn machine(attributes: &[(&str, &str)]) -> MachineKind {
        let files: Vec<(String, String)> = attributes
            .iter()
            .map(|(name, value)| (format!("sys/class/dmi/id/{name}"), format!("{value}\n")))
            .collect();
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        read(Tree::new(&files).root())
    }

    #[test]
    fn the_enclosure_tells_what_a_machine_is() {
        for (chassis, kind) in [
            ("3", MachineKind::Desktop),
            ("9", MachineKind::Laptop),
            ("10", MachineKind::Laptop),
            ("138", MachineKind::Laptop),
            ("13", MachineKind::Desktop),
            ("35", MachineKind::Desktop),
            ("31", MachineKind::Laptop),
            ("30", MachineKind::Tablet),
            ("11", MachineKind::Other),
            ("23", MachineKind::Other),
            ("1", MachineKind::Unknown),
            ("2", MachineKind::Unknown),
            ("", MachineKind::Unknown),
            ("laptop", MachineKind::Unknown),
            ("-3", MachineKind::Unknown),
        ] {
            assert_eq!(machine(&[("chassis_type", chassis)]), kind, "{chassis}");
        }
        assert_eq!(machine(&[]), MachineKind::Unknown);
    }

    #[test]
    fn a_virtual_machine_is_one_whatever_enclosure_it_claims() {
        for (name, value) in [
            ("sys_vendor", "QEMU"),
            ("product_name", "VirtualBox"),
            ("product_name", "VMware Virtual Platform"),
            ("product_name", "Virtual Machine"),
            ("bios_vendor", "Xen"),
        ] {
            assert_eq!(machine(&[("chassis_type", "3"), (name, value)]), MachineKind::Virtual, "{value}");
        }
        let surface =
            [("chassis_type", "9"), ("sys_vendor", "Microsoft Corporation"), ("product_name", "Surface Pro")];
        assert_eq!(machine(&surface), MachineKind::Laptop);
    }
}
