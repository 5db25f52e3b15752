//! What happened in a room, for its history.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Age, Tick, Tolerant};
use crate::{
    inventory::Kind, observation::ProbeEvidence, reasons::Code, snapshot::Cause, state::CheckState,
    trial::Trial,
};

/// One line of a room's journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its number in the journal: from 1, each larger than the one before. Numbers of records that were lost are left
    /// out.
    pub seq: u64,
    /// When it happened. `None` where that can't be told: the machine has restarted since, and its wall clock was set
    /// back.
    #[serde(default)]
    pub at: Option<Age>,
    /// What happened.
    #[serde(deserialize_with = "known_or_not")]
    pub what: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// A probe was made.
    Probe(Box<ProbeEvidence>),
    /// A device was tried.
    Trial(Trial),
    /// A device came, went, or is not as it was.
    Device(DeviceEvent),
    /// What was known before became worthless.
    Began(Began),
    /// Somebody in the room has done a manual step of the procedure.
    Tick(Tick),
    /// Something that this version does not know, or not in this form.
    #[serde(other)]
    Unknown,
}

/// From when on evidence counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Began {
    /// What made earlier evidence worthless.
    pub cause: Cause,
}

/// A device came, went, or is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct DeviceEvent {
    pub device: Kind,
    /// Its identity, as the inventory has it.
    pub id: String,
    pub name: String,
    pub change: DeviceChange,
    /// As it is since, or was last.
    pub state: CheckState,
    pub reason: Code,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceChange {
    /// It was not there at the look before.
    Came,
    /// It is no longer there.
    Gone,
    /// Its state or the reason for it is another; also a change of a newer peer.
    #[serde(other)]
    Changed,
}

/// One record that is not understood must not take the others with it.
fn known_or_not<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Happening, D::Error> {
    let happening = Tolerant::deserialize(deserializer)?;
    Ok(happening.understood().unwrap_or(Happening::Unknown))
}
