//! What a profile asks of the machine itself.

use serde::{Deserialize, Serialize};

use super::PartError;
use crate::{host::MachineKind, software::ProgramId};

/// What the machine runs on. It must run on mains if that is required; otherwise a battery is a warning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PowerRequirement {
    /// Whether it denies.
    pub required: bool,
}

/// What the machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineRequirement {
    /// Any one of these.
    pub kinds: MachineKinds,
}

/// One or more kinds of machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct MachineKinds(Vec<MachineKind>);

impl MachineKinds {
    /// The kinds, at least one.
    #[must_use]
    pub fn as_slice(&self) -> &[MachineKind] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for MachineKinds {
    type Error = PartError;

    fn try_from(names: Vec<String>) -> Result<Self, Self::Error> {
        let kinds = names.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
        if kinds.is_empty() { Err(PartError::NoKinds) } else { Ok(Self(kinds)) }
    }
}

impl From<MachineKinds> for Vec<String> {
    fn from(kinds: MachineKinds) -> Self {
        kinds.0.iter().map(ToString::to_string).collect()
    }
}

/// A program that is installed. It must be if that is required; otherwise a missing one is a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftwareRequirement {
    /// Any one of these, by the names of the shipped programs and of the configuration's `[programs]`.
    pub any_of: ProgramIds,
    /// Whether it denies.
    #[serde(default)]
    pub required: bool,
}

impl SoftwareRequirement {
    /// The programs, of which one is enough.
    pub fn programs(&self) -> impl Iterator<Item = &ProgramId> {
        self.any_of.0.iter()
    }
}

/// One or more programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<ProgramId>", into = "Vec<ProgramId>")]
pub struct ProgramIds(Vec<ProgramId>);

impl TryFrom<Vec<ProgramId>> for ProgramIds {
    type Error = PartError;

    fn try_from(ids: Vec<ProgramId>) -> Result<Self, Self::Error> {
        if ids.is_empty() { Err(PartError::NoPrograms) } else { Ok(Self(ids)) }
    }
}

impl From<ProgramIds> for Vec<ProgramId> {
    fn from(ids: ProgramIds) -> Self {
        ids.0
    }
}
