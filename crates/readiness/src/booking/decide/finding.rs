//! What was found of one criterion.

use crate::{
    booking::{
        decision::{Condition, Criterion, CriterionCode, CriterionResult, Evidence},
        rules::{Otherwise, Rule},
    },
    catalogue::{self, Text, Words},
    reasons::Code,
};

/// What was found of one criterion, before it is put into words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) code: CriterionCode,
    pub(super) result: CriterionResult,
    pub(super) reason: Code,
    pub(super) words: Words,
    /// In the place of the reason's own words: text and remedy.
    pub(super) told: Option<(Text, Text)>,
    pub(super) evidence: Vec<Evidence>,
    /// Seconds.
    pub(super) age: Option<f64>,
    /// What becomes of the booking if it is not met.
    pub(super) otherwise: Otherwise,
    /// What has to be seen again, though it is met.
    pub(super) conditions: Vec<Condition>,
}

impl Finding {
    pub(super) fn new(code: CriterionCode, result: CriterionResult, reason: Code) -> Self {
        Self {
            code,
            result,
            reason,
            words: Words::default(),
            told: None,
            evidence: Vec::new(),
            age: None,
            otherwise: Otherwise::Deny,
            conditions: Vec::new(),
        }
    }

    /// The rule is off, or the profile does not ask for it.
    pub(super) fn not_asked(code: CriterionCode) -> Self {
        Self::new(code, CriterionResult::NotApplicable, Code::NotAsked)
    }

    pub(super) fn or(self, otherwise: Otherwise) -> Self {
        Self { otherwise, ..self }
    }

    pub(super) fn with(self, words: Words) -> Self {
        Self { words, ..self }
    }

    pub(super) fn seen(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    pub(super) fn on_condition(mut self, code: Code, words: &Words) -> Self {
        self.conditions.push(condition(code, words));
        self
    }

    /// The reason in words, and what to do about it.
    pub(super) fn words(&self) -> (Text, Text) {
        let entry = catalogue::entry(self.reason);
        let (text, remedy) =
            self.told.clone().unwrap_or_else(|| (entry.found(&self.words), self.words.fill(&entry.remedy)));
        let needs_remedy = matches!(self.result, CriterionResult::NotMet | CriterionResult::Unknown);
        (text, if needs_remedy { remedy } else { Text::default() })
    }

    pub(super) fn into_criterion(self) -> Criterion {
        let (text, remedy) = self.words();
        let Self { code, result, reason, evidence, age, .. } = self;
        Criterion { code, result, reason, evidence, age_s: age, text, remedy }
    }
}

/// What a rule without numbers comes to, where `told` says whether it is met.
pub(super) fn stated(
    code: CriterionCode,
    rule: Rule,
    told: Option<bool>,
    [met, not_met, not_said]: [Code; 3],
) -> Finding {
    if !rule.on {
        return Finding::not_asked(code);
    }
    let (result, reason) = match told {
        Some(true) => (CriterionResult::Met, met),
        Some(false) => (CriterionResult::NotMet, not_met),
        None => (CriterionResult::Unknown, not_said),
    };
    Finding::new(code, result, reason).or(rule.otherwise)
}

pub(super) fn condition(code: Code, words: &Words) -> Condition {
    Condition { code, text: catalogue::entry(code).found(words) }
}
