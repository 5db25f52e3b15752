//! How long it has been so.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use siaga_readiness::{booking::forecast::NetworkId, room::RoomId};

use super::Reader;
use crate::sqlite::{StoreError, timestamp};

/// The newest event of some kinds, and since when no other of these kinds has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Of which kind it is.
    pub kind: String,
    /// When the first of the run was, of which it is the newest.
    pub since: Timestamp,
}

/// A network on which a room's link was probed.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub struct NetworkRow {
    pub network: NetworkId,
    pub first: Timestamp,
    pub last: Timestamp,
    pub passed: u32,
    pub failed: u32,
    /// What arrived on average from the room, bit/s.
    pub up_bps: Option<f64>,
    /// To the room.
    pub down_bps: Option<f64>,
}

impl Reader<'_> {
    /// Of each room: what its newest event of `kinds` is, and since when; `None` where there is none.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn standing(
        &mut self,
        rooms: &[RoomId],
        kinds: &[&str],
    ) -> Result<Vec<Option<Standing>>, StoreError> {
        let kinds = serde_json::to_string(kinds).unwrap_or_default();
        self.ask(|connection| rooms.iter().map(|room| standing(connection, room, &kinds)).collect())
    }

    /// The networks on which a room's gate probes were made since `since`, the one of the newest probe first, at most `limit`.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn networks(
        &mut self,
        room: &RoomId,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<NetworkRow>, StoreError> {
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT network, min(at), max(at), sum(outcome = 1), sum(outcome = 2),
                        avg(CASE word WHEN 'gate.up' THEN value END), avg(CASE word WHEN 'gate.down' THEN value END)
                 FROM samples JOIN words ON words.id = series JOIN rooms ON rooms.id = room
                 WHERE name = ?1 AND at >= ?2 AND word IN ('gate.up', 'gate.down') AND network IS NOT NULL
                 GROUP BY network ORDER BY max(at) DESC LIMIT ?3",
            )?;
            let rows = statement.query_map(params![room.as_str(), since.as_millisecond(), limit], |row| {
                Ok(NetworkRow {
                    network: NetworkId(row.get::<_, i64>(0)?.cast_unsigned()),
                    first: timestamp(row.get(1)?),
                    last: timestamp(row.get(2)?),
                    passed: row.get(3)?,
                    failed: row.get(4)?,
                    up_bps: row.get(5)?,
                    down_bps: row.get(6)?,
                })
            })?;
            rows.collect()
        })
    }
}

fn standing(connection: &Connection, room: &RoomId, kinds: &str) -> rusqlite::Result<Option<Standing>> {
    let id: Option<i64> = connection
        .prepare_cached("SELECT id FROM rooms WHERE name = ?1")?
        .query_row([room.as_str()], |row| row.get(0))
        .optional()?;
    let mut statement = connection.prepare_cached(
        "SELECT word, at FROM events JOIN words ON words.id = kind
         WHERE room = ?1 AND word IN (SELECT value FROM json_each(?2)) ORDER BY at DESC",
    )?;
    let mut rows = statement.query(params![id, kinds])?;
    let mut standing: Option<Standing> = None;
    while let Some(row) = rows.next()? {
        let (kind, since): (String, _) = (row.get(0)?, timestamp(row.get(1)?));
        match &mut standing {
            Some(standing) if standing.kind != kind => break,
            Some(standing) => standing.since = since,
            None => standing = Some(Standing { kind, since }),
        }
    }
    Ok(standing)
}
