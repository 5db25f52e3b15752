//! Since when a room has been as it is: that it is ready, not ready or unknown is an event of its history, noted when it turns so.
//!
//! The verdict itself is computed whenever it is asked for and kept nowhere; these say only when it was another one.

use jiff::Timestamp;
use siaga_booking::Event;
use siaga_readiness::{
    answer::{Readiness, RoomVerdict},
    evaluate,
    moment::Moment,
    profile::{Profile, ProfileName, Profiles},
    snapshot::Snapshot,
};

use super::records::event;

/// A room turned so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) verdict: RoomVerdict,
    reasons: String,
}

/// What a room that reports comes to, by the profile that it goes by; of the release before, which does not say, by the least one.
pub(super) fn own(
    (snapshot, moment): (&Snapshot, Moment),
    profile: Option<&ProfileName>,
    profiles: &Profiles,
) -> Readiness {
    let by_minimum = || evaluate(snapshot, Profile::minimum(), moment);
    match profile.map(|name| (name, profiles.named(name.as_str()))) {
        None => by_minimum(),
        Some((_, Ok(profile))) => evaluate(snapshot, profile, moment),
        Some((name, Err(_))) => by_minimum().of_unknown_profile(name.as_str()),
    }
}

impl Turn {
    pub(super) fn of(own: &Readiness) -> Self {
        let reasons: Vec<_> = own.reasons.iter().map(|reason| reason.as_str()).collect();
        Self { verdict: own.verdict, reasons: reasons.join(" ") }
    }

    pub(super) fn event(&self, at: Timestamp) -> Option<Event> {
        event(at, kind(self.verdict), &self.reasons)
    }
}

/// The event with which a room turns so.
#[must_use]
pub const fn kind(verdict: RoomVerdict) -> &'static str {
    match verdict {
        RoomVerdict::Ready => "ROOM_READY",
        RoomVerdict::NotReady => "ROOM_NOT_READY",
        RoomVerdict::Unknown => "ROOM_UNKNOWN",
    }
}

/// The event with which it can't be heard any more.
pub const OFFLINE: &str = "ROOM_OFFLINE";

/// All of these: how a room is lasts until the next of them.
pub const KINDS: [&str; 4] =
    [kind(RoomVerdict::Ready), kind(RoomVerdict::NotReady), kind(RoomVerdict::Unknown), OFFLINE];
