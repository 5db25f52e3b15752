//! What only people know.

use super::finding::{Finding, stated};
use crate::{
    booking::{
        case::Case,
        decision::{CriterionCode, CriterionResult, Evidence},
        request::Owner,
    },
    catalogue::Words,
    reasons::Code,
};

/// Of who owns the room; the division may lend its own.
pub(super) fn accounts(case: &Case) -> Finding {
    let facts = case.booking.facts;
    let (own, key) = match owner(case) {
        Owner::Division => (facts.division_accounts, "division_accounts"),
        Owner::Applicant => (facts.applicant_accounts, "applicant_accounts"),
    };
    let reasons = [Code::AccountsThere, Code::AccountsMissing, Code::AccountsNotSaid];
    let finding = stated(CriterionCode::Accounts, case.policy.accounts, own, reasons).seen(fact(key, own));
    let lent = may_lend(case) && facts.division_accounts == Some(true);
    if finding.result == CriterionResult::NotMet && lent {
        return Finding::new(CriterionCode::Accounts, CriterionResult::Met, Code::AccountsLent)
            .on_condition(Code::AccountsLent, &Words::default())
            .seen(Evidence::Facts {
                facts: [(key.to_owned(), own), ("division_accounts".to_owned(), Some(true))].into(),
            });
    }
    finding
}

pub(super) fn applicant_staff(case: &Case) -> Finding {
    let told = case.booking.facts.applicant_staff;
    let reasons = [Code::ApplicantStaffThere, Code::ApplicantStaffMissing, Code::ApplicantStaffNotSaid];
    stated(CriterionCode::ApplicantStaff, case.policy.applicant_staff, told, reasons)
        .seen(fact("applicant_staff", told))
}

pub(super) fn division_staff(case: &Case) -> Finding {
    let told = case.booking.facts.division_staff;
    let reasons = [Code::DivisionStaffThere, Code::DivisionStaffMissing, Code::DivisionStaffNotSaid];
    stated(CriterionCode::DivisionStaff, case.policy.division_staff, told, reasons)
        .seen(fact("division_staff", told))
}

pub(super) fn capacity(case: &Case) -> Finding {
    let told = case.booking.facts.division_capacity;
    let reasons = [Code::CapacityLeft, Code::CapacitySpent, Code::CapacityNotSaid];
    stated(CriterionCode::Capacity, case.policy.capacity, told, reasons).seen(fact("division_capacity", told))
}

/// Who owns the room: the request says so, or the policy.
pub(super) fn owner(case: &Case) -> Owner {
    case.booking.room_owner.unwrap_or(case.policy.equipment.room_owner)
}

/// Whether the division may lend what the room's owner has not.
pub(super) fn may_lend(case: &Case) -> bool {
    case.policy.equipment.lending && owner(case) == Owner::Applicant
}

pub(super) fn fact(key: &str, told: Option<bool>) -> Evidence {
    Evidence::Facts { facts: [(key.to_owned(), told)].into() }
}
