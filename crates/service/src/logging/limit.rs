//! No line more often than bearable: whoever makes a server write the same line again and again must not fill its disk.
//!
//! Lines are of one kind if the same place of the program writes them, whatever they tell of whom. Only so many of a kind are
//! written a minute; how many were left out is told once the minute is over.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tracing::{Event, Level, Metadata, Subscriber, callsite::Identifier};
use tracing_subscriber::layer::{Context, Filter};

/// Lines of one kind that are written within [`WINDOW`]: at 200 bytes each, 35 MB a day.
pub(super) const MOST: u64 = 120;

const WINDOW: Duration = Duration::from_secs(60);

/// Lets through what is not too much.
#[derive(Clone)]
pub(super) struct Limit {
    kinds: Arc<Mutex<Kinds<Identifier>>>,
    since: Instant,
}

impl Limit {
    /// One that tells what it has left out, for as long as the program runs.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub(super) fn telling() -> io::Result<Self> {
        let limit = Self { kinds: Arc::default(), since: Instant::now() };
        let (kinds, since) = (limit.kinds.clone(), limit.since);
        let tell = move || {
            loop {
                thread::sleep(WINDOW / 4);
                let over = kinds.lock().unwrap_or_else(PoisonError::into_inner).over(since.elapsed());
                for (place, left_out) in over {
                    tracing::warn!(
                        left_out,
                        place,
                        "lines like many before them were left out within a minute"
                    );
                }
            }
        };
        thread::Builder::new().name("log".to_owned()).spawn(tell)?;
        Ok(limit)
    }
}

impl<S: Subscriber> Filter<S> for Limit {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        let metadata = event.metadata();
        // Whoever asks for these wants them all.
        if *metadata.level() > Level::INFO {
            return true;
        }
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        kinds.admits(metadata.callsite(), metadata.name(), self.since.elapsed())
    }
}

/// How many lines of each kind there were. There are no more kinds than places in the program.
struct Kinds<K>(HashMap<K, Kind>);

struct Kind {
    place: &'static str,
    began: Duration,
    lines: u64,
}

impl<K> Default for Kinds<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: std::hash::Hash + Eq> Kinds<K> {
    /// Whether another line of a kind, which `place` writes, may be written at `now`.
    fn admits(&mut self, kind: K, place: &'static str, now: Duration) -> bool {
        let kind = self.0.entry(kind).or_insert(Kind { place, began: now, lines: 0 });
        // One that has left something out stays until that is told.
        if now >= kind.began + WINDOW && kind.lines <= MOST {
            (kind.began, kind.lines) = (now, 0);
        }
        kind.lines += 1;
        kind.lines <= MOST
    }

    /// What was left out of the kinds whose time is over at `now`; they begin anew.
    fn over(&mut self, now: Duration) -> Vec<(&'static str, u64)> {
        let mut over = Vec::new();
        for kind in self.0.values_mut().filter(|kind| kind.lines > MOST && now >= kind.began + WINDOW) {
            over.push((kind.place, kind.lines - MOST));
            (kind.began, kind.lines) = (now, 0);
        }
        over
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{Layer, layer::SubscriberExt};

    use super::*;

    #[test]
    fn a_place_that_writes_again_and_again_is_cut_and_what_is_asked_for_is_not() {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
        let limit = Limit { kinds: Arc::default(), since: Instant::now() };
        let subscriber = tracing_subscriber::registry().with(layer.with_filter(limit));
        tracing::subscriber::with_default(subscriber, || {
            for n in 0..1000 {
                tracing::warn!(n, "flood");
                tracing::debug!(n, "wanted");
            }
            tracing::warn!("another");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let written = |what| text.lines().filter(|line| line.contains(what)).count();
        assert_eq!((written("flood") as u64, written("wanted"), written("another")), (MOST, 1000, 1));
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_flood_of_one_kind_is_cut_and_counted_and_hides_no_other() {
        let mut kinds = Kinds::default();
        let written = (0..10_000).filter(|n| kinds.admits(1, "a.rs:1", at(n / 1000))).count();
        assert_eq!(written as u64, MOST);
        assert!(kinds.admits(2, "b.rs:2", at(9)));
        assert_eq!(kinds.over(at(59)), []);
        assert_eq!(kinds.over(at(60)), [("a.rs:1", 10_000 - MOST)]);
        assert_eq!(kinds.over(at(60)), [], "once");
        assert!(kinds.admits(1, "a.rs:1", at(61)));
    }

    #[test]
    fn what_is_written_now_and_then_is_always_written() {
        let mut kinds = Kinds::default();
        assert!((0..100_000).all(|second| kinds.admits(1, "a.rs:1", at(second))));
        assert_eq!(kinds.over(at(200_000)), []);
    }

    #[test]
    fn nothing_that_was_left_out_is_forgotten_because_more_comes() {
        let mut kinds = Kinds::default();
        assert!(!(0..=MOST).fold(true, |_, _| kinds.admits(1, "a.rs:1", at(0))));
        assert!(!kinds.admits(1, "a.rs:1", at(60)), "it is told first");
        assert_eq!(kinds.over(at(61)), [("a.rs:1", 2)]);
    }
}
