//! The report of a booking, in the order of the procedures: what was verified and found, what was prepared, what came of it, and what
//! proves all that.

pub(super) mod history;
mod measured;
pub(super) mod prepared;
pub(super) mod request;

use maud::{Markup, html};
use siaga_service::page::{Language, Words, name};

use super::{Sheet, authenticity, evidence, facts, faults, mark, section, signatures};
use crate::report::{
    BookingReport,
    booking::{Told, Understood},
    words::{self, CRITERIA},
};

/// The page.
pub(in crate::report) fn booking(report: &BookingReport, language: Language) -> String {
    let reference = report.row.reference.as_str();
    let title = |words: Words| language.of(words);
    let body = html! {
        (section(1, title(VERIFIED), &verdict(report, language)))
        (section(2, title(REQUESTED), &request::request(report, language)))
        (section(3, title(HELD_AGAINST), &criteria(report, language)))
        (section(4, title(PREPARED), &prepared::prepared(report, language)))
        (section(5, title(MEASURED), &measured::measured(report, language)))
        (section(6, title(OUTCOME), &html! { (outcome(report, language)) (evaluation(language)) }))
        (section(7, title(HISTORY), &history::history(report, language)))
        (section(8, title(AUTHENTICITY), &authenticity(report.booking.log, Some(reference), Some(report.policy()), language)))
        (signatures(language))
    };
    let held = report.concluded.is_some();
    Sheet {
        language,
        kind: if held { REPORT_HELD } else { REPORT_VERIFIED },
        of: html! {
            (language.either("Permohonan ", "Application ")) strong { (reference) } ", "
            (language.span(report.row.slot.start(), report.row.slot.end(), report.clock.rules()))
        },
        name: reference,
        written_at: report.written_at,
        clock: &report.clock,
        body,
    }
    .render()
}

const REPORT_HELD: Words = Words::new("Laporan pelaksanaan video conference", "Report of a video conference");
const REPORT_VERIFIED: Words = Words::new(
    "Laporan hasil verifikasi video conference",
    "Report of the verification of a video conference",
);
const VERIFIED: Words = Words::new("Hasil verifikasi", "Result of the verification");
const REQUESTED: Words = Words::new("Permohonan", "Application");
const HELD_AGAINST: Words = Words::new("Kriteria verifikasi dan buktinya", "Criteria and their evidence");
const PREPARED: Words =
    Words::new("Persiapan dan uji coba sebelum acara", "Preparation and trial before the event");
const MEASURED: Words =
    Words::new("Pengukuran internet di sekitar acara", "The link as measured around the event");
const OUTCOME: Words =
    Words::new("Hasil pelaksanaan dan gangguan di lapangan", "Outcome and faults in the field");
const HISTORY: Words = Words::new("Riwayat keputusan", "History of the decision");
const AUTHENTICITY: Words = Words::new("Keaslian laporan", "Authenticity");

fn verdict(report: &BookingReport, language: Language) -> Markup {
    html! {
        div.verdict {
            (mark(words::decision(report.booking.decision), language))
            p { (name(words::told(&report.message(), language))) }
        }
        (verdict_facts(report, language))
    }
}

/// When it was decided, by whom, and how far that is confirmed.
pub(crate) fn verdict_facts(report: &BookingReport, language: Language) -> Markup {
    let booking = &report.booking;
    let time = |value: &serde_json::Value| {
        let at = value.as_str()?.parse().ok()?;
        Some(html! { (language.day_and_time(at, report.clock.rules())) })
    };
    let rows = [
        (language.either("Diputuskan pada", "Decided on"), time(&booking.decided_at)),
        (language.either("Berlaku sampai", "Counts until"), time(&booking.expires_at)),
        (
            language.either("Keputusan Siaga semula", "Siaga's own decision"),
            booking.gate_decision.map(|ruling| html! { (words::decision_named(ruling.as_str(), language)) }),
        ),
        (
            language.either("Diputuskan oleh", "Decided by"),
            booking.overridden.as_ref().map(|person| {
                html! {
                    (name(&person.actor)) ": " (words::decision_named(person.decision.as_str(), language)) ". "
                    (name(&person.reason))
                    (language.either(" (berlaku sampai ", " (until ")) (language.day_and_time(person.expires_at, report.clock.rules())) ")"
                }
            }),
        ),
        (
            language.either("Pemeriksaan sebelum acara", "Checks before the event"),
            booking.standing.as_deref().and_then(words::standing).map(|it| html! { (language.of(it)) }),
        ),
    ];
    facts(&rows)
}

pub(crate) fn criteria(report: &BookingReport, language: Language) -> Markup {
    let findings = report.criteria();
    html! {
        table.criteria {
            thead {
                tr {
                    th scope="col" { (language.either("Kriteria", "Criterion")) }
                    th scope="col" { (language.either("Hasil", "Result")) }
                    th scope="col" { (language.either("Keterangan dan bukti", "Reason and evidence")) }
                    th scope="col" { (language.either("Umur bukti", "Age of evidence")) }
                }
            }
            tbody {
                @for finding in &findings.all {
                    tr {
                        th scope="row" { (words::named(CRITERIA, &finding.code, language)) }
                        td { (mark(words::result(&finding.result), language)) }
                        td { (evidence::sentence(finding, language)) (evidence::list(finding, &report.clock, language)) }
                        td.nowrap { @if let Some(age) = finding.age_s { (language.age(age)) } @else { "–" } }
                    }
                }
                @if findings.others > 0 { tr { td colspan="4" { (evidence::not_understood(findings.others, language)) } } }
            }
        }
        p.small.muted {
            (language.either(
                "Umur bukti dihitung sampai saat diputuskan, dari pengukuran tertua yang menjadi dasar.",
                "Ages are as of the decision, of the oldest measurement that a criterion rests on.",
            ))
        }
        (sentences(language.either("Syarat", "Conditions"), &report.conditions(), language))
        (sentences(language.either("Waktu lain yang masih kosong", "Other times that were free"), &report.alternatives(), language))
    }
}

fn sentences(title: &str, told: &Understood<Told>, language: Language) -> Markup {
    let Understood { all, others } = told;
    html! {
        @if !all.is_empty() || *others > 0 {
            h3 { (title) }
            ul {
                @for it in all { li { (name(words::told(&it.text, language))) } }
                @if *others > 0 { li { (evidence::not_understood(*others, language)) } }
            }
        }
    }
}

pub(crate) fn outcome(report: &BookingReport, language: Language) -> Markup {
    let told = report.concluded.as_ref();
    let rows = [
        (
            language.either("Hasil", "Outcome"),
            Some(mark(words::outcome(told.map(|told| told.outcome.as_str())), language)),
        ),
        (language.either("Catatan", "Note"), told.and_then(|told| told.note.as_deref()).map(name)),
        (
            language.either("Dilaporkan oleh", "Reported by"),
            told.and_then(|told| told.actor.as_deref()).map(name),
        ),
        (
            language.either("Dilaporkan pada", "Reported on"),
            told.map(|told| html! { (language.day_and_time(told.at, report.clock.rules())) }),
        ),
    ];
    let seen = faults::seen(report, language);
    let begun = report.row.slot.start() <= report.written_at;
    html! {
        (facts(&rows))
        h3 { (language.either("Gangguan yang tercatat, untuk evaluasi", "Faults that were recorded, for the evaluation")) }
        @if seen.is_empty() {
            p {
                @if begun && faults::was_measured(report) {
                    (language.either(
                        "Dari persiapan sampai acara selesai tidak ada gangguan yang tercatat.",
                        "From the preparation until the end no fault was recorded.",
                    ))
                } @else if begun {
                    (language.either(
                        "Tidak ada pengukuran dari waktu itu, sehingga tidak dapat dipastikan ada tidaknya gangguan.",
                        "There are no measurements of that time: whether there were faults is not known.",
                    ))
                } @else {
                    (language.either("Acara belum berlangsung.", "The event has not begun."))
                }
            }
        } @else {
            ul { @for fault in seen.iter().take(MOST_FAULTS) { li { (fault) } } }
            @if seen.len() > MOST_FAULTS {
                p.more {
                    (language.either("Gangguan lainnya: ", "More faults: ")) (seen.len() - MOST_FAULTS)
                    (language.either("; semuanya ada dalam laporan CSV dan JSON.", "; all of them are in the CSV and JSON reports."))
                }
            }
        }
    }
}

/// To be written on, by hand.
fn evaluation(language: Language) -> Markup {
    html! {
        h3 { (language.either("Catatan evaluasi", "Notes of the evaluation")) }
        div.lines {} div.lines {} div.lines {}
    }
}

const MOST_FAULTS: usize = 20;
