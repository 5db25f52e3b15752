//! One room, as it is known at one time.

use std::time::Duration;

use jiff::Timestamp;
use siaga_booking::store::{RoomRow, StateRow};
use siaga_readiness::{
    answer::{CheckCode, Readiness},
    evaluate,
    moment::Moment,
    policy::{Policy, TimeToLive},
    presence::Presence,
    profile::{Profile, ProfileName, Profiles},
    report::Facts,
    room::RoomId,
    snapshot::{Setup, Snapshot},
    tracker::Tracker,
};

/// One room, as it is known at one time.
#[derive(Debug, Clone)]
pub struct Known {
    row: RoomRow,
    presence: Presence,
    dropped: Option<u64>,
    now: Moment,
    /// The profile that the room goes by, as it says.
    profile: Option<ProfileName>,
    certificate_until: Option<Timestamp>,
    snapshot: Snapshot,
    /// What `snapshot` counts its ages by.
    moment: Moment,
}

impl Known {
    pub(super) fn new(
        mut row: RoomRow,
        (online, revoked): (bool, Option<bool>),
        dropped: Option<u64>,
        now: Moment,
    ) -> Self {
        let facts = row.state.take().map(|state| (facts(&row.room, &state), state.received));
        let profile = facts.as_ref().and_then(|(facts, _)| facts.profile.clone());
        let certificate_until = facts.as_ref().and_then(|(facts, _)| facts.certificate_until);
        let (snapshot, moment) = match facts {
            Some((facts, received)) => facts.as_of(elapsed(received, now), now.wall),
            None => (Tracker::new(setup(&row.room), now).snapshot().clone(), now),
        };
        let (last_seen, age) = (row.last_seen, between(row.last_seen, now.wall));
        let presence = Presence { online, revoked, last_seen, age };
        Self { row, presence, dropped, now, profile, certificate_until, snapshot, moment }
    }

    /// Which room.
    #[must_use]
    pub const fn id(&self) -> &RoomId {
        &self.row.room
    }

    /// What the registry has of it.
    #[must_use]
    pub const fn row(&self) -> &RoomRow {
        &self.row
    }

    /// Whether it can be heard.
    #[must_use]
    pub const fn presence(&self) -> &Presence {
        &self.presence
    }

    /// What its journal had to drop, in all, if it can be heard.
    #[must_use]
    pub const fn dropped(&self) -> Option<u64> {
        self.dropped
    }

    /// The server that it takes for its desk, and until when its certificate for that one counts, if it can be heard. One that is off
    /// gets the next one when it is back.
    #[must_use]
    pub fn certificate(&self) -> Option<(String, Timestamp)> {
        let until = self.certificate_until.filter(|_| self.presence.online)?;
        Some((self.snapshot.setup.probe_server.clone().unwrap_or_default(), until))
    }

    /// What is known of it, and the moment to evaluate that at.
    #[must_use]
    pub const fn evidence(&self) -> (&Snapshot, Moment) {
        (&self.snapshot, self.moment)
    }

    /// The time of the answer.
    #[must_use]
    pub const fn answered_at(&self) -> Timestamp {
        self.now.wall
    }

    /// The profile that the room goes by unless another is asked for: its own, or `minimum` if it names none.
    ///
    /// # Errors
    /// It names one that is not among `profiles`.
    pub fn profile<'a>(&'a self, profiles: &'a Profiles) -> Result<&'a Profile, &'a ProfileName> {
        let Some(name) = &self.profile else { return Ok(Profile::minimum()) };
        profiles.named(name.as_str()).map_err(|_| name)
    }

    /// The answer for the profile that the room goes by; for one that is not known here, that it is not.
    #[must_use]
    pub fn own_readiness(&self, profiles: &Profiles, max_age: Option<TimeToLive>) -> Readiness {
        let minimum = &Profile::minimum().name;
        self.readiness_named(self.profile.as_ref().unwrap_or(minimum).as_str(), profiles, max_age)
    }

    /// The answer for the profile of this name; for one that is not known here, that it is not.
    #[must_use]
    pub fn readiness_named(&self, name: &str, profiles: &Profiles, max_age: Option<TimeToLive>) -> Readiness {
        match profiles.named(name) {
            Ok(profile) => self.readiness(profile, max_age),
            Err(_) => self.readiness(Profile::minimum(), max_age).of_unknown_profile(name),
        }
    }

    /// The answer for a profile, from evidence younger than `max_age` if that is stricter than the room's own times to live.
    #[must_use]
    pub fn readiness(&self, profile: &Profile, max_age: Option<TimeToLive>) -> Readiness {
        let snapshot = self.snapshot.clone().no_older_than(max_age);
        evaluate(&snapshot, profile, self.moment).seen_from_afar(&self.presence)
    }
}

/// Age of the oldest evidence that an answer stands on, seconds; `None` if there is none.
#[must_use]
pub fn evidence_age(readiness: &Readiness) -> Option<f64> {
    let ages = readiness.checks.iter().filter(|check| check.code != CheckCode::RoomLink);
    ages.filter_map(|check| check.age_s).reduce(f64::max)
}

/// What can't be read, as from an older release's store, is not known.
pub(super) fn facts(room: &RoomId, state: &StateRow) -> Facts {
    serde_json::from_str(&state.json).unwrap_or_else(|_| Facts::not_understood(setup(room)))
}

/// By the clock that can't be set. Of an earlier boot only the wall clock tells; such a room is offline.
pub(super) fn elapsed(received: Moment, now: Moment) -> Duration {
    received.age_at(&now).unwrap_or_else(|| between(received.wall, now.wall))
}

pub(super) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

pub(super) fn setup(room: &RoomId) -> Setup {
    Setup { room: room.to_string(), probe_server: None, policy: Policy::default() }
}
