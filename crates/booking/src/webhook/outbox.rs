//! Letters that the booking system has not got yet. They are written in the turn in which what they tell of is done: neither is
//! on the disk without the other.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use siaga_readiness::{booking::request::BookingRef, catalogue::Text, reasons::Code};

use super::{Event, Letter, letter::Period};
use crate::{
    bookings::{BookingsReader, Turn},
    sqlite::StoreError,
};

/// A letter whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its number among all letters.
    pub number: i64,
    /// Which booking it is about.
    pub reference: String,
    /// What happened.
    pub event: String,
    /// When it was written.
    pub at: Timestamp,
    /// How often it was tried.
    pub tries: u32,
    /// As it is sent.
    pub body: String,
}

impl Due {
    /// The value of the header `webhook-id`: the same each time.
    #[must_use]
    pub fn id(&self) -> String {
        id(self.number)
    }
}

fn id(number: i64) -> String {
    format!("evt_{number}")
}

/// How the letters stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mailbag {
    /// They wait for their turn.
    pub waiting: u64,
    /// When the oldest of those was written.
    pub oldest: Option<Timestamp>,
    /// They were given up, within [`GIVEN_UP_KEPT`].
    pub given_up: u64,
}

/// A letter that was given up is kept for this long, hours.
pub const GIVEN_UP_KEPT: i64 = 30 * 24;

impl Turn<'_> {
    /// Writes a letter about a booking as it stands now; nothing about one that is not there.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn tell(
        &mut self,
        event: Event,
        reference: &BookingRef,
        reasons: Vec<Code>,
        message: Text,
    ) -> Result<(), StoreError> {
        let now = self.now();
        let Some(row) = self.booking(reference)? else { return Ok(()) };
        let sequence = self.ask(|connection| {
            connection
                .prepare_cached(
                    "UPDATE bookings SET letters = letters + 1 WHERE reference = ?1 RETURNING letters",
                )?
                .query_row([reference.as_str()], |row| row.get::<_, i64>(0))
        })?;
        let mut letter = Letter {
            id: String::new(),
            event,
            reference: reference.to_string(),
            sequence: sequence.cast_unsigned(),
            at: now,
            room: row.room.clone(),
            slot: Period { start: row.slot.start(), end: row.slot.end() },
            decision: row.in_force(now).map_or("cancelled", |ruling| ruling.as_str()).to_owned(),
            standing: row.standing.clone(),
            reasons,
            message,
        };
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO outbox (reference, at, event, body, next_at) VALUES (?1, ?2, ?3, '', ?2)",
                )?
                .execute(params![reference.as_str(), now.as_millisecond(), event.as_str()])?;
            let number = connection.last_insert_rowid();
            letter.id = id(number);
            let body = serde_json::to_string(&letter)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
            connection
                .prepare_cached("UPDATE outbox SET body = ?2 WHERE id = ?1")?
                .execute(params![number, body])
                .map(drop)
        })
    }

    /// The letter has arrived.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn arrived(&mut self, number: i64) -> Result<(), StoreError> {
        self.ask(|connection| {
            connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([number]).map(drop)
        })
    }

    /// It has not, and is tried again at `next`; or given up, if there is no next time.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn failed(&mut self, number: i64, fault: &str, next: Option<Timestamp>) -> Result<(), StoreError> {
        let now = self.now().as_millisecond();
        let fault: String = fault.chars().take(LONGEST_FAULT).collect();
        let next = next.map(Timestamp::as_millisecond);
        let given_up = next.is_none().then_some(now);
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "UPDATE outbox SET tries = tries + 1, fault = ?2, next_at = coalesce(?3, next_at), dead_at = ?4
                     WHERE id = ?1",
                )?
                .execute(params![number, fault, next, given_up])
                .map(drop)
        })
    }

    /// Drops what was given up long ago; and all letters where there is nobody to send them to.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn clear_letters(&mut self, has_receiver: bool) -> Result<(), StoreError> {
        let before = self.now().as_millisecond().saturating_sub(GIVEN_UP_KEPT * 3_600_000);
        self.ask(|connection| {
            connection
                .prepare_cached("DELETE FROM outbox WHERE dead_at < ?1 OR NOT ?2")?
                .execute(params![before, has_receiver])
                .map(drop)
        })
    }
}

const LONGEST_FAULT: usize = 200;

impl BookingsReader<'_> {
    /// The letter that has waited longest since its time came, of those that are the first of their booking.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn due_letter(&mut self, now: Timestamp) -> Result<Option<Due>, StoreError> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, reference, event, at, tries, body FROM outbox AS it
                     WHERE dead_at IS NULL AND next_at <= ?1 AND NOT EXISTS
                         (SELECT 1 FROM outbox AS earlier
                          WHERE earlier.reference = it.reference AND earlier.id < it.id AND earlier.dead_at IS NULL)
                     ORDER BY next_at, id LIMIT 1",
                )?
                .query_row([now.as_millisecond()], |row| {
                    Ok(Due {
                        number: row.get(0)?,
                        reference: row.get(1)?,
                        event: row.get(2)?,
                        at: crate::sqlite::timestamp(row.get(3)?),
                        tries: row.get(4)?,
                        body: row.get(5)?,
                    })
                })
                .optional()
        })
    }

    /// How the letters stand.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn mailbag(&mut self) -> Result<Mailbag, StoreError> {
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "SELECT count(*) FILTER (WHERE dead_at IS NULL), min(at) FILTER (WHERE dead_at IS NULL),
                            count(*) FILTER (WHERE dead_at IS NOT NULL) FROM outbox",
                )?
                .query_row([], |row| {
                    Ok(Mailbag {
                        waiting: row.get::<_, i64>(0)?.cast_unsigned(),
                        oldest: row.get::<_, Option<i64>>(1)?.map(crate::sqlite::timestamp),
                        given_up: row.get::<_, i64>(2)?.cast_unsigned(),
                    })
                })
        })
    }
}
