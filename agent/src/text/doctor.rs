//! What the doctor found, for people.

use std::fmt::Write;

use super::Language;
use crate::doctor::Finding;

/// One finding after the other, with the system's own words and what to do.
#[must_use]
pub fn findings(findings: &[Finding], language: Language) -> String {
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(
            text,
            "{:<8} {:<30} {}",
            finding.level.as_str(),
            finding.code.as_str(),
            language.of(&finding.text)
        );
        let remedy = language.of(&finding.remedy);
        let lines = [("", finding.detail.as_deref().unwrap_or_default()), ("→ ", remedy)];
        for (sign, line) in lines.into_iter().filter(|(_, line)| !line.is_empty()) {
            let _ = writeln!(text, "{:>40}{sign}{line}", "");
        }
    }
    text
}
