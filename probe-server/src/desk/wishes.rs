//! Wishes that rooms check themselves now, and what came of them.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;
use siaga_readiness::{
    report::{CheckAnswer, CheckNow},
    room::RoomId,
};
use siaga_transport::room::{Handle, NotSaid};

/// The rooms that can be asked, and what was asked last.
#[derive(Debug, Default)]
pub struct Wishes {
    rooms: Mutex<HashMap<RoomId, Asked>>,
    last: AtomicU64,
}

#[derive(Debug)]
struct Asked {
    handle: Handle,
    last: Option<Wish>,
}

/// A wish, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// Tells wishes apart.
    pub id: u64,
    /// What the room answered; null as long as it has not. What it then finds is in its readiness.
    pub answer: Option<CheckAnswer>,
}

impl Wishes {
    /// Asks a room. `None`: its link does not stand.
    ///
    /// # Errors
    /// It has not yet taken what it was asked before.
    pub fn ask(&self, room: &RoomId) -> Option<Result<Wish, NotSaid>> {
        let mut rooms = self.rooms();
        let asked = rooms.get_mut(room)?;
        let wish = Wish { id: self.last.fetch_add(1, Ordering::Relaxed) + 1, answer: None };
        let said = asked.handle.check_now(CheckNow { id: wish.id });
        Some(said.map(|()| *asked.last.insert(wish)))
    }

    /// What was asked last of a room since its link stands.
    #[must_use]
    pub fn last(&self, room: &RoomId) -> Option<Wish> {
        self.rooms().get(room)?.last
    }

    /// A room can be asked from now on.
    pub(super) fn on_link(&self, room: &RoomId, handle: Handle) {
        self.rooms().insert(room.clone(), Asked { handle, last: None });
    }

    /// It can't any more, unless a newer link stands.
    pub(super) fn on_end(&self, room: &RoomId, link: u64) {
        let mut rooms = self.rooms();
        if rooms.get(room).is_some_and(|asked| asked.handle.link() == link) {
            rooms.remove(room);
        }
    }

    /// A room has answered. Only to the last wish: an older one went the same way.
    pub(super) fn on_answer(&self, room: &RoomId, id: u64, answer: CheckAnswer) {
        let mut rooms = self.rooms();
        let last = rooms.get_mut(room).and_then(|asked| asked.last.as_mut());
        if let Some(wish) = last.filter(|wish| wish.id == id) {
            wish.answer = Some(answer);
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomId, Asked>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
