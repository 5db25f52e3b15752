//! All devices of an inventory alike, whatever their kind.

use super::{AudioDevice, Camera, Display, Inventory, Kind, Known};
use crate::{catalogue::Words, reasons::Code, state::CheckState};

/// What every kind of device has.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct DeviceRef<'a> {
    pub kind: Kind,
    pub id: &'a str,
    pub name: &'a str,
    /// The device node or ALSA name; of a display its connector.
    pub node: &'a str,
    pub usb_id: Option<&'a str>,
    pub serial: Option<&'a str>,
    /// Where it is plugged in; of a display its connector.
    pub bus: &'a str,
    pub external: Option<bool>,
    pub is_virtual: bool,
    pub usb_mbits: Option<f64>,
    pub known: Option<&'a Known>,
    pub state: CheckState,
    pub reason: Code,
}

impl Inventory {
    /// All devices: cameras, microphones, speakers, displays.
    pub fn devices(&self) -> impl Iterator<Item = DeviceRef<'_>> {
        let sound = |kind| move |device| DeviceRef::of_sound(kind, device);
        (self.cameras.iter().map(DeviceRef::of_camera))
            .chain(self.microphones.iter().map(sound(Kind::Microphone)))
            .chain(self.speakers.iter().map(sound(Kind::Speaker)))
            .chain(self.displays.iter().map(DeviceRef::of_display))
    }

    /// How each compares, in the order of [`devices`](Self::devices).
    pub(crate) fn known_mut(&mut self) -> impl Iterator<Item = &mut Option<Known>> {
        (self.cameras.iter_mut().map(|camera| &mut camera.known))
            .chain(self.microphones.iter_mut().map(|device| &mut device.known))
            .chain(self.speakers.iter_mut().map(|device| &mut device.known))
            .chain(self.displays.iter_mut().map(|display| &mut display.known))
    }
}

impl<'a> DeviceRef<'a> {
    /// What fills the words of its reason.
    #[must_use]
    pub fn words(&self) -> Words {
        let required = (self.reason == Code::DeviceUsbSlow).then_some(Camera::NEEDED_USB_MBITS);
        let value = required.and(self.usb_mbits);
        Words { name: Some(self.name.to_owned()), value, required, ..Words::default() }
    }

    fn of_camera(camera: &'a Camera) -> Self {
        Self {
            kind: Kind::Camera,
            id: &camera.id,
            name: &camera.name,
            node: &camera.node,
            usb_id: camera.usb_id.as_deref(),
            serial: camera.serial.as_deref(),
            bus: &camera.bus,
            external: camera.external,
            is_virtual: camera.is_virtual,
            usb_mbits: camera.usb_mbits,
            known: camera.known.as_ref(),
            state: camera.state,
            reason: camera.reason,
        }
    }

    fn of_sound(kind: Kind, device: &'a AudioDevice) -> Self {
        Self {
            kind,
            id: &device.id,
            name: &device.name,
            node: &device.node,
            usb_id: device.usb_id.as_deref(),
            serial: device.serial.as_deref(),
            bus: &device.bus,
            external: device.external,
            is_virtual: device.is_virtual,
            usb_mbits: None,
            known: device.known.as_ref(),
            state: device.state,
            reason: device.reason,
        }
    }

    fn of_display(display: &'a Display) -> Self {
        Self {
            kind: Kind::Display,
            id: &display.id,
            name: &display.name,
            node: &display.id,
            usb_id: None,
            serial: None,
            bus: &display.id,
            external: None,
            is_virtual: false,
            usb_mbits: None,
            known: display.known.as_ref(),
            state: display.state,
            reason: display.reason,
        }
    }
}
