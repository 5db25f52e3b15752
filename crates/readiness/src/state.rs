//! The state of one check or device.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As required.
    Ok,
    /// Usable, with something a person should know.
    Warning,
    /// Not as required.
    Failed,
    /// Occupied by a meeting; not touched.
    InUse,
    /// No statement; also a state of a newer peer.
    #[serde(other)]
    Unknown,
}

/// As it is written in JSON and in metrics.
impl fmt::Display for CheckState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl CheckState {
    /// Whether a mandatory check in this state lets a room be ready.
    #[must_use]
    pub const fn grants(self) -> bool {
        match self {
            Self::Ok | Self::Warning | Self::InUse => true,
            Self::Failed | Self::Unknown => false,
        }
    }
}
