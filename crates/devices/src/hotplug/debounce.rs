//! One word for a burst of events. Pure: time is an argument.

use std::time::Duration;

/// A webcam that is plugged in makes a dozen events within a tenth of a second; after so long without another one it is
/// there as a whole.
const QUIET: Duration = Duration::from_millis(250);

/// A loose contact never rests; so long after its first event it is told all the same, within the two seconds in which
/// a pulled cable has to show.
const LONGEST: Duration = Duration::from_secs(1);

/// The burst that is going on, if one is.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    /// Its first and its last event.
    burst: Option<(Duration, Duration)>,
}

impl Debounce {
    pub(super) fn on_event(&mut self, now: Duration) {
        let first = self.burst.map_or(now, |(first, _)| first);
        self.burst = Some((first, now));
    }

    /// When the burst is to be told.
    pub(super) fn due(&self) -> Option<Duration> {
        self.burst.map(|(first, last)| (first + LONGEST).min(last + QUIET))
    }

    /// Whether there is one to be told now; that ends it.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        let is_over = self.due().is_some_and(|due| due <= now);
        if is_over {
            self.burst = None;
        }
        is_over
    }
}
