//! What is decided, as it is answered, kept and told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{agenda::Engagement, forecast::Forecast, request::Slot};
use crate::{answer::Check, catalogue::Text, reasons::Code};

/// A decision and all that it stands on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    /// What is decided.
    pub decision: Ruling,
    /// Fit to be pasted into a letter or a chat.
    pub message: Text,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// Until when it stands: an approval until the slot is over, what a person must look at until they should have; `None`
    /// for a denial, which stands until something else is asked for.
    pub expires_at: Option<Timestamp>,
    /// One entry per criterion, always all of them, in one order.
    pub criteria: Vec<Criterion>,
    /// On what an approval hangs; empty for anything else than `approve_with_conditions`.
    pub conditions: Vec<Condition>,
    /// Up to three other times that are free, nearest first; only of a denial.
    pub alternatives: Vec<Alternative>,
    /// By which policy.
    pub policy: PolicyStamp,
}

impl Decision {
    /// The reasons for it, each once, in the order of the criteria: what is not met of a denial, or, where that is none, what is not
    /// known; both of a review; of an approval its conditions.
    #[must_use]
    pub fn reasons(&self) -> Vec<Code> {
        let of = |result| self.criteria.iter().filter(move |criterion| criterion.result == result);
        let not_met = || of(CriterionResult::NotMet).next().is_some();
        let speaks = |criterion: &&Criterion| match (self.decision, criterion.result) {
            (Ruling::Deny | Ruling::Review, CriterionResult::NotMet) => true,
            (Ruling::Deny, CriterionResult::Unknown) => !not_met(),
            (Ruling::Review, CriterionResult::Unknown) => true,
            _ => false,
        };
        let mut reasons = Vec::new();
        let of_criteria = self.criteria.iter().filter(speaks).map(|criterion| criterion.reason);
        for reason in of_criteria.chain(self.conditions.iter().map(|condition| condition.code)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }
}

/// What is decided; the better ones are greater.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// `tidak bisa difasilitasi`.
    Deny,
    /// `perlu ditinjau`: a person must look.
    Review,
    /// `bisa difasilitasi dengan syarat`.
    ApproveWithConditions,
    /// `bisa difasilitasi`.
    Approve,
}

impl Ruling {
    /// Every one, the best last.
    pub const ALL: [Self; 4] = [Self::Deny, Self::Review, Self::ApproveWithConditions, Self::Approve];

    /// As it is written in JSON and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::ApproveWithConditions => "approve_with_conditions",
            Self::Review => "review",
            Self::Deny => "deny",
        }
    }

    /// Whether the booking holds its slot.
    #[must_use]
    pub const fn is_approval(self) -> bool {
        matches!(self, Self::Approve | Self::ApproveWithConditions)
    }
}

/// One criterion and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Criterion {
    /// Which.
    pub code: CriterionCode,
    /// Whether it is met.
    pub result: CriterionResult,
    /// Why.
    pub reason: Code,
    /// What that was told from.
    pub evidence: Vec<Evidence>,
    /// Age of the oldest of it that was measured, seconds; `None` where nothing was.
    pub age_s: Option<f64>,
    /// The reason in words.
    pub text: Text,
    /// What to do about it; empty where nothing need be done.
    pub remedy: Text,
}

/// What a booking is held against.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CriterionCode {
    /// The letter has come, and its data.
    Letter,
    /// Early enough before the event.
    LeadTime,
    /// Time enough is left to prepare it.
    Preparation,
    /// On a working day, within working hours.
    WorkingHours,
    /// No longer than allowed.
    Length,
    /// No more devices than allowed.
    Devices,
    /// Nothing else is held then.
    SlotFree,
    /// A1 or A3: cameras, microphones and the machine.
    Equipment,
    /// A1 or A3: accounts.
    Accounts,
    /// A2.
    ApplicantStaff,
    /// A4.
    DivisionStaff,
    /// A5.
    Capacity,
    /// The program that the policy asks for.
    Software,
    /// The link as it is now.
    NetworkNow,
    /// The link and the devices at that hour, by the room's history.
    NetworkAtHour,
}

impl CriterionCode {
    /// Every one, in the order of a decision's.
    pub const ALL: [Self; 15] = [
        Self::Letter,
        Self::LeadTime,
        Self::Preparation,
        Self::WorkingHours,
        Self::Length,
        Self::Devices,
        Self::SlotFree,
        Self::Equipment,
        Self::Accounts,
        Self::ApplicantStaff,
        Self::DivisionStaff,
        Self::Capacity,
        Self::Software,
        Self::NetworkNow,
        Self::NetworkAtHour,
    ];
}

/// Whether a criterion is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CriterionResult {
    /// It is.
    Met,
    /// It is not.
    NotMet,
    /// That can't be told.
    Unknown,
    /// The policy or the profile does not ask for it.
    NotApplicable,
}

/// What a criterion was told from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Evidence {
    /// A field of the request.
    Request {
        /// Its key.
        field: String,
        /// What it says, as text; `None` if it says nothing.
        value: Option<String>,
    },
    /// What people stated.
    Facts {
        /// By key; `None` is what was not said.
        facts: BTreeMap<String, Option<bool>>,
    },
    /// The office's calendar.
    Calendar {
        /// In which zone, by its name in the IANA database.
        zone: String,
        /// The hours of that day, like `08:00-16:00`; `None` if there are none or that is not known.
        hours: Option<String>,
        /// The holiday.
        holiday: Option<String>,
    },
    /// What else is booked.
    Agenda {
        /// What is in the way.
        engagements: Vec<Engagement>,
    },
    /// What the room reported.
    Room {
        /// It can be heard.
        online: bool,
        /// When it last was.
        last_seen: Timestamp,
        /// What its checks say; of a room that is off: what they said last.
        checks: Vec<Check>,
    },
    /// The room's history.
    History {
        /// What it says about that hour.
        forecast: Forecast,
    },
}

/// On what an approval hangs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Condition {
    /// Which.
    pub code: Code,
    /// In words.
    pub text: Text,
}

/// Another time that is free, and at which the office is open and prepared. Neither the room nor its link were looked at for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alternative {
    /// When.
    pub slot: Slot,
    /// The same in words, in the office's zone.
    pub text: Text,
}

/// Which policy decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PolicyStamp {
    /// Its name.
    pub name: String,
    /// Of its text, so that it can be told later which one that was.
    pub digest: String,
}
