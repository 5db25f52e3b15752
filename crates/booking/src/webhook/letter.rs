//! What a letter says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siaga_readiness::{catalogue::Text, reasons::Code, room::RoomId};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An approval was taken back: a person must look.
    Withdrawn,
    /// The room of an approval could not be checked.
    Unconfirmed,
    /// It could, after it could not.
    Confirmed,
    /// A person decided otherwise.
    Overridden,
    /// What a person decided has run out: a person must look again.
    OverrideEnded,
}

impl Event {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Withdrawn, Self::Unconfirmed, Self::Confirmed, Self::Overridden, Self::OverrideEnded];

    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Unconfirmed => "unconfirmed",
            Self::Confirmed => "confirmed",
            Self::Overridden => "overridden",
            Self::OverrideEnded => "override_ended",
        }
    }
}

/// The body of a letter, as JSON. What stands now is told by `GET /v1/bookings/{reference}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// The same as in the header `webhook-id`.
    pub id: String,
    /// What happened.
    pub event: Event,
    /// The booking system's own reference.
    pub reference: String,
    /// Numbers this booking's letters from 1; a gap is one that was given up.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Where the booking is.
    pub room: RoomId,
    /// From when to when.
    pub slot: Period,
    /// What is decided now.
    pub decision: String,
    /// Of an approval: `pending`, `confirmed` or `unconfirmed`.
    pub standing: Option<String>,
    /// Why.
    pub reasons: Vec<Code>,
    /// The same in words, fit to paste into a letter or chat.
    pub message: Text,
}

/// From when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Period {
    pub start: Timestamp,
    pub end: Timestamp,
}
