//! What came of trying a device: taking pictures with a camera, listening to a microphone.

use serde::{Deserialize, Serialize};

use crate::{reasons::Code, state::CheckState};

/// One device that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// What it is.
    pub kind: DeviceKind,
    /// Its identity, as the inventory has it.
    pub id: String,
    /// What came of it.
    pub outcome: TrialOutcome,
}

/// The devices that can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum DeviceKind {
    Camera,
    Microphone,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrialOutcome {
    /// It says something about the device; unknown while a failure is being tried again.
    Found(Judgement),
    /// It could not be done, and says nothing.
    NotDone {
        /// For people and scripts.
        reason: Code,
        /// For the log and support.
        detail: String,
    },
    /// The device was plugged in anew: what was found before is about another situation. That clears nothing.
    Voided,
}

/// What was found, and why that is so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Ok, warning, failed; unknown while a failure is being tried again.
    pub state: CheckState,
    /// Why.
    pub reason: Code,
    /// What was measured, in the unit that the reason's words name.
    pub value: Option<f64>,
    /// What it should be, in the same unit.
    pub required: Option<f64>,
}

impl Judgement {
    /// Without a number.
    #[must_use]
    pub const fn new(state: CheckState, reason: Code) -> Self {
        Self { state, reason, value: None, required: None }
    }
}
