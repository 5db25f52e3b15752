//! What is known for a decision, and the turn in which it is made.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use siaga_booking::{
    NotDone, StoreError,
    bookings::{BookingRow, Decided, Turn},
};
use siaga_readiness::{
    booking::{
        Agenda, Booking, BookingPolicy, BookingRef, Case, Decision, Engagement, Forecast, Request,
        RequestError, RoomEvidence, Ruling, Slot, decide,
    },
    profile::Profile,
    room::RoomId,
};
use siaga_service::{http::Asker, tokens::TokenName};
use siaga_transport::enrol::Registry;

use super::{Gate, Refusal, answer::Standing};
use crate::office::Office;

/// What was looked up for a decision.
pub(super) struct Lookup {
    booking: Booking,
    office: Arc<Office>,
    room: Option<RoomEvidence>,
    forecast: Option<Forecast>,
}

impl Gate {
    /// All that a decision on a request is made of but what else is booked.
    pub(super) async fn lookup(
        self: &Arc<Self>,
        reference: BookingRef,
        request: Request,
    ) -> Result<Lookup, Refusal> {
        let gate = self.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let room = request.room.parse().map_err(RequestError::Room)?;
            let office = gate.office();
            let profiles = office.profiles.clone();
            gate.look(&room, office, |own| Ok(Booking::new(reference, &request, &profiles, own)?))
        });
        looking.await.map_err(|broken| Refusal::broken(&broken))?
    }

    /// The same for the `booking` of a room that goes by a profile.
    pub(super) fn look(
        &self,
        room: &RoomId,
        office: Arc<Office>,
        booking: impl FnOnce(&Profile) -> Result<Booking, Refusal>,
    ) -> Result<Lookup, Refusal> {
        let known = self.desk.room(room).map_err(Refusal::Rooms)?;
        let own = known.as_ref().map_or(Ok(Profile::minimum()), |known| known.profile(&office.profiles));
        let booking = match own {
            Ok(own) => booking(own)?,
            Err(name) => booking(&Profile { name: name.clone(), ..Profile::minimum().clone() })?,
        };
        let Some(known) = known else {
            // It has a key, so it will be heard one day.
            if self.is_enrolled(room) {
                return Ok(Lookup { booking, office, room: None, forecast: None });
            }
            return Err(Refusal::NoRoom(room.clone()));
        };
        let (snapshot, moment) = known.evidence();
        let room = RoomEvidence::new(snapshot, moment, *known.presence(), &booking.profile);
        // Only a room's own may be unknown: a booking that names such a one is refused.
        if office.profiles.named(booking.profile.name.as_str()).is_err() {
            return Ok(Lookup { booking, office, room: Some(room.of_unknown_profile()), forecast: None });
        }
        let forecast = self.foresee(&office, &known, booking.slot, &booking.profile)?;
        Ok(Lookup { booking, office, room: Some(room), forecast: Some(forecast) })
    }

    /// Where that can't be told it is not.
    fn is_enrolled(&self, room: &RoomId) -> bool {
        let keys = Registry::new(&self.dir).keys();
        keys.is_ok_and(|keys| keys.iter().any(|key| key.room == *room))
    }
}

impl Lookup {
    /// The request with the profile that it is decided by, whoever named it: so it is kept, checked again before the event, and held
    /// against the same request when that comes again.
    pub(super) fn asked_for(&self, request: Request) -> Request {
        Request { profile: Some(self.booking.profile.name.to_string()), ..request }
    }

    pub(super) fn is_timely(&self, now: Timestamp) -> Result<(), RequestError> {
        self.booking.is_timely(now)
    }

    /// The same with what a policy asks of rooms alone.
    pub(super) fn by(self, policy: BookingPolicy) -> Self {
        let office = Arc::new(Office { policy, ..(*self.office).clone() });
        Self { office, ..self }
    }

    /// With the agenda from a time to a time, of one room or of all. It is long only where other times are to be offered.
    pub(super) fn decide(
        &self,
        mut agenda: impl FnMut(Timestamp, Timestamp, Option<&RoomId>) -> Result<Vec<Engagement>, StoreError>,
        now: Timestamp,
    ) -> Result<Decision, StoreError> {
        let Booking { room, slot, .. } = &self.booking;
        let room = self.office.policy.slot_free.room(room);
        let mut decide_within = |reach| {
            let (from, to) = around(*slot, reach);
            Ok(self.decide_among(agenda(from, to, room)?, now))
        };
        let decision = decide_within(Agenda::NEAR)?;
        if decision.decision == Ruling::Deny { decide_within(Agenda::REACH) } else { Ok(decision) }
    }

    pub(super) fn decide_among(&self, engagements: Vec<Engagement>, now: Timestamp) -> Decision {
        let agenda = Agenda { engagements };
        decide(&Case {
            booking: &self.booking,
            policy: &self.office.policy,
            policy_digest: &self.office.digest,
            room: self.room.as_ref(),
            forecast: self.forecast.as_ref(),
            calendar: &self.office.calendar,
            agenda: &agenda,
            now,
        })
    }

    /// How the booking stands then, and what was decided if it was decided anew.
    pub(super) fn take_turn(
        &self,
        turn: &mut Turn<'_>,
        asked: &str,
        anew: bool,
        by: &Asker,
    ) -> Result<(Standing, Option<Ruling>), NotDone<Refusal>> {
        let Self { booking, office, .. } = self;
        let (reference, now) = (&booking.reference, turn.now());
        let zone = office.calendar.zone().clone();
        if let Some(row) = turn.booking(reference)? {
            if let Some(at) = row.cancelled_at {
                return Err(NotDone::Refused(Refusal::Cancelled { reference: reference.clone(), at }));
            }
            if row.request == asked && !(anew && row.slot.start() > now) && still_counts(&row, now) {
                return Ok((Standing::read(row, now, zone, |seq| turn.entry(seq))?, None));
            }
            if row.slot.end() <= now {
                return Err(NotDone::Refused(Refusal::Over {
                    reference: reference.clone(),
                    at: row.slot.end(),
                }));
            }
        }
        booking.is_timely(now).map_err(|error| NotDone::Refused(error.into()))?;
        let decision = self.decide(|from, to, room| turn.agenda(from, to, room), now)?;
        let decided = Decided {
            reference: reference.clone(),
            room: booking.room.clone(),
            slot: booking.slot,
            submitted_at: booking.submitted_at,
            class: booking.class,
            request: asked.to_owned(),
            ruling: decision.decision,
            expires_at: decision.expires_at,
        };
        let body = Body { reference, request: raw(asked)?, decision: &decision, by: by.0.as_ref() };
        let entry = turn.decide("decided", &decided, &body)?;
        let row = turn.booking(reference)?.ok_or(StoreError::Stopped)?;
        let standing = Standing::read(row, now, zone, |seq| {
            if seq == entry.seq { Ok(entry.clone()) } else { turn.entry(seq) }
        })?;
        Ok((standing, Some(decision.decision)))
    }
}

/// What the log tells of a decision.
#[derive(Serialize)]
struct Body<'a> {
    reference: &'a BookingRef,
    request: serde_json::Value,
    decision: &'a Decision,
    /// Whose token asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a TokenName>,
}

fn raw(asked: &str) -> Result<serde_json::Value, NotDone<Refusal>> {
    serde_json::from_str(asked).map_err(|error| NotDone::Refused(Refusal::broken(&error)))
}

/// A denial counts until something else is asked for; what has run out does not.
fn still_counts(row: &BookingRow, now: Timestamp) -> bool {
    // Once it has begun, how it stood is how it stood.
    if row.slot.start() <= now {
        return true;
    }
    match &row.overridden {
        Some(person) => person.until > now,
        None => row.expires_at.is_none_or(|expires| expires > now),
    }
}

/// A slot with some time before and after it.
pub(super) fn around(slot: Slot, time: SignedDuration) -> (Timestamp, Timestamp) {
    let moved = |at: Timestamp, by: SignedDuration| at.checked_add(by).unwrap_or(at);
    (moved(slot.start(), -time), moved(slot.end(), time))
}
