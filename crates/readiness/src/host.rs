//! What the room's machine is, what it runs on and which programs it has: the result of a look at it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::software::ProgramId;

/// One look at a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// What it runs on.
    pub power: Power,
    /// How full its batteries are, 0 to 100 percent, where it has some and they tell.
    #[serde(default)]
    pub charge_percent: Option<u8>,
    /// That it hangs on an uninterruptible supply, as the configuration declares; no machine can tell that of itself.
    #[serde(default)]
    pub ups: bool,
    /// What it is, as it says itself or as the configuration declares.
    pub machine: MachineKind,
    /// The programs that were looked for.
    pub programs: Vec<ProgramFact>,
}

/// What a machine runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Mains, or it has no battery that it could run on.
    Mains,
    /// Its own battery.
    Battery,
    /// The system does not tell; also a source of a newer peer.
    #[serde(other)]
    Unknown,
}

/// What a machine is. The text form is what profiles and the configuration say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum MachineKind {
    Laptop,
    Desktop,
    Tablet,
    Virtual,
    /// A server, a handset, a box.
    Other,
    /// It does not say what it is; also a kind of a newer peer.
    #[serde(other)]
    Unknown,
}

impl MachineKind {
    const DECLARABLE: [Self; 5] = [Self::Laptop, Self::Desktop, Self::Tablet, Self::Virtual, Self::Other];
}

impl fmt::Display for MachineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl FromStr for MachineKind {
    type Err = NotAMachineKind;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::DECLARABLE.into_iter().find(|kind| kind.to_string() == text);
        named.ok_or_else(|| NotAMachineKind(text.chars().take(40).collect()))
    }
}

/// The text names no kind of machine.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("“{0}” is no kind of machine; use laptop, desktop, tablet, virtual or other")]
pub struct NotAMachineKind(String);

/// A program that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramFact {
    /// As profiles name it.
    pub id: ProgramId,
    /// As people know it.
    pub name: String,
    /// Whether it is there. It was not started: that it works is not known.
    pub presence: Presence,
}

/// Whether a program is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In one of the places where it is looked for.
    Present,
    /// In none of them.
    Absent,
    /// A place could not be looked into; also an answer of a newer peer.
    #[serde(other)]
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_machine_is_written_as_it_is_read() {
        for kind in MachineKind::DECLARABLE {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        for wrong in ["unknown", "Laptop", "pc", ""] {
            let refused = wrong.parse::<MachineKind>().unwrap_err().to_string();
            assert!(
                refused.starts_with(&format!("“{wrong}” is no kind of machine; use laptop,")),
                "{refused}"
            );
        }
        assert_eq!(serde_json::from_str::<MachineKind>("\"of_a_newer_peer\"").unwrap(), MachineKind::Unknown);
    }
}
