//! Tables of bookings with the decisions that are expected: how an office tries a policy before it decides by it.
//!
//! Cases are data. Each is merged over the table's `[defaults]`, `without` some of them, so that it says only what it is about.

mod fixture;

use jiff::{Timestamp, tz::TimeZoneDatabase};
use serde::Deserialize;
use thiserror::Error;

use super::{
    BookingPolicy, Case, Decision, Ruling, decide,
    request::{Instant, RequestError},
};
use crate::reasons::Code;
use fixture::{Fixture, RawFixture};

/// A table that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The policy that it is written for: the name of a shipped one, or a file as the office knows it.
    pub policy: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    name: String,
    fixture: Fixture,
    expect: Expect,
}

/// One case that was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    /// What the case is called.
    pub name: String,
    /// What was decided.
    pub decision: Decision,
    /// In what that differs from what is expected; nothing if it does not.
    pub differences: Vec<String>,
}

impl Table {
    /// Reads a table's file. `zones` are the time zones that it may name.
    ///
    /// # Errors
    /// Not TOML, a key that is missing, unknown or out of range: each with the case and the key.
    pub fn from_toml(text: &str, zones: &TimeZoneDatabase) -> Result<Self, TableError> {
        let raw: RawTable = toml::from_str(text).map_err(|cause| TableError::Toml(Box::new(cause)))?;
        if raw.case.is_empty() {
            return Err(TableError::Empty);
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(raw.case.len());
        for (number, given) in raw.case.into_iter().enumerate() {
            let name = match given.get("name").and_then(toml::Value::as_str) {
                Some(name) => name.to_owned(),
                None => return Err(TableError::Nameless(number + 1)),
            };
            if entries.iter().any(|entry| entry.name == name) {
                return Err(TableError::Twice(name));
            }
            let entry = entry(&raw.defaults, given, zones)
                .map_err(|cause| TableError::Case { name: name.clone(), cause: Box::new(cause) })?;
            entries.push(entry);
        }
        Ok(Self { policy: raw.policy, entries })
    }

    /// Decides each case by a policy.
    #[must_use]
    pub fn run(&self, policy: &BookingPolicy) -> Vec<Tried> {
        self.entries
            .iter()
            .map(|entry| {
                let decision = entry.fixture.with_case(policy, |case: &Case| decide(case));
                let differences = entry.expect.differences(&decision);
                Tried { name: entry.name.clone(), decision, differences }
            })
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    policy: String,
    #[serde(default)]
    defaults: toml::Table,
    #[serde(default)]
    case: Vec<toml::Table>,
}

/// What a case says, over what all of them do.
fn entry(
    defaults: &toml::Table,
    mut given: toml::Table,
    zones: &TimeZoneDatabase,
) -> Result<Entry, EntryError> {
    let name = match given.remove("name") {
        Some(toml::Value::String(name)) if !name.is_empty() => name,
        _ => return Err(EntryError::Wrong("`name` is text")),
    };
    // For people: which rule of which procedure it is about.
    if given.remove("rule").is_some_and(|rule| !rule.is_str()) {
        return Err(EntryError::Wrong("`rule` is text"));
    }
    let expect = given.remove("expect").ok_or(EntryError::Wrong("`expect` is missing"))?;
    let expect: RawExpect = expect.try_into()?;
    let without =
        given.remove("without").map_or_else(|| Ok(Vec::new()), toml::Value::try_into::<Vec<String>>)?;
    let mut merged = defaults.clone();
    for path in without {
        if !leave_out(&mut merged, &path) {
            return Err(EntryError::Without(path.chars().take(60).collect()));
        }
    }
    merge(&mut merged, given);
    let raw: RawFixture = toml::Value::Table(merged).try_into()?;
    Ok(Entry { name, fixture: Fixture::new(raw, zones)?, expect: expect.try_into()? })
}

/// What a case leaves out of the defaults: whether it was there.
fn leave_out(from: &mut toml::Table, path: &str) -> bool {
    match path.split_once('.') {
        None => from.remove(path).is_some(),
        Some((first, rest)) => from
            .get_mut(first)
            .and_then(toml::Value::as_table_mut)
            .is_some_and(|table| leave_out(table, rest)),
    }
}

/// Tables are merged, all else is replaced.
fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(into)), toml::Value::Table(from)) => merge(into, from),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Expect {
    decision: Ruling,
    reasons: Vec<Code>,
    alternatives: Option<Vec<Timestamp>>,
    message: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExpect {
    decision: Ruling,
    /// Of a denial or a review what speaks against it, of an approval its conditions; all of them, in any order.
    #[serde(default)]
    reasons: Vec<String>,
    /// When they begin.
    alternatives: Option<Vec<Instant>>,
    /// What is found in the message, in one of the languages.
    #[serde(default)]
    message: Vec<String>,
}

impl TryFrom<RawExpect> for Expect {
    type Error = EntryError;

    fn try_from(raw: RawExpect) -> Result<Self, EntryError> {
        let RawExpect { decision, reasons, alternatives, message } = raw;
        let reasons = reasons.iter().map(|text| code(text)).collect::<Result<_, _>>()?;
        let starts = |alternatives: Vec<Instant>| alternatives.into_iter().map(|it| it.0).collect();
        Ok(Self { decision, reasons, alternatives: alternatives.map(starts), message })
    }
}

impl Expect {
    fn differences(&self, decision: &Decision) -> Vec<String> {
        let mut differences = Vec::new();
        if decision.decision != self.decision {
            let (expected, found) = (self.decision.as_str(), decision.decision.as_str());
            differences.push(format!("decision: expected {expected}, found {found}"));
        }
        let found = decision.reasons();
        let named = |codes: &[Code]| codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(", ");
        let missing: Vec<Code> = self.reasons.iter().copied().filter(|it| !found.contains(it)).collect();
        let more: Vec<Code> = found.iter().copied().filter(|it| !self.reasons.contains(it)).collect();
        if !missing.is_empty() {
            differences.push(format!("reasons: expected but not given: {}", named(&missing)));
        }
        if !more.is_empty() {
            differences.push(format!("reasons: given but not expected: {}", named(&more)));
        }
        let starts: Vec<Timestamp> = decision.alternatives.iter().map(|it| it.slot.start()).collect();
        if let Some(expected) = self.alternatives.as_ref().filter(|it| **it != starts) {
            let shown =
                |times: &[Timestamp]| times.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            differences.push(format!(
                "alternatives: expected [{}], found [{}]",
                shown(expected),
                shown(&starts)
            ));
        }
        for words in &self.message {
            if !decision.message.id.contains(words) && !decision.message.en.contains(words) {
                differences.push(format!("message: “{words}” is not in “{}”", decision.message.id));
            }
        }
        differences
    }
}

fn code(text: &str) -> Result<Code, EntryError> {
    let known = Code::ALL.iter().copied().find(|code| code.as_str() == text && *code != Code::Unknown);
    known.ok_or_else(|| EntryError::Code(text.chars().take(60).collect()))
}

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum TableError {
    /// The text is not a table.
    #[error(transparent)]
    Toml(Box<toml::de::Error>),
    /// It has no case.
    #[error("there is no case; write each under [[case]]")]
    Empty,
    /// A case without a name, counted from 1.
    #[error("case {0} has no `name`")]
    Nameless(usize),
    /// Two cases have one name.
    #[error("two cases are called “{0}”")]
    Twice(String),
    /// A case is wrong.
    #[error("case “{name}”: {cause}")]
    #[allow(missing_docs)]
    Case { name: String, cause: Box<EntryError> },
}

/// What is wrong with one case.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EntryError {
    /// A key that is missing, unknown or not what it should be.
    #[error("{}", one_line(.0))]
    Toml(#[from] toml::de::Error),
    /// A key that is not what it should be.
    #[error("{0}")]
    Wrong(&'static str),
    /// The defaults don't have that.
    #[error("`without`: the defaults have no `{0}`")]
    Without(String),
    /// No such reason.
    #[error("there is no reason “{0}”")]
    Code(String),
    /// No such check.
    #[error("`room.checks`: there is no check “{0}”")]
    Check(String),
    /// No such state of a check.
    #[error("`room.checks`: there is no state “{0}”; use ok, warning, failed, in_use or unknown")]
    State(String),
    /// The calendar is wrong.
    #[error("`calendar`: {0}")]
    Calendar(#[from] super::calendar::CalendarError),
    /// The booking is wrong.
    #[error("`booking`: {0}")]
    Booking(#[from] RequestError),
    /// An engagement is wrong.
    #[error("`agenda`: {0}")]
    Agenda(String),
}

fn one_line(cause: &toml::de::Error) -> String {
    cause.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
