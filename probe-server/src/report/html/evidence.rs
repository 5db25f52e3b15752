//! What a criterion was told from, in a line or two.

use maud::{Markup, html};
use siaga_readiness::booking::{Evidence, Forecast, calendar::Zone};
use siaga_service::page::{Language, name};

use super::percent;
use crate::report::{
    booking::{Finding, Understood},
    words::{self, FACTS, FIELDS, said},
};

/// The list of it; nothing where there is none.
pub(super) fn list(finding: &Finding, clock: &Zone, language: Language) -> Markup {
    let Understood { all, others } = finding.evidence();
    html! {
        @if !all.is_empty() || others > 0 {
            ul.evidence {
                @for it in &all { li { (line(it, clock, language)) } }
                @if others > 0 { li { (not_understood(others, language)) } }
            }
        }
    }
}

/// That there is more, of which only JSON tells.
pub(super) fn not_understood(others: usize, language: Language) -> Markup {
    html! {
        (others) " " (language.either(
            "lainnya dari versi Siaga yang lain, tidak dapat dijelaskan di sini; isinya ada dalam laporan JSON",
            "more of another release of Siaga, which can't be told here; the JSON report has it",
        ))
    }
}

fn line(evidence: &Evidence, clock: &Zone, language: Language) -> Markup {
    let not_said = language.either("tidak disebutkan", "not said");
    match evidence {
        Evidence::Request { field, value } => html! {
            (language.either("Permohonan: ", "Request: ")) (words::named(FIELDS, field, language)) " = "
            @match value { Some(value) => (name(&readable(value, clock, language))), None => (not_said) }
        },
        Evidence::Facts { facts } => html! {
            (language.either("Pernyataan: ", "Stated: "))
            @for (index, (fact, value)) in facts.iter().enumerate() {
                @if index > 0 { "; " }
                (words::named(FACTS, fact, language)) ": "
                @match value {
                    Some(true) => (language.either("ya", "yes")),
                    Some(false) => (language.either("tidak", "no")),
                    None => (not_said),
                }
            }
        },
        Evidence::Calendar { zone, hours, holiday } => html! {
            (language.either("Kalender kantor", "Office's calendar")) " (" (zone) "): "
            @match hours {
                Some(hours) => { (language.either("jam kerja ", "hours ")) (hours) }
                None => (language.either("tidak ada jam kerja", "no working hours")),
            }
            @if let Some(holiday) = holiday { "; " (name(holiday)) }
        },
        Evidence::Agenda { engagements } => html! {
            (language.either("Jadwal: ", "Agenda: "))
            @if engagements.is_empty() { (language.either("kosong pada waktu itu", "free at that time")) }
            @for (index, other) in engagements.iter().enumerate() {
                @if index > 0 { "; " }
                (other.reference) " (" (other.room) ", "
                (language.span(other.slot.start(), other.slot.end(), clock.rules())) ")"
            }
        },
        Evidence::Room { online, last_seen, checks } => html! {
            @if *online {
                (language.either("Ruang tersambung", "The room was online"))
            } @else {
                (language.either("Ruang tidak terdengar, terakhir ", "The room was offline, last heard "))
                (language.day_and_time(*last_seen, clock.rules()))
            }
            @for check in checks {
                "; " (words::check(check.code.as_str(), language)) ": "
                (language.of(words::state(check.state).1))
                @if let Some(age) = check.age_s { " (" (language.ago(age)) ")" }
            }
        },
        Evidence::History { forecast } => history(forecast, clock, language),
    }
}

/// Of ours, times are the only values that are not as people write them.
fn readable(value: &str, clock: &Zone, language: Language) -> String {
    match value.parse() {
        Ok(at) => language.day_and_time(at, clock.rules()),
        Err(_) => value.to_owned(),
    }
}

fn history(forecast: &Forecast, clock: &Zone, language: Language) -> Markup {
    let kind = if forecast.working_days {
        language.either("hari kerja", "working days")
    } else {
        language.either("hari libur", "days off")
    };
    let delivered = [
        (language.either("unggah", "upload"), forecast.delivered.up_p10_bps),
        (language.either("unduh", "download"), forecast.delivered.down_p10_bps),
    ];
    html! {
        @match language {
            Language::Indonesian => { "Riwayat jam itu: " (forecast.good_days) " dari " (forecast.days) " " (kind) " baik" }
            Language::English => { "History of that hour: " (forecast.good_days) " of " (forecast.days) " " (kind) " good" }
        }
        @if let Some(bound) = forecast.lower_bound {
            (language.either(", batas bawah (keyakinan 95 %) ", ", lower bound (95 % confidence) ")) (percent(bound, language))
            (language.either(" (diperlukan ", " (required ")) (percent(forecast.required, language)) ")"
        }
        @for (direction, bps) in delivered {
            @if let Some(bps) = bps {
                "; " (direction) (language.either(" sedikitnya ", " at least "))
                (language.rate(as_f64(bps))) (language.either(" pada 9 dari 10 uji", " in 9 of 10 probes"))
            }
        }
        @if let Some(online) = forecast.online {
            (language.either("; tersambung ", "; online ")) (percent(online, language))
        }
        @if let Some(newest) = forecast.newest {
            (language.either("; uji terbaru ", "; newest probe ")) (language.day_and_time(newest, clock.rules()))
        }
    }
}

#[allow(clippy::cast_precision_loss)] // Rates stay far below 2^53.
pub(super) fn as_f64(bps: u64) -> f64 {
    bps as f64
}

/// The sentence and what to do about it.
pub(super) fn sentence(finding: &Finding, language: Language) -> Markup {
    let remedy = said(&finding.remedy, language);
    html! {
        (name(words::told(&finding.text, language)))
        @if !remedy.is_empty() { br; strong { (language.either("Tindak lanjut: ", "To do: ")) } (name(remedy)) }
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz;
    use serde_json::json;

    use super::*;

    #[test]
    fn evidence_of_another_release_is_not_left_out_in_silence() {
        let letter = json!({ "source": "request", "field": "letter_ref", "value": "090/12" });
        let evidence = [letter, json!({ "source": "crystal_ball", "says": "yes" }), json!(7)];
        let finding: Finding =
            serde_json::from_value(json!({ "code": "LETTER", "evidence": evidence })).unwrap();
        let clock = Zone::named("Asia/Pontianak", tz::db()).unwrap();
        let told = list(&finding, &clock, Language::Indonesian).into_string();
        assert!(
            told.contains("090/12") && told.contains("<li>2 lainnya dari versi Siaga yang lain"),
            "{told}"
        );
        assert!(!list(&Finding::default(), &clock, Language::English).into_string().contains("<ul"));
        let sentence = sentence(&finding, Language::English).into_string();
        assert!(sentence.starts_with("<bdi>Written by another release of Siaga"), "{sentence}");
    }
}
