//! What else is booked, and who comes first.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::request::{BookingRef, Class, Slot};
use crate::room::RoomId;

/// What else is booked around a slot: in the room and, as a policy may ask for that, in the whole service. Bookings that are denied,
/// cancelled or over are not on it; nor need be one of the same reference, which is left out of account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Agenda {
    /// In any order.
    pub engagements: Vec<Engagement>,
}

/// A booking that is approved, or that a person has still to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It does, with or without conditions, confirmed or not.
    Approved,
    /// A person must look at it.
    UnderReview,
}
