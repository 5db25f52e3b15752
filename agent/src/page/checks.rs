use maud::{Markup, html};
use siaga_readiness::{answer::Check, state::CheckState};
use siaga_service::page::{Words, badge, icon};

use super::view::{View, tone};
use crate::text::Phrases;

/// What is wrong first, then what is not known, what there is to remark, and what is good.
pub(super) fn render(view: &View) -> Markup {
    let language = view.language;
    let mut checks: Vec<&Check> = view.readiness.checks.iter().collect();
    checks.sort_by_key(|check| urgency(check.state));
    html! {
        section #checks.card aria-labelledby="checks-heading" {
            h2 #checks-heading { (language.of(CHECKS)) }
            @if checks.is_empty() { p.muted { (language.of(NONE)) } }
            ul.checks {
                @for (index, check) in checks.iter().enumerate() {
                    // Checks that fail together for one reason have one remedy, below the last of them.
                    @let goes_on = checks.get(index + 1).is_some_and(|next| next.remedy == check.remedy);
                    (render_one(view, check, !goes_on))
                }
            }
        }
    }
}

fn render_one(view: &View, check: &Check, with_remedy: bool) -> Markup {
    let language = view.language;
    let remedy = language.text(&check.remedy);
    html! {
        li .check.(tone(check.state).class()) id={ "check-" (check.code.as_str()) } {
            (icon(tone(check.state)))
            div {
                div.head {
                    h3 { (language.label(check.code.label())) }
                    (badge(tone(check.state), language.state(check.state)))
                    @if let Some(age) = check.age_s { span.muted.small { (language.ago(age)) } }
                }
                p { (told(view, language.text(&check.text))) }
                @if with_remedy && !remedy.is_empty() {
                    p.remedy { strong { (language.of(REMEDY)) } " " (told(view, remedy)) }
                }
            }
        }
    }
}

const fn urgency(state: CheckState) -> u8 {
    match state {
        CheckState::Failed => 0,
        CheckState::Unknown => 1,
        CheckState::Warning => 2,
        CheckState::InUse => 3,
        CheckState::Ok => 4,
    }
}

/// A sentence in which names of devices stay within their bounds, in whichever direction they run.
fn told(view: &View, sentence: &str) -> Markup {
    let names = view.inventory.iter().flat_map(|inventory| inventory.devices().map(|device| device.name));
    let found =
        names.filter(|name| !name.is_empty() && sentence.contains(name)).max_by_key(|name| name.len());
    html! {
        @match found.and_then(|name| Some((name, sentence.split_once(name)?))) {
            Some((name, (before, after))) => { (before) bdi { (name) } (told(view, after)) }
            None => { (sentence) }
        }
    }
}

const CHECKS: Words = Words::new("Pemeriksaan", "Checks");
const NONE: Words = Words::new("Belum ada yang diperiksa.", "Nothing has been checked yet.");
const REMEDY: Words = Words::new("Yang perlu dilakukan:", "What to do:");
