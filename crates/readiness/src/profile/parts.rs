//! The parts of a profile, checked as they are read.

mod host;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, Mode};
use thiserror::Error;

use super::Requirements;
use crate::host::NotAMachineKind;

pub use host::{MachineKinds, MachineRequirement, PowerRequirement, ProgramIds, SoftwareRequirement};

/// Rates that the link must sustain, SI bits per second at the IP layer. As read, no lower than a gate probe can
/// judge ([`Mode::lowest_rate`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawNetworkRequirement")]
pub struct NetworkRequirement {
    /// From the room.
    pub up: Bitrate,
    /// To the room.
    pub down: Bitrate,
}

/// Properties that one camera must have all of. With none given, any camera will do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CameraRequirement {
    /// Plugged in from outside, not built in.
    pub external: bool,
    /// Has a microphone in the same USB device.
    pub own_microphone: bool,
    /// Smallest diagonal field of view.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_diagonal_fov: Option<Degrees>,
    /// What picture it must offer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<PictureRequirement>,
}

/// A picture that a camera must offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureRequirement {
    /// Any one of these.
    pub sizes: PictureSizes,
    /// At no less than this rate.
    pub min_fps: FrameRate,
}

/// A microphone; any will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MicrophoneRequirement {}

/// An angle, 1 to 180 degrees.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Degrees(f64);

impl Degrees {
    /// In degrees.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Degrees {
    type Error = PartError;

    fn try_from(degrees: f64) -> Result<Self, Self::Error> {
        (1.0..=180.0).contains(&degrees).then_some(Self(degrees)).ok_or(PartError::Degrees)
    }
}

impl From<Degrees> for f64 {
    fn from(degrees: Degrees) -> Self {
        degrees.0
    }
}

/// Pictures per second, 1 to 240.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct FrameRate(f64);

impl FrameRate {
    /// Frames per second.
    #[must_use]
    pub const fn fps(self) -> f64 {
        self.0
    }

    /// Whether an offered rate is enough. Television's 29.97 and 59.94 count as the 30 and 60 that they
    /// are sold as.
    #[must_use]
    pub fn is_met_by(self, offered: f64) -> bool {
        offered >= self.0 / TELEVISION - ROUNDING
    }
}

/// NTSC colour television runs at 1000/1001 of its nominal rate.
const TELEVISION: f64 = 1.001;
/// Such rates are written with two decimals.
const ROUNDING: f64 = 0.005;

impl TryFrom<f64> for FrameRate {
    type Error = PartError;

    fn try_from(fps: f64) -> Result<Self, Self::Error> {
        (1.0..=240.0).contains(&fps).then_some(Self(fps)).ok_or(PartError::FrameRate)
    }
}

impl From<FrameRate> for f64 {
    fn from(rate: FrameRate) -> Self {
        rate.0
    }
}

/// One or more picture sizes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<PictureSize>", into = "Vec<PictureSize>")]
pub struct PictureSizes(Vec<PictureSize>);

impl PictureSizes {
    /// The sizes, smallest first; at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[PictureSize] {
        &self.0
    }
}

impl TryFrom<Vec<PictureSize>> for PictureSizes {
    type Error = PartError;

    fn try_from(mut sizes: Vec<PictureSize>) -> Result<Self, Self::Error> {
        sizes.sort_unstable();
        sizes.dedup();
        if sizes.is_empty() { Err(PartError::NoSizes) } else { Ok(Self(sizes)) }
    }
}

impl From<PictureSizes> for Vec<PictureSize> {
    fn from(sizes: PictureSizes) -> Self {
        sizes.0
    }
}

/// A picture's size in pixels, written `1280x720`; each side 1 to 16384.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PictureSize {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl FromStr for PictureSize {
    type Err = PartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let side = |text: &str| text.parse().ok().filter(|side| (1..=16_384).contains(side));
        text.split_once('x')
            .and_then(|(width, height)| Some(Self { width: side(width)?, height: side(height)? }))
            .ok_or_else(|| PartError::Size(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for PictureSize {
    type Error = PartError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PictureSize> for String {
    fn from(size: PictureSize) -> Self {
        size.to_string()
    }
}

impl fmt::Display for PictureSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// What is wrong with a part of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PartError {
    /// No gate probe could ever pass.
    #[error("{direction} = {asked} is less than a gate probe can judge; ask for {} or more", Mode::Gate.lowest_rate())]
    RateTooLow {
        /// Its key: `up` or `down`.
        direction: &'static str,
        /// As written.
        asked: Bitrate,
    },
    /// Not a size.
    #[error("“{0}” is not a picture size; write it like 1280x720")]
    Size(String),
    /// No size to choose from.
    #[error("sizes needs at least one size, like [\"1280x720\"]")]
    NoSizes,
    /// Not a frame rate.
    #[error("a frame rate lies between 1 and 240 per second")]
    FrameRate,
    /// Not an angle.
    #[error("a field of view lies between 1 and 180 degrees")]
    Degrees,
    /// A profile that everything would meet.
    #[error(
        "it requires nothing; give it [network], [camera], [microphone], [machine], or required = true under [power] \
         or [software]"
    )]
    Nothing,
    /// Not a kind of machine.
    #[error(transparent)]
    Machine(#[from] NotAMachineKind),
    /// No kind to choose from.
    #[error("kinds needs at least one kind of machine, like [\"laptop\", \"desktop\"]")]
    NoKinds,
    /// No program to choose from.
    #[error("any_of needs at least one program, like [\"zoom\"]")]
    NoPrograms,
}

/// [`NetworkRequirement`] as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNetworkRequirement {
    up: Bitrate,
    down: Bitrate,
}

impl TryFrom<RawNetworkRequirement> for NetworkRequirement {
    type Error = PartError;

    fn try_from(raw: RawNetworkRequirement) -> Result<Self, Self::Error> {
        let RawNetworkRequirement { up, down } = raw;
        for (direction, asked) in [("up", up), ("down", down)] {
            if asked < Mode::Gate.lowest_rate() {
                return Err(PartError::RateTooLow { direction, asked });
            }
        }
        Ok(Self { up, down })
    }
}

/// [`Requirements`] as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequirements {
    network: Option<NetworkRequirement>,
    camera: Option<CameraRequirement>,
    microphone: Option<MicrophoneRequirement>,
    power: Option<PowerRequirement>,
    machine: Option<MachineRequirement>,
    software: Option<SoftwareRequirement>,
}

impl TryFrom<RawRequirements> for Requirements {
    type Error = PartError;

    fn try_from(raw: RawRequirements) -> Result<Self, Self::Error> {
        let RawRequirements { network, camera, microphone, power, machine, software } = raw;
        let requires_something = network.is_some()
            || camera.is_some()
            || microphone.is_some()
            || machine.is_some()
            || power.as_ref().is_some_and(|power| power.required)
            || software.as_ref().is_some_and(|software| software.required);
        if !requires_something {
            return Err(PartError::Nothing);
        }
        Ok(Self { network, camera, microphone, power, machine, software })
    }
}
