//! The few questions that only a driver can answer, behind a trait so that everything else is tested
//! without hardware.

use std::{
    fs::Metadata,
    io,
    path::{Path, PathBuf},
};

/// What a scan asks the drivers.
pub trait Drivers {
    /// Whether a directory entry is a device node of the given major number.
    fn is_device(&self, entry: &Metadata, major: u32) -> bool;

    /// The numbers `N` of the `/dev/videoN` nodes known to the camera library, in no particular order.
    ///
    /// # Errors
    /// [`DriverError::Failed`] if the library gave up.
    fn camera_nodes(&self) -> Result<Vec<u32>, DriverError>;

    /// What the video node at `path` is and offers, read without changing its state.
    ///
    /// # Errors
    /// Any [`DriverError`]; the node is closed again in every case.
    fn read_camera(&self, path: &Path) -> Result<CameraFacts, DriverError>;

    /// The sample rates of each of `pcms`, in the same order. Opens each for a moment.
    fn read_rates(&self, pcms: &[Pcm]) -> Vec<Result<Vec<RateRange>, DriverError>>;

    /// How the controls of the sound card `card_id` stand: switches and volumes. Opens its control node for a moment,
    /// which no other program notices, and changes nothing.
    ///
    /// # Errors
    /// Any [`DriverError`].
    fn read_controls(&self, card_id: &str) -> Result<Vec<Control>, DriverError>;
}

/// What one video node said about itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CameraFacts {
    /// V4L2 `bus_info`, e.g. `usb-0000:00:14.0-2`; empty if it could not be read.
    pub bus_info: String,
    /// Captures video by streaming (not metadata, output, radio or a codec).
    pub captures: bool,
    /// One per pixel format and size.
    pub offers: Vec<Offer>,
}

/// A picture format and size that a node offers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer {
    /// V4L2 pixel format, e.g. `MJPG`.
    pub fourcc: [u8; 4],
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Frames per second, the highest; `None` if the driver states none.
    pub fps: Option<f64>,
}

/// One PCM device of a sound card in one direction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pcm {
    /// The card's number.
    pub card: u32,
    /// The card's textual identifier, e.g. `Loopback`; the number as text where there is none.
    pub card_id: String,
    /// The device's number on the card.
    pub device: u32,
    /// Capture or playback.
    pub direction: Direction,
    /// Its node, e.g. `/dev/snd/pcmC0D0c`.
    pub path: PathBuf,
}

impl Pcm {
    /// The ALSA name, e.g. `hw:CARD=Loopback,DEV=0`.
    pub fn alsa_name(&self) -> String {
        format!("hw:CARD={},DEV={}", self.card_id, self.device)
    }
}

/// One control of a sound card's mixer, in one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// As the driver names it, e.g. `Capture` or `Master`.
    pub name: String,
    /// Tells controls of one name apart; the lowest belongs to the card's main device.
    pub index: u32,
    /// Capture or playback.
    pub direction: Direction,
    /// Whether any of its channels is switched on; `None` without a switch.
    pub is_on: Option<Result<bool, Unread>>,
    /// Its loudest channel; `None` without a volume.
    pub volume: Option<Result<Volume, Unread>>,
}

/// It is there, and could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread;

/// Where a volume stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Volume {
    /// In the driver's own steps.
    pub value: i64,
    /// The lowest step.
    pub min: i64,
    /// Gain there, dB; `None` where the driver does not say.
    pub db: Option<f32>,
}

/// Which way sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// From a microphone.
    Capture,
    /// To a speaker.
    Playback,
}

/// A range of sample rates, Hz, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateRange {
    /// Lowest.
    pub min: u32,
    /// Highest.
    pub max: u32,
}

/// Why a driver gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// This user may not open the node.
    #[error("no permission")]
    NoPermission,
    /// Another program holds it.
    #[error("in use by another program")]
    Busy,
    /// It disappeared since it was listed.
    #[error("disappeared")]
    Gone,
    /// Anything else, in the driver's or the library's words.
    #[error("{0}")]
    Failed(String),
}

impl From<io::Error> for DriverError {
    fn from(error: io::Error) -> Self {
        use rustix::io::Errno;
        match Errno::from_io_error(&error) {
            Some(Errno::ACCESS | Errno::PERM) => Self::NoPermission,
            Some(Errno::BUSY) => Self::Busy,
            Some(Errno::NODEV | Errno::NXIO | Errno::NOENT) => Self::Gone,
            _ => Self::Failed(error.to_string()),
        }
    }
}
