//! Readiness for people and for monitoring.

use std::fmt::Write;

use jiff::tz::TimeZone;
use siaga_readiness::{
    answer::{CheckCode, Readiness},
    state::CheckState,
};

use super::{Language, Phrases};

/// The answer with its checks, what to do, and how old it all is.
#[must_use]
pub fn readiness(readiness: &Readiness, language: Language) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}  {} {}, {} {}",
        language.verdict(readiness.verdict),
        language.either("ruang", "room"),
        readiness.room,
        language.either("profil", "profile"),
        readiness.profile
    );
    let states = readiness.checks.iter().map(|check| language.state(check.state).chars().count());
    let width = states.max().unwrap_or_default().max(8);
    for (index, check) in readiness.checks.iter().enumerate() {
        let _ = writeln!(
            text,
            "  {:<width$} {:<21} {}{}",
            language.state(check.state),
            check.code.as_str(),
            language.text(&check.text),
            check.age_s.map_or(String::new(), |seconds| format!(" ({})", language.age(seconds)))
        );
        let remedy = language.text(&check.remedy);
        // Checks that fail together for one reason have one remedy, below the last of them.
        let goes_on = readiness.checks.get(index + 1).is_some_and(|next| next.remedy == check.remedy);
        if !remedy.is_empty() && !goes_on {
            let _ = writeln!(text, "{:>1$}{remedy}", "→ ", width + 26);
        }
    }
    if let Some(until) = readiness.valid_until {
        let local = until.to_zoned(TimeZone::system());
        let words = language.either("berlaku sampai", "valid until");
        let _ = writeln!(text, "  {words} {}", local.strftime("%Y-%m-%d %H:%M:%S %Z"));
    }
    text
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
    let mut reasons: Vec<_> = readiness.reasons.iter().map(|reason| reason.as_str()).collect();
    // Whoever asked for trials is told that they were not made, whatever else is wrong.
    for check in readiness.checks.iter().filter(|check| check.code == CheckCode::Trials) {
        if check.state != CheckState::Ok && !reasons.contains(&check.reason.as_str()) {
            reasons.push(check.reason.as_str());
        }
    }
    let measured: Vec<_> = readiness
        .checks
        .iter()
        .filter_map(|check| Some(format!("{}={:.2}", check.code.as_str().to_lowercase(), check.value?)))
        .collect();
    let told = if reasons.is_empty() { "all checks passed".to_owned() } else { reasons.join(", ") };
    let data = if measured.is_empty() { String::new() } else { format!("|{}", measured.join(" ")) };
    format!("SIAGA {status} - {} {}: {told}{data}", readiness.room, readiness.profile)
}
