//! What the plan is told, and what it answers with.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::minutes;
use crate::{
    answer::{Check, CheckCode, Readiness, RoomVerdict},
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
    /// What a room's readiness after a check says that was asked for so long `ago`. That the link carried the rates before it was asked
    /// is no pass: that is what was to be looked at.
    #[must_use]
    pub fn of(readiness: &Readiness, ago: Duration) -> Self {
        let reasons = readiness.reasons.clone();
        match readiness.verdict {
            RoomVerdict::Ready => match not_probed_since(readiness, ago) {
                Some(reasons) => Self::Unclear(reasons),
                None => Self::Passed,
            },
            RoomVerdict::Unknown => Self::Unclear(reasons),
            RoomVerdict::NotReady => {
                let mut failed = readiness.checks.iter().filter(|check| check.state == CheckState::Failed);
                Self::Failed { reasons, link_only: failed.all(|check| check.code.is_about_link()) }
            }
        }
    }
}

/// Why the link was not probed since, as far as the room says; `None` if it was, or need not be.
fn not_probed_since(readiness: &Readiness, ago: Duration) -> Option<Vec<Code>> {
    let of_rates = |check: &&Check| matches!(check.code, CheckCode::NetUp | CheckCode::NetDown);
    let is_old = |check: &Check| check.age_s.is_none_or(|age| age > (ago + UNDER_WAY).as_secs_f64());
    if !readiness.checks.iter().filter(of_rates).any(is_old) {
        return None;
    }
    let complaints = readiness
        .checks
        .iter()
        .filter(|check| check.code.is_about_link() && check.state == CheckState::Warning);
    let mut reasons: Vec<Code> =
        complaints.map(|check| check.reason).filter(|reason| *reason != Code::NetSustainMissing).collect();
    if reasons.is_empty() {
        reasons.push(Code::EvidenceStale);
    }
    reasons.dedup();
    Some(reasons)
}

/// Ages are upper bounds: a report makes what it tells of older by all the time that it may have been under way.
const UNDER_WAY: Duration = Duration::from_secs(2);

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{answer::Level, catalogue::Text};

    fn ready(checks: &[(CheckCode, CheckState, Code, f64)]) -> Readiness {
        let check = |(code, state, reason, age)| Check {
            code,
            state,
            reason,
            value: None,
            unit: None,
            required: None,
            observed_at: None,
            age_s: Some(age),
            text: Text::default(),
            remedy: Text::default(),
        };
        Readiness {
            room: "r1".into(),
            profile: "minimum".into(),
            verdict: RoomVerdict::Ready,
            level: Level::Minimum,
            valid_until: None,
            checks: checks.iter().copied().map(check).collect(),
            reasons: Vec::new(),
        }
    }

    #[test]
    fn a_link_that_was_not_probed_for_the_check_confirms_nothing() {
        use CheckState::{Ok, Warning};
        let of = |server: (CheckState, Code), age| {
            let (up, down) = (Code::NetUpSustained, Code::NetDownSustained);
            let checks = [
                (CheckCode::Camera, Ok, Code::CameraWorks, 9000.0),
                (CheckCode::NetServer, server.0, server.1, age),
                (CheckCode::NetUp, Ok, up, age),
                (CheckCode::NetDown, Ok, down, age),
                (CheckCode::NetSustain, Warning, Code::NetSustainMissing, 90_000.0),
            ];
            Finding::of(&ready(&checks), Duration::from_secs(20))
        };
        let answers = (Ok, Code::NetServerAnswers);
        assert_eq!(of(answers, 21.5), Finding::Passed, "by as much as a report may be under way");
        assert_eq!(of(answers, 23.0), Finding::Unclear(vec![Code::EvidenceStale]));
        assert_eq!(of((Warning, Code::NetServerBusy), 3000.0), Finding::Unclear(vec![Code::NetServerBusy]));
    }

    #[test]
    fn a_profile_that_asks_for_no_link_needs_no_probe() {
        let camera = (CheckCode::Camera, CheckState::Ok, Code::CameraWorks, 9000.0);
        assert_eq!(Finding::of(&ready(&[camera]), Duration::ZERO), Finding::Passed);
    }
}
