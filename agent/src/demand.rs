//! A person's wish that the devices be tried now, and how far that is.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use siaga_probe::schedule::Meeting;
use siaga_readiness::report::CheckAnswer;
use tokio::sync::Notify;

use crate::{host, room::Room};

/// Asks for a gate probe and for the devices to be tried, as a person in the room would; never into a meeting.
pub fn check_now(room: &Room) -> CheckAnswer {
    if room.snapshot().meeting(host::now()) == Meeting::On {
        return CheckAnswer::MeetingOn;
    }
    if room.is_probed() {
        room.demand_probe();
    }
    room.trial_demand().ask();
    CheckAnswer::Begun
}

/// Trials that somebody asked for. Several wishes at once are one.
#[derive(Debug, Default)]
pub struct TrialDemand {
    last: Mutex<Option<TrialRun>>,
    wish: Notify,
}

/// One round of trials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialRun {
    /// Tells rounds apart.
    pub id: u64,
    /// How far it is.
    pub stage: Stage,
    /// The device that is being tried.
    pub device: Option<String>,
    /// Devices that were tried.
    pub tried: usize,
    /// Devices that are free to be tried; known once the first one is tried.
    pub of: usize,
    /// Why it ended before all of them were tried.
    pub detail: Option<String>,
}

/// How far a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It begins after the next look at the devices.
    Waiting,
    /// Devices are being tried.
    Trying,
    /// It ended; what came of it is in the readiness.
    Ended,
}

impl TrialDemand {
    /// Asks for a round; one that goes on already is the one that is meant.
    pub fn ask(&self) -> TrialRun {
        let mut last = self.last();
        if let Some(run) = last.as_ref().filter(|run| run.stage != Stage::Ended) {
            return run.clone();
        }
        let id = last.as_ref().map_or(1, |run| run.id + 1);
        let run = TrialRun { id, stage: Stage::Waiting, device: None, tried: 0, of: 0, detail: None };
        *last = Some(run.clone());
        self.wish.notify_one();
        run
    }

    /// Resolves when somebody has asked.
    pub async fn asked(&self) {
        self.wish.notified().await;
    }

    /// Whether somebody waits for a round that has not begun.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.last().as_ref().is_some_and(|run| run.stage == Stage::Waiting)
    }

    /// The round that was asked for last.
    #[must_use]
    pub fn progress(&self) -> Option<TrialRun> {
        self.last().clone()
    }

    /// A device is taken in hand, after `tried` of `of`.
    pub fn on_device(&self, name: &str, tried: usize, of: usize) {
        if let Some(run) = self.last().as_mut() {
            (run.stage, run.device, run.tried, run.of) = (Stage::Trying, Some(name.to_owned()), tried, of);
        }
    }

    /// The round ended after `tried` devices, early if there is a reason.
    pub fn on_end(&self, tried: usize, detail: Option<&str>) {
        if let Some(run) = self.last().as_mut() {
            (run.stage, run.device, run.tried) = (Stage::Ended, None, tried);
            run.detail = detail.map(str::to_owned);
        }
    }

    fn last(&self) -> MutexGuard<'_, Option<TrialRun>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_wishes_at_once_are_one_and_a_later_one_is_another() {
        let demand = TrialDemand::default();
        assert!(!demand.is_waiting());
        let first = demand.ask();
        assert_eq!((first.stage, demand.is_waiting()), (Stage::Waiting, true));
        demand.on_device("C920", 0, 2);
        assert_eq!(demand.ask().id, first.id);
        assert!(!demand.is_waiting(), "it has begun");
        demand.on_end(2, None);
        let progress = demand.progress().unwrap();
        assert_eq!((progress.stage, progress.tried, progress.of), (Stage::Ended, 2, 2));
        assert_ne!(demand.ask().id, first.id);
    }
}
