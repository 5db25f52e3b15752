//! What a site is called.

use std::fmt;

use serde::{Deserialize, Serialize};
use siaga_readiness::room::RoomId;

/// A site's identifier, of the same form as a room's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SiteId(RoomId);

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for SiteId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let refused = "a site is named with 1 to 64 of a–z, 0–9, “.”, “-” and “_”, e.g. diskominfo";
        text.parse().map(Self).map_err(|_| refused)
    }
}
