//! The kinds of probe, and the two directions.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// Kind of probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Does the link sustain the rates? About a second.
    Gate,
    /// A mode of a newer peer.
    #[serde(other)]
    Unknown,
}

impl Mode {
    /// Hard limit on one train's time, both sides.
    #[must_use]
    pub const fn time_limit(self) -> Duration {
        Duration::from_secs(15)
    }
}

/// As it is written in JSON and in metrics.
impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// A direction of a probe, seen from the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the room to the server.
    Up,
    /// From the server to the room.
    Down,
}

/// As it is written in JSON and in metrics.
impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
