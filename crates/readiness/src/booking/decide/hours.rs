//! Working days and hours.

use jiff::civil::DateTime;

use super::finding::Finding;
use crate::{
    booking::{
        calendar::{Day, Zone},
        case::Case,
        decision::{CriterionCode, CriterionResult, Evidence},
        request::Class,
    },
    catalogue::{Text, Words},
    hours::{DailyWindow, OfficeHours},
    reasons::Code,
};

/// The whole of the slot lies in one stretch of working hours of one working day. Holidays are part of it: a leaders' event that may
/// be held at any time may be held on a holiday.
pub(super) fn working_hours(case: &Case) -> Finding {
    let rule = &case.policy.working_hours;
    let new = |result, reason| Finding::new(CriterionCode::WorkingHours, result, reason).or(rule.otherwise);
    if !rule.on {
        return Finding::not_asked(CriterionCode::WorkingHours);
    }
    if rule.leaders_exempt && case.booking.class == Class::Leaders {
        return new(CriterionResult::NotApplicable, Code::LeadersAnyTime);
    }
    let (zone, hours) = place(case);
    let local = |at| zone.rules().to_datetime(at);
    let (start, end) = (local(case.booking.slot.start()), local(case.booking.slot.end()));
    let day = case.calendar.day(start.date(), hours);

    let (result, reason, windows, holiday) = match &day {
        Day::Off => (CriterionResult::NotMet, Code::NotAWorkingDay, &[][..], None),
        Day::Holiday(name) => (CriterionResult::NotMet, Code::Holiday, &[][..], Some(*name)),
        Day::Open(windows) | Day::Unknown(windows) if !lies_within(start, end, windows) => {
            (CriterionResult::NotMet, Code::WorkingHoursLeft, windows.as_slice(), None)
        }
        Day::Open(windows) => (CriterionResult::Met, Code::WorkingHoursKept, windows.as_slice(), None),
        Day::Unknown(windows) => {
            (CriterionResult::Unknown, Code::CalendarYearMissing, windows.as_slice(), None)
        }
    };
    let shown = (!windows.is_empty()).then(|| shown(windows));
    let label = zone.label(case.booking.slot.start());
    let when = shown.as_ref().map(|hours| Text {
        id: format!("{} {label}", hours.replace(':', ".").replace('-', "–")),
        en: format!("{} {label}", hours.replace('-', "–")),
    });
    let year = (reason == Code::CalendarYearMissing).then(|| f64::from(start.year()));
    new(result, reason)
        .with(Words { value: year, when, name: holiday.map(str::to_owned), ..Words::default() })
        .seen(Evidence::Calendar {
            zone: zone.name().to_owned(),
            hours: shown,
            holiday: holiday.map(str::to_owned),
        })
}

/// Whose clock, and which hours: the procedure's own, or the office's.
pub(super) fn place<'a>(case: &Case<'a>) -> (&'a Zone, &'a OfficeHours) {
    let own = case.policy.working_hours.own.as_ref();
    match own.and_then(|own| Some((own.zone()?, &own.hours))) {
        Some(own) => own,
        None => (case.calendar.zone(), case.calendar.hours()),
    }
}

fn lies_within(start: DateTime, end: DateTime, windows: &[DailyWindow]) -> bool {
    let fits = |window: &DailyWindow| window.contains(start.time()) && end.time() <= window.to;
    start.date() == end.date() && windows.iter().any(fits)
}

fn shown(windows: &[DailyWindow]) -> String {
    windows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
