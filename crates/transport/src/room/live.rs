//! Which rooms' links stand: at most one of each room, and at most so many in all.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
};

use siaga_readiness::room::RoomId;
use tokio::sync::oneshot;

/// The links that stand.
#[derive(Debug)]
pub(crate) struct Live {
    rooms: Mutex<HashMap<RoomId, Standing>>,
    most: AtomicUsize,
    links: AtomicU64,
}

#[derive(Debug)]
struct Standing {
    link: u64,
    replace: oneshot::Sender<()>,
}

impl Live {
    pub(crate) fn new(most: usize) -> Self {
        Self { rooms: Mutex::default(), most: most.into(), links: AtomicU64::new(1) }
    }

    /// Takes so many from now on. Those that stand stay.
    pub(crate) fn limit(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// A place for a room's link; its older one, if there is one, is told to go. `None`: there are too many.
    pub(super) fn enter(self: &Arc<Self>, room: &RoomId) -> Option<Place> {
        let link = self.links.fetch_add(1, Ordering::Relaxed);
        let (replace, replaced) = oneshot::channel();
        let mut rooms = self.rooms();
        if rooms.len() >= self.most.load(Ordering::Relaxed) && !rooms.contains_key(room) {
            return None;
        }
        if let Some(older) = rooms.insert(room.clone(), Standing { link, replace }) {
            let _ = older.replace.send(());
        }
        drop(rooms);
        Some(Place { live: self.clone(), room: room.clone(), link, replaced })
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomId, Standing>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A link's place among them, until it goes out of scope.
#[derive(Debug)]
pub(super) struct Place {
    live: Arc<Live>,
    room: RoomId,
    /// Tells one link from the next.
    pub(super) link: u64,
    /// Resolves when a newer link of the room has come.
    pub(super) replaced: oneshot::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut rooms = self.live.rooms();
        if rooms.get(&self.room).is_some_and(|standing| standing.link == self.link) {
            rooms.remove(&self.room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(id: &str) -> RoomId {
        id.parse().unwrap()
    }

    #[test]
    fn a_newer_link_takes_the_older_one_s_place_and_keeps_it_when_that_goes() {
        let live = Arc::new(Live::new(1));
        let mut older = live.enter(&room("r1")).unwrap();
        assert!(older.replaced.try_recv().is_err());
        assert!(live.enter(&room("r2")).is_none(), "it is full");
        let newer = live.enter(&room("r1")).unwrap();
        assert!(older.replaced.try_recv().is_ok());
        drop(older);
        assert!(live.enter(&room("r2")).is_none(), "the newer one stands");
        live.limit(2);
        let other = live.enter(&room("r2"));
        assert!(other.is_some(), "there is a place more");
        live.limit(1);
        drop(newer);
        assert!(live.enter(&room("r3")).is_none(), "the one that stands stays");
        drop(other);
        assert!(live.enter(&room("r3")).is_some());
    }
}
