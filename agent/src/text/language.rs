//! The words around the catalogue's texts.

use std::{env, time::Duration};

use siaga_readiness::{
    answer::RoomVerdict,
    catalogue::{Label, Text},
    state::CheckState,
};
pub use siaga_service::page::Language;

use crate::doctor::Level;

/// What this program says in each language.
pub trait Phrases: Copy {
    /// As the environment's locale says; English if it says anything but Indonesian.
    #[must_use]
    fn of_user() -> Self;

    /// No daemon answers, so this program looks itself.
    #[must_use]
    fn looking_alone(self) -> &'static str;

    /// A device is being tried.
    #[must_use]
    fn trying(self, device: &str, which: usize, of: usize) -> String;

    /// Devices are not tried before that time has passed.
    #[must_use]
    fn waiting(self, wait: Duration) -> String;

    /// A text of the catalogue.
    #[must_use]
    fn text(self, text: &Text) -> &str;

    /// A label of the catalogue.
    #[must_use]
    fn label(self, label: Label) -> &'static str;

    /// A verdict, to be seen at once.
    #[must_use]
    fn verdict(self, verdict: RoomVerdict) -> String {
        self.label(verdict.label()).to_uppercase()
    }

    /// A check's state.
    #[must_use]
    fn state(self, state: CheckState) -> &'static str {
        self.label(state.label())
    }

    /// How bad a finding of the doctor is.
    #[must_use]
    fn level(self, level: Level) -> &'static str;
}

impl Phrases for Language {
    fn of_user() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_default();
        if locale.starts_with("id") { Self::Indonesian } else { Self::English }
    }

    fn looking_alone(self) -> &'static str {
        self.either(
            "layanan Siaga tidak berjalan: program ini memeriksa sendiri, beberapa detik …",
            "no daemon is running: this program looks itself, for some seconds …",
        )
    }

    fn trying(self, device: &str, which: usize, of: usize) -> String {
        match self {
            Self::Indonesian => format!("mencoba {device} ({which} dari {of}) …"),
            Self::English => format!("trying {device} ({which} of {of}) …"),
        }
    }

    fn waiting(self, wait: Duration) -> String {
        let seconds = wait.as_secs();
        match self {
            Self::Indonesian => format!("perangkat baru saja dicoba; menunggu {seconds} detik …"),
            Self::English => format!("the devices were tried a moment ago; waiting for {seconds} s …"),
        }
    }

    fn text(self, text: &Text) -> &str {
        match self {
            Self::Indonesian => &text.id,
            Self::English => &text.en,
        }
    }

    fn label(self, label: Label) -> &'static str {
        self.either(label.id, label.en)
    }

    fn level(self, level: Level) -> &'static str {
        match level {
            Level::Ok => self.either("baik", "ok"),
            Level::Warning => self.either("peringatan", "warning"),
            Level::Problem => self.either("masalah", "problem"),
        }
    }
}
