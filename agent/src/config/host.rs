//! Settings of the looks at the machine itself.

use serde::{Deserialize, Serialize};
use siaga_readiness::host::{MachineKind, NotAMachineKind};

use super::Interval;

/// The machine itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HostSettings {
    /// Between two looks.
    pub interval: Interval,
    /// What it is, where its firmware does not say or says something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<DeclaredMachine>,
    /// It hangs on an uninterruptible supply, which nothing on the machine can tell.
    pub ups: bool,
}

impl Default for HostSettings {
    fn default() -> Self {
        Self { interval: Interval::constant::<60_000>(), machine: None, ups: false }
    }
}

/// What a machine is, as the office declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct DeclaredMachine(pub MachineKind);

impl TryFrom<String> for DeclaredMachine {
    type Error = NotAMachineKind;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}
