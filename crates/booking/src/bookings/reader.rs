//! Answers, on connections that can't change anything.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use siaga_readiness::{
    booking::{agenda::Engagement, request::BookingRef},
    room::RoomId,
};

use super::{
    BookingRow,
    turn::{IN_FORCE, agenda, booking, sound},
};
use crate::{
    audit::{self, COLUMNS, Entry, Head},
    sqlite::{Pooled, StoreError},
};

/// Reads the bookings. What one question sees is one state of the file; two questions may see two.
#[derive(Debug)]
pub struct BookingsReader<'a> {
    connection: Pooled<'a>,
    path: &'a Path,
}

/// Which bookings are wanted: in the order of their starts, those after `after`, at most `limit`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BookingsPage {
    /// In this room.
    pub room: Option<RoomId>,
    /// That end after this.
    pub from: Option<Timestamp>,
    /// That start before this.
    pub to: Option<Timestamp>,
    /// That stand so now.
    pub decision: Option<String>,
    /// That come after this one.
    pub after: Option<(Timestamp, BookingRef)>,
    /// So many.
    pub limit: u32,
}

impl<'a> BookingsReader<'a> {
    pub(super) const fn new(connection: Pooled<'a>, path: &'a Path) -> Self {
        Self { connection, path }
    }

    /// How a booking stands.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn booking(&mut self, reference: &BookingRef) -> Result<Option<BookingRow>, StoreError> {
        self.ask(|connection| booking(connection, reference))
    }

    /// A page of bookings as they stand at `now`.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn bookings(&mut self, page: &BookingsPage, now: Timestamp) -> Result<Vec<BookingRow>, StoreError> {
        let BookingsPage { room, from, to, decision, after, limit } = page;
        let (after_start, after_reference) = match after {
            Some((start, reference)) => (start.as_millisecond(), reference.as_str()),
            None => (i64::MIN, ""),
        };
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM bookings
                 WHERE (start, reference) > (?2, ?3) AND start < ?4 AND until > ?5
                   AND (?6 IS NULL OR room = ?6) AND (?7 IS NULL OR {IN_FORCE} = ?7)
                 ORDER BY start, reference LIMIT ?8",
                BookingRow::COLUMNS
            ))?;
            let rows = statement.query_map(
                params![
                    now.as_millisecond(),
                    after_start,
                    after_reference,
                    to.map_or(i64::MAX, Timestamp::as_millisecond),
                    from.map_or(i64::MIN, Timestamp::as_millisecond),
                    room.as_ref().map(RoomId::as_str),
                    decision,
                    limit
                ],
                BookingRow::of,
            )?;
            rows.collect()
        })
    }

    /// What is approved at `now` or has to be looked at by a person, and touches the time from `from` to `to`, in all rooms.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn agenda(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        room: Option<&RoomId>,
        now: Timestamp,
    ) -> Result<Vec<Engagement>, StoreError> {
        self.ask(|connection| agenda(connection, from, to, room, now))
    }

    /// An entry of the log.
    ///
    /// # Errors
    /// The file can't be read, or the entry is gone or not as it was written.
    pub fn entry(&mut self, seq: u64) -> Result<Entry, StoreError> {
        let entry = self.ask(|connection| audit::entry(connection, seq))?;
        sound(self.path, seq, entry)
    }

    /// What the log tells of a booking, at most `limit` entries after the one with the number `after`.
    ///
    /// # Errors
    /// The file can't be read, or an entry is not as it was written.
    pub fn entries(
        &mut self,
        reference: &BookingRef,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Entry>, StoreError> {
        let entries: Vec<Entry> = self.ask(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM audit WHERE reference = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"
                ))?
                .query_map(params![reference.as_str(), after.cast_signed(), limit], Entry::of)?
                .collect()
        })?;
        entries.into_iter().map(|entry| sound(self.path, entry.seq, Some(entry))).collect()
    }

    /// How far the log reaches.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn head(&mut self) -> Result<Head, StoreError> {
        self.ask(audit::head)
    }

    /// For what other modules of this crate keep in the same file.
    pub(crate) fn ask<T>(
        &mut self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.connection.ask(question)
    }
}
