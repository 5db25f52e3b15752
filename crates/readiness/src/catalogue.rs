//! What reason codes say to people, in Indonesian and English.
//!
//! One data file, `catalogue/reasons.toml`, holds all of it; a test holds it against [`Code::ALL`].

mod words;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::reasons::Code;

pub use words::Words;

/// A text in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Indonesian.
    pub id: String,
    /// English.
    pub en: String,
}

/// What a code says and what to do about it. Both may hold placeholders, which [`Words`] fills.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What was found.
    pub text: Text,
    /// What to do about it; empty where nothing need be done.
    #[serde(default)]
    pub remedy: Text,
}

/// The entry of a code.
#[must_use]
pub fn entry(code: Code) -> &'static Entry {
    // A test holds that every code has an entry; a code without words must still not stop a room's answer.
    static NO_WORDS: Entry = Entry {
        text: Text { id: String::new(), en: String::new() },
        remedy: Text { id: String::new(), en: String::new() },
    };
    CATALOGUE.get(&code).unwrap_or(&NO_WORDS)
}

static CATALOGUE: LazyLock<BTreeMap<Code, Entry>> =
    LazyLock::new(|| toml::from_str(SOURCE).expect("the shipped catalogue is tested"));

const SOURCE: &str = include_str!("../catalogue/reasons.toml");

#[cfg(test)]
mod tests;
