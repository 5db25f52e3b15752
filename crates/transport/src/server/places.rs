//! Places for connections beside rooms' links that stand.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use siaga_probe::admission;

/// Connections beside those that probe: in the handshake, asking, being refused. Each may hold 0.1 MB, because one that sends
/// more than 64 kB before it is granted anything is closed; more are turned away.
const WAITING: usize = 2_048;

/// How many are taken, and how many there are.
#[derive(Debug)]
pub(super) struct Places {
    taken: AtomicUsize,
    most: AtomicUsize,
}

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self { taken: AtomicUsize::new(0), most: AtomicUsize::new(most) }
    }

    /// For all probes that may run, and for those who wait.
    pub(super) const fn beside(shares: &admission::Limits) -> usize {
        (shares.max_probes as usize).saturating_add(WAITING)
    }

    /// There are so many from now on. Who has one keeps it.
    pub(super) fn limit(&self, most: usize) {
        self.most.store(most, Ordering::Relaxed);
    }

    /// `None`: all are taken.
    pub(super) fn take(self: &Arc<Self>) -> Option<Place> {
        let most = self.most.load(Ordering::Relaxed);
        let next = |taken: usize| (taken < most).then_some(taken + 1);
        self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        Some(Place(self.clone()))
    }
}

/// One of them, until it goes out of scope.
#[derive(Debug)]
pub(super) struct Place(Arc<Places>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_as_there_are_now_and_nobody_loses_one() {
        let places = Arc::new(Places::new(1));
        let first = places.take().unwrap();
        assert!(places.take().is_none());
        places.limit(2);
        let second = places.take().unwrap();
        assert!(places.take().is_none());
        places.limit(1);
        drop(first);
        assert!(places.take().is_none(), "the second is there still");
        drop(second);
        assert!(places.take().is_some());
    }
}
