//! The answer: the body of `GET /v1/readiness` and of `siaga-agent check --format json`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{catalogue::Text, reasons::Code, state::CheckState};

/// Whether a room meets a profile, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Readiness {
    /// The room.
    pub room: String,
    /// The profile it was held against.
    pub profile: String,
    /// The answer.
    pub verdict: RoomVerdict,
    /// The best shipped profile that is met; only a summary, whatever `profile` is.
    pub level: Level,
    /// The first moment at which this answer, if granted, no longer is, rounded down to the millisecond;
    /// `None` if it is not granted.
    pub valid_until: Option<Timestamp>,
    /// One entry per check that the profile asks for: devices, the link, the machine.
    pub checks: Vec<Check>,
    /// The reasons for the verdict, in the order of the checks, each once: those of the failed checks if
    /// the room is not ready; of the unknown ones if that is unknown; of the warnings and of what is in use
    /// if it is ready.
    pub reasons: Vec<Code>,
}

impl Readiness {
    /// Whether the room is granted, with or without warnings.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        self.verdict == RoomVerdict::Ready
    }

    /// Process exit code of `check`: 0 granted, 1 granted with warnings, 2 not ready, 3 unknown. A device
    /// that another program holds is a warning too: the meeting may not get it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.verdict {
            RoomVerdict::Ready if self.checks.iter().all(|check| check.state == CheckState::Ok) => 0,
            RoomVerdict::Ready => 1,
            RoomVerdict::NotReady => 2,
            RoomVerdict::Unknown => 3,
        }
    }
}

/// Whether a room meets a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoomVerdict {
    /// Every check is fresh and lets it be ready.
    Ready,
    /// At least one check failed.
    NotReady,
    /// None failed, but not all are known; also a verdict of a newer peer.
    #[serde(other)]
    Unknown,
}

impl RoomVerdict {
    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::NotReady => "not_ready",
            Self::Unknown => "unknown",
        }
    }
}

/// A summary over two of the shipped profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// `recommended` is met.
    Recommended,
    /// `minimum` is met.
    Minimum,
    /// `minimum` is not met.
    None,
    /// Whether `minimum` is met is not known; also a level of a newer peer.
    #[serde(other)]
    Unknown,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Check {
    /// What is checked.
    pub code: CheckCode,
    /// What was found.
    pub state: CheckState,
    /// Why.
    pub reason: Code,
    /// What was measured, in `unit`, where something was.
    pub value: Option<f64>,
    /// Unit of `value` and `required`.
    pub unit: Option<String>,
    /// What is required, in `unit`, where that is a number.
    pub required: Option<f64>,
    /// When the evidence was taken, to the millisecond; `None` if there is none.
    pub observed_at: Option<Timestamp>,
    /// How old the evidence is, seconds to the millisecond.
    pub age_s: Option<f64>,
    /// What was found, in words.
    pub text: Text,
    /// What to do about it; empty where nothing need be done.
    pub remedy: Text,
}

/// What is checked.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CheckCode {
    /// A camera is there.
    Camera,
    /// It is not built in.
    CameraExternal,
    /// It has a microphone of its own.
    CameraMicrophone,
    /// It offers a required picture.
    CameraResolution,
    /// It is wide enough.
    CameraFieldOfView,
    /// A microphone is there.
    Microphone,
    /// As many cameras are there as the room must have.
    Cameras,
    /// As many microphones.
    Microphones,
    /// As many speakers.
    Speakers,
    /// As many displays.
    Displays,
    /// The probe server answers, and a probe to it says something about the internet.
    NetServer,
    /// The link carries the rate from the room.
    NetUp,
    /// The link carries the rate to the room.
    NetDown,
    /// The link holds both rates for longer than a gate probe looks.
    NetSustain,
    /// The machine's clock; only where it is wrong.
    Clock,
    /// The machine runs on mains.
    Power,
    /// It is of a kind that is required.
    Machine,
    /// A program of the profile's list is installed.
    Software,
    /// The room can be heard by its desk; told there only.
    RoomLink,
    /// The profile that the room goes by is known; told only where it is not.
    Profile,
    /// All devices were tried, as somebody asked for; only in the answer to them.
    Trials,
    /// A check of a newer peer.
    #[serde(other)]
    Unknown,
}

impl CheckCode {
    /// Whether it is about the link, which has two ends.
    #[must_use]
    pub const fn is_about_link(self) -> bool {
        matches!(self, Self::NetServer | Self::NetUp | Self::NetDown | Self::NetSustain)
    }

    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Camera => "CAMERA",
            Self::CameraExternal => "CAMERA_EXTERNAL",
            Self::CameraMicrophone => "CAMERA_MICROPHONE",
            Self::CameraResolution => "CAMERA_RESOLUTION",
            Self::CameraFieldOfView => "CAMERA_FIELD_OF_VIEW",
            Self::Microphone => "MICROPHONE",
            Self::Cameras => "CAMERAS",
            Self::Microphones => "MICROPHONES",
            Self::Speakers => "SPEAKERS",
            Self::Displays => "DISPLAYS",
            Self::NetServer => "NET_SERVER",
            Self::NetUp => "NET_UP",
            Self::NetDown => "NET_DOWN",
            Self::NetSustain => "NET_SUSTAIN",
            Self::Clock => "CLOCK",
            Self::Power => "POWER",
            Self::Machine => "MACHINE",
            Self::Software => "SOFTWARE",
            Self::RoomLink => "ROOM_LINK",
            Self::Profile => "PROFILE",
            Self::Trials => "TRIALS",
            Self::Unknown => "UNKNOWN",
        }
    }
}
