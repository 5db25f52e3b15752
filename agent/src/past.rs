//! The room's last days, for the charts on its page: a few numbers of each thing that happened, in memory. They come from the
//! journal when the program starts.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use siaga_probe::{Mode, Verdict};
use siaga_readiness::{
    inventory::Kind,
    report::{DeviceChange, Happening},
    snapshot::Cause,
    state::CheckState,
    trial::{DeviceKind, TrialOutcome},
};

/// What happened lately.
#[derive(Debug, Default)]
pub struct Past(Mutex<VecDeque<Event>>);

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, by this machine's clock.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A probe that measured a rate.
    Probe {
        /// Its kind.
        mode: Mode,
        /// What came of it.
        verdict: Verdict,
        /// What arrived at the server, bits per second.
        up_bps: Option<u64>,
        /// What arrived here.
        down_bps: Option<u64>,
    },
    /// A device is in this state from now on; `None`: it is gone.
    Device {
        /// What it is.
        kind: DeviceKind,
        /// Its identity.
        id: String,
        /// Its state.
        state: Option<CheckState>,
    },
    /// What was known before became worthless.
    Began {
        /// The machine was off or asleep, or the program did not run.
        was_away: bool,
    },
}

/// How far back it goes.
const DAYS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Events that are kept. A room that probes as planned has some 60 a day that count here.
const MOST: usize = 4096;

impl Past {
    /// From when on things are kept, at `now`.
    #[must_use]
    pub fn since(now: Timestamp) -> Timestamp {
        now.checked_sub(DAYS).unwrap_or(Timestamp::MIN)
    }

    /// Something happened.
    pub fn on(&self, at: Timestamp, happening: &Happening) {
        let Some(what) = What::of(happening) else { return };
        let mut events = self.events();
        events.push_back(Event { at, what });
        while events.len() > MOST || events.front().is_some_and(|first| first.at < Self::since(at)) {
            events.pop_front();
        }
    }

    /// What happened before anything that is known.
    pub fn before(&self, happened: &[(Timestamp, Happening)]) {
        let earlier = happened.iter().filter_map(|(at, it)| Some(Event { at: *at, what: What::of(it)? }));
        let earlier: Vec<_> = earlier.collect();
        let mut events = self.events();
        let room = MOST.saturating_sub(events.len());
        for event in earlier.into_iter().rev().take(room) {
            events.push_front(event);
        }
    }

    /// All of it at `now`, the oldest first.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Vec<Event> {
        let since = Self::since(now);
        self.events().iter().filter(|event| (since..=now).contains(&event.at)).cloned().collect()
    }

    fn events(&self) -> MutexGuard<'_, VecDeque<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl What {
    /// What of it counts here.
    fn of(happening: &Happening) -> Option<Self> {
        match happening {
            Happening::Probe(probe) if probe.result.mode != Mode::Quality => {
                let result = &probe.result;
                let (up_bps, down_bps) = (result.up.delivered_bps, result.down.delivered_bps);
                Some(Self::Probe { mode: result.mode, verdict: result.verdict, up_bps, down_bps })
            }
            Happening::Trial(trial) => match &trial.outcome {
                TrialOutcome::Found(found) => {
                    Some(Self::Device { kind: trial.kind, id: trial.id.clone(), state: Some(found.state) })
                }
                TrialOutcome::NotDone { .. } | TrialOutcome::Voided => None,
            },
            Happening::Device(event) => {
                let kind = match event.device {
                    Kind::Camera => DeviceKind::Camera,
                    Kind::Microphone => DeviceKind::Microphone,
                    Kind::Speaker | Kind::Display => return None,
                };
                let state = (event.change != DeviceChange::Gone).then_some(event.state);
                Some(Self::Device { kind, id: event.id.clone(), state })
            }
            Happening::Began(began) => {
                Some(Self::Began { was_away: matches!(began.cause, Cause::Started | Cause::Resumed) })
            }
            Happening::Probe(_) | Happening::Tick(_) | Happening::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::report::Began;

    use super::*;

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * 3600).unwrap()
    }

    fn began() -> Happening {
        Happening::Began(Began { cause: Cause::Started })
    }

    fn times(past: &Past, now: i64) -> Vec<i64> {
        past.at(hours(now)).iter().map(|event| event.at.as_second() / 3600).collect()
    }

    #[test]
    fn a_week_is_kept_and_the_journal_s_part_comes_before() {
        let past = Past::default();
        past.on(hours(300), &began());
        past.before(&[(hours(100), began()), (hours(299), began()), (hours(299), Happening::Unknown)]);
        assert_eq!(times(&past, 300), [299, 300]);
        past.on(hours(470), &began());
        assert_eq!(times(&past, 470), [470], "the rest is older than a week");
    }

    #[test]
    fn it_is_bounded() {
        let past = Past::default();
        past.before(&vec![(hours(299), began()); MOST + 5]);
        (0..10).for_each(|_| past.on(hours(300), &began()));
        assert_eq!(past.events().len(), MOST);
    }
}
