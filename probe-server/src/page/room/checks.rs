//! What a room is checked for, what was found, and what to do about it.

use maud::{Markup, html};
use siaga_readiness::answer::{Check, Readiness};
use siaga_service::page::{badge, name};

use crate::{page::frame::Viewer, report::words};

pub(super) fn show(viewer: &Viewer, readiness: &Readiness) -> Markup {
    let mut checks: Vec<&Check> = readiness.checks.iter().collect();
    checks.sort_by_key(|check| u8::from(check.state.grants()) + u8::from(check.remedy.id.is_empty()));
    let heads = [
        viewer.say("Pemeriksaan", "Check"),
        viewer.say("Keadaan", "State"),
        viewer.say("Ditemukan, dan tindakan", "What was found, and what to do"),
        viewer.say("Terukur", "Measured"),
        viewer.say("Umur", "Age"),
    ];
    html! {
        h2 { (viewer.say("Pemeriksaan", "Checks")) }
        table.rows {
            caption.hidden { (viewer.say("Pemeriksaan, yang bermasalah lebih dahulu", "Checks, those in trouble first")) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for check in checks { (row(viewer, check, &heads)) } }
        }
    }
}

fn row(viewer: &Viewer, check: &Check, heads: &[&str; 5]) -> Markup {
    let (tone, word) = words::state(check.state);
    html! {
        tr {
            th scope="row" { (words::check(check.code.as_str(), viewer.language)) }
            td data-head=(heads[1]) { (badge(tone, viewer.language.of(word))) }
            td data-head=(heads[2]) {
                (name(viewer.said(&check.text)))
                @if !check.remedy.id.is_empty() { p.remedy { (name(viewer.said(&check.remedy))) } }
                " " code.small.muted { (check.reason.as_str()) }
            }
            td data-head=(heads[3]) { (measured(viewer, check)) }
            td data-head=(heads[4]) {
                @match check.age_s { Some(age) => (viewer.language.age(age)), None => "–" }
            }
        }
    }
}

fn measured(viewer: &Viewer, check: &Check) -> Markup {
    let unit = check.unit.as_deref().unwrap_or_default();
    let number = |value: f64| viewer.language.number(value, 1);
    html! {
        @match (check.value, check.required) {
            (Some(value), Some(required)) => {
                (number(value)) " " (unit) " "
                span.muted { "(" (viewer.say("perlu", "needs")) " " (number(required)) ")" }
            }
            (Some(value), None) => { (number(value)) " " (unit) }
            (None, Some(required)) => span.muted { (viewer.say("perlu", "needs")) " " (number(required)) " " (unit) },
            (None, None) => "–",
        }
    }
}
