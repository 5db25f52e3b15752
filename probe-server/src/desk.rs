//! The office's desk: takes in what rooms report over their links, and knows how each room is as far as it can be heard.
//!
//! The store holds all that is known; here is only which rooms' links stand. So what a question is answered from is what outlives
//! a restart.
//!
//! * `link`: what rooms say goes into the store; `records`: a room's journal in the store's words;
//! * `wishes`: what rooms are asked to do;
//! * [`known`]: one room, as it is at the time of the question;
//! * `foresight`: what is to be expected of it at a later one.

mod foresight;
pub mod known;
mod link;
mod records;
#[cfg(test)]
pub(crate) mod tests;
mod wishes;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use siaga_booking::{
    Store, StoreError,
    store::{RoomPage, RoomRow},
};
use siaga_readiness::{
    moment::{BootId, Moment},
    room::RoomId,
};
use siaga_service::machine;

pub use known::Known;
pub use link::Reception;
pub use wishes::{Wish, Wishes};

/// The store's file name in a server's directory.
pub const FILE: &str = "rooms.sqlite";

/// What is known of rooms, and which can be heard.
pub struct Desk {
    store: Store,
    clock: Clock,
    links: Mutex<HashMap<RoomId, Link>>,
    wishes: Wishes,
}

/// Tells the time, by both clocks.
pub type Clock = Box<dyn Fn() -> Moment + Send + Sync>;

/// A room's link that stands.
#[derive(Debug)]
struct Link {
    /// Tells it from the room's next.
    number: u64,
    journal: u64,
    /// The room has said how it is since the link stands. Until then it is what it was.
    heard: bool,
    /// What its journal had to drop, in all.
    dropped: u64,
}

impl Desk {
    /// A desk over a store.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock, links: Mutex::default(), wishes: Wishes::default() }
    }

    /// A room, if it was ever heard of.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn room(&self, room: &RoomId) -> Result<Option<Known>, StoreError> {
        Ok(self.store.read(|reader| reader.room(room))?.map(|row| self.known(row)))
    }

    /// Some rooms, by name.
    ///
    /// # Errors
    /// The store can't be read.
    pub fn rooms(&self, page: &RoomPage) -> Result<Vec<Known>, StoreError> {
        let rows = self.store.read(|reader| reader.rooms(page))?;
        Ok(rows.into_iter().map(|row| self.known(row)).collect())
    }

    /// Where all of it is.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What rooms are asked to do.
    #[must_use]
    pub const fn wishes(&self) -> &Wishes {
        &self.wishes
    }

    /// Now, by both clocks.
    #[must_use]
    pub fn now(&self) -> Moment {
        (self.clock)()
    }

    /// How many rooms can be heard.
    #[must_use]
    pub fn online(&self) -> usize {
        self.links().values().filter(|link| link.heard).count()
    }

    fn known(&self, row: RoomRow) -> Known {
        let links = self.links();
        let link = links.get(&row.room).filter(|link| link.heard);
        let (online, dropped) = (link.is_some(), link.map(|link| link.dropped));
        drop(links);
        // The time after all the rest: nothing lies in the future.
        Known::new(row, online, dropped, self.now())
    }

    fn links(&self) -> MutexGuard<'_, HashMap<RoomId, Link>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Now, by the clocks of this machine.
#[must_use]
pub fn now() -> Moment {
    // Where the kernel tells no boot: what an earlier boot heard counts only once the room is heard again.
    let boot = machine::boot_id().parse().unwrap_or(BootId(0));
    Moment { wall: Timestamp::now(), since_boot: machine::since_boot(), boot }
}

/// Where a server's store is.
#[must_use]
pub fn file(dir: &Path) -> PathBuf {
    dir.join(FILE)
}
