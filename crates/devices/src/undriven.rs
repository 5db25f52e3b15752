//! Devices that are plugged in and of which the kernel made nothing, read from sysfs.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    roots::{Roots, attribute},
    text::clean_name,
};

/// A device without its driver.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undriven {
    /// What it should be.
    pub kind: UndrivenKind,
    /// Its name or USB id, and where it is plugged in.
    pub name: String,
}

/// What a device without its driver should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UndrivenKind {
    /// A USB camera without a video node.
    Camera,
    /// A USB sound device without a card.
    Sound,
    /// A sound card without a PCM.
    Card,
}

/// All of them, in a stable order.
#[must_use]
pub fn undriven(roots: &Roots) -> Vec<Undriven> {
    let mut found = BTreeSet::new();
    for (kind, name) in usb(&roots.sys.join("bus/usb/devices")).into_iter().chain(cards(roots)) {
        found.insert(Undriven { kind, name });
    }
    found.into_iter().collect()
}

/// Class, subclass and protocol are those of the USB-IF: 0e.01 is a camera's control interface, 01.01 a sound device's.
/// A driver that has taken it has made a video node or a card below it.
const CONTROLS: [(&str, &str, UndrivenKind, &str); 2] =
    [("0e", "01", UndrivenKind::Camera, "video4linux"), ("01", "01", UndrivenKind::Sound, "sound")];

fn usb(devices: &Path) -> Vec<(UndrivenKind, String)> {
    let mut found = Vec::new();
    for interface in fs::read_dir(devices).into_iter().flatten().flatten() {
        let name = interface.file_name().to_string_lossy().into_owned();
        let Some((port, _)) = name.split_once(':') else { continue };
        let says = |key: &str| attribute(&interface.path().join(key)).unwrap_or_default();
        let (class, subclass) = (says("bInterfaceClass"), says("bInterfaceSubClass"));
        for (of_class, of_subclass, kind, child) in CONTROLS {
            let is_one = class == of_class && subclass == of_subclass;
            if is_one && is_empty(&interface.path().join(child)) {
                found.push((kind, described(&devices.join(port), port)));
            }
        }
    }
    found
}

fn described(device: &Path, port: &str) -> String {
    let says = |key: &str| attribute(&device.join(key)).and_then(|text| clean_name(&text));
    let id = format!(
        "{}:{}",
        says("idVendor").as_deref().unwrap_or("?"),
        says("idProduct").as_deref().unwrap_or("?")
    );
    let product = says("product").map_or(String::new(), |product| format!("{product} "));
    format!("{product}[{id}] ({port})")
}

fn cards(roots: &Roots) -> Vec<(UndrivenKind, String)> {
    let class = roots.sys.join("class/sound");
    let names: Vec<String> = fs::read_dir(&class)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let has_pcm = |number: &str| names.iter().any(|name| name.starts_with(&format!("pcmC{number}D")));
    names
        .iter()
        .filter_map(|name| Some((name, name.strip_prefix("card")?)))
        .filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit()) && !has_pcm(number))
        .map(|(name, number)| {
            let id = attribute(&class.join(name).join("id")).and_then(|id| clean_name(&id));
            (UndrivenKind::Card, id.unwrap_or_else(|| number.to_owned()))
        })
        .collect()
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).map_or(true, |mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Roots) {
        let directory = tempfile::tempdir().unwrap();
        let roots = Roots::below(directory.path());
        for (path, text) in files {
            let path = roots.sys.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (directory, roots)
    }

    const WEBCAM: [(&str, &str); 7] = [
        ("bus/usb/devices/1-2/idVendor", "046d\n"),
        ("bus/usb/devices/1-2/idProduct", "082d\n"),
        ("bus/usb/devices/1-2/product", "HD Pro Webcam C920\n"),
        ("bus/usb/devices/1-2:1.0/bInterfaceClass", "0e\n"),
        ("bus/usb/devices/1-2:1.0/bInterfaceSubClass", "01\n"),
        ("bus/usb/devices/1-2:1.2/bInterfaceClass", "01\n"),
        ("bus/usb/devices/1-2:1.2/bInterfaceSubClass", "01\n"),
    ];

    #[test]
    fn a_webcam_without_its_drivers_is_found_twice() {
        let (_directory, roots) = machine(&WEBCAM);
        let name = "HD Pro Webcam C920 [046d:082d] (1-2)".to_owned();
        let expected =
            [UndrivenKind::Camera, UndrivenKind::Sound].map(|kind| Undriven { kind, name: name.clone() });
        assert_eq!(undriven(&roots), expected);
    }

    #[test]
    fn one_with_its_drivers_is_not() {
        let (_directory, roots) = machine(&WEBCAM);
        for child in ["1-2:1.0/video4linux/video0", "1-2:1.2/sound/card1"] {
            fs::create_dir_all(roots.sys.join("bus/usb/devices").join(child)).unwrap();
        }
        assert_eq!(undriven(&roots), []);
    }

    #[test]
    fn a_card_without_a_pcm_is_found_and_one_with_is_not() {
        let (_directory, roots) = machine(&[
            ("class/sound/card0/id", "PCH\n"),
            ("class/sound/pcmC0D0c/dev", "116:3\n"),
            ("class/sound/card10/id", "sofhdadsp\n"),
            ("class/sound/card1/uevent", ""),
        ]);
        let names: Vec<_> = undriven(&roots).into_iter().map(|it| (it.kind, it.name)).collect();
        assert_eq!(
            names,
            [(UndrivenKind::Card, "1".to_owned()), (UndrivenKind::Card, "sofhdadsp".to_owned())]
        );
    }

    #[test]
    fn a_machine_that_shows_nothing_lacks_nothing() {
        let (_directory, roots) = machine(&[]);
        assert_eq!(undriven(&roots), []);
    }
}
