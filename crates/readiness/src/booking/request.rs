//! What a booking system asks for.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::{
    moment::whole_milliseconds,
    profile::{Profile, ProfileError, Profiles},
    room::{RoomId, RoomIdError},
};

/// A booking that can be decided on.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    /// The booking system's own name for it.
    pub reference: BookingRef,
    /// Where.
    pub room: RoomId,
    /// When.
    pub slot: Slot,
    /// When the application came in: lead time and precedence are counted from here.
    pub submitted_at: Timestamp,
    /// Whose event it is.
    pub class: Class,
    /// What the room is held against.
    pub profile: Profile,
    /// The letter's number; `None` while there is none.
    pub letter_ref: Option<String>,
    /// How many devices will take part, the room's own included.
    pub devices_expected: Option<u32>,
    /// Who owns the room; `None` leaves it to the policy.
    pub room_owner: Option<Owner>,
    /// What only people know.
    pub facts: Facts,
}

impl Booking {
    /// How long before a slot it can be asked for: two years.
    pub const FARTHEST: SignedDuration = SignedDuration::from_hours(24 * 731);
    /// By how much the booking system's clock may be ahead of the server's.
    const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(5);

    /// Checks what `request` asks for, of a room that goes by `own` where no profile is named. Whether its times still make sense
    /// [`Booking::is_timely`] says.
    ///
    /// # Errors
    /// The room's name or the profile is none, a text is too long or not one line.
    pub fn new(
        reference: BookingRef,
        request: &Request,
        profiles: &Profiles,
        own: &Profile,
    ) -> Result<Self, RequestError> {
        let named = request.profile.as_deref().map(|name| profiles.named(name)).transpose();
        let profile = named.map_err(RequestError::Profile)?.unwrap_or(own).clone();
        let letter_ref = request.letter_ref.as_deref().map(str::trim).filter(|letter| !letter.is_empty());
        if letter_ref.is_some_and(|it| !is_line(it, LONGEST_LETTER_REF)) {
            return Err(RequestError::LetterRef);
        }
        if request.title.as_deref().is_some_and(|it| !is_line(it, LONGEST_TITLE)) {
            return Err(RequestError::Title);
        }
        Ok(Self {
            reference,
            room: request.room.parse().map_err(RequestError::Room)?,
            slot: request.slot,
            submitted_at: request.submitted_at.0,
            class: request.class,
            profile,
            letter_ref: letter_ref.map(str::to_owned),
            devices_expected: request.devices_expected,
            room_owner: request.room_owner,
            facts: request.facts,
        })
    }

    /// Holds its times against the time of the request.
    ///
    /// # Errors
    /// The slot has begun, or lies more than [`Booking::FARTHEST`] ahead; it was submitted in the future.
    pub fn is_timely(&self, now: Timestamp) -> Result<(), RequestError> {
        let ahead = self.slot.start().duration_since(now);
        if ahead <= SignedDuration::ZERO {
            Err(RequestError::Past(self.slot.start()))
        } else if ahead > Self::FARTHEST {
            Err(RequestError::TooFar(self.slot.start()))
        } else if self.submitted_at.duration_since(now) > Self::CLOCKS_DIFFER {
            Err(RequestError::SubmittedLater { at: self.submitted_at, now })
        } else {
            Ok(())
        }
    }
}

const LONGEST_LETTER_REF: usize = 200;
const LONGEST_TITLE: usize = 120;

fn is_line(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(char::is_control)
}

/// The body of `PUT /v1/bookings/{ref}`, before names are looked up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The room's identifier.
    pub room: String,
    /// When.
    pub slot: Slot,
    /// When the application came in.
    pub submitted_at: Instant,
    /// Whose event it is; `regular` if not said.
    #[serde(default)]
    pub class: Class,
    /// The requirement profile; if not said, the one that the room goes by, and `minimum` if it names none. An answer always tells which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// What it is about, for those who look; nothing is decided by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The letter's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter_ref: Option<String>,
    /// How many devices will take part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devices_expected: Option<u32>,
    /// Who owns the room; the policy says so if this does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room_owner: Option<Owner>,
    /// What only people know.
    #[serde(default)]
    pub facts: Facts,
}

/// The booking system's own name for a booking: 1 to 64 of `A`–`Z`, `a`–`z`, `0`–`9`, `.`, `-` and `_`, the first a letter or a
/// digit; fit for an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
pub struct BookingRef(String);

impl BookingRef {
    const MAX_LENGTH: usize = 64;

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BookingRef {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
        if begins_well && text.len() <= Self::MAX_LENGTH && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RequestError::Reference)
        }
    }
}

impl TryFrom<String> for BookingRef {
    type Error = RequestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BookingRef> for String {
    fn from(reference: BookingRef) -> Self {
        reference.0
    }
}

impl fmt::Display for BookingRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When a conference is held: from `start` until before `end`, at most [`Slot::LONGEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "RawSlot")]
pub struct Slot {
    start: Timestamp,
    end: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSlot {
    start: Instant,
    end: Instant,
}

impl Slot {
    /// A week: nobody holds a longer conference, and no question costs more than that.
    pub const LONGEST: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// # Errors
    /// It ends before or when it starts, or lasts longer than [`Slot::LONGEST`].
    pub fn new(start: Timestamp, end: Timestamp) -> Result<Self, RequestError> {
        let length = end.duration_since(start);
        if length <= SignedDuration::ZERO {
            Err(RequestError::EndsBeforeStart { start, end })
        } else if length > Self::LONGEST {
            Err(RequestError::TooLong { start, end })
        } else {
            Ok(Self { start, end })
        }
    }

    /// `start` lies before `end`.
    pub(super) const fn spanning(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end }
    }

    /// When it begins.
    #[must_use]
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// When it is over.
    #[must_use]
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    /// How long it lasts.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether both need the same moment. One that begins when the other ends does not.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl TryFrom<RawSlot> for Slot {
    type Error = RequestError;

    fn try_from(raw: RawSlot) -> Result<Self, Self::Error> {
        Self::new(raw.start.0, raw.end.0)
    }
}

/// A moment as it comes from outside: RFC 3339, with its offset. Without one it would be another moment in each of the
/// country's zones. In whole milliseconds, as it is kept: what it is decided on must be what it is read as again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct Instant(pub Timestamp);

impl FromStr for Instant {
    type Err = RequestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // jiff also reads what RFC 9557 adds in brackets; that is none of RFC 3339.
        let plain = text.len() <= 40 && !text.contains('[');
        plain
            .then(|| text.parse().ok())
            .flatten()
            .map(|at| Self(whole_milliseconds(at)))
            .ok_or_else(|| RequestError::Time(text.chars().take(40).collect()))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whose event it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Anybody's.
    #[default]
    Regular,
    /// The Governor's, the Vice Governor's, the Regional Secretary's, or who holds such an office (`pimpinan`).
    Leaders,
}

impl Class {
    /// As it is written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Leaders => "leaders",
        }
    }
}

/// Who owns the room and its equipment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The division that facilitates (A3).
    #[default]
    Division,
    /// Who applies (A1).
    Applicant,
}

/// What only people know. What is not said is not known; nothing is guessed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// A1: the applicant has equipment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_equipment: Option<bool>,
    /// A1: the applicant has the accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_accounts: Option<bool>,
    /// A2: the applicant has staff for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applicant_staff: Option<bool>,
    /// A3: the division has equipment to lend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_equipment: Option<bool>,
    /// A3: the division has the accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_accounts: Option<bool>,
    /// A4: the division has staff for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_staff: Option<bool>,
    /// A5: the division can serve one more at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub division_capacity: Option<bool>,
    /// Nothing else is held at that time that the server was not told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_other_vidcon: Option<bool>,
    /// The program that the policy asks for is there, wherever it is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<bool>,
}

/// What is wrong with a request. Each names the key and what would do.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RequestError {
    /// Not a reference.
    #[error(
        "a booking's reference is 1 to 64 of A–Z, a–z, 0–9, “.”, “-” and “_”, the first a letter or a digit, e.g. \
         SBW-2026-004512"
    )]
    Reference,
    /// Not a room's name.
    #[error("`room`: {0}")]
    Room(RoomIdError),
    /// No such profile.
    #[error("`profile`: {0}")]
    Profile(ProfileError),
    /// Not fit to be kept and shown.
    #[error("`letter_ref`: a letter's number is one line of at most {LONGEST_LETTER_REF} characters")]
    LetterRef,
    /// Not fit to be kept and shown.
    #[error("`title`: what an event is about is one line of at most {LONGEST_TITLE} characters")]
    Title,
    /// Not a moment.
    #[error("“{0}” is no time; write it with its offset, like 2026-11-26T09:00:00+07:00")]
    Time(String),
    /// It ends before or when it starts.
    #[error("`slot`: it ends ({end}) before it has begun ({start}); `end` lies after `start`")]
    #[allow(missing_docs)]
    EndsBeforeStart { start: Timestamp, end: Timestamp },
    /// Longer than anybody's.
    #[error("`slot`: from {start} to {end} is more than 7 days; book each day by itself")]
    #[allow(missing_docs)]
    TooLong { start: Timestamp, end: Timestamp },
    /// It has begun.
    #[error("`slot`: it began at {0}, which is past; book a time to come")]
    Past(Timestamp),
    /// Nobody can tell yet.
    #[error("`slot`: {0} is more than two years ahead; book it later")]
    TooFar(Timestamp),
    /// Submitted in the future.
    #[error(
        "`submitted_at`: {at} lies in the future, here it is {now}; send when the application came in, and check the \
         booking system's clock"
    )]
    #[allow(missing_docs)]
    SubmittedLater { at: Timestamp, now: Timestamp },
}

#[cfg(test)]
mod tests;
