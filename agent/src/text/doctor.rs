//! What the doctor found, for people.

use std::fmt::Write;

use super::{Language, Phrases};
use crate::doctor::{Finding, Level};

/// One finding after the other, with the system's own words and what to do.
#[must_use]
pub fn findings(findings: &[Finding], language: Language) -> String {
    let mut text = String::new();
    let levels = findings.iter().map(|finding| language.level(finding.level).chars().count());
    let width = levels.max().unwrap_or_default().max(8);
    for finding in findings {
        let _ = writeln!(
            text,
            "{:<width$} {:<30} {}",
            language.level(finding.level),
            finding.code.as_str(),
            language.text(&finding.text)
        );
        let remedy = language.text(&finding.remedy);
        // “No such file” beside what is fine would only frighten.
        let detail = finding.detail.as_deref().filter(|_| finding.level != Level::Ok);
        let lines = [("", detail.unwrap_or_default()), ("→ ", remedy)];
        for (sign, line) in lines.into_iter().filter(|(_, line)| !line.is_empty()) {
            let _ = writeln!(text, "{:1$}{sign}{line}", "", width + 32);
        }
    }
    text
}
