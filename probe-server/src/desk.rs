//! The office's desk: takes in what rooms report over their links, and knows how each room is as far as it can be heard.
//!
//! The store holds all that is known; here is only which rooms' links stand. So what a question is answered from is what outlives
//! a restart.
//!
//! * `link`: what rooms say goes into the store; `records`: a room's journal in the store's words;
//! * [`checklist`]: who keeps what staff in rooms tick;
//! * [`standing`]: since when a room has been as it is;
//! * `silence`: whether rooms that went were switched off or cut off;
//! * `outbox`: what rooms are told; [`checks`]: what they were asked to check, and how far that is;
//! * [`known`]: one room, as it is at the time of the question;
//! * `foresight`: what is to be expected of it at a later one.

pub mod checklist;
pub mod checks;
mod foresight;
pub mod known;
mod link;
mod outbox;
mod records;
mod silence;
pub mod standing;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use siaga_booking::{
    Store, StoreError,
    store::{RoomPage, RoomRow},
};
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    answer::RoomVerdict,
    moment::{BootId, Moment},
    profile::Profiles,
    report::{Agenda, MAX_BOOKINGS, NextBooking, Rules},
    room::RoomId,
};
use siaga_service::machine;
use tokio::sync::watch;

pub use checklist::{Checklist, NotKept};
pub use checks::{Check, Stage};
pub use known::Known;
pub use link::Reception;
use outbox::Outbox;
use silence::Silences;

/// The store's file name in a server's directory.
pub const FILE: &str = "rooms.sqlite";

/// What is known of rooms, and which can be heard.
pub struct Desk {
    store: Store,
    clock: Clock,
    links: Mutex<HashMap<RoomId, Link>>,
    outbox: Outbox,
    silences: Silences,
    checklist: OnceLock<Arc<dyn Checklist>>,
    profiles: RwLock<Arc<Profiles>>,
    revoked: Mutex<Revoked>,
}

/// Tells the time, by both clocks.
pub type Clock = Box<dyn Fn() -> Moment + Send + Sync>;

/// Rooms all of whose keys are revoked, as they were last read.
#[derive(Debug, Default)]
struct Revoked {
    rooms: BTreeSet<RoomId>,
    /// They can't be read now: there may be others.
    unread: bool,
}

/// A room's link that stands.
#[derive(Debug)]
struct Link {
    /// Tells it from the room's next.
    number: u64,
    journal: u64,
    /// The room has said how it is since the link stands. Until then it is what it was.
    heard: bool,
    /// What it came to when it last reported, if that is in its history.
    verdict: Option<RoomVerdict>,
    /// What its journal had to drop, in all.
    dropped: u64,
}

impl Desk {
    /// A desk over a store.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        let outbox = Outbox::of(store.clone(), clock());
        let (links, silences) = (Mutex::default(), Silences::default());
        let (checklist, profiles, revoked) = (OnceLock::new(), RwLock::default(), Mutex::default());
        Self { store, clock, links, outbox, silences, checklist, profiles, revoked }
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

    /// Has a room check itself, devices and link, as a person in it would; never into a meeting. A room that can't be heard is
    /// asked as soon as it can; what is not over `within` this time is given up. Its probe is given `purpose`'s precedence.
    ///
    /// What is asked for does not outlive the server: it is for those who plan, and plan again when it is started anew.
    pub fn order_check(&self, room: &RoomId, purpose: Purpose, within: Duration) -> Check {
        self.outbox.order(room, purpose, within, self.now())
    }

    /// The same for somebody who is told that it will be done: it outlives the server, and the room is asked again if it had not
    /// come to an end.
    pub fn promise_check(&self, room: &RoomId, purpose: Purpose, within: Duration) -> Check {
        self.outbox.promise(room, purpose, within, self.now())
    }

    /// How far a check is. `None`: there was none, or it is long over.
    #[must_use]
    pub fn check(&self, room: &RoomId, id: u64) -> Option<Check> {
        self.outbox.check(room, id, self.now())
    }

    /// Resolves, again and again, when something has become of a check. That one is given up says nobody.
    #[must_use]
    pub fn checks_changed(&self) -> watch::Receiver<()> {
        self.outbox.changed()
    }

    /// Tells a room its next bookings, in the order of their beginnings, in place of what it was told before: now, and
    /// whenever its link stands anew. Those beyond [`MAX_BOOKINGS`] are left out.
    pub fn set_agenda(&self, room: &RoomId, mut bookings: Vec<NextBooking>) {
        bookings.truncate(MAX_BOOKINGS);
        self.outbox.set_agenda(room, Agenda { bookings }, self.now());
    }

    /// Tells all rooms what to go by, in place of what they were told before: now, and whenever a link stands anew. Those who go by
    /// the same already are not told again.
    pub fn set_rules(&self, rules: Rules) {
        self.outbox.set_rules(rules, self.now());
    }

    /// These rooms can't come back by themselves, and no others: all their keys are revoked.
    pub fn set_revoked(&self, rooms: BTreeSet<RoomId>) {
        *self.revoked() = Revoked { rooms, unread: false };
    }

    /// It can't be read now which rooms are revoked: those that were stay so, and of others that are off nobody knows.
    pub fn doubt_revoked(&self) {
        self.revoked().unread = true;
    }

    /// Hands what staff in rooms tick to `checklist`; without one it is let go. Only the first one counts.
    pub fn keep_ticks_in(&self, checklist: Arc<dyn Checklist>) {
        let _ = self.checklist.set(checklist);
    }

    /// Goes by these from now on when it notes how rooms are; before, by the shipped ones.
    pub fn hold_against(&self, profiles: Arc<Profiles>) {
        *self.profiles.write().unwrap_or_else(PoisonError::into_inner) = profiles;
    }

    fn profiles(&self) -> Arc<Profiles> {
        self.profiles.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Now, by both clocks.
    #[must_use]
    pub fn now(&self) -> Moment {
        (self.clock)()
    }

    /// Whether a room can be heard.
    #[must_use]
    pub fn is_online(&self, room: &RoomId) -> bool {
        self.links().get(room).is_some_and(|link| link.heard)
    }

    /// A room was heard since the server was started.
    #[must_use]
    pub fn has_heard(&self) -> bool {
        self.silences.has_heard()
    }

    /// Most rooms fell silent at once, and are so still: the server's own line may be what is broken.
    #[must_use]
    pub fn has_outage(&self) -> bool {
        self.silences.are_an_outage(self.online(), self.now())
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
        let revoked = if online { Some(false) } else { self.is_revoked(&row.room) };
        // The time after all the rest: nothing lies in the future.
        Known::new(row, (online, revoked), dropped, self.now())
    }

    fn is_revoked(&self, room: &RoomId) -> Option<bool> {
        let revoked = self.revoked();
        let is_one = revoked.rooms.contains(room);
        (is_one || !revoked.unread).then_some(is_one)
    }

    fn revoked(&self) -> MutexGuard<'_, Revoked> {
        self.revoked.lock().unwrap_or_else(PoisonError::into_inner)
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
