//! Readiness for people and for monitoring.

use std::{env, fmt::Write};

use jiff::tz::TimeZone;
use siaga_readiness::{
    answer::{Check, Readiness, RoomVerdict},
    catalogue::Text,
};

/// The answer with its checks, what to do, and how old it all is.
#[must_use]
pub fn readiness(readiness: &Readiness, language: Language) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  room {}, profile {}",
        language.verdict(readiness.verdict),
        readiness.room,
        readiness.profile
    );
    for check in &readiness.checks {
        let _ = writeln!(
            text,
            "  {:<8} {:<21} {}{}",
            check.state,
            check.code.as_str(),
            language.of(&check.text),
            age(check)
        );
        let remedy = language.of(&check.remedy);
        if !remedy.is_empty() {
            let _ = writeln!(text, "{:>34}{remedy}", "→ ");
        }
    }
    if let Some(until) = readiness.valid_until {
        let local = until.to_zoned(TimeZone::system());
        let _ = writeln!(text, "  {} {}", language.valid_until(), local.strftime("%Y-%m-%d %H:%M:%S %Z"));
    }
    text
}

fn age(check: &Check) -> String {
    check.age_s.map_or(String::new(), |seconds| format!(" ({seconds:.0} s)"))
}

/// One line, as the plug-in guidelines of Nagios have it; the exit status carries the rest.
#[must_use]
pub fn nagios(readiness: &Readiness) -> String {
    let status = match readiness.exit_code() {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let reasons: Vec<_> = readiness.reasons.iter().map(|reason| reason.as_str()).collect();
    let measured: Vec<_> = readiness
        .checks
        .iter()
        .filter_map(|check| Some(format!("{}={:.2}", check.code.as_str().to_lowercase(), check.value?)))
        .collect();
    let told = if reasons.is_empty() { "all checks passed".to_owned() } else { reasons.join(", ") };
    let data = if measured.is_empty() { String::new() } else { format!("|{}", measured.join(" ")) };
    format!("SIAGA {status} - {} {}: {told}{data}", readiness.room, readiness.profile)
}

/// The languages of the reason catalogue.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum Language {
    Indonesian,
    English,
}

impl Language {
    /// As the environment's locale says; English if it says anything but Indonesian.
    #[must_use]
    pub fn of_user() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_default();
        if locale.starts_with("id") { Self::Indonesian } else { Self::English }
    }

    pub(super) fn of(self, text: &Text) -> &str {
        match self {
            Self::Indonesian => &text.id,
            Self::English => &text.en,
        }
    }

    pub(super) fn either<'a>(self, indonesian: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Indonesian => indonesian,
            Self::English => english,
        }
    }

    fn verdict(self, verdict: RoomVerdict) -> &'static str {
        match (self, verdict) {
            (Self::Indonesian, RoomVerdict::Ready) => "SIAP",
            (Self::Indonesian, RoomVerdict::NotReady) => "TIDAK SIAP",
            (Self::Indonesian, RoomVerdict::Unknown) => "BELUM DIKETAHUI",
            (Self::English, RoomVerdict::Ready) => "READY",
            (Self::English, RoomVerdict::NotReady) => "NOT READY",
            (Self::English, RoomVerdict::Unknown) => "UNKNOWN",
        }
    }

    fn valid_until(self) -> &'static str {
        match self {
            Self::Indonesian => "berlaku sampai",
            Self::English => "valid until",
        }
    }
}
