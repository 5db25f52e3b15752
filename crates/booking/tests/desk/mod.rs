//! A store in a directory of its own, and rooms that report to it.
#![allow(dead_code)] // Each test file uses its part.

pub(crate) mod typical;

use std::{path::PathBuf, time::Duration};

use jiff::Timestamp;
use siaga_booking::{
    About, Committed, Event, Frame, Outcome, Report, Retention, RoomState, Sample, Store, StoreError, Word,
};
use siaga_readiness::{Moment, moment::BootId, room::RoomId};
use tempfile::TempDir;

pub(crate) struct Desk {
    pub(crate) dir: TempDir,
    pub(crate) store: Store,
    pub(crate) set_aside: Option<PathBuf>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::with(Retention::default())
    }

    pub(crate) fn with(retention: Retention) -> Self {
        Self::open(tempfile::tempdir().unwrap(), retention).unwrap()
    }

    pub(crate) fn open(dir: TempDir, retention: Retention) -> Result<Self, StoreError> {
        let (store, set_aside) = Store::open(&dir.path().join(FILE), retention, at(0).wall)?;
        Ok(Self { dir, store, set_aside })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join(FILE)
    }

    /// Stops, lets `between` do something to the files, and starts again.
    pub(crate) fn restarted(self, between: impl FnOnce(&std::path::Path)) -> Result<Self, StoreError> {
        let Self { dir, store, .. } = self;
        drop(store);
        between(&dir.path().join(FILE));
        Self::open(dir, Retention::default())
    }

    pub(crate) async fn record(&self, report: Report) -> Result<Committed, StoreError> {
        self.store.record(report).await
    }

    /// What of a series is known of a room by the hour: good, bad, unknown, and how many values.
    pub(crate) fn counted(&self, name: &str, series: &str) -> (u32, u32, u32, u32) {
        let rows =
            self.store.read(|reader| reader.hours(&room(name), at(-DAY * 500).wall, at(DAY).wall)).unwrap();
        rows.iter().filter(|row| &*row.series == series).fold((0, 0, 0, 0), |sum, row| {
            let values = row.value.map_or(0, |value| value.count);
            (sum.0 + row.good, sum.1 + row.bad, sum.2 + row.unknown, sum.3 + values)
        })
    }

    /// How many single samples of a room are kept.
    pub(crate) fn samples(&self, name: &str) -> usize {
        self.store
            .read(|reader| reader.samples(&room(name), at(-DAY * 500).wall, at(DAY).wall, u32::MAX))
            .unwrap()
            .len()
    }
}

pub(crate) const FILE: &str = "rooms.sqlite";
pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 24 * HOUR;

/// So many seconds after the stories begin, on the hour.
pub(crate) fn at(seconds: i64) -> Moment {
    let begin: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
    Moment {
        wall: begin + jiff::SignedDuration::from_secs(seconds),
        since_boot: Duration::from_secs((1_000_000_000 + seconds).unsigned_abs()),
        boot: BootId(7),
    }
}

pub(crate) fn room(name: &str) -> RoomId {
    name.parse().unwrap()
}

pub(crate) fn word(word: &str) -> Word {
    word.parse().unwrap()
}

pub(crate) fn report(name: &str, seconds: i64) -> Report {
    Report {
        room: room(name),
        received: at(seconds),
        about: None,
        state: None,
        frames: Vec::new(),
        noticed: Vec::new(),
        journal: 1,
    }
}

pub(crate) fn about(site: &str, agent: &str) -> Option<About> {
    Some(About { site: Some(word(site)), agent: Some(word(agent)) })
}

pub(crate) fn state(json: &str, standing: &[(&str, Outcome)]) -> Option<RoomState> {
    let standing = standing.iter().map(|(series, outcome)| (word(series), *outcome)).collect();
    Some(RoomState::new(json.to_owned(), standing).unwrap())
}

pub(crate) fn frame(sequence: u64, samples: Vec<Sample>) -> Frame {
    Frame { sequence, samples, events: Vec::new() }
}

pub(crate) fn happened(sequence: u64, seconds: i64, kind: &str, detail: &str) -> Frame {
    Frame { sequence, samples: Vec::new(), events: vec![Event::new(at(seconds).wall, word(kind), detail)] }
}

pub(crate) fn sample(seconds: i64, series: &str, outcome: Outcome, value: Option<f64>) -> Sample {
    Sample { at: at(seconds).wall, series: word(series), outcome, reason: None, value, of: None }
}
