//! What a room is called.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A room's identifier: 1 to 64 of `a`–`z`, `0`–`9`, `.`, `-` and `_`, the first a letter or a digit; fit for an address,
/// where `..` would be another one, for an option, a metric's label and a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

impl RoomId {
    const MAX_LENGTH: usize = 64;

    /// The identifier that is nearest to a machine's name.
    #[must_use]
    pub fn of_machine(name: &str) -> Self {
        let id: String = name
            .to_lowercase()
            .chars()
            .filter(|c| Self::allows(*c))
            .skip_while(|c| !c.is_ascii_alphanumeric())
            .take(Self::MAX_LENGTH)
            .collect();
        Self(if id.is_empty() { "room".into() } else { id })
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn allows(c: char) -> bool {
        c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c)
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RoomId {
    type Err = RoomIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins_well && text.len() <= Self::MAX_LENGTH && text.chars().all(Self::allows) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RoomIdError)
        }
    }
}

impl TryFrom<String> for RoomId {
    type Error = RoomIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RoomId> for String {
    fn from(room: RoomId) -> Self {
        room.0
    }
}

/// Not a room's identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a room is named with 1 to 64 of a–z, 0–9, “.”, “-” and “_”, the first a letter or a digit, e.g. diskominfo-r2"
)]
pub struct RoomIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_plainly_or_not_at_all() {
        for id in ["r", "diskominfo-r2", "a.b_c-9", &"x".repeat(64)] {
            assert_eq!(id.parse::<RoomId>().unwrap().to_string(), id);
        }
        for wrong in ["", ".", "..", "-r", "_r", "R2", "ruang rapat", "a/b", "ü", "a\n", &"x".repeat(65)] {
            assert!(wrong.parse::<RoomId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_machine_s_name_gives_one() {
        for (name, id) in [("Ruang-Rapat.Lt2", "ruang-rapat.lt2"), ("..a", "a"), ("Ü!", "room"), ("", "room")]
        {
            let room = RoomId::of_machine(name);
            assert_eq!(room.as_str(), id);
            assert!(id.parse::<RoomId>().is_ok());
        }
    }
}
