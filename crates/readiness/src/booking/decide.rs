//! From a case to a decision.
//!
//! Each criterion is found to be met, not met, unknown or not asked for; what the whole comes to is told by the worst of them.
//! * [`request`]: what the request says by itself: letter, lead time, preparation, length, devices;
//! * [`hours`]: the office's calendar;
//! * [`conflict`]: what else is booked;
//! * [`people`]: what only people know;
//! * [`room`]: what the room reports, and its history;
//! * [`alternatives`]: other times, if it is denied;
//! * [`message`]: all of it in a few sentences.

mod alternatives;
mod conflict;
mod finding;
mod hours;
mod message;
mod people;
mod request;
mod room;

use jiff::{SignedDuration, Timestamp};

use super::{
    case::Case,
    decision::{Condition, CriterionResult, Decision, PolicyStamp, Ruling},
    rules::{OnUnknown, Otherwise},
};
use crate::{catalogue::Words, reasons::Code};
use finding::Finding;

/// Decides.
///
/// * A criterion that is not met denies, or is for a person to look at where the policy says so.
/// * One that is not known is never good enough: a person looks at it, or it is denied, as the policy says.
/// * All are met: approved, on conditions if there is anything that has to be seen again before the event.
#[must_use]
pub fn decide(case: &Case) -> Decision {
    let findings = findings(case);
    let conditions = conditions(case, &findings);
    let decision = ruling(case, &findings, &conditions);
    let alternatives = if decision == Ruling::Deny { alternatives::alternatives(case) } else { Vec::new() };
    let conditions = if decision == Ruling::ApproveWithConditions { conditions } else { Vec::new() };
    Decision {
        decision,
        message: message::message(case, decision, &findings, &conditions, &alternatives),
        decided_at: case.now,
        expires_at: expires_at(case, decision),
        criteria: findings.into_iter().map(Finding::into_criterion).collect(),
        conditions,
        alternatives,
        policy: PolicyStamp { name: case.policy.name.clone(), digest: case.policy_digest.to_owned() },
    }
}

/// In the order of [`CriterionCode::ALL`](super::CriterionCode::ALL).
fn findings(case: &Case) -> Vec<Finding> {
    vec![
        request::letter(case),
        request::lead_time(case),
        request::preparation(case),
        hours::working_hours(case),
        request::length(case),
        request::devices(case),
        conflict::slot_free(case),
        room::equipment(case),
        people::accounts(case),
        people::applicant_staff(case),
        people::division_staff(case),
        people::capacity(case),
        room::software(case),
        room::network_now(case),
        room::network_at_hour(case),
    ]
}

fn ruling(case: &Case, findings: &[Finding], conditions: &[Condition]) -> Ruling {
    let fails = |with: Otherwise| {
        findings.iter().any(|it| it.result == CriterionResult::NotMet && it.otherwise == with)
    };
    let unknown = findings.iter().any(|it| it.result == CriterionResult::Unknown);
    if fails(Otherwise::Deny) || (unknown && case.policy.on_unknown == OnUnknown::Deny) {
        Ruling::Deny
    } else if fails(Otherwise::Review) || unknown {
        Ruling::Review
    } else if conditions.is_empty() {
        Ruling::Approve
    } else {
        Ruling::ApproveWithConditions
    }
}

/// Each once.
fn conditions(case: &Case, findings: &[Finding]) -> Vec<Condition> {
    let mut conditions: Vec<Condition> = Vec::new();
    let far = SignedDuration::from_hours(24 * i64::from(case.policy.far_ahead_days));
    let far_ahead = (case.booking.slot.start().duration_since(case.now) > far)
        .then(|| finding::condition(Code::EventFarAhead, &Words::default()));
    for condition in findings.iter().flat_map(|it| &it.conditions).chain(&far_ahead) {
        if conditions.iter().all(|it| it.code != condition.code) {
            conditions.push(condition.clone());
        }
    }
    conditions
}

fn expires_at(case: &Case, decision: Ruling) -> Option<Timestamp> {
    let review = SignedDuration::from_hours(i64::from(case.policy.review_within_hours));
    match decision {
        Ruling::Approve | Ruling::ApproveWithConditions => Some(case.booking.slot.end()),
        Ruling::Review => case.now.checked_add(review).ok().map(|by| by.min(case.booking.slot.start())),
        Ruling::Deny => None,
    }
}
