//! docs/reasons.md is what the catalogue says, and nothing else.

use std::fmt::Write;

use siaga_probe::{Direction, Reason};

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
    of_probes(&mut page);
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

/// What `siaga-agent probe` and the log say, in the words of readiness.
fn of_probes(page: &mut String) {
    page.push_str(
        "\n## What a probe says\n\n`siaga-agent probe`, the log and a room's history have a probe's own reason. In a room's \
         answer it is:\n\n| probe | room |\n|---|---|\n",
    );
    for reason in PROBES {
        let [up, down] = [Direction::Up, Direction::Down].map(|direction| Code::of_probe(reason, direction));
        let link = |code: Code| format!("[{code}](#{})", code.as_str().to_lowercase());
        let both = if up == down { link(up) } else { format!("{}, {}", link(up), link(down)) };
        let _ = writeln!(page, "| `{reason}` | {both} |");
    }
}

const PROBES: [Reason; 33] = [
    Reason::Sustained,
    Reason::QueueGrows,
    Reason::StandingQueue,
    Reason::Loss,
    Reason::Shaped,
    Reason::Unsteady,
    Reason::Measured,
    Reason::Outage,
    Reason::Undecided,
    Reason::SenderLate,
    Reason::Interrupted,
    Reason::NetworkChanged,
    Reason::PeerFailed,
    Reason::NameNotResolved,
    Reason::NoRoute,
    Reason::ServerAbsent,
    Reason::ServerUnreachable,
    Reason::UdpBlocked,
    Reason::NoServerAnswers,
    Reason::ServerNotTrusted,
    Reason::ClockBehind,
    Reason::IdentityRefused,
    Reason::IdentityRequired,
    Reason::VersionMismatch,
    Reason::ServerBusy,
    Reason::ServerRefused,
    Reason::LocalFault,
    Reason::BudgetSpent,
    Reason::MeetingOn,
    Reason::MeetingUnknown,
    Reason::OtherTraffic,
    Reason::Metered,
    Reason::OutsideHours,
];

#[test]
fn no_reason_of_a_probe_is_left_out() {
    // Unknown is the last.
    assert_eq!(PROBES.len(), Reason::Unknown as usize);
    assert!(PROBES.iter().enumerate().all(|(number, reason)| *reason as usize == number));
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
