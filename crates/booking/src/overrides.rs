//! Decisions of persons that have run out: the booking is to be reviewed again, which nobody does who is not told.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use siaga_readiness::{
    booking::{calendar::Zone, request::BookingRef, standing},
    reasons::Code,
};

use crate::{
    bookings::{BookingsReader, Turn},
    sqlite::{StoreError, parsed},
    webhook::Event,
};

impl BookingsReader<'_> {
    /// The bookings on which a person's decision ran out before `now`, and the event is not over, of which that was not told yet.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn ended_overrides(&mut self, now: Timestamp) -> Result<Vec<BookingRef>, StoreError> {
        self.ask(|connection| ended(connection, now, None))
    }
}

impl Turn<'_> {
    /// Notes that a person's decision has run out, and tells the booking system; times are told in `zone`. Nothing if that is not so, or
    /// was told. Answers whether it did.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn tell_override_ended(&mut self, reference: &BookingRef, zone: &Zone) -> Result<bool, StoreError> {
        let now = self.now();
        if self.ask(|connection| ended(connection, now, Some(reference)))?.is_empty() {
            return Ok(false);
        }
        let Some(row) = self.booking(reference)? else { return Ok(false) };
        let Some(person) = &row.overridden else { return Ok(false) };
        let said: Value = self.told_by(person.entry)?.unwrap_or_default();
        let actor = said["override"]["actor"].as_str().unwrap_or("?");
        self.note(ENDED, Some(reference), &json!({ "reference": reference, "of": person.entry }))?;
        let about = standing::Told { reference, room: &row.room, slot: row.slot, zone };
        let message = about.override_ended(actor);
        self.tell(Event::OverrideEnded, reference, vec![Code::BookingOverrideEnded], message)?;
        Ok(true)
    }
}

const ENDED: &str = "override_ended";

fn ended(
    connection: &Connection,
    now: Timestamp,
    of: Option<&BookingRef>,
) -> rusqlite::Result<Vec<BookingRef>> {
    let mut statement = connection.prepare_cached(
        "SELECT reference FROM bookings
         WHERE override_until <= ?1 AND until > ?1 AND cancelled IS NULL AND (?2 IS NULL OR reference = ?2)
           AND NOT EXISTS (SELECT 1 FROM audit
                           WHERE audit.reference = bookings.reference AND seq > override_entry AND kind = ?3)",
    )?;
    let rows = statement
        .query_map(params![now.as_millisecond(), of.map(BookingRef::as_str), ENDED], |row| parsed(row, 0))?;
    rows.collect()
}
