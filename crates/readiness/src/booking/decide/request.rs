//! What the request says by itself.

use super::finding::{Finding, stated};
use crate::{
    booking::{
        case::Case,
        decision::{CriterionCode, CriterionResult, Evidence},
        rules::{Counted, Otherwise},
    },
    catalogue::Words,
    reasons::Code,
};

pub(super) fn letter(case: &Case) -> Finding {
    let letter = case.booking.letter_ref.clone();
    let reasons = [Code::LetterReceived, Code::LetterMissing, Code::LetterMissing];
    stated(CriterionCode::Letter, case.policy.letter, Some(letter.is_some()), reasons)
        .with(Words { name: letter.clone(), ..Words::default() })
        .seen(said("letter_ref", letter))
}

/// Counted from when the application came in, not from now: who applied in time does not lose by a slow office.
pub(super) fn lead_time(case: &Case) -> Finding {
    let rule = case.policy.lead_time;
    if !rule.on {
        return Finding::not_asked(CriterionCode::LeadTime);
    }
    let (submitted, start) = (case.booking.submitted_at, case.booking.slot.start());
    let days = match rule.counted {
        Counted::Dates => {
            let date = |at| case.calendar.zone().date(at);
            f64::from(date(submitted).until(date(start)).map_or(0, |span| span.get_days()))
        }
        // Rounded down: just short of a day must not read as a day.
        Counted::FullDays => (start.duration_since(submitted).as_secs_f64() / DAY * 10.0).floor() / 10.0,
    };
    let required = f64::from(rule.days);
    measured(CriterionCode::LeadTime, days >= required, [Code::LeadTimeKept, Code::LeadTimeShort])
        .or(rule.otherwise)
        .with(Words { value: Some(days), required: Some(required), ..Words::default() })
        .seen(said("submitted_at", Some(submitted.to_string())))
}

const DAY: f64 = 24.0 * 60.0 * 60.0;

/// What has begun can't be prepared by any policy.
pub(super) fn preparation(case: &Case) -> Finding {
    let rule = case.policy.preparation;
    let left = case.booking.slot.start().duration_since(case.now);
    let start = said("slot.start", Some(case.booking.slot.start().to_string()));
    if !left.is_positive() {
        return Finding::new(CriterionCode::Preparation, CriterionResult::NotMet, Code::SlotPast)
            .or(Otherwise::Deny)
            .seen(start);
    }
    if !rule.on {
        return Finding::not_asked(CriterionCode::Preparation);
    }
    let (minutes, required) = ((left.as_secs_f64() / 60.0).floor(), f64::from(rule.minutes));
    let reasons = [Code::PreparationPossible, Code::PreparationShort];
    measured(CriterionCode::Preparation, minutes >= required, reasons)
        .or(rule.otherwise)
        .with(Words { value: Some(minutes), required: Some(required), ..Words::default() })
        .seen(start)
}

pub(super) fn length(case: &Case) -> Finding {
    let rule = case.policy.length;
    if !rule.on {
        return Finding::not_asked(CriterionCode::Length);
    }
    let minutes = (case.booking.slot.length().as_secs_f64() / 60.0).ceil();
    let required = f64::from(rule.minutes);
    measured(CriterionCode::Length, minutes <= required, [Code::LengthAllowed, Code::LengthTooLong])
        .or(rule.otherwise)
        .with(Words { value: Some(minutes), required: Some(required), ..Words::default() })
        .seen(said("slot", Some(format!("{} – {}", case.booking.slot.start(), case.booking.slot.end()))))
}

pub(super) fn devices(case: &Case) -> Finding {
    let rule = case.policy.devices;
    if !rule.on {
        return Finding::not_asked(CriterionCode::Devices);
    }
    let expected = case.booking.devices_expected;
    let most = u32::from(rule.most);
    let finding = match expected {
        None => Finding::new(CriterionCode::Devices, CriterionResult::Unknown, Code::DevicesNotSaid),
        Some(expected) => {
            let reasons = [Code::DevicesAllowed, Code::DevicesTooMany];
            measured(CriterionCode::Devices, expected <= most, reasons)
        }
    };
    finding
        .or(rule.otherwise)
        .with(Words { value: expected.map(f64::from), required: Some(f64::from(most)), ..Words::default() })
        .seen(said("devices_expected", expected.map(|it| it.to_string())))
}

fn measured(code: CriterionCode, met: bool, [good, bad]: [Code; 2]) -> Finding {
    if met {
        Finding::new(code, CriterionResult::Met, good)
    } else {
        Finding::new(code, CriterionResult::NotMet, bad)
    }
}

fn said(field: &str, value: Option<String>) -> Evidence {
    Evidence::Request { field: field.to_owned(), value }
}
