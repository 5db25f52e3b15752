//! What reason codes say to people, in Indonesian and English.
//!
//! One data file, `catalogue/reasons.toml`, holds all sentences; a test holds it against [`Code::ALL`]. What checks, states and the like
//! are called in a word or two is their [`Label`].

mod labels;
mod words;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::reasons::Code;

pub use labels::Label;
pub use words::Words;

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Text {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

impl Text {
    /// With more sentences after it.
    #[must_use]
    pub(crate) fn and(self, more: Self) -> Self {
        let join = |sentence: String, more: String| match (sentence.is_empty(), more.is_empty()) {
            (_, true) => sentence,
            (true, _) => more,
            _ => format!("{sentence} {more}"),
        };
        Self { id: join(self.id, more.id), en: join(self.en, more.en) }
    }
}

/// What a code says and what to do about it. Both may hold placeholders, which [`Words`] fills.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What was found.
    pub text: Text,
    /// A sentence more where what was measured is less than what is required.
    #[serde(default)]
    pub shortfall: Text,
    /// A sentence more where a sustain probe found it.
    #[serde(default)]
    pub in_sustain: Text,
    /// What to do about it; empty where nothing need be done.
    #[serde(default)]
    pub remedy: Text,
}

impl Entry {
    /// What was found, filled with `words`.
    #[must_use]
    pub fn found(&self, words: &Words) -> Text {
        let mut text = words.fill(&self.text);
        for (sentence, applies) in
            [(&self.shortfall, words.fall_short()), (&self.in_sustain, words.in_sustain)]
        {
            if applies {
                text = text.and(words.fill(sentence));
            }
        }
        text
    }
}

/// The entry of a code.
#[must_use]
pub fn entry(code: Code) -> &'static Entry {
    // A test holds that every code has an entry; a code without words must still not stop a room's answer.
    const NOTHING: Text = Text { id: String::new(), en: String::new() };
    static NO_WORDS: Entry =
        Entry { text: NOTHING, shortfall: NOTHING, in_sustain: NOTHING, remedy: NOTHING };
    CATALOGUE.get(&code).unwrap_or(&NO_WORDS)
}

static CATALOGUE: LazyLock<BTreeMap<Code, Entry>> =
    LazyLock::new(|| toml::from_str(SOURCE).expect("the shipped catalogue is tested"));

const SOURCE: &str = include_str!("../catalogue/reasons.toml");

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
