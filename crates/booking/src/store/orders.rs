//! Checks that rooms were asked for: they outlive a restart.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use siaga_readiness::room::RoomId;

use super::{Reader, Store, writer::Job};
use crate::sqlite::{StoreError, parsed, timestamp};

/// A check that a room was asked for and that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Which room.
    pub room: RoomId,
    /// Tells a room's checks apart.
    pub id: u64,
    /// What for, in a word of whoever asked.
    pub purpose: String,
    /// When it was asked for.
    pub since: Timestamp,
    /// When it is given up.
    pub until: Timestamp,
}

impl Store {
    /// Keeps an order. It is on the disk a moment later; nobody waits for that, and a kill in this moment loses it.
    pub fn keep_order(&self, order: Order) {
        self.hand_in_now(Job::Order(Box::new(order)));
    }

    /// It is over.
    pub fn drop_order(&self, room: RoomId, id: u64) {
        self.hand_in_now(Job::OrderIsOver(room, id));
    }

    fn hand_in_now(&self, job: Job) {
        let handed_in = self.0.jobs.as_ref().is_some_and(|jobs| jobs.try_send(job).is_ok());
        if !handed_in {
            tracing::warn!(
                "the store has too much to do: what rooms were asked to check may not outlive a restart"
            );
        }
    }
}

impl Reader<'_> {
    /// All that are not given up by `now`, in the order in which they were asked for.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn orders(&mut self, now: Timestamp) -> Result<Vec<Order>, StoreError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT room, id, purpose, since, until FROM orders WHERE until > ?1 ORDER BY id",
            )?;
            let rows = statement.query_map([now.as_millisecond()], |row| {
                Ok(Order {
                    room: parsed(row, 0)?,
                    id: row.get::<_, i64>(1)?.cast_unsigned(),
                    purpose: row.get(2)?,
                    since: timestamp(row.get(3)?),
                    until: timestamp(row.get(4)?),
                })
            })?;
            rows.collect()
        })
    }
}

pub(super) fn keep(connection: &Connection, order: &Order) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO orders (room, id, purpose, since, until) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            order.room.as_str(),
            order.id.cast_signed(),
            order.purpose,
            order.since.as_millisecond(),
            order.until.as_millisecond()
        ])?;
    Ok(())
}

pub(super) fn drop_one(connection: &Connection, room: &RoomId, id: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM orders WHERE room = ?1 AND id = ?2")?
        .execute(params![room.as_str(), id.cast_signed()])?;
    Ok(())
}
