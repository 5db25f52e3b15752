//! What was asked for.

use maud::{Markup, html};
use siaga_service::page::{Language, name};

use crate::report::{
    BookingReport,
    html::{evidence::as_f64, facts},
    words::{self, CLASSES, FACTS},
};

pub(crate) fn request(report: &BookingReport, language: Language) -> Markup {
    let row = &report.row;
    let text = |key: &str| report.asked(key).map(|text| name(&text));
    let class = row.class.as_str();
    let minutes = row.slot.length().as_mins();
    let owner = report.asked("room_owner").map(|owner| match owner.as_str() {
        "applicant" => html! { (language.either("Pemohon", "Applicant")) },
        "division" => html! { (language.either("Bidang pelaksana", "Division")) },
        other => name(other),
    });
    let rows = [
        (language.either("Nomor permohonan", "Reference"), Some(html! { (row.reference) })),
        (language.either("Acara", "Event"), report.title().map(|title| name(&title))),
        (
            language.either("Ruang", "Room"),
            Some(html! { (row.room) @if let Some(site) = &report.site { " (" (name(site)) ")" } }),
        ),
        (
            language.either("Waktu", "Time"),
            Some(html! {
                (language.span(row.slot.start(), row.slot.end(), report.clock.rules()))
                " (" (minutes) (language.either(" menit)", " minutes)"))
            }),
        ),
        (language.either("Jenis acara", "Class"), Some(html! { (words::named(CLASSES, class, language)) })),
        (language.either("Nomor surat", "Letter"), text("letter_ref")),
        (
            language.either("Diajukan pada", "Submitted on"),
            Some(html! { (language.day_and_time(row.submitted_at, report.clock.rules())) }),
        ),
        (language.either("Jumlah perangkat", "Devices"), text("devices_expected")),
        (language.either("Profil kebutuhan", "Profile"), Some(profile(report, language))),
        (language.either("Pemilik ruang", "Owner of the room"), owner),
        (language.either("Pernyataan", "Stated"), stated(report, language)),
        (
            language.either("Perubahan", "Changes"),
            (row.version > 1).then(|| html! { (language.either("versi ke-", "version ")) (row.version) }),
        ),
        (
            language.either("Dibatalkan pada", "Cancelled on"),
            row.cancelled_at.map(|at| html! { (language.day_and_time(at, report.clock.rules())) }),
        ),
    ];
    facts(&rows)
}

fn profile(report: &BookingReport, language: Language) -> Markup {
    let of = |series: &str| Some(language.rate(as_f64(report.measured.required(series)?)));
    html! {
        (name(&report.asked("profile").unwrap_or_else(|| "minimum".to_owned())))
        @if let (Some(up), Some(down)) = (of("gate.up"), of("gate.down")) {
            " (" (language.either("unggah ", "upload ")) (up) (language.either(", unduh ", ", download ")) (down) ")"
        }
    }
}

fn stated(report: &BookingReport, language: Language) -> Option<Markup> {
    let facts: Vec<_> = report.facts().collect();
    let line = html! {
        @for (index, (fact, value)) in facts.iter().enumerate() {
            @if index > 0 { "; " }
            (words::named(FACTS, fact, language)) ": "
            @if *value { (language.either("ya", "yes")) } @else { (language.either("tidak", "no")) }
        }
    };
    (!facts.is_empty()).then_some(line)
}
