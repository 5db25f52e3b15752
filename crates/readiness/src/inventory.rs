//! What is physically there: the result of a device scan, and the body of `GET /v1/devices`.

use serde::{Deserialize, Serialize};

use crate::{reasons::Code, state::CheckState};

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
    /// Where it is plugged in; equal to its camera's `bus` when both are one USB device.
    pub bus: String,
    /// Plugged in from outside (true), built in (false), or not known.
    pub external: Option<bool>,
    /// Made by software; counts only where the configuration accepts virtual devices.
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// Sample rates offered, Hz, of those that matter (8000 to 192000).
    pub rates: Vec<u32>,
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
    /// `ok`: connected.
    pub state: CheckState,
    /// Why.
    pub reason: Code,
}
