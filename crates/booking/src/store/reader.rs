//! Answers from the file, on connections that can't change it.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use siaga_readiness::{Moment, room::RoomId};

use crate::sqlite::{Pooled, StoreError, parsed, timestamp};

/// Reads the store. What one question sees is one state of the store; two questions may see two.
#[derive(Debug)]
pub struct Reader<'a>(pub(super) Pooled<'a>);

/// A room of the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRow {
    /// Its name.
    pub room: RoomId,
    /// The site whose uplink it shares, if it said.
    pub site: Option<String>,
    /// The version of its agent, if it said.
    pub agent: Option<String>,
    /// When it first reported.
    pub first_seen: Timestamp,
    /// When it last reported.
    pub last_seen: Timestamp,
    /// What it last reported, where that was asked for.
    pub state: Option<StateRow>,
}

/// A room's last state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// When the server received it, by both of its clocks.
    pub received: Moment,
    /// As the room sent it.
    pub json: String,
}

/// Which rooms are wanted: those after `after` in the order of their names, at most `limit`, of `site` only if that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RoomPage {
    pub site: Option<String>,
    pub after: Option<RoomId>,
    pub limit: u32,
}

impl Reader<'_> {
    /// A page of rooms by name, with their states.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn rooms(&mut self, page: &RoomPage) -> Result<Vec<RoomRow>, StoreError> {
        let after = page.after.as_ref().map_or("", RoomId::as_str);
        self.ask(|connection| {
            let mut statement = connection.prepare_cached(ROOMS)?;
            let rows = statement.query_map(params![after, page.site, page.limit], room_row)?;
            rows.collect()
        })
    }

    /// Every room heard of since `since`, by name, with its site.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn heard_since(&mut self, since: Timestamp) -> Result<Vec<(RoomId, Option<String>)>, StoreError> {
        self.ask(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT name, site FROM rooms WHERE last_seen >= ?1 ORDER BY name")?;
            let rows =
                statement.query_map([since.as_millisecond()], |row| Ok((parsed(row, 0)?, row.get(1)?)))?;
            rows.collect()
        })
    }

    /// How many rooms were ever heard of, and how large the store is without the space that it can reuse, bytes.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn extent(&mut self) -> Result<(u64, u64), StoreError> {
        self.ask(|connection| {
            let rooms: i64 = connection.query_row("SELECT count(*) FROM rooms", [], |row| row.get(0))?;
            Ok((rooms.unsigned_abs(), super::tidy::used(connection)?))
        })
    }

    /// One room with its state, if the store knows it.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn room(&mut self, room: &RoomId) -> Result<Option<RoomRow>, StoreError> {
        self.ask(|connection| {
            connection.prepare_cached(ROOM)?.query_row([room.as_str()], room_row).optional()
        })
    }

    pub(super) fn ask<T>(
        &mut self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.0.ask(question)
    }
}

const ROOMS: &str = "SELECT name, site, agent, first_seen, last_seen, received, boot, since_boot, json
     FROM rooms LEFT JOIN states ON states.room = rooms.id
     WHERE name > ?1 AND (?2 IS NULL OR site = ?2) ORDER BY name LIMIT ?3";

const ROOM: &str = "SELECT name, site, agent, first_seen, last_seen, received, boot, since_boot, json
     FROM rooms LEFT JOIN states ON states.room = rooms.id WHERE name = ?1";

fn room_row(row: &Row<'_>) -> rusqlite::Result<RoomRow> {
    let state = match row.get::<_, Option<i64>>(5)? {
        Some(received) => Some(state_row(row, received)?),
        None => None,
    };
    Ok(RoomRow {
        room: parsed(row, 0)?,
        site: row.get(1)?,
        agent: row.get(2)?,
        first_seen: timestamp(row.get(3)?),
        last_seen: timestamp(row.get(4)?),
        state,
    })
}

fn state_row(row: &Row<'_>, received: i64) -> rusqlite::Result<StateRow> {
    let since_boot = Duration::from_millis(u64::try_from(row.get::<_, i64>(7)?).unwrap_or_default());
    let received = Moment { wall: timestamp(received), since_boot, boot: parsed(row, 6)? };
    Ok(StateRow { received, json: row.get(8)? })
}
