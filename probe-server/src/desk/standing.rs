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

impl Turn {
    /// What a room that reports comes to, by the profile that it goes by; `by_minimum` is the answer for the least one.
    pub(super) fn of(
        (snapshot, moment): (&Snapshot, Moment),
        by_minimum: &Readiness,
        profile: Option<&ProfileName>,
        profiles: &Profiles,
    ) -> Self {
        let named = profile.filter(|name| **name != Profile::minimum().name);
        let own = named.map(|name| match profiles.named(name.as_str()) {
            Ok(profile) => evaluate(snapshot, profile, moment),
            Err(_) => by_minimum.clone().of_unknown_profile(name.as_str()),
        });
        let own = own.as_ref().unwrap_or(by_minimum);
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
