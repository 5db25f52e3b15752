//! How it came about, as the log tells it.

use jiff::Timestamp;
use maud::{Markup, html};
use serde::de::DeserializeOwned;
use serde_json::Value;
use siaga_readiness::{
    answer::Check,
    booking::precheck::{Doubt, RoomSeen, Withdrawal},
    catalogue::Text,
};
use siaga_service::page::{Language, Words, name};

use crate::report::{
    BookingReport,
    booking::ReportedEntry,
    html::more,
    words::{self, KINDS, said},
};

pub(crate) fn history(report: &BookingReport, language: Language) -> Markup {
    html! {
        table.log {
            thead {
                tr {
                    th.number scope="col" { (language.either("Entri", "Entry")) }
                    th scope="col" { (language.either("Waktu", "Time")) }
                    th scope="col" { (language.either("Peristiwa", "Event")) }
                    th scope="col" { (language.either("Keterangan dan hash (SHA-256)", "Detail and hash (SHA-256)")) }
                }
            }
            tbody {
                @for entry in &report.entries {
                    tr {
                        td.number { (entry.seq) }
                        td { (language.day_and_time(entry.at, report.clock.rules())) }
                        td { (words::named(KINDS, &entry.kind, language)) }
                        td {
                            (name(&told(entry, language)))
                            @if let Some(token) = by(entry) { " (token " (name(token)) ")" }
                            br; code { (entry.hash) }
                        }
                    }
                }
            }
        }
        (more(report.truncated, language, MORE))
    }
}

const MORE: Words = Words::new(
    "Log memuat lebih banyak entri tentang permohonan ini daripada yang dimuat di sini.",
    "The log tells more of this application than is shown here.",
);

/// Whose token asked for it, if one did.
pub(in crate::report) fn by(entry: &ReportedEntry) -> Option<&str> {
    entry.body.get("by").and_then(Value::as_str)
}

/// An entry in a line: what this release can't read of it is told as that.
pub(in crate::report) fn told(entry: &ReportedEntry, language: Language) -> String {
    let text = |pointer: &str| entry.body.pointer(pointer).and_then(Value::as_str);
    let who = |actor: Option<&str>| actor.map(|actor| format!("{actor}: ")).unwrap_or_default();
    let decision = |pointer: &str| text(pointer).map(|name| words::decision_named(name, language));
    let told = match entry.kind.as_str() {
        "decided" => decision("/decision/decision").map(str::to_owned),
        "overridden" => decision("/override/decision").map(|decision| {
            let reason = text("/override/reason").unwrap_or_default();
            format!("{}{decision}. {reason}", who(text("/override/actor")))
        }),
        "outcome" => text("/outcome").map(|outcome| {
            let note = text("/note").map(|note| format!(". {note}")).unwrap_or_default();
            format!("{}{}{note}", who(text("/actor")), language.of(words::outcome(Some(outcome)).1))
        }),
        // What they are called says all.
        "cancelled" | "override_ended" => Some(String::new()),
        _ => found(entry, language).map(|(_, found)| found).filter(|found| !found.is_empty()),
    };
    told.unwrap_or_else(|| language.of(words::NOT_UNDERSTOOD).to_owned())
}

/// What a check before the event found, if the entry tells of one.
pub(super) fn found(entry: &ReportedEntry, language: Language) -> Option<(Timestamp, String)> {
    let room = RoomSeen { online: false, last_seen: entry.at, checks: checks(&entry.body) };
    let told: Text = match entry.kind.as_str() {
        "withdrawn" => parsed(entry.body.pointer("/decision/message")?)?,
        "precheck_failed" => parsed::<Withdrawal>(entry.body.get("why")?)?.message(&room),
        "unconfirmed" => parsed::<Doubt>(entry.body.get("why")?)?.message(&room),
        "confirmed" => {
            siaga_readiness::catalogue::entry(siaga_readiness::reasons::Code::PrecheckConfirmed).text.clone()
        }
        _ => return None,
    };
    Some((entry.at, said(&told, language).to_owned()))
}

fn checks(body: &Value) -> Vec<Check> {
    body.pointer("/room/checks").and_then(parsed).unwrap_or_default()
}

fn parsed<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(kind: &str, body: Value) -> String {
        let at = "2026-11-26T02:00:00Z".parse().unwrap();
        told(&ReportedEntry { seq: 7, at, kind: kind.into(), hash: String::new(), body }, Language::English)
    }

    #[test]
    fn an_entry_is_told_in_a_line() {
        assert_eq!(line("decided", json!({ "decision": { "decision": "deny" } })), "cannot be facilitated");
        assert_eq!(line("decided", json!({ "decision": { "decision": "postpone" } })), "postpone");
        let outcome = json!({ "outcome": "troubled", "note": "noise", "actor": "Rina" });
        assert_eq!(line("outcome", outcome), "Rina: Held with trouble. noise");
        assert_eq!(line("cancelled", json!({})), "", "its name says all");
        assert!(!line("confirmed", json!({})).is_empty());
    }

    #[test]
    fn what_another_release_wrote_is_not_told_as_nothing() {
        for (kind, body) in [
            ("decided", json!({ "ruling": 3 })),
            ("overridden", json!({ "override": { "by_whom": "x" } })),
            ("outcome", json!({ "result": "fine" })),
            ("withdrawn", json!({ "decision": { "message": { "id": 1 } } })),
            ("precheck_failed", json!({ "why": "crystal ball" })),
            ("unconfirmed", json!({})),
            ("foreseen", json!({ "by": "nobody" })),
        ] {
            assert!(line(kind, body).starts_with("Written by another release"), "{kind}");
        }
    }
}
