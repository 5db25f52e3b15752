//! The report of a day.

mod meetings;
mod rooms;

use maud::{Markup, html};
use siaga_service::page::{Language, Words, name};

use super::{Sheet, authenticity, percent, section, signatures};
use crate::report::{
    DayReport,
    day::Outcomes,
    words::{self, said},
};

/// The page.
pub(in crate::report) fn day(report: &DayReport, language: Language) -> String {
    let title = |words: Words| language.of(words);
    let date = siaga_readiness::booking::times::of_date(report.date);
    let body = html! {
        (section(1, title(IN_SHORT), &in_short(report, language)))
        (section(2, title(BOOKINGS), &meetings::meetings(report, language)))
        (section(3, title(OVERDUE), &meetings::overdue(report, language)))
        (section(4, title(ROOMS), &rooms::rooms(report, language)))
        (section(5, title(PROBES), &rooms::probes(report, language)))
        (section(6, title(PRECISION), &precision(report, language)))
        (section(7, title(AUTHENTICITY), &authenticity(report.log, None, None, language)))
        (signatures(language))
    };
    Sheet {
        language,
        kind: DAILY,
        of: html! {
            strong { (said(&date, language)) } ", "
            @match &report.site {
                Some(site) => { (language.either("lokasi ", "site ")) (name(site)) }
                None => (language.either("semua lokasi", "all sites")),
            }
            " (" (report.clock.label(report.from)) ")"
        },
        name: &report.date.to_string(),
        written_at: report.written_at,
        clock: &report.clock,
        body,
    }
    .render()
}

const DAILY: Words =
    Words::new("Laporan harian fasilitasi video conference", "Daily report of video conferences");
const IN_SHORT: Words = Words::new("Ringkasan", "In short");
const BOOKINGS: Words = Words::new("Jadwal, keputusan, dan hasil", "Agenda, decisions and outcomes");
const OVERDUE: Words = Words::new("Tinjauan yang terlambat", "Overdue reviews");
const ROOMS: Words = Words::new("Keadaan ruang sepanjang hari", "Rooms over the day");
const PROBES: Words = Words::new("Uji internet per jam", "Probes of the link by the hour");
const PRECISION: Words = Words::new("Ketepatan keputusan", "How right the decisions were");
const AUTHENTICITY: Words = Words::new("Keaslian laporan", "Authenticity");

fn in_short(report: &DayReport, language: Language) -> Markup {
    let counts = &report.counts;
    let heard: u64 = report.rooms.iter().map(|room| u64::from(room.heard_minutes)).sum();
    let minutes: u64 = report.rooms.iter().map(|room| u64::from(room.minutes)).sum();
    let figure = |value: String, label: &str| html! { li { strong { (value) } span { (label) } } };
    html! {
        @if !report.is_over() {
            p.more {
                (language.either("Hari ini belum selesai: dilaporkan sampai ", "The day is not over: as of "))
                (language.day_and_time(report.written_at, report.clock.rules())) "."
            }
        }
        ul.figures {
            (figure(counts.bookings.to_string(), language.either("permohonan", "applications")))
            @for (decision, count) in &counts.by_decision {
                (figure(count.to_string(), words::decision_named(decision, language)))
            }
            @for (outcome, count) in &counts.by_outcome {
                (figure(count.to_string(), language.of(words::outcome(Some(outcome)).1)))
            }
            @if counts.not_reported > 0 {
                (figure(counts.not_reported.to_string(), language.either("disetujui, hasil belum dilaporkan", "approved, outcome not reported")))
            }
            (figure(report.rooms.len().to_string(), language.either("ruang", "rooms")))
            @if minutes > 0 {
                (figure(percent(share(heard, minutes), language), language.either("waktu ruang terdengar", "time rooms were heard")))
            }
            (figure(report.overdue.len().to_string(), language.either("tinjauan terlambat", "overdue reviews")))
        }
    }
}

#[allow(clippy::cast_precision_loss)] // Minutes of a day.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

fn precision(report: &DayReport, language: Language) -> Markup {
    let rows = [
        (language.either("Hari ini", "This day"), &report.precision.day),
        (language.either("Sejak awal, semua lokasi", "From the beginning, all sites"), &report.precision.all),
    ];
    let outcomes = ["ok", "troubled", "failed"];
    let cell = |of: &Outcomes, outcome: &str| of.approved.get(outcome).copied().unwrap_or_default();
    html! {
        p {
            (language.either(
                "Dari acara yang disetujui dan dilaporkan hasilnya, berapa yang terlaksana tanpa gangguan:",
                "Of the events that were approved and whose outcome was told, how many went well:",
            ))
        }
        table {
            thead {
                tr {
                    th scope="col" { (language.either("Acara yang disetujui", "Approved events")) }
                    @for outcome in outcomes { th.number scope="col" { (language.of(words::outcome(Some(outcome)).1)) } }
                    th.number scope="col" { (language.either("Ketepatan", "Precision")) }
                    th.number scope="col" { (language.either("Terlaksana tanpa persetujuan", "Held without approval")) }
                }
            }
            tbody {
                @for (label, of) in rows {
                    tr {
                        th scope="row" { (label) }
                        @for outcome in outcomes { td.number { (cell(of, outcome)) } }
                        td.number {
                            @match of.precision() { Some(share) => (percent(share, language)), None => "–" }
                        }
                        td.number { (of.others.values().sum::<u64>()) }
                    }
                }
            }
        }
    }
}
