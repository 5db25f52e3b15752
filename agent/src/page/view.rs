use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use siaga_readiness::{
    answer::Readiness, inventory::Inventory, moment::Moment, profile::NetworkRequirement, state::CheckState,
};
use siaga_service::page::{Language, Tone};

use crate::{
    demand::TrialRun,
    desk::{DeskStatus, KnownBookings},
    host,
    live::{Going, Rates},
    past::Event,
    room::Room,
};

/// All that one page is made from, at one moment.
pub(super) struct View {
    pub(super) language: Language,
    pub(super) zone: TimeZone,
    pub(super) now: Moment,
    pub(super) readiness: Readiness,
    pub(super) inventory: Option<Inventory>,
    pub(super) bookings: KnownBookings,
    pub(super) desk: DeskStatus,
    pub(super) past: Vec<Event>,
    pub(super) rates: Option<NetworkRequirement>,
    pub(super) doing: Doing,
}

/// What is being done in the room, and what somebody waits for.
#[derive(Debug, Default)]
pub(super) struct Doing {
    pub(super) going: Going,
    /// Of the probe that runs.
    pub(super) speed: Rates,
    /// The round of trials that was asked for last.
    pub(super) trials: Option<TrialRun>,
    pub(super) is_probe_wanted: bool,
    /// How long the devices rest before the round that somebody waits for.
    pub(super) trials_in: Option<Duration>,
}

impl Doing {
    pub(super) fn of(room: &Room) -> Self {
        Self {
            going: room.live().watch().borrow().clone(),
            speed: Rates::default(),
            trials: room.trial_demand().progress(),
            is_probe_wanted: room.probe_demand().is_waiting(),
            trials_in: room.trial_demand().due_in(host::now().since_boot),
        }
    }

    /// Whether something is under way, or about to be.
    pub(super) fn is_busy(&self) -> bool {
        self.going.probe.is_some() || self.going.trial.is_some() || self.is_wanted()
    }

    /// Whether somebody waits for something.
    pub(super) fn is_wanted(&self) -> bool {
        let trying = self.trials.as_ref().is_some_and(|run| run.reason.is_none());
        self.is_probe_wanted || self.trials_in.is_some() || trying
    }
}

impl View {
    pub(super) fn of(room: &Room, language: Language, zone: TimeZone) -> Self {
        let now = host::now();
        let snapshot = room.snapshot();
        // A room always has its own profile.
        let readiness = room.readiness(None, None, None).expect("it is one of its profiles");
        Self {
            language,
            zone,
            now,
            readiness,
            inventory: snapshot.devices.scan.map(|scan| scan.inventory),
            bookings: room.bookings().at(now.wall),
            desk: room.desk(),
            past: room.past().at(now.wall),
            rates: room.standards().own.requirements.network,
            doing: Doing::of(room),
        }
    }

    /// How long ago that was.
    pub(super) fn ago(&self, at: Timestamp) -> String {
        self.language.ago(self.now.wall.duration_since(at).as_secs_f64().max(0.0))
    }
}

/// A state's tone.
pub(super) const fn tone(state: CheckState) -> Tone {
    match state {
        CheckState::Ok => Tone::Good,
        CheckState::Warning => Tone::Warning,
        CheckState::Failed => Tone::Bad,
        CheckState::InUse => Tone::Busy,
        CheckState::Unknown => Tone::Unknown,
    }
}
