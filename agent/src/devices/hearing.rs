//! Who announces devices that come and go: told by the thread that listens, asked by the metrics.

use std::sync::{Arc, Mutex, PoisonError};

use siaga_devices::hotplug::{Plug, Source};

/// What the listener told last. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Hearing(Arc<Mutex<Option<Announcer>>>);

/// Who announces them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcer {
    /// udev.
    Udev,
    /// The kernel itself.
    Kernel,
    /// Nobody: a pulled cable shows at the next scan only.
    Nobody,
}

impl Hearing {
    /// Who announces them now; `None` where nobody listens yet.
    #[must_use]
    pub fn now(&self) -> Option<Announcer> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn on_plug(&self, plug: &Plug) {
        let announcer = match plug {
            Plug::Listening(Source::Udev) => Announcer::Udev,
            Plug::Listening(Source::Kernel) => Announcer::Kernel,
            Plug::Deaf(_) => Announcer::Nobody,
            Plug::Changed => return,
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(announcer);
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn what_was_told_last_of_who_announces_is_known() {
        let hearing = Hearing::default();
        assert_eq!(hearing.now(), None);
        hearing.on_plug(&Plug::Listening(Source::Kernel));
        assert_eq!(hearing.now(), Some(Announcer::Kernel));
        hearing.on_plug(&Plug::Listening(Source::Udev));
        hearing.on_plug(&Plug::Changed);
        assert_eq!(hearing.clone().now(), Some(Announcer::Udev));
        hearing.on_plug(&Plug::Deaf(ErrorKind::PermissionDenied.into()));
        assert_eq!(hearing.now(), Some(Announcer::Nobody));
    }
}
