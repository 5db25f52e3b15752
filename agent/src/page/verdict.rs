use maud::{Markup, html};
use siaga_readiness::{answer::RoomVerdict, state::CheckState};
use siaga_service::page::{Language, Tone, Words, icon, light, name};

use super::view::{View, tone};
use crate::text::Phrases;

/// The traffic light, why it stands so, and until when that counts.
pub(super) fn render(view: &View) -> Markup {
    let View { language, readiness, .. } = view;
    let (tone, headline) = told(view);
    let headline = language.of(headline);
    let lasts = readiness.valid_until.map(|until| until.duration_since(view.now.wall));
    html! {
        section #verdict.card.verdict.(tone.class()) aria-labelledby="headline"
            data-title={ (headline) " · " (readiness.room) " · Siaga" }
            data-lasts=[lasts.map(|lasts| lasts.as_millis().max(0))] {
            (light(tone, headline))
            div.told {
                p.kicker { (language.of(ROOM)) " " (name(&readiness.room)) }
                h1 #headline { (headline) }
                p.hidden role="status" { (headline) }
                (reasons(view))
                p.muted.small { (basis(view)) }
            }
            (button(view))
        }
    }
}

fn told(view: &View) -> (Tone, Words) {
    let states = || view.readiness.checks.iter().map(|check| check.state);
    match view.readiness.verdict {
        RoomVerdict::Ready if states().all(|state| state == CheckState::Ok) => (Tone::Good, READY),
        RoomVerdict::Ready if states().any(|state| state == CheckState::InUse) => (Tone::Warning, IN_USE),
        RoomVerdict::Ready => (Tone::Warning, READY_BUT),
        RoomVerdict::NotReady => (Tone::Bad, NOT_READY),
        RoomVerdict::Unknown => (Tone::Unknown, UNKNOWN),
    }
}

/// The checks that the verdict rests on, each a link to what is said about it below.
fn reasons(view: &View) -> Markup {
    let View { language, readiness, .. } = view;
    let counts = |state: CheckState| match readiness.verdict {
        RoomVerdict::Ready => matches!(state, CheckState::Warning | CheckState::InUse),
        RoomVerdict::NotReady => state == CheckState::Failed,
        RoomVerdict::Unknown => state == CheckState::Unknown,
    };
    html! {
        ul.reasons {
            @for check in readiness.checks.iter().filter(|check| counts(check.state)) {
                li {
                    a href={ "#check-" (check.code.as_str()) } {
                        (icon(tone(check.state))) span { (language.label(check.code.label())) }
                    }
                    span.muted { (language.state(check.state)) }
                }
            }
        }
    }
}

/// What it was held against, how old the oldest evidence is, and until when it counts.
fn basis(view: &View) -> Markup {
    let View { language, readiness, .. } = view;
    let oldest = readiness.checks.iter().filter_map(|check| check.age_s).reduce(f64::max);
    html! {
        (language.of(PROFILE)) " " (name(&readiness.profile))
        @if let Some(oldest) = oldest { " · " (language.of(OLDEST)) " " (language.ago(oldest)) }
        @if let Some(until) = readiness.valid_until {
            " · " (language.of(UNTIL)) " "
            time datetime=(until) {
                @let until = until.to_zoned(view.zone.clone());
                (language.clock(&until)) " " (until.strftime("%Z"))
            }
        }
    }
}

fn button(view: &View) -> Markup {
    let (language, busy) = (view.language, view.doing.is_wanted());
    html! {
        form.check method="post" action="/page/check" {
            button #check-now .main type="submit" aria-disabled=[busy.then_some("true")] {
                (language.of(if busy { CHECKING } else { CHECK_NOW }))
            }
        }
    }
}

/// What takes the verdict's place when nobody keeps it up to date any more.
pub(super) fn lost(language: Language) -> Markup {
    html! {
        section #lost.card.verdict.unknown role="alert" hidden data-title={ (language.of(LOST)) " · Siaga" } {
            (light(Tone::Unknown, language.of(UNKNOWN)))
            div.told {
                h1 { (language.of(UNKNOWN)) }
                p { (language.of(LOST)) ". " (language.of(LOST_REMEDY)) }
            }
        }
    }
}

const ROOM: Words = Words::new("Ruang", "Room");
const READY: Words = Words::new("Siap untuk konferensi video", "Ready for a video conference");
const READY_BUT: Words = Words::new("Siap, dengan catatan", "Ready, with remarks");
const IN_USE: Words = Words::new("Siap; perangkat sedang dipakai", "Ready; devices are in use");
const NOT_READY: Words = Words::new("Tidak siap untuk konferensi video", "Not ready for a video conference");
const UNKNOWN: Words = Words::new("Belum diketahui apakah siap", "Not known whether it is ready");
const PROFILE: Words = Words::new("Persyaratan", "Requirements");
const OLDEST: Words = Words::new("bukti tertua", "oldest evidence");
const UNTIL: Words = Words::new("berlaku sampai", "counts until");
const CHECK_NOW: Words = Words::new("Periksa sekarang", "Check now");
const CHECKING: Words = Words::new("Sedang memeriksa …", "Checking …");
const LOST: Words = Words::new("Layanan Siaga tidak menjawab", "Siaga's service does not answer");
const LOST_REMEDY: Words = Words::new(
    "Keadaan di bawah ini sudah lama dan tidak berlaku lagi. Tunggu sebentar; jika tetap begini, nyalakan ulang komputer atau hubungi bagian TI.",
    "What stands below is old and no longer counts. Wait for a moment; if this stays so, restart the computer or call the IT division.",
);
