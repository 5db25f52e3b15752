//! What is so on a server that serves, for its operator.

use std::{fmt, sync::Arc, time::Duration};

use siaga_probe::admission::Standing;

use super::admission::Admission;

/// Looks at a server. Copies look at the same one.
#[derive(Clone)]
pub struct Observer(Arc<Admission>);

/// How the senders of trains keep up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pacers {
    /// How late they woke within the last second, 99th percentile.
    pub p99: Duration,
    /// How often they woke since the start.
    pub wakes: u64,
    /// And how often later than [`siaga_probe::lateness::LATE`].
    pub late: u64,
}

impl Observer {
    pub(super) const fn of(admission: Arc<Admission>) -> Self {
        Self(admission)
    }

    /// What is granted and who waits; `None` once the server has lost its accounts and grants nothing any more.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.0.standing()
    }

    /// How late trains are sent.
    #[must_use]
    pub fn pacers(&self) -> Pacers {
        let (p99, wakes, late) = self.0.pulse().told();
        Pacers { p99, wakes, late }
    }

    /// As if a sender had woken now that had to at `due`.
    #[cfg(test)]
    pub(crate) fn on_wake(&self, due: tokio::time::Instant) {
        self.0.pulse().on_wake(due);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").finish_non_exhaustive()
    }
}
