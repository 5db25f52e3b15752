//! The room's next bookings as its desk told them, and what staff in the room tick before each.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use siaga_readiness::report::{Agenda, Item, MAX_BOOKINGS, NextBooking, Tick, Ticked};
use thiserror::Error;

/// In memory alone: the desk tells them on each link.
#[derive(Debug, Default)]
pub struct Bookings(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    bookings: Vec<NextBooking>,
    told_at: Option<Timestamp>,
}

/// The bookings that are not over.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KnownBookings {
    /// In the order of their beginnings.
    pub bookings: Vec<NextBooking>,
    /// When the desk told them; `None` if it has not since the program started.
    pub told_at: Option<Timestamp>,
}

impl Bookings {
    /// At `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> KnownBookings {
        let known = self.known();
        let bookings = known.bookings.iter().filter(|booking| now < booking.end).cloned().collect();
        KnownBookings { bookings, told_at: known.told_at }
    }

    /// The desk told them. What was ticked here and is still on its way to the desk stays ticked.
    pub(crate) fn are(&self, Agenda { mut bookings }: Agenda, now: Timestamp) {
        bookings.truncate(MAX_BOOKINGS);
        let mut known = self.known();
        for booking in &mut bookings {
            let before = known.bookings.iter().find(|known| known.reference == booking.reference);
            for ticked in before.into_iter().flat_map(|before| &before.checklist) {
                if booking.checklist.iter().all(|it| it.item != ticked.item) {
                    booking.checklist.push(ticked.clone());
                }
            }
        }
        *known = Known { bookings, told_at: Some(now) };
    }

    /// Somebody ticks a step at `now`. `Ok(false)`: it was ticked before, and that stands. `tell` hands the tick on to who keeps
    /// it; only then it counts.
    ///
    /// # Errors
    /// The step can't be ticked, and why.
    pub fn tick(
        &self,
        tick: Tick,
        now: Timestamp,
        tell: impl FnOnce(Tick) -> bool,
    ) -> Result<bool, NotTicked> {
        let Tick { reference, item, name } = tick;
        let name = name.trim().to_owned();
        if item == Item::Unknown {
            return Err(NotTicked::Item);
        }
        if !(1..=LONGEST_NAME).contains(&name.chars().count()) || name.contains(|c: char| c.is_control()) {
            return Err(NotTicked::Name);
        }
        let mut known = self.known();
        let booking = known.bookings.iter_mut().find(|it| it.reference == reference && now < it.end);
        let booking = booking.ok_or(NotTicked::Booking)?;
        if booking.checklist.iter().any(|ticked| ticked.item == item) {
            return Ok(false);
        }
        if !tell(Tick { reference, item, name: name.clone() }) {
            return Err(NotTicked::Untold);
        }
        booking.checklist.push(Ticked { item, name, at: Some(now) });
        Ok(true)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Characters.
const LONGEST_NAME: usize = 80;

/// Why a step can't be ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum NotTicked {
    #[error("there is no such step; GET /v1/bookings shows the bookings, docs/operations.md the steps")]
    Item,
    #[error("say who did it, in 1 to {LONGEST_NAME} characters")]
    Name,
    #[error("the room's desk has told of no such booking, or it is over")]
    Booking,
    #[error("nobody keeps it: the room has no desk, or its journal can't keep up; try again in a moment")]
    Untold,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        format!("2026-11-26T{text}:00Z").parse().unwrap()
    }

    fn booking(reference: &str, start: &str, end: &str) -> NextBooking {
        NextBooking {
            reference: reference.into(),
            title: None,
            start: time(start),
            end: time(end),
            class: "regular".into(),
            decision: "approve".into(),
            checklist: Vec::new(),
        }
    }

    fn told() -> Bookings {
        let bookings = Bookings::default();
        let agenda = vec![booking("b1", "02:00", "04:00"), booking("b2", "05:00", "06:00")];
        bookings.are(Agenda { bookings: agenda }, time("00:00"));
        bookings
    }

    fn tick(reference: &str, item: Item, name: &str) -> Tick {
        Tick { reference: reference.into(), item, name: name.into() }
    }

    #[test]
    fn bookings_are_shown_until_they_are_over() {
        let shown = |at| {
            let shown = told().at(time(at)).bookings;
            shown.into_iter().map(|it| it.reference).collect::<Vec<_>>()
        };
        assert_eq!(shown("03:59"), ["b1", "b2"]);
        assert_eq!(shown("04:00"), ["b2"]);
        assert_eq!(Bookings::default().at(time("01:00")).told_at, None);
    }

    #[test]
    fn a_step_is_ticked_once_by_somebody_and_stays_so_when_the_desk_speaks_before_it_heard() {
        let bookings = told();
        let mut kept = Vec::new();
        let mut ticked = |name| {
            let tick = tick("b1", Item::RadioReady, name);
            bookings.tick(tick, time("01:00"), |tick| {
                kept.push(tick.name);
                true
            })
        };
        assert_eq!((ticked(" Dewi "), ticked("Budi")), (Ok(true), Ok(false)));
        assert_eq!(kept, ["Dewi"]);
        bookings.are(Agenda { bookings: vec![booking("b1", "02:00", "04:00")] }, time("01:01"));
        let by_desk = Ticked { item: Item::RadioReady, name: "Dewi".into(), at: Some(time("00:59")) };
        assert_eq!(bookings.at(time("01:01")).bookings[0].checklist[0].name, "Dewi");
        let checklist = vec![by_desk.clone()];
        let heard = NextBooking { checklist, ..booking("b1", "02:00", "04:00") };
        bookings.are(Agenda { bookings: vec![heard] }, time("01:02"));
        assert_eq!(bookings.at(time("01:02")).bookings[0].checklist, [by_desk]);
    }

    #[test]
    fn what_nobody_can_keep_or_name_is_not_ticked() {
        let bookings = told();
        let ticked = |tick: Tick, kept| bookings.tick(tick, time("04:30"), |_| kept);
        assert_eq!(ticked(tick("b2", Item::Unknown, "Dewi"), true), Err(NotTicked::Item));
        assert_eq!(ticked(tick("b2", Item::RoomReady, "  "), true), Err(NotTicked::Name));
        assert_eq!(ticked(tick("b2", Item::RoomReady, &"x".repeat(81)), true), Err(NotTicked::Name));
        assert_eq!(ticked(tick("b1", Item::RoomReady, "Dewi"), true), Err(NotTicked::Booking));
        assert_eq!(ticked(tick("b2", Item::RoomReady, "Dewi"), false), Err(NotTicked::Untold));
        assert_eq!(bookings.at(time("04:30")).bookings[0].checklist, []);
    }
}
