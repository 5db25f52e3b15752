//! Whether other programs hold cameras open, told by a helper that may see every process.
//!
//! A daemon without privileges can't see whether another user's program is in a meeting, and must not touch a camera
//! before it knows. So a service that systemd starts for each question, with the capabilities for that and nothing
//! else, says yes or no for each `/dev/videoN`: no process, no name, no user.
//!
//! - `wire`: question and answer
//! - [`ask`]: the side of the daemon
//! - [`helper`]: the side of the service

mod asking;
pub mod helper;
mod wire;

use std::path::PathBuf;

use crate::roots::Roots;

pub(crate) use asking::ask;

/// Where the helper is asked.
#[must_use]
pub fn socket(roots: &Roots) -> PathBuf {
    roots.run.join("siaga-in-use.sock")
}

/// Whether the helper answers, and can see everything.
///
/// # Errors
/// What is wrong with it, in words.
pub fn is_at_hand(roots: &Roots) -> Result<(), String> {
    asking::exchange(&socket(roots), &[]).map(drop).map_err(|error| error.to_string())
}

/// Whether another program holds a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    Yes,
    No,
    Unknown,
}
