//! Somebody's wish that the link be probed or the devices be tried now, and how far that is.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use siaga_probe::{admission::Purpose, schedule::Meeting};
use siaga_readiness::{reasons::Code, report::CheckAnswer};
use tokio::sync::Notify;

use crate::{host, room::Room};

/// Devices are left alone for so long after a round in which one was tried. Whoever asks in a loop can't keep a camera's
/// light on; a person who has mended something hardly asks sooner.
pub const PAUSE: Duration = Duration::from_secs(30);

/// Asks for a gate probe and for the devices to be tried, as a person in the room would. `None`: never into a meeting.
pub fn check_now(room: &Room, purpose: Purpose) -> Option<Check> {
    let now = host::now();
    if room.snapshot().meeting(now) == Meeting::On {
        return None;
    }
    let probe = room.is_probed().then(|| room.probe_demand().ask(purpose));
    // What was found before is no answer: whoever asks may just have mended something.
    Some(Check { probe, trials: room.trial_demand().ask_when_rested().id })
}

/// A check that was begun.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    probe: Option<u64>,
    trials: u64,
}

impl Check {
    /// What came of it, once it is over: what it found has been taken in.
    #[must_use]
    pub fn answer(&self, room: &Room) -> Option<CheckAnswer> {
        let demand = room.probe_demand();
        let served = self.probe.is_none_or(|wish| demand.is_served(wish));
        (served && room.trial_demand().is_over(self.trials)).then(|| {
            match room.snapshot().meeting(host::now()) {
                Meeting::On => CheckAnswer::MeetingOn,
                _ if self.probe.is_some_and(|wish| !demand.is_probed(wish)) => CheckAnswer::PutOff,
                Meeting::Off | Meeting::Unknown => CheckAnswer::Done,
            }
        })
    }
}

/// Gate probes that somebody asked for. Several wishes at once are one.
#[derive(Debug, Default)]
pub struct ProbeDemand {
    wishes: Mutex<Wishes>,
    wish: Notify,
}

#[derive(Debug, Default)]
struct Wishes {
    asked: u64,
    /// Up to which the schedule knows of them.
    taken: u64,
    /// Up to which a probe has answered them.
    probed: u64,
    served: u64,
    /// Of the most urgent that is not served.
    purpose: Purpose,
}

impl ProbeDemand {
    /// Asks for a gate probe as soon as that can be. Answers with the number of the wish.
    pub fn ask(&self, purpose: Purpose) -> u64 {
        let mut wishes = self.wishes();
        wishes.asked += 1;
        wishes.purpose = wishes.purpose.max(purpose);
        self.wish.notify_one();
        wishes.asked
    }

    /// Resolves when somebody has asked.
    pub async fn asked(&self) {
        self.wish.notified().await;
    }

    /// Whether somebody waits for a probe.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let wishes = self.wishes();
        wishes.served < wishes.asked
    }

    /// The schedule knows of what was asked for.
    pub fn on_taken(&self) {
        let mut wishes = self.wishes();
        wishes.taken = wishes.asked;
    }

    /// A probe that was made for what the schedule knew of said something about the link, or about the way to it.
    pub fn on_probed(&self) {
        let mut wishes = self.wishes();
        wishes.probed = wishes.taken;
    }

    /// What the schedule knew of is over: a probe was made, or why not is known.
    pub fn on_served(&self) {
        let mut wishes = self.wishes();
        wishes.served = wishes.taken;
        if wishes.served == wishes.asked {
            wishes.purpose = Purpose::Routine;
        }
    }

    /// Whether what came of a wish is known.
    #[must_use]
    pub fn is_served(&self, demand: u64) -> bool {
        demand <= self.wishes().served
    }

    /// Whether a probe was made for a wish that is served; else it was put off.
    #[must_use]
    pub fn is_probed(&self, demand: u64) -> bool {
        demand <= self.wishes().probed
    }

    /// What the most urgent of them is for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.wishes().purpose
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Trials that somebody asked for. Several wishes at once are one.
#[derive(Debug, Default)]
pub struct TrialDemand {
    rounds: Mutex<Rounds>,
    wish: Notify,
}

#[derive(Debug, Default)]
struct Rounds {
    last: Option<TrialRun>,
    /// When the next one may begin, since boot.
    not_before: Duration,
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
    /// Devices whose trial was concluded.
    pub tried: usize,
    /// Devices that were free to be tried; known once the first one is tried.
    pub of: usize,
    /// How it ended: [`Code::TrialsDone`], or why not all devices were tried. `None` before that.
    pub reason: Option<Code>,
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
    /// Asks for a round at `now`, since boot; one that goes on already is the one that is meant.
    ///
    /// # Errors
    /// Devices were tried a moment ago; the time after which asking again helps.
    pub fn ask(&self, now: Duration) -> Result<TrialRun, Duration> {
        let rounds = self.rounds();
        let goes_on = rounds.last.as_ref().is_some_and(|run| run.stage != Stage::Ended);
        if !goes_on && now < rounds.not_before {
            return Err(rounds.not_before - now);
        }
        drop(rounds);
        Ok(self.ask_when_rested())
    }

    /// Asks for a round as soon as the devices have rested; one that goes on already is the one that is meant.
    pub fn ask_when_rested(&self) -> TrialRun {
        let mut rounds = self.rounds();
        if let Some(run) = rounds.last.as_ref().filter(|run| run.stage != Stage::Ended) {
            return run.clone();
        }
        let id = rounds.last.as_ref().map_or(1, |run| run.id + 1);
        let run = TrialRun { id, stage: Stage::Waiting, device: None, tried: 0, of: 0, reason: None };
        rounds.last = Some(run.clone());
        self.wish.notify_one();
        run
    }

    /// Resolves when somebody has asked.
    pub async fn asked(&self) {
        self.wish.notified().await;
    }

    /// Who tried devices was cut off, and begins anew.
    pub fn on_restart(&self) {
        let mut rounds = self.rounds();
        if let Some(run) = rounds.last.as_mut().filter(|run| run.stage == Stage::Trying) {
            (run.stage, run.device) = (Stage::Waiting, None);
            self.wish.notify_one();
        }
    }

    /// Whether somebody waits for a round that has not begun.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.rounds().last.as_ref().is_some_and(|run| run.stage == Stage::Waiting)
    }

    /// How long the devices rest at `now`, since boot, before the round that somebody waits for; `None` if nobody does.
    #[must_use]
    pub fn due_in(&self, now: Duration) -> Option<Duration> {
        self.is_waiting().then(|| self.rounds().not_before.saturating_sub(now))
    }

    /// The round that was asked for last.
    #[must_use]
    pub fn progress(&self) -> Option<TrialRun> {
        self.rounds().last.clone()
    }

    /// Whether a round has ended.
    #[must_use]
    pub fn is_over(&self, id: u64) -> bool {
        self.rounds().last.as_ref().is_none_or(|run| run.id != id || run.stage == Stage::Ended)
    }

    /// A device is taken in hand, after the trials of `tried` of `of` were concluded.
    pub fn on_device(&self, name: &str, tried: usize, of: usize) {
        if let Some(run) = self.rounds().last.as_mut() {
            (run.stage, run.device, run.tried, run.of) = (Stage::Trying, Some(name.to_owned()), tried, of);
        }
    }

    /// The round ended at `now`, since boot, with the trials of `tried` of `of` devices concluded.
    pub fn on_end(&self, now: Duration, tried: usize, of: usize, reason: Code) {
        let mut rounds = self.rounds();
        let Some(run) = rounds.last.as_mut() else { return };
        let has_opened_one = run.stage == Stage::Trying;
        (run.stage, run.device, run.tried, run.of) = (Stage::Ended, None, tried, of);
        run.reason = Some(reason);
        if has_opened_one {
            rounds.not_before = now + PAUSE;
        }
    }

    fn rounds(&self) -> MutexGuard<'_, Rounds> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{policy::Policy, profile::Profiles, snapshot::Setup};

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_wish_for_a_probe_is_served_once_the_schedule_knew_of_it() {
        let demand = ProbeDemand::default();
        let first = demand.ask(Purpose::Booking);
        demand.on_served();
        assert!(!demand.is_served(first), "a probe that was planned anyway says nothing about it");
        demand.on_taken();
        let second = demand.ask(Purpose::PreCheck);
        demand.on_served();
        assert!(demand.is_served(first) && !demand.is_served(second));
        assert_eq!(demand.purpose(), Purpose::Booking);
        demand.on_taken();
        demand.on_served();
        assert!(demand.is_served(second));
        assert_eq!(demand.purpose(), Purpose::Routine);
    }

    fn room() -> Room {
        let setup = Setup {
            room: "r2".into(),
            probe_server: Some("probe.example:4433".into()),
            policy: Policy::default(),
        };
        Room::new(setup, Profiles::default(), "minimum", host::now()).unwrap()
    }

    #[test]
    fn a_check_is_not_done_before_something_new_was_found() {
        let room = room();
        // Just now a routine probe has ended, and the devices have been tried.
        let trials = room.trial_demand();
        trials.ask(host::now().since_boot).unwrap();
        trials.on_device("C920", 0, 1);
        trials.on_end(host::now().since_boot, 1, 1, Code::TrialsDone);
        let check = check_now(&room, Purpose::Booking).unwrap();
        let probe = room.probe_demand();
        probe.on_served();
        assert_eq!(check.answer(&room), None, "nothing was done for it");
        probe.on_taken();
        probe.on_probed();
        probe.on_served();
        assert_eq!(check.answer(&room), None, "the devices rest, and are tried after that");
        let now = host::now().since_boot;
        assert!(trials.due_in(now).is_some_and(|rest| !rest.is_zero() && rest <= PAUSE));
        assert_eq!(trials.due_in(now + PAUSE), Some(Duration::ZERO));
        assert_eq!(check_now(&room, Purpose::Booking).unwrap().trials, check.trials, "whoever else asks");
        let round = trials.progress().unwrap();
        assert_eq!((round.id, round.stage), (2, Stage::Waiting), "they were asked for");
        trials.on_end(now, 1, 1, Code::TrialsDone);
        assert_eq!(check.answer(&room), Some(CheckAnswer::Done));
    }

    #[test]
    fn a_check_whose_probe_was_put_off_is_not_done() {
        let room = room();
        let check = check_now(&room, Purpose::Booking).unwrap();
        room.trial_demand().on_end(host::now().since_boot, 0, 0, Code::TrialsNothing);
        room.probe_demand().on_taken();
        room.probe_demand().on_served();
        assert_eq!(check.answer(&room), Some(CheckAnswer::PutOff));
    }

    #[test]
    fn several_wishes_at_once_are_one_and_a_later_one_is_another() {
        let demand = TrialDemand::default();
        assert!(!demand.is_waiting());
        let first = demand.ask(at(0)).unwrap();
        assert_eq!((first.stage, demand.is_waiting()), (Stage::Waiting, true));
        demand.on_device("C920", 0, 2);
        assert_eq!(demand.ask(at(2)).unwrap().id, first.id);
        assert!(!demand.is_waiting(), "it has begun");
        demand.on_end(at(9), 2, 2, Code::TrialsDone);
        let progress = demand.progress().unwrap();
        assert_eq!((progress.stage, progress.tried, progress.of), (Stage::Ended, 2, 2));
        assert_eq!(progress.reason, Some(Code::TrialsDone));
        assert_ne!(demand.ask(at(100)).unwrap().id, first.id);
    }

    #[test]
    fn whoever_asks_ten_times_a_second_gets_a_round_and_half_a_minute_s_rest_after_it() {
        let demand = TrialDemand::default();
        let (mut rounds, mut refused, mut ends) = (Vec::new(), 0, None);
        for tenth in 0..1200 {
            let now = Duration::from_millis(100 * tenth);
            if ends.is_some_and(|end| now >= end) {
                demand.on_end(now, 1, 1, Code::TrialsDone);
                ends = None;
            }
            match demand.ask(now) {
                Ok(run) if rounds.last() != Some(&run.id) => {
                    rounds.push(run.id);
                    demand.on_device("C920", 0, 1);
                    ends = Some(now + at(4));
                }
                Ok(_) => {}
                Err(wait) => {
                    assert!(wait <= PAUSE && !wait.is_zero());
                    refused += 1;
                }
            }
        }
        // One round of four seconds in every thirty-four, for two minutes.
        assert_eq!((rounds.as_slice(), refused), ([1, 2, 3, 4].as_slice(), 3 * 300 + 140));
    }

    #[test]
    fn a_round_that_was_cut_off_is_made_again() {
        let demand = TrialDemand::default();
        let run = demand.ask(at(0)).unwrap();
        demand.on_device("C920", 0, 1);
        demand.on_restart();
        assert!(demand.is_waiting() && !demand.is_over(run.id));
        demand.on_end(at(9), 1, 1, Code::TrialsDone);
        demand.on_restart();
        assert!(demand.is_over(run.id) && !demand.is_waiting());
    }

    #[test]
    fn a_round_in_which_no_device_was_opened_asks_for_no_rest() {
        let demand = TrialDemand::default();
        let first = demand.ask(at(0)).unwrap();
        demand.on_end(at(1), 0, 0, Code::TrialsMeetingOn);
        assert_eq!(demand.ask(at(1)).unwrap().id, first.id + 1);
    }
}
