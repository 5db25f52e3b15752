//! What else is held at that time.

use super::finding::Finding;
use crate::{
    booking::{
        agenda::Conflict,
        case::Case,
        decision::{CriterionCode, CriterionResult, Evidence},
        request::Class,
        rules::Otherwise,
    },
    catalogue::Words,
    reasons::Code,
};

/// An approved booking is never joined by another one, whoever comes first; of one that would have to make room a person decides.
pub(super) fn slot_free(case: &Case) -> Finding {
    let rule = case.policy.slot_free;
    let new = |result, reason| Finding::new(CriterionCode::SlotFree, result, reason);
    let mut in_the_way: Vec<_> = case.agenda.in_the_way(case.booking, rule, case.calendar.zone()).collect();
    in_the_way.sort_by(|(one, _), (other, _)| {
        one.slot.start().cmp(&other.slot.start()).then_with(|| one.reference.cmp(&other.reference))
    });
    let worst = in_the_way.iter().map(|(_, conflict)| *conflict).max();

    let told = case.booking.facts.no_other_vidcon;
    let finding = match worst {
        Some(Conflict::Stronger) => {
            let leaders = in_the_way.iter().any(|(other, conflict)| {
                *conflict == Conflict::Stronger && rule.leaders_first && other.class == Class::Leaders
            });
            let reason = if leaders { Code::SlotTakenByLeaders } else { Code::SlotTaken };
            new(CriterionResult::NotMet, reason)
        }
        _ if told == Some(false) => new(CriterionResult::NotMet, Code::OtherVidcon),
        Some(Conflict::Weaker) => new(CriterionResult::NotMet, Code::SlotClaimed).or(Otherwise::Review),
        Some(Conflict::Undecided) => new(CriterionResult::Unknown, Code::SlotUnderReview),
        None if rule.ask && told.is_none() => new(CriterionResult::Unknown, Code::OtherVidconNotSaid),
        None => new(CriterionResult::Met, Code::SlotFree),
    };
    // Those that the reason is about.
    let named: Vec<String> = in_the_way
        .iter()
        .filter(|(_, conflict)| Some(*conflict) == worst)
        .take(MOST_NAMED)
        .map(|(other, _)| other.reference.to_string())
        .collect();
    let engagements = in_the_way.into_iter().take(MOST_SHOWN).map(|(other, _)| other.clone()).collect();
    let finding = finding
        .with(Words { name: Some(named.join(", ")), ..Words::default() })
        .seen(Evidence::Agenda { engagements });
    if rule.ask || told.is_some() {
        finding.seen(Evidence::Facts { facts: [("no_other_vidcon".to_owned(), told)].into() })
    } else {
        finding
    }
}

const MOST_NAMED: usize = 5;
const MOST_SHOWN: usize = 20;
