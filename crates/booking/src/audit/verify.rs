//! Whether the log is as it was written.

use std::path::Path;

use rusqlite::Connection;
use thiserror::Error;

use super::{COLUMNS, Entry, Hash, Head};
use crate::sqlite::{StoreError, connect_to_read};

/// A log that is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How far it reaches.
    pub head: Head,
}

/// Goes through the log of the bookings in `path`, entry by entry, and holds the bookings against it; a server may go on with it
/// meanwhile. With `wanted` also whether the log still has that entry: an end that was cut off shows in nothing else.
///
/// # Errors
/// The first thing that is not as it was written, or why it can't be read.
pub fn verify(path: &Path, wanted: Option<Head>) -> Result<Verified, Fault> {
    let failed = |error: rusqlite::Error| Fault::Unreadable(StoreError::of(path, &error));
    let mut connection = connect_to_read(path).map_err(failed)?;
    // All that is looked at is one state of the file.
    let step = connection.transaction().map_err(failed)?;
    let head = follow(&step, wanted).map_err(failed)??;
    if let Some(wanted) = wanted.filter(|wanted| wanted.seq > head.seq) {
        return Err(Wrong::Cut { wanted: wanted.seq, last: head.seq }.into());
    }
    compare(&step).map_err(failed)?.map_or(Ok(Verified { head }), |wrong| Err(wrong.into()))
}

/// One entry at a time, however long it is.
fn follow(step: &Connection, wanted: Option<Head>) -> rusqlite::Result<Result<Head, Wrong>> {
    let mut head = Head::BEGINNING;
    let mut statement = step.prepare(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(entry) = Entry::of(row) else {
            return Ok(Err(Wrong::Changed { seq: row.get::<_, i64>(0)?.cast_unsigned() }));
        };
        if let Some(wrong) = against(&entry, head, wanted) {
            return Ok(Err(wrong));
        }
        head = entry.head();
    }
    Ok(Ok(head))
}

fn against(entry: &Entry, before: Head, wanted: Option<Head>) -> Option<Wrong> {
    let seq = entry.seq;
    if seq != before.seq + 1 {
        return Some(Wrong::Missing { first: before.seq + 1, next: seq });
    }
    if !entry.is_sound() {
        return Some(Wrong::Changed { seq });
    }
    if entry.prev != before.hash {
        return Some(Wrong::NotAfter { seq });
    }
    wanted.filter(|wanted| wanted.seq == seq && wanted.hash != entry.hash).map(|wanted| Wrong::Other {
        seq,
        found: entry.hash,
        wanted: wanted.hash,
    })
}

/// What stands in force beside the log is what the log says.
fn compare(step: &Connection) -> rusqlite::Result<Option<Wrong>> {
    for (question, wrong) in COMPARED {
        let mut statement = step.prepare(question)?;
        let mut rows = statement.query([])?;
        if let Some(row) = rows.next()? {
            let reference = row.get::<_, Option<String>>(0)?.unwrap_or_default();
            return Ok(Some(Wrong::Booking { reference, what: wrong }));
        }
    }
    Ok(None)
}

const COMPARED: [(&str, &str); 5] = [
    (
        "SELECT b.reference FROM bookings b LEFT JOIN audit a ON a.seq = b.entry
         WHERE a.reference IS NOT b.reference OR json_extract(a.body, '$.decision.decision') IS NOT b.decision LIMIT 1",
        "its decision is not the one in the log",
    ),
    (
        "SELECT b.reference FROM bookings b JOIN audit a ON a.seq = b.entry
         WHERE json_extract(a.body, '$.request') IS NOT NULL
           AND (json_extract(a.body, '$.request.room') IS NOT b.room
                OR round(unixepoch(json_extract(a.body, '$.request.slot.start'), 'subsec') * 1000) IS NOT b.start
                OR round(unixepoch(json_extract(a.body, '$.request.slot.end'), 'subsec') * 1000) IS NOT b.until) LIMIT 1",
        "its room or its time is not the one in the log",
    ),
    (
        "SELECT b.reference FROM bookings b LEFT JOIN audit a ON a.seq = b.override_entry
         WHERE (b.override_decision IS NOT NULL OR b.override_entry IS NOT NULL)
           AND (a.reference IS NOT b.reference OR json_extract(a.body, '$.override.decision') IS NOT b.override_decision
                OR round(unixepoch(json_extract(a.body, '$.override.expires_at'), 'subsec') * 1000) IS NOT b.override_until) LIMIT 1",
        "its override is not the one in the log",
    ),
    (
        "SELECT b.reference FROM bookings b
         WHERE (b.cancelled IS NOT NULL) <> EXISTS
           (SELECT 1 FROM audit a WHERE a.reference = b.reference AND a.kind = 'cancelled') LIMIT 1",
        "the log says otherwise whether it was cancelled",
    ),
    (
        "SELECT a.reference FROM audit a LEFT JOIN bookings b ON b.reference = a.reference
         WHERE a.kind = 'decided' AND b.reference IS NULL LIMIT 1",
        "the log tells of it, and it is gone",
    ),
];

/// Why a log can't be trusted, or not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// It is not as it was written.
    #[error("the log is not as it was written: {0}")]
    Wrong(#[from] Wrong),
    /// It can't be read.
    #[error("the log cannot be read: {0}")]
    Unreadable(StoreError),
}

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum Wrong {
    #[error("entry {seq} was changed: its hash does not fit")]
    Changed { seq: u64 },
    #[error("after entry {} comes entry {next}: what lay between was removed", first - 1)]
    Missing { first: u64, next: u64 },
    #[error("entry {seq} does not follow the one before it: one of them was put in the place of another")]
    NotAfter { seq: u64 },
    #[error("the log ends with entry {last}, and there was an entry {wanted}: its end was cut off")]
    Cut { wanted: u64, last: u64 },
    #[error(
        "entry {seq} is another one than the head names: {found} instead of {wanted}; the log was written anew"
    )]
    Other { seq: u64, found: Hash, wanted: Hash },
    #[error("booking {reference}: {what}")]
    Booking { reference: String, what: &'static str },
}
