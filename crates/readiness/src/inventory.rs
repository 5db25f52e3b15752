//! What is physically there: the result of a device scan, and the body of `GET /v1/devices`.

mod devices;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{reasons::Code, state::CheckState, trial::DeviceKind};

pub use devices::DeviceRef;

/// One scan of a machine's devices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Inventory {
    /// One entry per physical camera, in a stable order.
    pub cameras: Vec<Camera>,
    /// One entry per sound card that can capture.
    pub microphones: Vec<AudioDevice>,
    /// One entry per sound card that can play.
    pub speakers: Vec<AudioDevice>,
    /// Connected displays.
    pub displays: Vec<Display>,
    /// Devices that were found good before and are no longer there.
    #[serde(default)]
    pub missing: Vec<Absent>,
}

/// A camera.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// Stable identity across reboots where the hardware allows it.
    pub id: String,
    /// As the driver names it; cleaned of control characters and bounded.
    pub name: String,
    /// The device node used for capture, e.g. `/dev/video0`.
    pub node: String,
    /// `vvvv:pppp`, lower-case hexadecimal.
    pub usb_id: Option<String>,
    /// Its serial number, where it has one that tells it from others.
    #[serde(default)]
    pub serial: Option<String>,
    /// The speed of its USB connection, Mbit/s: 12, 480, 5000 or more.
    #[serde(default)]
    pub usb_mbits: Option<f64>,
    /// Where it is plugged in, e.g. `usb-0000:00:14.0-2` or `platform:vivid-000`.
    pub bus: String,
    /// Plugged in from outside (true), built in (false), or not known.
    pub external: Option<bool>,
    /// Made by software; counts only where the configuration accepts virtual devices.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// Sizes with the highest rate each is offered at, largest size first.
    pub modes: Vec<VideoMode>,
    /// Field of view, where known.
    pub fov: Option<FieldOfView>,
    /// How it compares with those that were found good before, if it was compared.
    #[serde(default)]
    pub known: Option<Known>,
    /// `ok`: its capabilities could be read and it offers a size.
    pub state: CheckState,
    /// Why.
    pub reason: Code,
}

impl Camera {
    /// What a USB camera for meetings must be connected at, Mbit/s: USB 2's high speed. Compressed 720p takes 10 to 20;
    /// of the 12 of full speed some 8 are left to a camera.
    pub const NEEDED_USB_MBITS: f64 = 480.0;
}

/// A picture size and the highest rate at which it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VideoMode {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames per second.
    pub fps: f64,
}

/// A camera's field of view and how it is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldOfView {
    /// Degrees along `axis`.
    pub degrees: f64,
    /// Which angle it is; “90°” on a box is the diagonal.
    pub axis: FovAxis,
    /// Where the number comes from: `configuration` or `catalogue`.
    pub source: String,
}

/// The axis of a field of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum FovAxis {
    Diagonal,
    Horizontal,
    Vertical,
}

/// A microphone or a speaker: one sound card in one direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioDevice {
    /// Stable identity across reboots where the hardware allows it.
    pub id: String,
    /// As the driver names it; cleaned of control characters and bounded.
    pub name: String,
    /// The ALSA name to open, e.g. `hw:CARD=Loopback,DEV=0`.
    pub node: String,
    /// `vvvv:pppp`, lower-case hexadecimal.
    pub usb_id: Option<String>,
    /// Its serial number, where it has one that tells it from others.
    #[serde(default)]
    pub serial: Option<String>,
    /// Where it is plugged in; equal to its camera's `bus` when both are one USB device.
    pub bus: String,
    /// Plugged in from outside (true), built in (false), or not known.
    pub external: Option<bool>,
    /// Made by software; counts only where the configuration accepts virtual devices.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// Sample rates offered, Hz, of those that matter (8000 to 192000).
    pub rates: Vec<u32>,
    /// How it compares with those that were found good before, if it was compared.
    #[serde(default)]
    pub known: Option<Known>,
    /// `ok`: its capabilities could be read, and its mixer lets sound through or says nothing about it; `in_use`:
    /// another program holds it.
    pub state: CheckState,
    /// Why.
    pub reason: Code,
}

/// A display connector with something connected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Display {
    /// Connector, e.g. `card0-HDMI-A-1`.
    pub id: String,
    /// As shown to people.
    pub name: String,
    /// How it compares with those that were found good before, if it was compared.
    #[serde(default)]
    pub known: Option<Known>,
    /// `ok`: connected.
    pub state: CheckState,
    /// Why.
    pub reason: Code,
}

/// The kinds of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Kind {
    Camera,
    Microphone,
    Speaker,
    Display,
}

impl Kind {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Camera, Self::Microphone, Self::Speaker, Self::Display];

    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "camera",
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
            Self::Display => "display",
        }
    }
}

impl From<DeviceKind> for Kind {
    fn from(tried: DeviceKind) -> Self {
        match tried {
            DeviceKind::Camera => Self::Camera,
            DeviceKind::Microphone => Self::Microphone,
        }
    }
}

/// How a device compares with those that were found good before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// What is the same.
    pub standing: Standing,
    /// When what it is compared with was last found good.
    pub good_at: Option<Timestamp>,
    /// `moved_port`: the port where it was; `swapped`: what was there instead.
    pub before: Option<String>,
}

/// Whether a device is one that was found good before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is, at the same port.
    Same,
    /// It is, at another port.
    MovedPort,
    /// It is not, and stands in the place of one that is.
    Swapped,
    /// It is not.
    New,
    /// A standing of a newer peer.
    #[serde(other)]
    Unknown,
}

impl Standing {
    /// As it is written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::MovedPort => "moved_port",
            Self::Swapped => "swapped",
            Self::New => "new",
            Self::Unknown => "unknown",
        }
    }
}

/// A device that was found good before and is no longer there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Absent {
    pub kind: Kind,
    pub id: String,
    pub name: String,
    pub usb_id: Option<String>,
    pub bus: String,
    /// When it was last found good.
    pub good_at: Timestamp,
}
