//! docs/reasons.md is what the catalogue says, and nothing else.

use std::fmt::Write;

use super::{SOURCE, entry};
use crate::reasons::Code;

const HEAD: &str = "# Reasons

Every reason that Siaga gives, with what it says to people and what to do about it, in Indonesian and in English. Scripts, metrics, decisions and reports know it by its code, which stays as it is. Where to begin when something is wrong is in [troubleshooting](troubleshooting.md).

In a room's answer each check has a reason of its own; `siaga-agent check`, `siaga-agent doctor`, `GET /v1/readiness`, `GET /v1/bookings/{reference}` and the pages all tell it in these words. What stands in braces is filled in: `{value}` what was measured, `{required}` what is required, `{name}` the device, program or server that it is about, `{sizes}` picture sizes, `{when}` a time, `{days_ago}` how long ago, `{room}` which room. A sentence in brackets is said where less was measured than is required, or where the endurance test found it. A reason without a remedy needs none.

This page is written by the catalogue (`SIAGA_WRITE_REASONS=1 cargo test -p siaga-readiness --lib catalogue::page`), and a test holds it against that.
";

/// A section begins with such a line in the catalogue's file.
const SECTION: (&str, &str) = ("# ---- ", " ----");

fn page() -> String {
    let mut page = HEAD.to_owned();
    for line in SOURCE.lines() {
        let within = |(before, after)| line.strip_prefix(before)?.strip_suffix(after);
        if let Some(title) = within(SECTION) {
            let _ = write!(page, "\n## {title}\n");
        } else if let Some(written) = within(("[", "]")) {
            let code = Code::ALL.iter().find(|code| code.as_str() == written).expect("tested beside this");
            entry_of(*code, &mut page);
        }
    }
    page
}

fn entry_of(code: Code, page: &mut String) {
    let super::Entry { text, shortfall, in_sustain, remedy } = entry(code);
    let _ = write!(page, "\n### {code}\n");
    for of in [|text: &super::Text| text.id.clone(), |text: &super::Text| text.en.clone()] {
        let _ = write!(page, "\n{}", of(text));
        for more in [shortfall, in_sustain].map(of).iter().filter(|more| !more.is_empty()) {
            let _ = write!(page, " [{more}]");
        }
        if !of(remedy).is_empty() {
            let _ = write!(page, " → *{}*", of(remedy));
        }
        page.push('\n');
    }
}

#[test]
fn the_page_that_is_committed_is_what_the_catalogue_says() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reasons.md");
    let now = page();
    if std::env::var_os("SIAGA_WRITE_REASONS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "docs/reasons.md is not current; run this test with SIAGA_WRITE_REASONS=1");
}

#[test]
fn every_code_stands_on_the_page_once_and_in_a_section() {
    let page = page();
    let (head, sections) = page.split_once("\n## ").unwrap();
    assert!(!head.contains("\n### "));
    for code in Code::ALL {
        assert_eq!(sections.matches(&format!("\n### {code}\n")).count(), 1, "{code}");
    }
}
