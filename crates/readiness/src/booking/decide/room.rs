//! What the room reports, and what its history says.

use super::{
    finding::Finding,
    people::{may_lend, owner},
};
use crate::{
    answer::{Check, CheckCode},
    booking::{
        case::{Case, RoomEvidence},
        decision::{Condition, CriterionCode, CriterionResult, Evidence},
        forecast::{Forecast, Outlook},
        precheck::Times,
        request::Owner,
    },
    catalogue::{Text, Words},
    host::Presence as ProgramPresence,
    profile::Requirements,
    reasons::Code,
    software::ProgramId,
    state::CheckState,
};

/// A1 or A3: the cameras, the microphones and the machine of the room; what its owner lacks the division may lend.
pub(super) fn equipment(case: &Case) -> Finding {
    let rule = case.policy.equipment;
    if !rule.on {
        return Finding::not_asked(CriterionCode::Equipment);
    }
    let facts = case.booking.facts;
    let (own, key) = match owner(case) {
        Owner::Division => (facts.division_equipment, "division_equipment"),
        Owner::Applicant => (facts.applicant_equipment, "applicant_equipment"),
    };
    let measured = match usable(case) {
        _ if !asks_for_equipment(case) => Finding::not_asked(CriterionCode::Equipment),
        Ok(room) => of_checks(
            CriterionCode::Equipment,
            room,
            |check| is_equipment(case, check),
            [Code::EquipmentFit, Code::EquipmentFitWhenHeard],
        ),
        Err(reason) => unusable(case, CriterionCode::Equipment, reason),
    };
    let stated = Evidence::Facts {
        facts: [(key.to_owned(), own), ("division_equipment".to_owned(), facts.division_equipment)].into(),
    };
    let lacking = measured.result == CriterionResult::NotMet || own == Some(false);
    let finding = if lacking && may_lend(case) && facts.division_equipment == Some(true) {
        Finding {
            result: CriterionResult::Met,
            reason: Code::EquipmentLent,
            told: None,
            conditions: Vec::new(),
            ..measured
        }
        .on_condition(Code::EquipmentLent, &Words::default())
    } else if own == Some(false) && measured.result != CriterionResult::NotMet {
        Finding {
            result: CriterionResult::NotMet,
            reason: Code::EquipmentMissing,
            told: None,
            conditions: Vec::new(),
            ..measured
        }
    } else {
        measured
    };
    finding.or(rule.otherwise).seen(stated)
}

/// The program that the policy asks for, whatever the profile does.
pub(super) fn software(case: &Case) -> Finding {
    let rule = &case.policy.software;
    if !rule.on {
        return Finding::not_asked(CriterionCode::Software);
    }
    let told = case.booking.facts.software;
    let room = usable(case).ok();
    let looked = room.and_then(|room| room.programs.as_ref());
    let presence = |id: &ProgramId| {
        let fact = looked.and_then(|(programs, _)| programs.iter().find(|program| program.id == *id));
        fact.map_or(ProgramPresence::Unknown, |fact| fact.presence)
    };
    let found = rule.any_of.iter().find(|id| presence(id) == ProgramPresence::Present);
    let none = rule.any_of.iter().all(|id| presence(id) == ProgramPresence::Absent);
    let (result, reason) = match (found, none, told) {
        (Some(_), ..) => (CriterionResult::Met, Code::SoftwareFound),
        (None, true, _) => (CriterionResult::NotMet, Code::SoftwareMissing),
        (None, false, Some(true)) => (CriterionResult::Met, Code::SoftwareStated),
        (None, false, Some(false)) => (CriterionResult::NotMet, Code::SoftwareMissing),
        (None, false, None) => (CriterionResult::Unknown, Code::SoftwareUnknown),
    };
    let named: Vec<&str> = match found {
        Some(id) => vec![id.as_str()],
        None => rule.any_of.iter().map(ProgramId::as_str).collect(),
    };
    let mut finding = Finding::new(CriterionCode::Software, result, reason)
        .or(rule.otherwise)
        .with(Words { name: Some(named.join(", ")), ..Words::default() })
        .seen(Evidence::Facts { facts: [("software".to_owned(), told)].into() });
    finding.age = looked.map(|(_, age)| milliseconds(age.as_secs_f64()));
    match room {
        Some(room) => finding.seen(shown(room, |check| check.code == CheckCode::Software)),
        None => finding,
    }
}

/// The link as it is; of a room that is off, as it was, or as its history has it.
pub(super) fn network_now(case: &Case) -> Finding {
    let rule = case.policy.network_now;
    if !rule.on {
        return Finding::not_asked(CriterionCode::NetworkNow);
    }
    let room = match usable(case) {
        Ok(room) => room,
        Err(reason) => return unusable(case, CriterionCode::NetworkNow, reason).or(rule.otherwise),
    };
    let is_network = |check: &Check| {
        matches!(
            check.code,
            CheckCode::NetServer | CheckCode::NetUp | CheckCode::NetDown | CheckCode::NetSustain
        )
    };
    let online = room.presence.online;
    let fit = [Code::NetworkFit, Code::NetworkFitWhenHeard];
    let finding = of_checks(CriterionCode::NetworkNow, room, is_network, fit);
    let no_check = !room.readiness.checks.iter().any(is_network);
    let finding = if no_check && case.booking.profile.requirements.network.is_none() {
        Finding::not_asked(CriterionCode::NetworkNow)
    } else if finding.result == CriterionResult::Unknown && !online && is_good(case) {
        Finding {
            result: CriterionResult::NotApplicable,
            reason: Code::NetworkByHistory,
            told: None,
            ..finding
        }
        .on_condition(Code::RoomOffNow, &since(room))
    } else {
        finding
    };
    finding.or(rule.otherwise)
}

/// Little history is made up for by a room that can be heard, and by nothing else.
pub(super) fn network_at_hour(case: &Case) -> Finding {
    let rule = case.policy.network_at_hour;
    let new = |result, reason| Finding::new(CriterionCode::NetworkAtHour, result, reason).or(rule.otherwise);
    if !rule.on {
        return Finding::not_asked(CriterionCode::NetworkAtHour);
    }
    if case.room.is_some_and(|room| room.readiness.checks.iter().any(is_profile)) {
        return new(CriterionResult::Unknown, Code::ProfileUnknown);
    }
    let Some(forecast) = case.forecast else { return new(CriterionResult::Unknown, Code::HistoryNone) };
    let online = usable(case).is_ok_and(|room| room.presence.online);
    let words = Words {
        value: Some(f64::from(forecast.good_days)),
        required: Some(f64::from(forecast.days)),
        ..Words::default()
    };
    let little = |reason| {
        if online {
            new(CriterionResult::Met, reason).on_condition(reason, &words)
        } else {
            new(CriterionResult::Unknown, reason)
        }
    };
    let is_bad = forecast.days >= u32::from(rule.days)
        && f64::from(forecast.good_days) < rule.lower_bound * f64::from(forecast.days);
    let mut finding = match forecast.outlook {
        Outlook::Good if is_good(case) => new(CriterionResult::Met, Code::HistoryGood),
        Outlook::Good | Outlook::Little => little(Code::HistoryLittle),
        Outlook::TooLittle => little(Code::HistoryTooLittle),
        Outlook::Nothing => new(CriterionResult::Unknown, Code::HistoryNone),
        Outlook::Poor if is_bad => new(CriterionResult::NotMet, Code::HistoryBad),
        Outlook::Poor => new(CriterionResult::Unknown, Code::HistoryMixed),
    };
    let age = forecast.newest.map(|newest| case.now.duration_since(newest).as_secs_f64());
    finding.age = age.map(|age| milliseconds(age.max(0.0)));
    finding.with(words).seen(Evidence::History { forecast: forecast.clone() })
}

/// By the policy's own numbers, whatever the forecast was made with.
fn is_good(case: &Case) -> bool {
    let rule = case.policy.network_at_hour;
    let enough = |forecast: &Forecast| {
        forecast.outlook == Outlook::Good
            && forecast.days >= u32::from(rule.days)
            && forecast.lower_bound.is_some_and(|bound| bound >= rule.lower_bound)
    };
    case.forecast.is_some_and(enough)
}

/// What the room reported, if that can be rested on: about this room and this profile, not too long ago, by a machine that may still
/// report, and, of a room that is off, early enough for it to be checked before the event. If not, why.
fn usable<'a>(case: &Case<'a>) -> Result<&'a RoomEvidence, Code> {
    let is_about_it = |room: &&RoomEvidence| {
        room.readiness.room == case.booking.room.as_str()
            && room.readiness.profile == case.booking.profile.name.as_str()
    };
    let room = case.room.filter(is_about_it).ok_or(Code::RoomNeverHeard)?;
    if room.presence.online {
        return Ok(room);
    }
    if room.presence.revoked != Some(false) {
        return Err(room.presence.away());
    }
    if room.presence.age.as_secs() > u64::from(case.policy.equipment.seen_within_days) * DAY {
        return Err(Code::RoomNotSeenLately);
    }
    let (slot, calendar) = (case.booking.slot, case.calendar);
    let opening = |date| calendar.opening(date);
    let zone = calendar.zone().rules();
    let times = Times::of(case.booking.reference.as_str(), slot.start(), slot.end(), zone, opening);
    if case.now >= times.off_after { Err(Code::RoomOffTooLate) } else { Ok(room) }
}

/// What can't be rested on says nothing, and is shown all the same.
fn unusable(case: &Case, code: CriterionCode, reason: Code) -> Finding {
    let finding = Finding::new(code, CriterionResult::Unknown, reason);
    match case.room.filter(|_| reason != Code::RoomNeverHeard) {
        None => finding,
        Some(room) => Finding {
            age: Some(milliseconds(room.presence.age.as_secs_f64())),
            ..finding.with(since(room)).seen(shown(room, |_| true))
        },
    }
}

const DAY: u64 = 24 * 60 * 60;

pub(super) fn since(room: &RoomEvidence) -> Words {
    // Whole days are told, far below 2^53.
    #[allow(clippy::cast_precision_loss)]
    let days = (room.presence.age.as_secs() / DAY) as f64;
    Words { value: Some(days), ..Words::default() }
}

/// What some of a room's checks come to: failed beats unknown, and a warning is a condition.
fn of_checks(
    code: CriterionCode,
    room: &RoomEvidence,
    is_one: impl Fn(&Check) -> bool,
    [fit, fit_when_heard]: [Code; 2],
) -> Finding {
    let online = room.presence.online;
    let checks = || room.readiness.checks.iter().filter(|check| is_one(check) || is_profile(check));
    let of = |state| checks().filter(move |check| check.state == state);
    let against = |state| of(state).next().map(|check| (state, check.reason));
    let mut finding = match against(CheckState::Failed).or_else(|| against(CheckState::Unknown)) {
        Some((state, reason)) => {
            let result = match state {
                CheckState::Failed => CriterionResult::NotMet,
                _ => CriterionResult::Unknown,
            };
            let told = of(state).fold((Text::default(), Text::default()), |(text, remedy), check| {
                (text.and(check.text.clone()), remedy.and(check.remedy.clone()))
            });
            Finding { told: Some(told), ..Finding::new(code, result, reason) }
        }
        None if checks().next().is_none() => {
            Finding::new(code, CriterionResult::Unknown, Code::NotCheckedYet)
        }
        None if online => Finding::new(code, CriterionResult::Met, fit),
        None => Finding::new(code, CriterionResult::Met, fit_when_heard).with(since(room)),
    };
    let warnings = of(CheckState::Warning);
    finding.conditions =
        warnings.map(|check| Condition { code: check.reason, text: check.text.clone() }).collect();
    if !online {
        finding = finding.on_condition(Code::RoomOffNow, &since(room));
    }
    finding.age = checks().filter_map(|check| check.age_s).reduce(f64::max).map(milliseconds);
    finding.seen(shown(room, is_one))
}

/// Whether the profile asks for anything but the link, or the room for devices of its own. What the policy's own rule on programs says
/// already is not asked for again.
fn asks_for_equipment(case: &Case) -> bool {
    let Requirements { network: _, camera, microphone, power, machine, software } =
        &case.booking.profile.requirements;
    camera.is_some()
        || microphone.is_some()
        || power.is_some()
        || machine.is_some()
        || (software.is_some() && !case.policy.software.on)
        || case.room.is_some_and(|room| room.readiness.checks.iter().any(|check| is_equipment(case, check)))
}

/// It is there if the profile is not known here: whatever is asked of the room, it can't be told.
fn is_profile(check: &Check) -> bool {
    check.code == CheckCode::Profile
}

/// Not the link, nor what the policy's own rule on programs says already.
fn is_equipment(case: &Case, check: &Check) -> bool {
    match check.code {
        CheckCode::NetServer
        | CheckCode::NetUp
        | CheckCode::NetDown
        | CheckCode::NetSustain
        | CheckCode::RoomLink => false,
        CheckCode::Software if case.policy.software.on => match check.state {
            CheckState::Failed => true,
            CheckState::Unknown => case.booking.facts.software != Some(true),
            _ => false,
        },
        _ => true,
    }
}

fn shown(room: &RoomEvidence, is_one: impl Fn(&Check) -> bool) -> Evidence {
    Evidence::Room {
        online: room.presence.online,
        last_seen: room.presence.last_seen,
        checks: room.readiness.checks.iter().filter(|check| is_one(check)).cloned().collect(),
    }
}

fn milliseconds(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}
