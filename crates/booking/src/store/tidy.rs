//! Dropping what has grown old.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::take::{HOUR, millis};

/// How long and how much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What was found good or bad, one by one: a forecast looks back 28 days, and a week more is there for whoever asks why.
    pub verdicts: Duration,
    /// Mere measures, one by one: over nine tenths of the rows, and looked at while a fault is being sought.
    pub measures: Duration,
    /// Hours and events: a year, and the month that it is compared with.
    pub hourly: Duration,
    /// The most single samples of one room, whatever their age: 2.5 times what a room measures by default in these times. Bounds a room
    /// that reports too much.
    pub samples_per_room: u32,
    /// The most events of one room.
    pub events_per_room: u32,
    /// The largest file, bytes. When nine tenths are used, single samples go after half their time; when all is, nothing new
    /// is taken.
    pub max_bytes: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            verdicts: days(35),
            measures: days(14),
            hourly: days(400),
            samples_per_room: 50_000,
            events_per_room: 10_000,
            max_bytes: 16 << 30,
        }
    }
}

const fn days(number: u64) -> Duration {
    Duration::from_secs(number * 86_400)
}

/// What was dropped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Rooms that were looked at.
    pub rooms: usize,
    /// Rows that were dropped.
    pub rows: usize,
    /// The store's size without the space that it can reuse, bytes.
    pub used_bytes: u64,
}

/// Bounds the file.
pub(super) fn limit(connection: &Connection, retention: &Retention) -> rusqlite::Result<()> {
    let page: i64 = pragma(connection, "page_size")?;
    let pages = i64::try_from(retention.max_bytes).unwrap_or(i64::MAX) / page.max(1);
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

/// A few rooms in one transaction, so that reports don't wait for long.
pub(super) fn tidy(
    connection: &mut Connection,
    retention: &Retention,
    now: Timestamp,
) -> rusqlite::Result<Tidied> {
    let used_bytes = used(connection)?;
    let shorter = if used_bytes > retention.max_bytes / 10 * 9 { 2 } else { 1 };
    let now = now.as_millisecond();
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let due = due(&step, now)?;
    let mut rows = step.prepare_cached("DELETE FROM orders WHERE until <= ?1")?.execute([now])?;
    for room in &due {
        let before = |life: Duration| now.saturating_sub(millis(life));
        rows += step
            .prepare_cached("DELETE FROM samples WHERE room = ?1 AND at < ?2")?
            .execute(params![room, before(retention.verdicts / shorter)])?;
        rows += step
            .prepare_cached("DELETE FROM samples WHERE room = ?1 AND at < ?2 AND outcome = 0")?
            .execute(params![room, before(retention.measures / shorter)])?;
        rows += step
            .prepare_cached("DELETE FROM hours WHERE room = ?1 AND hour < ?2")?
            .execute(params![room, before(retention.hourly).div_euclid(HOUR)])?;
        rows += step
            .prepare_cached("DELETE FROM events WHERE room = ?1 AND at < ?2")?
            .execute(params![room, before(retention.hourly)])?;
        for (table, most) in [("samples", retention.samples_per_room), ("events", retention.events_per_room)]
        {
            rows += step
                .prepare_cached(&format!(
                    "DELETE FROM {table} WHERE room = ?1 AND at <=
                         (SELECT at FROM {table} WHERE room = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)"
                ))?
                .execute(params![room, most])?;
        }
        rows += forget(&step, *room, before(retention.hourly))?;
        step.prepare_cached("UPDATE rooms SET tidied = ?2 WHERE id = ?1")?.execute([*room, now])?;
    }
    step.commit()?;
    Ok(Tidied { rooms: due.len(), rows, used_bytes })
}

/// Rooms that were tidied a day ago or more, or in a future that the clock has been set back from.
fn due(step: &Transaction<'_>, now: i64) -> rusqlite::Result<Vec<i64>> {
    step.prepare_cached("SELECT id FROM rooms WHERE tidied <= ?1 OR tidied > ?2 ORDER BY tidied LIMIT ?3")?
        .query_map([now.saturating_sub(24 * HOUR), now, AT_ONCE], |row| row.get(0))?
        .collect()
}

/// 16 a minute are 23,040 a day.
const AT_ONCE: i64 = 16;

/// A room of which nothing has been heard for longer than anything is kept.
fn forget(step: &Transaction<'_>, room: i64, before: i64) -> rusqlite::Result<usize> {
    let gone = step
        .prepare_cached("DELETE FROM rooms WHERE id = ?1 AND last_seen < ?2")?
        .execute(params![room, before])?;
    if gone == 0 {
        return Ok(0);
    }
    step.prepare_cached("DELETE FROM states WHERE room = ?1")?.execute([room])?;
    step.prepare_cached("DELETE FROM journals WHERE room = ?1")?.execute([room])?;
    Ok(gone)
}

pub(super) fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let [page, all, free] =
        ["page_size", "page_count", "freelist_count"].map(|name| pragma(connection, name));
    Ok(page?.saturating_mul(all?.saturating_sub(free?)).cast_unsigned())
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
