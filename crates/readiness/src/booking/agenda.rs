//! What else is booked, and who comes first.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{
    calendar::Zone,
    request::{Booking, BookingRef, Class, Slot},
    rules::{Scope, SlotFree},
};
use crate::room::RoomId;

/// What else is booked around a slot, where it could be in the way ([`SlotFree::room`]). What overlaps the slot or the
/// [`Agenda::NEAR`] before and after it is all that a ruling needs; the other times that a denial offers need [`Agenda::REACH`].
/// Bookings that are denied, cancelled or over are not on it. One of the same reference may be, and is left out of account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agenda {
    /// In any order.
    pub engagements: Vec<Engagement>,
}

impl Agenda {
    /// How far from a slot something can be in its way: both may take the clock hours that they touch.
    pub const NEAR: SignedDuration = SignedDuration::from_hours(2);

    /// How far from a slot another time is looked for.
    pub const REACH: SignedDuration = SignedDuration::from_hours(15 * 24);

    /// What is in the way of a booking by a rule, in the office's zone; each with what it is to it.
    pub fn in_the_way<'a>(
        &'a self,
        booking: &'a Booking,
        rule: SlotFree,
        zone: &'a Zone,
    ) -> impl Iterator<Item = (&'a Engagement, Conflict)> {
        let wanted = taken(booking.slot, rule, zone.rules());
        self.others(booking, rule).filter_map(move |other| {
            let conflict = Conflict::between(booking, other, rule);
            taken(other.slot, rule, zone.rules()).overlaps(&wanted).then_some((other, conflict?))
        })
    }

    /// The stretches in which nothing else may be held, in order; none touches another.
    pub(super) fn taken(&self, booking: &Booking, rule: SlotFree, zone: &Zone) -> Taken {
        let mut spans: Vec<(Timestamp, Timestamp)> = self
            .others(booking, rule)
            .map(|other| taken(other.slot, rule, zone.rules()))
            .map(|slot| (slot.start(), slot.end()))
            .collect();
        spans.sort_unstable();
        let mut merged: Vec<(Timestamp, Timestamp)> = Vec::with_capacity(spans.len());
        for (start, end) in spans {
            match merged.last_mut() {
                Some((_, last)) if start <= *last => *last = end.max(*last),
                _ => merged.push((start, end)),
            }
        }
        Taken { spans: merged, rule }
    }

    fn others<'a>(&'a self, booking: &'a Booking, rule: SlotFree) -> impl Iterator<Item = &'a Engagement> {
        self.engagements.iter().filter(move |other| {
            other.reference != booking.reference
                && (rule.scope == Scope::Service || other.room == booking.room)
        })
    }
}

/// A booking that is approved, or that a person has still to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[allow(missing_docs)]
pub struct Engagement {
    pub reference: BookingRef,
    pub room: RoomId,
    pub slot: Slot,
    pub class: Class,
    pub submitted_at: Timestamp,
    pub standing: Standing,
}

/// Whether a booking holds its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does, with or without conditions, confirmed or not.
    Approved,
    /// A person must look at it.
    UnderReview,
}

/// What another booking for the same time is to one that is to be decided, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// It comes first, and is not decided yet.
    Undecided,
    /// It is approved, and would have to make room.
    Weaker,
    /// It is approved, and comes first.
    Stronger,
}

impl Conflict {
    /// Nobody waits for what comes later and is not approved.
    fn between(booking: &Booking, other: &Engagement, rule: SlotFree) -> Option<Self> {
        match (comes_first(booking, other, rule), other.standing) {
            (false, Standing::Approved) => Some(Self::Stronger),
            (true, Standing::Approved) => Some(Self::Weaker),
            (false, Standing::UnderReview) => Some(Self::Undecided),
            (true, Standing::UnderReview) => None,
        }
    }
}

/// Of two that were submitted at the same time the one that was decided on first stays first.
fn comes_first(booking: &Booking, other: &Engagement, rule: SlotFree) -> bool {
    let is_leaders = |class| rule.leaders_first && class == Class::Leaders;
    match (is_leaders(booking.class), is_leaders(other.class)) {
        (true, false) => true,
        (false, true) => false,
        _ => booking.submitted_at < other.submitted_at,
    }
}

/// Stretches in which nothing else may be held.
#[derive(Debug)]
pub(super) struct Taken {
    spans: Vec<(Timestamp, Timestamp)>,
    rule: SlotFree,
}

impl Taken {
    pub(super) fn leaves(&self, slot: Slot, zone: &Zone) -> bool {
        let slot = taken(slot, self.rule, zone.rules());
        // The first that is not over when the slot begins.
        let next = self.spans.partition_point(|(_, end)| *end <= slot.start());
        self.spans.get(next).is_none_or(|(start, _)| *start >= slot.end())
    }
}

/// What a slot takes by a rule: itself, or all clock hours that it touches.
fn taken(slot: Slot, rule: SlotFree, zone: &TimeZone) -> Slot {
    if !rule.by_hour {
        return slot;
    }
    let into_hour = |at: Timestamp| {
        let time = zone.to_datetime(at).time();
        SignedDuration::from_mins(i64::from(time.minute()))
            + SignedDuration::from_secs(i64::from(time.second()))
            + SignedDuration::from_nanos(i64::from(time.subsec_nanosecond()))
    };
    let start = slot.start().checked_sub(into_hour(slot.start()));
    let over = into_hour(slot.end());
    let rest = if over.is_zero() { over } else { SignedDuration::from_hours(1) - over };
    let end = slot.end().checked_add(rest);
    match (start, end) {
        // A slot of a week takes an hour more.
        (Ok(start), Ok(end)) => Slot::spanning(start, end),
        _ => slot,
    }
}
