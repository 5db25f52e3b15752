use jiff::Timestamp;
use rusqlite::Row;
use serde::de::DeserializeOwned;
use siaga_readiness::{
    booking::{
        agenda::{Engagement, Standing},
        decision::Ruling,
        request::{BookingRef, Class, Slot},
    },
    room::RoomId,
};

use crate::sqlite::{damaged, parsed, timestamp};

/// How a booking stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookingRow {
    /// The booking system's own name for it.
    pub reference: BookingRef,
    /// 1, and one more whenever it was changed.
    pub version: u32,
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
    /// What the gate decided.
    pub ruling: Ruling,
    /// Until when that counts, if it does not for good.
    pub expires_at: Option<Timestamp>,
    /// The entry of the log with which it first came; tells which of two came first.
    pub arrived: u64,
    /// The entry of the log with its decision.
    pub entry: u64,
    /// What a person decided otherwise, whether it still counts or not.
    pub overridden: Option<OverrideRow>,
    /// What became of it.
    pub outcome: Option<OutcomeRow>,
    /// When it was cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// How far an approval was confirmed by pre-checks.
    pub standing: Option<String>,
}

/// A person's decision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct OverrideRow {
    pub ruling: Ruling,
    pub until: Timestamp,
    pub entry: u64,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct OutcomeRow {
    pub outcome: String,
    pub entry: u64,
}

impl BookingRow {
    /// What counts at `now`; `None` of a booking that is cancelled. A person's decision that has run out leaves it to be looked
    /// at: what the gate decided before may no longer be so.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> Option<Ruling> {
        match (&self.cancelled_at, &self.overridden) {
            (Some(_), _) => None,
            (None, None) => Some(self.ruling),
            (None, Some(person)) if person.until > now => Some(person.ruling),
            (None, Some(_)) => Some(Ruling::Review),
        }
    }

    /// What it is about, if that was said.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        let request: serde_json::Value = serde_json::from_str(&self.request).ok()?;
        let title = request.get("title")?.as_str()?.trim();
        (!title.is_empty()).then(|| title.to_owned())
    }

    /// The entry of the log with what counts: the gate's decision, or a person's, also one that has run out.
    #[must_use]
    pub fn counting_entry(&self) -> u64 {
        self.overridden.as_ref().map_or(self.entry, |person| person.entry)
    }

    pub(crate) const COLUMNS: &str = "reference, version, room, start, until, submitted, class, request, decision, expires, \
         arrived, entry, override_decision, override_until, override_entry, outcome, outcome_entry, cancelled, standing";

    pub(crate) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        let overridden = match row.get::<_, Option<String>>(12)? {
            Some(ruling) => Some(OverrideRow {
                ruling: read(&ruling)?,
                until: timestamp(row.get(13)?),
                entry: seq(row, 14)?,
            }),
            None => None,
        };
        let outcome = match row.get(15)? {
            Some(outcome) => Some(OutcomeRow { outcome, entry: seq(row, 16)? }),
            None => None,
        };
        Ok(Self {
            reference: parsed(row, 0)?,
            version: row.get(1)?,
            room: parsed(row, 2)?,
            slot: slot(row, 3)?,
            submitted_at: timestamp(row.get(5)?),
            class: word(row, 6)?,
            request: row.get(7)?,
            ruling: word(row, 8)?,
            expires_at: row.get::<_, Option<i64>>(9)?.map(timestamp),
            arrived: seq(row, 10)?,
            entry: seq(row, 11)?,
            overridden,
            outcome,
            cancelled_at: row.get::<_, Option<i64>>(17)?.map(timestamp),
            standing: row.get(18)?,
        })
    }
}

/// Reads `reference, room, start, until, submitted, class` and what counts of it.
pub(super) fn engagement(row: &Row<'_>) -> rusqlite::Result<Engagement> {
    let ruling: Ruling = word(row, 6)?;
    Ok(Engagement {
        reference: parsed(row, 0)?,
        room: parsed(row, 1)?,
        slot: slot(row, 2)?,
        submitted_at: timestamp(row.get(4)?),
        class: word(row, 5)?,
        standing: if ruling.is_approval() { Standing::Approved } else { Standing::UnderReview },
    })
}

/// From the column and the one after it.
fn slot(row: &Row<'_>, column: usize) -> rusqlite::Result<Slot> {
    let (start, end) = (timestamp(row.get(column)?), timestamp(row.get(column + 1)?));
    Slot::new(start, end).map_err(|error| damaged(error.to_string()))
}

fn seq(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::cast_unsigned)
}

fn word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    read(&row.get::<_, String>(column)?)
}

/// A word as JSON has it.
fn read<T: DeserializeOwned>(word: &str) -> rusqlite::Result<T> {
    serde_json::from_value(word.into()).map_err(|_| damaged(format!("“{word}” stands where it can't")))
}
