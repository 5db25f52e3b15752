//! What a forecast rests on: a few hours of each of many days.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params, params_from_iter};
use siaga_readiness::{
    answer::CheckCode,
    booking::forecast::{DEVICES, Direction, Found, Minutes, Mode, NetworkId, Past, Reason, Verdict, Window},
    room::RoomId,
};

use super::{
    Reader,
    take::{HOUR, outcome},
};
use crate::{
    record::Outcome,
    sqlite::{StoreError, timestamp},
};

/// A room's past at the hours of a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomPast {
    /// When the room first reported.
    pub known_since: Timestamp,
    /// Day by day, as it was asked for.
    pub days: Vec<Past>,
    /// The newest probe that says on which network it was made: when, and on which.
    pub network: Option<(Timestamp, NetworkId)>,
    /// When the room last said that it is on another network than before, if that is still kept.
    pub network_changed: Option<Timestamp>,
}

impl Reader<'_> {
    /// What is kept of a room of these windows; `None` for a room that is not known.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn past(&mut self, room: &RoomId, windows: &[Window]) -> Result<Option<RoomPast>, StoreError> {
        self.ask(|connection| {
            let known = connection
                .prepare_cached("SELECT id, first_seen FROM rooms WHERE name = ?1")?
                .query_row([room.as_str()], |row| Ok((row.get::<_, i64>(0)?, timestamp(row.get(1)?))))
                .optional()?;
            let Some((room, known_since)) = known else { return Ok(None) };
            let mut verdicts = Verdicts::new(connection, room)?;
            let mut hours = Hours::new(connection, room)?;
            let days = windows
                .iter()
                .map(|window| {
                    let mut past = hours.of(*window)?;
                    past.found = verdicts.of(*window)?;
                    Ok(past)
                })
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(RoomPast {
                known_since,
                days,
                network: network(connection, room)?,
                network_changed: network_changed(connection, room)?,
            }))
        })
    }
}

/// Under which names probes are kept.
const SERIES: [(&str, Mode, Direction); 4] = [
    ("gate.up", Mode::Gate, Direction::Up),
    ("gate.down", Mode::Gate, Direction::Down),
    ("sustain.up", Mode::Sustain, Direction::Up),
    ("sustain.down", Mode::Sustain, Direction::Down),
];

struct Verdicts<'a> {
    statement: CachedStatement<'a>,
    room: i64,
    series: Vec<(i64, Mode, Direction)>,
    outage: Option<i64>,
}

impl<'a> Verdicts<'a> {
    fn new(connection: &'a Connection, room: i64) -> rusqlite::Result<Self> {
        let statement = connection.prepare_cached(
            "SELECT at, outcome, reason, value, rate, network, public FROM samples
             WHERE room = ?1 AND series = ?2 AND at >= ?3 AND at < ?4 AND outcome <> 0",
        )?;
        let mut series = Vec::new();
        for (name, mode, direction) in SERIES {
            if let Some(number) = number(connection, name)? {
                series.push((number, mode, direction));
            }
        }
        let outage = number(connection, &Reason::Outage.to_string())?;
        Ok(Self { statement, room, series, outage })
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Rates are far below 2^53.
    fn of(&mut self, window: Window) -> rusqlite::Result<Vec<Found>> {
        let Self { statement, series, .. } = self;
        let (room, outage) = (self.room, self.outage);
        let mut found = Vec::new();
        for &(number, mode, direction) in &*series {
            let from = match mode {
                Mode::Sustain => window.to - SignedDuration::from_hours(24),
                _ => window.from,
            };
            let asked = params![room, number, from.as_millisecond(), window.to.as_millisecond()];
            let rows = statement.query_map(asked, |row| {
                let reason: Option<i64> = row.get(2)?;
                let verdict = match outcome(row.get(1)?) {
                    Outcome::Good => Verdict::Pass,
                    Outcome::Bad => Verdict::Fail,
                    Outcome::Unknown | Outcome::Measure => Verdict::Inconclusive,
                };
                Ok(Found {
                    at: timestamp(row.get(0)?),
                    mode,
                    direction,
                    verdict,
                    outage: reason.is_some() && reason == outage,
                    public: row.get::<_, Option<bool>>(6)?.unwrap_or(false),
                    rate_bps: row.get::<_, Option<i64>>(4)?.and_then(|rate| u64::try_from(rate).ok()),
                    delivered_bps: row.get::<_, Option<f64>>(3)?.map(|bps| bps.max(0.0) as u64),
                    network: row.get::<_, Option<i64>>(5)?.map(|id| NetworkId(id.cast_unsigned())),
                })
            })?;
            for row in rows {
                found.push(row?);
            }
        }
        Ok(found)
    }
}

struct Hours<'a> {
    statement: CachedStatement<'a>,
    room: i64,
    /// Of [`DEVICES`], and last that it was heard; `None` for what was never kept of any room.
    series: Vec<Option<i64>>,
}

const ONLINE: &str = "ONLINE";

impl<'a> Hours<'a> {
    fn new(connection: &'a Connection, room: i64) -> rusqlite::Result<Self> {
        Ok(Self {
            statement: connection.prepare_cached(
                "SELECT series, sum(good), sum(bad), sum(unknown) FROM hours
                 WHERE room = ?1 AND hour >= ?2 AND hour < ?3 AND series IN (?4, ?5, ?6, ?7, ?8, ?9, ?10) GROUP BY series",
            )?,
            room,
            series: DEVICES
                .map(CheckCode::as_str)
                .into_iter()
                .chain([ONLINE])
                .map(|name| number(connection, name))
                .collect::<rusqlite::Result<_>>()?,
        })
    }

    /// Whole hours, with those that the window only touches.
    fn of(&mut self, window: Window) -> rusqlite::Result<Past> {
        let Self { statement, room, series } = self;
        let first = window.from.as_millisecond().div_euclid(HOUR);
        let last = window.to.as_millisecond().saturating_add(HOUR - 1).div_euclid(HOUR);
        let mut past = Past {
            window,
            found: Vec::new(),
            devices: BTreeMap::new(),
            online: 0,
            minutes: u32::try_from(last.saturating_sub(first)).unwrap_or(0).saturating_mul(60),
        };
        let asked = [*room, first, last].into_iter().map(Some).chain(series.iter().copied());
        let mut rows = statement.query(params_from_iter(asked))?;
        while let Some(row) = rows.next()? {
            let number: Option<i64> = row.get(0)?;
            let minutes = Minutes { good: row.get(1)?, bad: row.get(2)?, unknown: row.get(3)? };
            match series.iter().position(|it| *it == number).map(|place| DEVICES.get(place)) {
                Some(Some(code)) => drop(past.devices.insert(*code, minutes)),
                Some(None) => past.online = minutes.good,
                None => {}
            }
        }
        Ok(past)
    }
}

fn network(connection: &Connection, room: i64) -> rusqlite::Result<Option<(Timestamp, NetworkId)>> {
    let Some(series) = number(connection, SERIES[0].0)? else { return Ok(None) };
    let newest = connection
        .prepare_cached(
            "SELECT at, network FROM samples
             WHERE room = ?1 AND series = ?2 AND outcome <> 0 AND network IS NOT NULL ORDER BY at DESC LIMIT 1",
        )?
        .query_row([room, series], |row| Ok((timestamp(row.get(0)?), row.get::<_, i64>(1)?)))
        .optional()?;
    Ok(newest.map(|(at, id)| (at, NetworkId(id.cast_unsigned()))))
}

fn network_changed(connection: &Connection, room: i64) -> rusqlite::Result<Option<Timestamp>> {
    let Some(kind) = number(connection, "NET_CHANGED")? else { return Ok(None) };
    let last = connection
        .prepare_cached("SELECT at FROM events WHERE room = ?1 AND kind = ?2 ORDER BY at DESC LIMIT 1")?
        .query_row([room, kind], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(last.map(timestamp))
}

fn number(connection: &Connection, word: &str) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT id FROM words WHERE word = ?1")?;
    statement.query_row([word], |row| row.get(0)).optional()
}
