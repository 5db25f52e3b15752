//! How the bookings stand altogether, for metrics and reports.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use siaga_readiness::room::RoomId;

use crate::{
    bookings::{BookingRow, BookingsReader},
    sqlite::{StoreError, parsed, timestamp},
};

/// How many, by what.
pub type Counts = BTreeMap<String, u64>;

/// How the bookings stand altogether.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// What became of meetings that were approved, by what is told of them: the gate's own precision.
    pub approved: Counts,
    /// What became of meetings that were held although they were not approved.
    pub others: Counts,
    /// Bookings that wait for a person, whose meeting is not over.
    pub waiting: u64,
    /// Those that have waited longer than [`OVERDUE_AFTER`].
    pub overdue: u64,
    /// Bookings that a person decided otherwise than the gate, by what was decided.
    pub overridden: Counts,
    /// Entries of the log.
    pub entries: u64,
}

/// Within this time a person has to have looked: the procedure's one day for the verification.
pub const OVERDUE_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// From when a review waits: from the decision, or from the end of a person's that has run out.
const WAITS_SINCE: &str = "coalesce(override_until, audit.at)";

/// A room's next meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Next {
    pub room: RoomId,
    pub start: Timestamp,
    pub profile: String,
}

impl BookingsReader<'_> {
    /// How the bookings stand altogether.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn tally(&mut self, now: Timestamp) -> Result<Tally, StoreError> {
        let overdue_before = now.checked_sub(OVERDUE_AFTER).unwrap_or(now).as_millisecond();
        self.ask(|connection| {
            let counts = |not: &str| -> rusqlite::Result<Counts> {
                connection
                    .prepare_cached(&format!(
                        "SELECT outcome, count(*) FROM bookings
                         WHERE outcome IS NOT NULL
                           AND coalesce(override_decision, decision) {not} IN ('approve', 'approve_with_conditions')
                         GROUP BY outcome"
                    ))?
                    .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
                    .collect()
            };
            let reviews = format!(
                "SELECT count(*), count(*) FILTER (WHERE {WAITS_SINCE} < ?2)
                 FROM bookings JOIN audit ON audit.seq = coalesce(override_entry, entry)
                 WHERE cancelled IS NULL AND until > ?1 AND {} = 'review'",
                crate::bookings::IN_FORCE
            );
            let (waiting, overdue) = connection
                .prepare_cached(&reviews)?
                .query_row(params![now.as_millisecond(), overdue_before], |row| {
                    Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
                })?;
            let overridden = connection
                .prepare_cached(
                    "SELECT override_decision, count(*) FROM bookings WHERE override_decision IS NOT NULL GROUP BY 1",
                )?
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
                .collect::<Result<_, _>>()?;
            let entries = connection
                .prepare_cached("SELECT coalesce(max(seq), 0) FROM audit")?
                .query_row([], |row| row.get::<_, i64>(0))?
                .cast_unsigned();
            Ok(Tally { approved: counts("")?, others: counts("NOT")?, waiting, overdue, overridden, entries })
        })
    }

    /// What waits for a person and is not over, with since when: what has waited longest comes first, at most `limit`.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn reviews(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(BookingRow, Timestamp)>, StoreError> {
        self.ask(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT {}, {WAITS_SINCE} FROM bookings JOIN audit ON audit.seq = coalesce(override_entry, entry)
                     WHERE cancelled IS NULL AND until > ?1 AND {} = 'review' ORDER BY {WAITS_SINCE}, audit.seq LIMIT ?2",
                    BookingRow::COLUMNS.split(", ").map(|column| format!("bookings.{column}")).collect::<Vec<_>>().join(", "),
                    crate::bookings::IN_FORCE
                ))?
                .query_map(params![now.as_millisecond(), limit], |row| {
                    Ok((BookingRow::of(row)?, timestamp(row.get(19)?)))
                })?
                .collect()
        })
    }

    /// Each room's next approved meeting that has not begun, within a week.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn next_meetings(&mut self, now: Timestamp) -> Result<Vec<Next>, StoreError> {
        let to = now.checked_add(SignedDuration::from_hours(7 * 24)).unwrap_or(now);
        self.ask(|connection| {
            connection
                .prepare_cached(&format!(
                    "SELECT room, min(start), coalesce(json_extract(request, '$.profile'), 'minimum') FROM bookings
                     WHERE cancelled IS NULL AND start > ?1 AND start < ?2 AND {} IN ('approve', 'approve_with_conditions')
                     GROUP BY room",
                    crate::bookings::IN_FORCE
                ))?
                .query_map(params![now.as_millisecond(), to.as_millisecond()], |row| {
                    Ok(Next { room: parsed(row, 0)?, start: timestamp(row.get(1)?), profile: row.get(2)? })
                })?
                .collect()
        })
    }
}
