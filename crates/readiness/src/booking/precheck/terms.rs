//! What the plan is told, and what it answers with.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::minutes;
use crate::{
    answer::{Readiness, RoomVerdict},
    reasons::Code,
    state::CheckState,
};

/// The pre-checks, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// At the same hour on the last working day before.
    DayBefore,
    /// 150 minutes before: when the staff begin to prepare the room.
    Early,
    /// 15 minutes before.
    Last,
}

impl Stage {
    /// Every one, in order.
    pub const ALL: [Self; 3] = [Self::DayBefore, Self::Early, Self::Last];

    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DayBefore => "day_before",
            Self::Early => "early",
            Self::Last => "last",
        }
    }

    /// How long a room may take for its answer: it waits for its turn, probes the link and tries its devices.
    #[must_use]
    pub const fn patience(self) -> Duration {
        match self {
            Self::DayBefore | Self::Early => minutes(10),
            Self::Last => minutes(4),
        }
    }

    /// How long a check may be held by a fault of the server before the approval is called unconfirmed; after the first,
    /// others follow.
    pub(super) const fn held_in_silence(self) -> Option<Duration> {
        match self {
            Self::DayBefore => None,
            Self::Early => Some(minutes(15)),
            Self::Last => Some(minutes(5)),
        }
    }
}

/// What an approval is worth.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No pre-check has ended yet.
    #[default]
    Pending,
    /// The last pre-check that ended was passed.
    Confirmed,
    /// The room could not be checked; that was told.
    Unconfirmed(Doubt),
    /// Taken back.
    Withdrawn(Withdrawal),
}

/// Why an approval was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// The room is off when it must be on.
    Off,
    /// It failed, for these reasons.
    Failed(Vec<Code>),
}

impl Withdrawal {
    /// In a word, and then what the room said.
    #[must_use]
    pub fn reasons(&self) -> Vec<Code> {
        match self {
            Self::Off => vec![Code::PrecheckRoomOff],
            Self::Failed(reasons) => after(Code::PrecheckRoomFailed, reasons),
        }
    }
}

/// Why it is not known whether an approval still stands on a room that works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The server itself could not have it checked.
    Server(Fault),
    /// The room did not answer.
    NoAnswer,
    /// It answered without a verdict, for these reasons.
    Unclear(Vec<Code>),
}

impl Doubt {
    /// In a word, and then what the room said.
    #[must_use]
    pub fn reasons(&self) -> Vec<Code> {
        match self {
            Self::Server(_) => vec![Code::PrecheckServerFault],
            Self::NoAnswer => vec![Code::PrecheckNoAnswer],
            Self::Unclear(reasons) => after(Code::PrecheckUnclear, reasons),
        }
    }
}

fn after(word: Code, reasons: &[Code]) -> Vec<Code> {
    std::iter::once(word).chain(reasons.iter().copied()).collect()
}

/// What is the matter with the server itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It has only just started: rooms are on their way to it.
    JustStarted,
    /// Most of its rooms went away at once.
    RoomsAway,
    /// It grants no probe.
    NoGrant,
    /// Its senders are late.
    Late,
    /// It can't keep what rooms report.
    Store,
}

impl Fault {
    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JustStarted => "just_started",
            Self::RoomsAway => "rooms_away",
            Self::NoGrant => "no_grant",
            Self::Late => "late",
            Self::Store => "store",
        }
    }
}

/// What came of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The room is as its profile asks.
    Passed,
    /// It is not, for these reasons.
    Failed {
        /// The checks that failed.
        reasons: Vec<Code>,
        /// All of them are about the link, which has two ends.
        link_only: bool,
    },
    /// No verdict, for these reasons.
    Unclear(Vec<Code>),
    /// Not now: a meeting is on.
    InUse,
}

impl Finding {
    /// What a room's readiness after a check says.
    #[must_use]
    pub fn of(readiness: &Readiness) -> Self {
        let reasons = readiness.reasons.clone();
        match readiness.verdict {
            RoomVerdict::Ready => Self::Passed,
            RoomVerdict::Unknown => Self::Unclear(reasons),
            RoomVerdict::NotReady => {
                let mut failed = readiness.checks.iter().filter(|check| check.state == CheckState::Failed);
                Self::Failed { reasons, link_only: failed.all(|check| check.code.is_about_link()) }
            }
        }
    }
}

/// A check that was asked for, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which check.
    pub stage: Stage,
    /// Which asking for it.
    pub ask: u8,
    /// What came of it.
    pub finding: Finding,
}

/// The room as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// How long it has not been heard; `None` while it is online.
    pub away: Option<Duration>,
    /// A meeting is on.
    pub in_use: bool,
}

/// The server as it sees itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// What is the matter with it.
    pub fault: Option<Fault>,
    /// When it was started.
    pub started: Timestamp,
}

/// What is to be done, once the progress is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask the room to check itself; done again under the same number, it is the same asking.
    Ask {
        /// Which check.
        stage: Stage,
        /// Numbers the askings for it, from 1.
        ask: u8,
    },
    /// The approval goes back to review; tell.
    Withdraw(Withdrawal),
    /// Tell that it is not confirmed.
    TellUnconfirmed(Doubt),
    /// Tell that it is, after it was told that it was not.
    TellConfirmed,
}
