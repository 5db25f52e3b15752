//! What staff in a room have ticked before a meeting.

use jiff::Timestamp;
use rusqlite::params;
use siaga_readiness::{
    booking::request::BookingRef,
    report::{HandedTick, Item, Ticked},
    room::RoomId,
};

use crate::{
    bookings::{BookingsReader, Turn},
    sqlite::{StoreError, timestamp},
};

impl Turn<'_> {
    /// Keeps a tick: the first of each step. One of a booking that nobody knows, of another room's, or of a step that this
    /// release does not know, is let go.
    ///
    /// # Errors
    /// The file can't be read or written.
    pub fn tick(&mut self, room: &RoomId, handed: &HandedTick) -> Result<(), StoreError> {
        let HandedTick { at, tick, .. } = handed;
        let Ok(reference) = tick.reference.parse::<BookingRef>() else { return Ok(()) };
        let booking = self.booking(&reference)?.filter(|booking| booking.room == *room);
        if booking.is_none() || tick.item == Item::Unknown {
            return Ok(());
        }
        // What comes from a room is no longer than a name.
        let name: String = tick.name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
        let at = at.unwrap_or(self.now()).as_millisecond();
        self.ask(|connection| {
            connection
                .prepare_cached(
                    "INSERT INTO ticks (reference, step, name, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                )?
                .execute(params![reference.as_str(), tick.item.as_str(), name, at])
                .map(drop)
        })
    }
}

const LONGEST_NAME: usize = 80;

impl BookingsReader<'_> {
    /// What was ticked for a booking, in the order of the steps.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn ticks(&mut self, reference: &BookingRef) -> Result<Vec<Ticked>, StoreError> {
        let rows: Vec<(String, String, Timestamp)> = self.ask(|connection| {
            connection
                .prepare_cached("SELECT step, name, at FROM ticks WHERE reference = ?1")?
                .query_map([reference.as_str()], |row| {
                    Ok((row.get(0)?, row.get(1)?, timestamp(row.get(2)?)))
                })?
                .collect()
        })?;
        let ticked = |item: Item| {
            let row = rows.iter().find(|(step, ..)| step == item.as_str())?;
            Some(Ticked { item, name: row.1.clone(), at: Some(row.2) })
        };
        Ok(Item::ALL.into_iter().filter_map(ticked).collect())
    }
}
