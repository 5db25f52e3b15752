//! A decision in a few sentences, fit to be pasted into a letter or a chat.

use super::{finding::Finding, room::since};
use crate::{
    booking::{
        case::Case,
        decision::{Alternative, Condition, CriterionResult, Ruling},
        rules::{OnUnknown, Otherwise},
        times,
    },
    catalogue::{self, Text, Words},
    reasons::Code,
};

pub(super) fn message(
    case: &Case,
    decision: Ruling,
    findings: &[Finding],
    conditions: &[Condition],
    alternatives: &[Alternative],
) -> Text {
    let opening = match decision {
        Ruling::Approve => Code::BookingApproved,
        Ruling::ApproveWithConditions => Code::BookingApprovedConditionally,
        Ruling::Review => Code::BookingToReview,
        Ruling::Deny => Code::BookingDenied,
    };
    let words = Words {
        name: Some(case.booking.reference.to_string()),
        room: Some(case.booking.room.to_string()),
        when: Some(times::of_slot(case.booking.slot, case.calendar.zone())),
        ..Words::default()
    };
    // One cause may speak against several criteria; a letter says it once.
    let mut found: Vec<Text> = Vec::new();
    for finding in findings.iter().filter(|it| tells(case, it, decision)) {
        let text = finding.words().0;
        if !found.contains(&text) {
            found.push(text);
        }
    }
    let conditions = conditions.iter().map(|condition| condition.text.clone());
    let mut text = found.into_iter().chain(conditions).fold(said(opening, &words), Text::and);
    if decision == Ruling::Review
        && let Some(room) = case.room.filter(|room| !room.presence.online)
        && !findings.iter().any(|it| SAYS_SO.contains(&it.reason))
    {
        // Whoever looks at it must not take what was reported for what is.
        text = text.and(said(Code::RoomOffNow, &since(room)));
    }
    if decision == Ruling::Deny {
        text = text.and(match alternatives {
            [] => said(Code::BookingNoAlternative, &Words::default()),
            some => said(Code::BookingAlternatives, &Words { when: Some(listed(some)), ..Words::default() }),
        });
    }
    let title = Words { when: Some(case.policy.title.clone()), ..Words::default() };
    text.and(said(Code::BookingByPolicy, &title))
}

/// Reasons that say by themselves that the room can't be heard.
const SAYS_SO: [Code; 4] =
    [Code::RoomNotSeenLately, Code::RoomOffTooLate, Code::RoomRevoked, Code::RoomRevocationUnknown];

/// Of a denial only what denies: that something is not known besides helps nobody.
fn tells(case: &Case, finding: &Finding, decision: Ruling) -> bool {
    let (not_met, unknown) =
        (finding.result == CriterionResult::NotMet, finding.result == CriterionResult::Unknown);
    match decision {
        Ruling::Deny => {
            (not_met && finding.otherwise == Otherwise::Deny)
                || (unknown && case.policy.on_unknown == OnUnknown::Deny)
        }
        Ruling::Review => not_met || unknown,
        Ruling::Approve | Ruling::ApproveWithConditions => false,
    }
}

fn said(code: Code, words: &Words) -> Text {
    catalogue::entry(code).found(words)
}

fn listed(alternatives: &[Alternative]) -> Text {
    let join =
        |of: fn(&Text) -> &str| alternatives.iter().map(|it| of(&it.text)).collect::<Vec<_>>().join("; ");
    Text { id: join(|text| &text.id), en: join(|text| &text.en) }
}
