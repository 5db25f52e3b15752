//! Other times near one that is denied.

use jiff::{SignedDuration, Timestamp, civil::Time};

use super::{hours, request};
use crate::booking::{
    agenda::Agenda,
    case::Case,
    decision::{Alternative, CriterionResult},
    request::{Booking, Class, Slot},
    times,
};

/// Up to three free times, nearest first, that don't overlap each other. Each keeps what time decides: working hours and holidays,
/// lead time and preparation of an application that comes in now, the length that is allowed, and what else is booked.
pub(super) fn alternatives(case: &Case) -> Vec<Alternative> {
    let zone = case.calendar.zone();
    let taken = case.agenda.taken(case.booking, case.policy.slot_free, zone);
    // Who applies again applies now.
    let mut again = Booking { submitted_at: case.now.max(case.booking.submitted_at), ..case.booking.clone() };
    let mut chosen: Vec<Slot> = Vec::new();
    for slot in candidates(case) {
        if chosen.len() == MOST {
            break;
        }
        let is_new = slot != case.booking.slot && chosen.iter().all(|it| !it.overlaps(&slot));
        if is_new && taken.leaves(slot, zone) {
            again.slot = slot;
            if suits(&Case { booking: &again, ..*case }) {
                chosen.push(slot);
            }
        }
    }
    chosen.into_iter().map(|slot| Alternative { slot, text: times::of_slot(slot, zone) }).collect()
}

const MOST: usize = 3;

fn suits(case: &Case) -> bool {
    let findings = [
        hours::working_hours(case),
        request::lead_time(case),
        request::preparation(case),
        request::length(case),
    ];
    findings.iter().all(|it| matches!(it.result, CriterionResult::Met | CriterionResult::NotApplicable))
}

/// At the same time of other days, and every half hour of working hours, or every hour where hours are taken as a whole. The nearest
/// day first, and on each day the nearest time. A conference that is too long is shortened to what is allowed.
fn candidates(case: &Case) -> Vec<Slot> {
    let (zone, office) = hours::place(case);
    let wanted = case.booking.slot;
    let rule = case.policy.length;
    let length = if rule.on {
        wanted.length().min(SignedDuration::from_mins(i64::from(rule.minutes)))
    } else {
        wanted.length()
    };
    let reach = Agenda::REACH - SignedDuration::from_hours(24);
    let (first, last) = (wanted.start().checked_sub(reach), wanted.start().checked_add(reach));
    let (Ok(first), Ok(last)) = (first, last) else { return Vec::new() };

    let any_time = case.policy.working_hours.leaders_exempt && case.booking.class == Class::Leaders;
    let step = if case.policy.slot_free.by_hour { 60 } else { 30 };
    let start = zone.rules().to_datetime(wanted.start());
    let mut starts: Vec<(Distance, Timestamp)> = Vec::new();
    let days = zone.date(first).series(jiff::Span::new().days(1));
    for date in days.take_while(|date| *date <= zone.date(last)) {
        let works = case.calendar.works(date);
        let windows = office.on(date.weekday());
        let in_hours = every(step).filter(|time| works && windows.iter().any(|it| it.contains(*time)));
        let same_time = (works || any_time).then_some(start.time());
        for time in in_hours.chain(same_time) {
            let at = zone.rules().to_timestamp(date.to_datetime(time));
            if let Some(at) = at.ok().filter(|at| *at > case.now) {
                let days = date.duration_since(start.date()).abs();
                starts.push((Distance { days, time: time.duration_since(start.time()).abs() }, at));
            }
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts.into_iter().filter_map(|(_, at)| Slot::new(at, at.checked_add(length).ok()?).ok()).collect()
}

/// How far another time is from the one that was asked for, as people feel it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Distance {
    days: SignedDuration,
    time: SignedDuration,
}

/// Times of a day, so many minutes apart.
fn every(minutes: i64) -> impl Iterator<Item = Time> {
    std::iter::successors(Some(Time::midnight()), move |time| {
        time.checked_add(SignedDuration::from_mins(minutes)).ok()
    })
}
