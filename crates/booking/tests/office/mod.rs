//! Bookings in a file of their own, and a gate that looks at nothing but the agenda.
#![allow(dead_code)] // Each test file uses its part.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use siaga_booking::{
    Bookings, NotDone, StoreError,
    audit::Head,
    bookings::{Decided, Turn},
};
use siaga_readiness::booking::{Class, Ruling, Slot, Standing, request::BookingRef};
use tempfile::TempDir;

pub(crate) struct Office {
    pub(crate) dir: TempDir,
    pub(crate) bookings: Bookings,
}

pub(crate) const FILE: &str = "bookings.sqlite";

impl Office {
    pub(crate) fn new() -> Self {
        Self::open(tempfile::tempdir().unwrap()).unwrap()
    }

    pub(crate) fn open(dir: TempDir) -> Result<Self, StoreError> {
        let bookings = Bookings::open(&dir.path().join(FILE))?;
        Ok(Self { dir, bookings })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join(FILE)
    }

    /// Stops, lets `between` do something to the file, and starts again.
    pub(crate) fn restarted(self, between: impl FnOnce(&Path)) -> Result<Self, StoreError> {
        let Self { dir, bookings } = self;
        drop(bookings);
        between(&dir.path().join(FILE));
        Self::open(dir)
    }

    pub(crate) async fn book(&self, name: &str, room: &str, hour: i64) -> (Ruling, Head) {
        book(&self.bookings, name, room, hour).await.unwrap()
    }

    pub(crate) fn head(&self) -> Head {
        self.bookings.read(|reader| reader.head()).unwrap()
    }
}

/// Approves what has its slot for itself, and denies the rest.
pub(crate) async fn book(
    bookings: &Bookings,
    name: &str,
    room: &str,
    hour: i64,
) -> Result<(Ruling, Head), NotDone<()>> {
    let (reference, slot) = (reference(name), slot(hour));
    let room = room.parse().unwrap();
    let decide = move |turn: &mut Turn<'_>| {
        let taken = turn.agenda(slot.start(), slot.end(), None)?.into_iter().any(|other| {
            other.reference != reference && other.room == room && other.standing == Standing::Approved
        });
        let ruling = if taken { Ruling::Deny } else { Ruling::Approve };
        let request = format!("{{\"hour\":{hour}}}");
        let decided = Decided {
            reference,
            room: room.clone(),
            slot,
            submitted_at: at(-10),
            class: Class::Regular,
            request,
            ruling,
            expires_at: Some(slot.end()),
        };
        let asked = json!({ "room": room, "slot": slot });
        let body =
            json!({ "request": asked, "decision": { "decision": ruling, "message": "x".repeat(2000) } });
        turn.decide("decided", &decided, &body)?;
        Ok(ruling)
    };
    bookings.in_turn(at(0), decide).await
}

pub(crate) fn reference(name: &str) -> BookingRef {
    name.parse().unwrap()
}

/// So many hours after the stories begin.
pub(crate) fn at(hours: i64) -> Timestamp {
    "2026-11-22T01:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
}

/// From that hour, for one.
pub(crate) fn slot(hour: i64) -> Slot {
    Slot::new(at(hour), at(hour + 1)).unwrap()
}
