//! Keeps what staff in rooms tick.

use siaga_booking::{Bookings, NotDone};
use siaga_readiness::{report::HandedTick, room::RoomId};

use crate::desk::{Checklist, Clock, NotKept, checklist::Keeping};

/// The ticks in the file of bookings.
pub struct Sheet {
    bookings: Bookings,
    clock: Clock,
}

impl Sheet {
    /// In these bookings.
    #[must_use]
    pub const fn new(bookings: Bookings, clock: Clock) -> Self {
        Self { bookings, clock }
    }
}

impl Checklist for Sheet {
    fn keep<'a>(&'a self, room: &'a RoomId, tick: HandedTick) -> Keeping<'a> {
        Box::pin(async move {
            let room = room.clone();
            let work = move |turn: &mut siaga_booking::bookings::Turn<'_>| {
                Ok::<_, NotDone<()>>(turn.tick(&room, &tick)?)
            };
            match self.bookings.in_turn((self.clock)().wall, work).await {
                Ok(_) | Err(NotDone::Refused(())) => Ok(()),
                Err(NotDone::Store(error)) => Err(NotKept(error.to_string())),
            }
        })
    }
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").field("bookings", &self.bookings).finish_non_exhaustive()
    }
}
