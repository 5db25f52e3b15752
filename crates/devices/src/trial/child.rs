//! The process that tries one device.
//!
//! It locks itself up before it touches the device, reports every half second (a microphone's level every tenth), ends by itself when it is done or when
//! nobody listens any more, and leaves the device as it was found.

mod camera;
mod confinement;
mod microphone;
mod report;

use std::{ffi::OsString, path::Path, process::ExitCode};

use super::{
    message::{Message, Refusal},
    subject::Subject,
};
use report::Line;

pub use confinement::{NotConfined, confine};

/// Tries the device that the arguments name, and reports on standard output. Standard input is the parent's hand:
/// when it lets go, the trial ends.
#[must_use]
pub fn main(arguments: &[OsString]) -> ExitCode {
    let mut line = Line::new();
    match tried(arguments, &mut line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            line.say(Message::Refused(refusal));
            ExitCode::FAILURE
        }
    }
}

fn tried(arguments: &[OsString], line: &mut Line) -> Result<(), Refusal> {
    let subject = Subject::from_arguments(arguments).ok_or(Refusal::NotUnderstood)?;
    match &subject {
        Subject::Camera { node, wanted } => {
            confine(&[], &[node.as_path()]).map_err(|_| Refusal::NotConfined)?;
            camera::watch(node, *wanted, line)
        }
        Subject::Microphone { name, rate } => {
            confine(&ALSA_READS.map(Path::new), &[Path::new("/dev/snd")])
                .map_err(|_| Refusal::NotConfined)?;
            microphone::listen(name, *rate, line)
        }
    }
}

/// What alsa-lib reads before it opens a card: its configuration, which cards there are, and libraries that the
/// configuration names, since one that can't be loaded is an error to it.
const ALSA_READS: [&str; 9] = [
    "/usr/share/alsa",
    "/etc/asound.conf",
    "/etc/alsa",
    "/proc/asound",
    "/sys/class/sound",
    "/etc/ld.so.cache",
    "/lib",
    "/usr/lib",
    "/usr/lib64",
];
