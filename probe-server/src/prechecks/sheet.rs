//! Keeps what staff in rooms tick.

use siaga_booking::{Bookings, NotDone, StoreError};
use siaga_readiness::{report::HandedTick, room::RoomId};

use crate::desk::{Checklist, Clock, NotKept, checklist::Keeping};

/// The ticks in the file of bookings. While that can't be opened rooms keep what was ticked, and hand it in again.
pub struct Sheet {
    bookings: Box<dyn Fn() -> Result<Bookings, StoreError> + Send + Sync>,
    clock: Clock,
}

impl Sheet {
    /// In these bookings, as far as they can be had.
    pub fn new(
        bookings: impl Fn() -> Result<Bookings, StoreError> + Send + Sync + 'static,
        clock: Clock,
    ) -> Self {
        Self { bookings: Box::new(bookings), clock }
    }
}

impl Checklist for Sheet {
    fn keep<'a>(&'a self, room: &'a RoomId, tick: HandedTick) -> Keeping<'a> {
        Box::pin(async move {
            let room = room.clone();
            let work = move |turn: &mut siaga_booking::bookings::Turn<'_>| {
                Ok::<_, NotDone<()>>(turn.tick(&room, &tick)?)
            };
            let bookings = (self.bookings)().map_err(|shut| NotKept(shut.to_string()))?;
            match bookings.in_turn((self.clock)().wall, work).await {
                Ok(_) | Err(NotDone::Refused(())) => Ok(()),
                Err(NotDone::Store(error)) => Err(NotKept(error.to_string())),
            }
        })
    }
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").finish_non_exhaustive()
    }
}
