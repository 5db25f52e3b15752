//! What one check says, before it is put into words.

use std::time::Duration;

use crate::{
    answer::{Check, CheckCode},
    catalogue::{self, Text, Words},
    moment::{Moment, whole_milliseconds},
    policy::TimeToLive,
    reasons::Code,
    state::CheckState,
};

/// What one check says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) code: CheckCode,
    pub(super) state: CheckState,
    pub(super) reason: Code,
    /// Unit of the numbers in `words`.
    pub(super) unit: Option<&'static str>,
    pub(super) words: Words,
    /// A second reason, which only its words tell.
    pub(super) also: Option<(Code, Words)>,
    pub(super) seen: Option<Seen>,
    /// Time until it no longer grants what it does, if that comes by age alone.
    pub(super) grants_for: Option<Duration>,
}

impl Statement {
    pub(super) fn new(code: CheckCode, state: CheckState, reason: Code) -> Self {
        Self {
            code,
            state,
            reason,
            unit: None,
            words: Words::default(),
            also: None,
            seen: None,
            grants_for: None,
        }
    }

    /// Stands on this evidence, and grants no longer than that lives.
    pub(super) fn seen(self, seen: Option<Seen>) -> Self {
        Self { grants_for: seen.and_then(|seen| seen.left), ..self.aged(seen) }
    }

    /// As old as this evidence, whose end alone withdraws nothing.
    pub(super) fn aged(mut self, seen: Option<Seen>) -> Self {
        self.seen = seen;
        self
    }

    /// Grants no longer than what it stands on too.
    pub(super) fn no_longer_than(self, other: Option<Duration>) -> Self {
        Self { grants_for: self.grants_for.into_iter().chain(other).min(), ..self }
    }

    pub(super) fn named(mut self, name: &str) -> Self {
        self.words.name = Some(name.to_owned());
        self
    }

    pub(super) fn measured(mut self, value: Option<f64>, required: f64, unit: &'static str) -> Self {
        self.words.value = value;
        self.words.required = Some(required);
        self.unit = Some(unit);
        self
    }
}

impl From<Statement> for Check {
    fn from(statement: Statement) -> Self {
        let Statement { code, state, reason, unit, words, also, seen, .. } = statement;
        let entry = catalogue::entry(reason);
        let (mut text, mut remedy) = (entry.found(&words), words.fill(&entry.remedy));
        if let Some((reason, words)) = also {
            let entry = catalogue::entry(reason);
            text = text.and(entry.found(&words));
            remedy = remedy.and(words.fill(&entry.remedy));
        }
        // The same reason may speak for a room under one profile and against it under another.
        if state == CheckState::Ok {
            remedy = Text::default();
        }
        Self {
            code,
            state,
            reason,
            value: words.value,
            unit: unit.map(str::to_owned),
            required: words.required,
            observed_at: seen.map(|seen| whole_milliseconds(seen.at.wall)),
            age_s: seen.map(|seen| milliseconds(seen.age)),
            text,
            remedy,
        }
    }
}

/// Seconds, to the millisecond.
fn milliseconds(age: Duration) -> f64 {
    (age.as_secs_f64() * 1e3).round() / 1e3
}

/// Evidence, as old as it is at the time of the answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Seen {
    pub(super) at: Moment,
    pub(super) age: Duration,
    /// Time left to live; `None` if it has none.
    pub(super) left: Option<Duration>,
}

impl Seen {
    /// `None` if the age can't be told.
    pub(super) fn of(at: Moment, now: Moment, ttl: TimeToLive) -> Option<Self> {
        let age = at.age_at(&now)?;
        Some(Self { at, age, left: ttl.left_at(age) })
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.left.is_some()
    }
}
