//! What can be done in a turn.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Savepoint, params};
use serde::{Serialize, de::DeserializeOwned};
use siaga_readiness::{
    booking::{
        agenda::Engagement,
        decision::Ruling,
        request::{BookingRef, Class, Slot},
    },
    room::RoomId,
};

use super::{BookingRow, row::engagement};
use crate::{
    audit::{self, Entry, Head},
    sqlite::StoreError,
};

/// The file between those who came before and those who come after.
#[derive(Debug)]
pub struct Turn<'a> {
    path: &'a Path,
    point: &'a Savepoint<'a>,
    head: &'a mut Head,
    now: Timestamp,
}

/// A decision about a booking, and what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The booking system's own name for it.
    pub reference: BookingRef,
    /// Where.
    pub room: RoomId,
    /// When.
    pub slot: Slot,
    /// When it was applied for.
    pub submitted_at: Timestamp,
    /// Whose event it is.
    pub class: Class,
    /// What was asked for: canonical JSON.
    pub request: String,
    /// What was decided.
    pub ruling: Ruling,
    /// Until when that counts, if not for good.
    pub expires_at: Option<Timestamp>,
}

/// A person's decision about a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overridden {
    /// What was decided.
    pub ruling: Ruling,
    /// Until when it counts.
    pub until: Timestamp,
}

impl<'a> Turn<'a> {
    pub(super) const fn new(
        path: &'a Path,
        point: &'a Savepoint<'a>,
        head: &'a mut Head,
        now: Timestamp,
    ) -> Self {
        Self { path, point, head, now }
    }

    /// The time of whoever has the turn.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// How far the log reaches.
    #[must_use]
    pub const fn head(&self) -> Head {
        *self.head
    }

    /// How a booking stands.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn booking(&self, reference: &BookingRef) -> Result<Option<BookingRow>, StoreError> {
        self.ask(|connection| booking(connection, reference))
    }

    /// An entry of the log.
    ///
    /// # Errors
    /// The file can't be read, or the entry is gone or not as it was written.
    pub fn entry(&self, seq: u64) -> Result<Entry, StoreError> {
        sound(self.path, seq, self.ask(|connection| audit::entry(connection, seq))?)
    }

    /// What an entry of the log tells. One that was changed, or that another release wrote in a way of its own, must not keep what has
    /// to follow from happening: of that it is told why it can't be read.
    pub(crate) fn told_by<T: DeserializeOwned>(&self, seq: u64) -> Result<Result<T, String>, StoreError> {
        match self.entry(seq) {
            Ok(entry) => Ok(serde_json::from_str(&entry.body).map_err(|error| error.to_string())),
            Err(changed @ StoreError::Damaged { .. }) => Ok(Err(changed.to_string())),
            Err(error) => Err(error),
        }
    }

    /// What is approved or has to be looked at by a person, and touches the time from `from` to `to`, in one room or in all.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn agenda(
        &self,
        from: Timestamp,
        to: Timestamp,
        room: Option<&RoomId>,
    ) -> Result<Vec<Engagement>, StoreError> {
        let now = self.now;
        self.ask(|connection| agenda(connection, from, to, room, now))
    }

    /// Adds an entry to the log.
    ///
    /// # Errors
    /// The file can't be written, or `body` is no JSON.
    pub fn note(
        &mut self,
        kind: &str,
        reference: Option<&BookingRef>,
        body: &impl Serialize,
    ) -> Result<Entry, StoreError> {
        let body = audit::canonical(body).map_err(|error| self.unwritable(&error))?;
        let (head, now) = (*self.head, self.now);
        let entry = self.ask(|connection| {
            audit::append(connection, head, now, kind, reference.map(BookingRef::as_str), body)
        })?;
        *self.head = entry.head();
        Ok(entry)
    }

    /// Notes a decision and lets the booking stand by it from now on. What a person had decided about it counts no longer.
    /// `body` is what the log tells; its `decision` has to be the decision as it is answered.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn decide(
        &mut self,
        kind: &str,
        decided: &Decided,
        body: &impl Serialize,
    ) -> Result<Entry, StoreError> {
        let entry = self.note(kind, Some(&decided.reference), body)?;
        let Decided { reference, room, slot, submitted_at, class, request, ruling, expires_at } = decided;
        self.ask(|connection| {
            connection.prepare_cached(DECIDE)?.execute(params![
                reference.as_str(),
                room.as_str(),
                slot.start().as_millisecond(),
                slot.end().as_millisecond(),
                submitted_at.as_millisecond(),
                class.as_str(),
                request,
                ruling.as_str(),
                expires_at.map(Timestamp::as_millisecond),
                entry.seq.cast_signed(),
            ])
        })?;
        Ok(entry)
    }

    /// Notes what a person decided about a booking, in `override` of the body, and lets it stand by that.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn overrule(
        &mut self,
        reference: &BookingRef,
        overridden: &Overridden,
        body: &impl Serialize,
    ) -> Result<Entry, StoreError> {
        let entry = self.note("overridden", Some(reference), body)?;
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "UPDATE bookings SET override_decision = ?2, override_until = ?3, override_entry = ?4, standing = NULL
                     WHERE reference = ?1",
                )?
                .execute(params![
                    reference.as_str(),
                    overridden.ruling.as_str(),
                    overridden.until.as_millisecond(),
                    entry.seq.cast_signed()
                ])
        })?;
        Ok(entry)
    }

    /// Notes that a booking is cancelled; its slot is free.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn cancel(&mut self, reference: &BookingRef, body: &impl Serialize) -> Result<Entry, StoreError> {
        let entry = self.note("cancelled", Some(reference), body)?;
        let now = self.now.as_millisecond();
        self.ask(|connection| {
            connection
                .prepare_cached("UPDATE bookings SET cancelled = ?2 WHERE reference = ?1")?
                .execute(params![reference.as_str(), now])
        })?;
        Ok(entry)
    }

    /// Notes what became of an event.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn conclude(
        &mut self,
        reference: &BookingRef,
        outcome: &str,
        body: &impl Serialize,
    ) -> Result<Entry, StoreError> {
        let entry = self.note("outcome", Some(reference), body)?;
        self.ask(|connection| {
            connection
                .prepare_cached("UPDATE bookings SET outcome = ?2, outcome_entry = ?3 WHERE reference = ?1")?
                .execute(params![reference.as_str(), outcome, entry.seq.cast_signed()])
        })?;
        Ok(entry)
    }

    /// For what other modules of this crate keep in the same file.
    pub(crate) fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        question(self.point).map_err(|error| StoreError::of(self.path, &error))
    }

    pub(crate) fn unwritable(&self, error: &serde_json::Error) -> StoreError {
        StoreError::System {
            path: self.path.to_owned(),
            cause: format!("not to be written as JSON: {error}"),
        }
    }
}

const DECIDE: &str = "INSERT INTO bookings
     (reference, version, room, start, until, submitted, class, request, decision, expires, arrived, entry)
     VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
     ON CONFLICT (reference) DO UPDATE SET
         version = version + (request <> ?7),
         room = ?2, start = ?3, until = ?4, submitted = ?5, class = ?6, request = ?7, decision = ?8, expires = ?9, entry = ?10,
         override_decision = NULL, override_until = NULL, override_entry = NULL,
         standing = NULL";

/// What is in the log under a number, as it was written.
pub(super) fn sound(path: &Path, seq: u64, entry: Option<Entry>) -> Result<Entry, StoreError> {
    entry.filter(Entry::is_sound).ok_or_else(|| StoreError::changed(path, seq))
}

pub(super) fn booking(
    connection: &Connection,
    reference: &BookingRef,
) -> rusqlite::Result<Option<BookingRow>> {
    connection
        .prepare_cached(&format!("SELECT {} FROM bookings WHERE reference = ?1", BookingRow::COLUMNS))?
        .query_row([reference.as_str()], BookingRow::of)
        .optional()
}

/// [`BookingRow::in_force`] at the time `?1`.
pub(crate) const IN_FORCE: &str = "CASE
     WHEN cancelled IS NOT NULL THEN 'cancelled'
     WHEN override_decision IS NULL THEN decision
     WHEN override_until > ?1 THEN override_decision
     ELSE 'review' END";

pub(super) fn agenda(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
    room: Option<&RoomId>,
    now: Timestamp,
) -> rusqlite::Result<Vec<Engagement>> {
    // Two statements, for each has an index of its own.
    let in_room = if room.is_some() { "room = ?5 AND" } else { "?5 IS NULL AND" };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT reference, room, start, until, submitted, class, {IN_FORCE} AS counts FROM bookings
         WHERE {in_room} start < ?3 AND start > ?4 AND until > ?2 AND counts IN ('approve', 'approve_with_conditions', 'review')
         ORDER BY start, reference"
    ))?;
    let [now, from, to] = [now, from, to].map(Timestamp::as_millisecond);
    let since = from.saturating_sub(LONGEST_MS);
    let rows = statement.query_map(params![now, from, to, since, room.map(RoomId::as_str)], engagement)?;
    rows.collect()
}

/// So that only a part of the index is looked at.
#[allow(clippy::cast_possible_truncation)] // A week.
pub(crate) const LONGEST_MS: i64 = Slot::LONGEST.as_millis() as i64;
