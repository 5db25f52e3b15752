//! All that a decision is made of.

use std::time::Duration;

use jiff::Timestamp;

use super::{Agenda, Booking, BookingPolicy, Calendar, Forecast};
use crate::{
    answer::Readiness, evaluate, host::ProgramFact, moment::Moment, presence::Presence, profile::Profile,
    snapshot::Snapshot,
};

/// All that a decision is made of.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// What is asked for.
    pub booking: &'a Booking,
    /// By which rules.
    pub policy: &'a BookingPolicy,
    /// Of the policy's [text](BookingPolicy::canonical): SHA-256 in hexadecimal digits.
    pub policy_digest: &'a str,
    /// How the room is; `None` for one that has never reported.
    pub room: Option<&'a RoomEvidence>,
    /// What its history says; `None` where there is no history to be asked.
    pub forecast: Option<&'a Forecast>,
    /// The office's.
    pub calendar: &'a Calendar,
    /// What else is booked.
    pub agenda: &'a Agenda,
    /// The time of the decision.
    pub now: Timestamp,
}

/// A room as it is known at the time of the decision.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomEvidence {
    /// Whether it can be heard.
    pub presence: Presence,
    /// Held against the booking's profile: as it is now, or of a room that is off as it was when it was last heard. All ages are
    /// those of now.
    pub readiness: Readiness,
    /// The programs that were looked for, and how long ago.
    pub programs: Option<(Vec<ProgramFact>, Duration)>,
}

impl RoomEvidence {
    /// `now` is the moment that `snapshot` is to be evaluated at.
    #[must_use]
    pub fn new(snapshot: &Snapshot, now: Moment, presence: Presence, profile: &Profile) -> Self {
        let away = if presence.online { Duration::ZERO } else { presence.age };
        let then = Moment {
            since_boot: now.since_boot.saturating_sub(away),
            wall: now.wall.checked_sub(away).unwrap_or(Timestamp::MIN),
            boot: now.boot,
        };
        let mut readiness = evaluate(snapshot, profile, then);
        for age in readiness.checks.iter_mut().filter_map(|check| check.age_s.as_mut()) {
            *age += away.as_secs_f64();
        }
        let look = snapshot.host.as_ref().and_then(|look| {
            let age = look.at.age_at(&then)?;
            snapshot.setup.policy.host.left_at(age)?;
            Some((look.host.programs.clone(), age + away))
        });
        Self { presence, readiness, programs: look }
    }

    /// The same of a room that goes by a profile that is not known here: whether it has what that asks for can't be told, and what
    /// another one asks for says nothing about it.
    #[must_use]
    pub fn of_unknown_profile(mut self) -> Self {
        let profile = self.readiness.profile.clone();
        self.readiness.checks.clear();
        self.readiness = self.readiness.of_unknown_profile(&profile);
        self
    }
}
