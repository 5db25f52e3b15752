//! What is to be tried, and how the process that tries it is told.

use std::{ffi::OsString, path::PathBuf};

use siaga_readiness::inventory::{AudioDevice, Camera};

use crate::analysis::Wanted;

/// One device, and what is asked of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A camera.
    Camera {
        /// Its node.
        node: PathBuf,
        /// The pictures it is asked for.
        wanted: Wanted,
    },
    /// A microphone.
    Microphone {
        /// Its ALSA name, `hw:…`.
        name: String,
        /// The sample rate it is asked for, Hz.
        rate: u32,
    },
}

/// What meetings use (the requirement profiles name it too), and what every camera that is fit for them offers.
const USUAL_SIZE: (u32, u32) = (1280, 720);

/// Meetings show no more pictures a second.
const MOST_FPS: f64 = 30.0;

impl Subject {
    /// 720p where it is offered, else the largest picture; at most 30 a second. `None` without any picture on offer.
    #[must_use]
    pub fn camera(camera: &Camera) -> Option<Self> {
        let usual = camera.modes.iter().find(|mode| (mode.width, mode.height) == USUAL_SIZE);
        let mode = usual.or(camera.modes.first())?;
        let wanted = Wanted { width: mode.width, height: mode.height, fps: mode.fps.min(MOST_FPS) };
        Some(Self::Camera { node: PathBuf::from(&camera.node), wanted })
    }

    /// 48 kHz where it is offered, else the highest rate. `None` without any rate on offer.
    #[must_use]
    pub fn microphone(device: &AudioDevice) -> Option<Self> {
        let usual = device.rates.iter().find(|rate| **rate == 48_000);
        let rate = *usual.or(device.rates.last())?;
        Some(Self::Microphone { name: device.node.clone(), rate })
    }

    /// As the process is told.
    pub(super) fn to_arguments(&self) -> Vec<OsString> {
        match self {
            Self::Camera { node, wanted } => vec![
                "camera".into(),
                node.into(),
                wanted.width.to_string().into(),
                wanted.height.to_string().into(),
                wanted.fps.to_string().into(),
            ],
            Self::Microphone { name, rate } => {
                vec!["microphone".into(), name.into(), rate.to_string().into()]
            }
        }
    }

    /// As the process understands it; `None` if it is something else.
    pub(super) fn from_arguments(arguments: &[OsString]) -> Option<Self> {
        let text = |index: usize| arguments.get(index)?.to_str();
        match (text(0)?, arguments.len()) {
            ("camera", 5) => {
                let fps = text(4)?.parse().ok().filter(|fps: &f64| *fps > 0.0 && fps.is_finite())?;
                let wanted = Wanted { width: text(2)?.parse().ok()?, height: text(3)?.parse().ok()?, fps };
                Some(Self::Camera { node: PathBuf::from(&arguments[1]), wanted })
            }
            ("microphone", 3) => {
                Some(Self::Microphone { name: text(1)?.to_owned(), rate: text(2)?.parse().ok()? })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_understood() {
        let subjects = [
            Subject::Camera {
                node: "/dev/video0".into(),
                wanted: Wanted { width: 1280, height: 720, fps: 29.97 },
            },
            Subject::Microphone { name: "hw:CARD=C920,DEV=0".to_owned(), rate: 48_000 },
        ];
        for subject in subjects {
            assert_eq!(Subject::from_arguments(&subject.to_arguments()), Some(subject));
        }
    }

    #[test]
    fn anything_else_is_not_understood() {
        for wrong in ["", "camera", "camera /dev/video0 1280 720 0", "camera x 1 1 nan", "microphone x -1"] {
            let arguments: Vec<OsString> = wrong.split(' ').map(OsString::from).collect();
            assert_eq!(Subject::from_arguments(&arguments), None, "{wrong}");
        }
    }
}
