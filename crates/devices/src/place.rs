//! Where a device is plugged in: its bus, its USB identity, and whether it is hardware at all.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    roots::{Roots, attribute},
    text::clean_name,
};

/// A device's place in sysfs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// The device that owns the node: the USB device if there is one, else the node's parent.
    pub(crate) owner: PathBuf,
    /// `usb-<controller>-<ports>` as V4L2 writes it, else `<subsystem>:<name>`.
    pub(crate) bus: String,
    pub(crate) usb: Option<Usb>,
    pub(crate) external: Option<bool>,
    /// Made by software, or not shown to be hardware.
    pub(crate) is_virtual: bool,
}

/// A USB device's own statements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Usb {
    /// `vvvv:pppp`, lower-case hexadecimal.
    pub(crate) id: String,
    /// Its serial number, if it is one.
    pub(crate) serial: Option<String>,
    /// The speed at which it is connected, Mbit/s.
    pub(crate) mbits: Option<f64>,
}

impl Place {
    /// The place of `/sys/class/<class>/<name>`. A node that sysfs does not know gets a place of its own,
    /// and counts as virtual: nothing shows that it is hardware.
    pub(crate) fn of(roots: &Roots, class: &str, name: &str) -> Self {
        Self::found(roots, class, name).unwrap_or_else(|| Self {
            owner: PathBuf::from(name),
            bus: format!("unknown:{name}"),
            usb: None,
            external: None,
            is_virtual: true,
        })
    }

    fn found(roots: &Roots, class: &str, name: &str) -> Option<Self> {
        let devices = fs::canonicalize(roots.sys.join("devices")).ok()?;
        let node = fs::canonicalize(roots.sys.join("class").join(class).join(name)).ok()?;
        let relative = node.strip_prefix(&devices).ok()?;
        // …/<parent>/<class>/<name>
        let parent = node.parent()?.parent()?;
        let is_virtual = is_virtual(&devices, relative);
        let usb_device = node.ancestors().take_while(|dir| *dir != devices).find(|dir| is_usb_device(dir));
        Some(match usb_device {
            Some(device) => Self {
                owner: device.to_owned(),
                bus: usb_bus(device),
                usb: Usb::read(device),
                external: if is_virtual { None } else { usb_external(device) },
                is_virtual,
            },
            None => Self {
                // What hangs below nothing (`v4l2loopback`) has no parent to share.
                owner: if parent == devices.join("virtual") { node.clone() } else { parent.to_owned() },
                bus: plain_bus(parent, name),
                usb: None,
                external: if is_virtual { None } else { pci_external(parent) },
                is_virtual,
            },
        })
    }

    /// The device's identity: model, serial number where it has one, and port. Without USB, the bus.
    pub(crate) fn identity(&self) -> String {
        match &self.usb {
            Some(Usb { id, serial: Some(serial), .. }) => format!("{id}/{serial}/{}", self.bus),
            Some(Usb { id, serial: None, .. }) => format!("{id}/{}", self.bus),
            None => self.bus.clone(),
        }
    }
}

impl Usb {
    fn read(device: &Path) -> Option<Self> {
        let vendor = hex_id(&attribute(&device.join("idVendor"))?)?;
        let product = hex_id(&attribute(&device.join("idProduct"))?)?;
        let serial = attribute(&device.join("serial")).filter(|serial| is_plausible_serial(serial));
        let mbits = attribute(&device.join("speed")).and_then(|speed| speed.parse().ok());
        let mbits = mbits.filter(|mbits: &f64| (1.0..=MOST_MBITS).contains(mbits));
        Some(Self { id: format!("{vendor}:{product}"), serial, mbits })
    }
}

/// More than this is no USB (USB4 ends at 80 000).
const MOST_MBITS: f64 = 100_000.0;

/// Four hexadecimal digits, lower-case.
pub(crate) fn hex_id(text: &str) -> Option<String> {
    (text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}

/// Whether a serial number tells one device from another of its model. Many makers write a firmware
/// version (`01.00.00`), a counting sequence or a constant there.
fn is_plausible_serial(serial: &str) -> bool {
    const CONSTANTS: [&str; 3] = ["200901010001", "SN0001", "0123456789ABCDEF"];
    let bytes = serial.as_bytes();
    let fits = (4..=64).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    let is_version = serial.contains('.') && bytes.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let is_one_letter = bytes.windows(2).all(|pair| pair.first() == pair.last());
    let counts = "01234567890123456789".contains(serial);
    fits && !is_version && !is_one_letter && !counts && !CONSTANTS.contains(&serial)
}

fn is_usb_device(dir: &Path) -> bool {
    dir.join("idVendor").is_file() && dir.join("idProduct").is_file()
}

/// As the kernel's `usb_make_path`: controller, then the chain of ports.
fn usb_bus(device: &Path) -> String {
    let name = file_name(device);
    let ports = name.split_once('-').map_or(name.as_str(), |(_, ports)| ports).to_owned();
    let controller = device
        .ancestors()
        .find(|dir| is_root_hub(dir))
        .and_then(Path::parent)
        .map_or_else(|| "unknown".to_owned(), file_name);
    format!("usb-{controller}-{ports}")
}

fn is_root_hub(dir: &Path) -> bool {
    file_name(dir)
        .strip_prefix("usb")
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// External if the device, or a hub between it and the machine, can be unplugged; built in if all of
/// them are fixed. A part fixed in a conference bar that is itself unplugged is external.
fn usb_external(device: &Path) -> Option<bool> {
    let mut all_fixed = true;
    for level in device.ancestors().take_while(|dir| is_usb_device(dir) && !is_root_hub(dir)) {
        let removable = attribute(&level.join("removable"));
        let port = attribute(&level.join("port/connect_type"));
        match (removable.as_deref(), port.as_deref()) {
            (Some("removable"), _) | (_, Some("hotplug")) => return Some(true),
            (Some("fixed"), _) | (_, Some("hardwired")) => {}
            _ => all_fixed = false,
        }
    }
    all_fixed.then_some(false)
}

fn pci_external(parent: &Path) -> Option<bool> {
    match attribute(&parent.join("removable"))?.as_str() {
        "removable" => Some(true),
        "fixed" => Some(false),
        _ => None,
    }
}

/// Below `virtual` or `faux`, or below a platform device that no firmware describes (`vivid`,
/// `snd_aloop`, the USB/IP host controller). Small boards have their real USB below `platform`, and
/// there the device tree or ACPI describes it.
fn is_virtual(devices: &Path, relative: &Path) -> bool {
    let mut parts = relative.components().map(|part| part.as_os_str());
    match parts.next().and_then(|kind| kind.to_str()) {
        Some("virtual" | "faux") => true,
        Some("platform") => parts.next().is_none_or(|first| {
            let device = devices.join("platform").join(first);
            !["firmware_node", "of_node"].iter().any(|link| device.join(link).symlink_metadata().is_ok())
        }),
        _ => false,
    }
}

fn plain_bus(parent: &Path, name: &str) -> String {
    match fs::read_link(parent.join("subsystem")) {
        Ok(subsystem) => format!("{}:{}", file_name(&subsystem), file_name(parent)),
        Err(_) => format!("{}:{name}", file_name(parent)),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().and_then(|name| clean_name(&name.to_string_lossy())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{hex_id, is_plausible_serial};

    #[test]
    fn a_serial_number_that_every_unit_carries_identifies_nothing() {
        for serial in [
            "01.00.00",
            "0.1",
            "",
            "0",
            "000000",
            "1234567",
            "200901010001",
            "SN0001",
            "with space",
            "a\nb\0c",
        ] {
            assert!(!is_plausible_serial(serial), "{serial:?}");
        }
        for serial in ["3F2A41DE", "A1B2C3D4E5", "46D0-11", "8899AABB.1"] {
            assert!(is_plausible_serial(serial), "{serial:?}");
        }
    }

    #[test]
    fn a_usb_id_is_four_hexadecimal_digits_or_none() {
        assert_eq!(hex_id("046D").as_deref(), Some("046d"));
        for wrong in ["46d", "0x046d", "046g", "", "046d0"] {
            assert_eq!(hex_id(wrong), None);
        }
    }
}
