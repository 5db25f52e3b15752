//! A room's past.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use siaga_readiness::room::RoomId;

use super::{
    Reader,
    take::{HOUR, outcome},
    words::by_number,
};
use crate::{
    record::Outcome,
    sqlite::{StoreError, timestamp},
};

/// One series in one hour.
#[derive(Debug, Clone, PartialEq)]
pub struct HourRow {
    /// When the hour began.
    pub hour: Timestamp,
    /// Of what.
    pub series: Arc<str>,
    /// How often it was good; for how a check stood, in how many minutes.
    pub good: u32,
    /// Bad.
    pub bad: u32,
    /// Could not be told.
    pub unknown: u32,
    /// What was measured, in the series' unit, if anything was.
    pub value: Option<Spread>,
}

/// What was measured within an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct Spread {
    pub count: u32,
    pub mean: f64,
    pub least: f64,
    pub most: f64,
}

/// One thing that was measured.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct SampleRow {
    pub at: Timestamp,
    pub series: Arc<str>,
    pub outcome: Outcome,
    pub reason: Option<Arc<str>>,
    pub value: Option<f64>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct EventRow {
    pub at: Timestamp,
    pub kind: Arc<str>,
    pub detail: String,
}

impl Reader<'_> {
    /// The hours that begin in `from..to`, in order; none for a room that is not known.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn hours(
        &mut self,
        room: &RoomId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<HourRow>, StoreError> {
        // The first that begins at `from` or after.
        let first = |at: Timestamp| at.as_millisecond().saturating_add(HOUR - 1).div_euclid(HOUR);
        self.ask(|connection| {
            let Some(room) = number(connection, room)? else { return Ok(Vec::new()) };
            let words = by_number(connection)?;
            let mut statement = connection.prepare_cached(
                "SELECT hour, series, good, bad, unknown, measured, sum, least, most FROM hours
                 WHERE room = ?1 AND hour >= ?2 AND hour < ?3 ORDER BY hour, series",
            )?;
            let rows = statement.query_map(params![room, first(from), first(to)], |row| {
                let count: u32 = row.get(5)?;
                let value = match (row.get(7)?, row.get(8)?) {
                    (Some(least), Some(most)) if count > 0 => {
                        Some(Spread { count, mean: row.get::<_, f64>(6)? / f64::from(count), least, most })
                    }
                    _ => None,
                };
                Ok(HourRow {
                    hour: timestamp(row.get::<_, i64>(0)?.saturating_mul(HOUR)),
                    series: words.get(&row.get(1)?).cloned().unwrap_or_default(),
                    good: row.get(2)?,
                    bad: row.get(3)?,
                    unknown: row.get(4)?,
                    value,
                })
            })?;
            rows.collect()
        })
    }

    /// What was measured in `from..to`, in order, at most `limit`.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn samples(
        &mut self,
        room: &RoomId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<SampleRow>, StoreError> {
        self.ask(|connection| {
            let Some(room) = number(connection, room)? else { return Ok(Vec::new()) };
            let words = by_number(connection)?;
            let word = |number: i64| words.get(&number).cloned().unwrap_or_default();
            let mut statement = connection.prepare_cached(
                "SELECT at, series, outcome, reason, value FROM samples
                 WHERE room = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, series LIMIT ?4",
            )?;
            let rows = statement.query_map(
                params![room, from.as_millisecond(), to.as_millisecond(), limit],
                |row| {
                    Ok(SampleRow {
                        at: timestamp(row.get(0)?),
                        series: word(row.get(1)?),
                        outcome: outcome(row.get(2)?),
                        reason: row.get::<_, Option<i64>>(3)?.map(word),
                        value: row.get(4)?,
                    })
                },
            )?;
            rows.collect()
        })
    }

    /// What happened in `from..to`, in order, at most `limit`.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn events(
        &mut self,
        room: &RoomId,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        self.ask(|connection| {
            let Some(room) = number(connection, room)? else { return Ok(Vec::new()) };
            let words = by_number(connection)?;
            let mut statement = connection.prepare_cached(
                "SELECT at, kind, detail FROM events WHERE room = ?1 AND at >= ?2 AND at < ?3 ORDER BY at LIMIT ?4",
            )?;
            let rows = statement.query_map(
                params![room, from.as_millisecond(), to.as_millisecond(), limit],
                |row| {
                    Ok(EventRow {
                        at: timestamp(row.get(0)?),
                        kind: words.get(&row.get(1)?).cloned().unwrap_or_default(),
                        detail: row.get(2)?,
                    })
                },
            )?;
            rows.collect()
        })
    }
}

fn number(connection: &Connection, room: &RoomId) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM rooms WHERE name = ?1")?;
    statement.query_row([room.as_str()], |row| row.get(0)).optional()
}
