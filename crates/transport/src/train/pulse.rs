//! How late this machine's pacers wake.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use siaga_probe::lateness::Lateness;
use tokio::time::Instant;

/// What all trains of one server tell together.
pub(crate) struct Pulse {
    epoch: Instant,
    lateness: Mutex<Lateness>,
}

impl Pulse {
    pub(crate) fn new(epoch: Instant) -> Self {
        Self { epoch, lateness: Mutex::default() }
    }

    /// A pacer has just woken that had to at `due`.
    pub(crate) fn on_wake(&self, due: Instant) {
        let now = Instant::now();
        let late_by = now.saturating_duration_since(due);
        self.with(|lateness| lateness.on_wake(now.saturating_duration_since(self.epoch), late_by));
    }

    /// Whether they are later than a train bears.
    pub(crate) fn is_late(&self) -> bool {
        self.with(|lateness| lateness.is_late(self.epoch.elapsed()))
    }

    /// The 99th percentile of the last second; all wakes so far, and those that were late.
    pub(crate) fn told(&self) -> (Duration, u64, u64) {
        self.with(|lateness| {
            let (wakes, late) = lateness.totals();
            (lateness.p99(self.epoch.elapsed()), wakes, late)
        })
    }

    fn with<T>(&self, look: impl FnOnce(&mut Lateness) -> T) -> T {
        look(&mut self.lateness.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
