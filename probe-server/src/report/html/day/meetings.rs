//! The day's bookings, and those that wait for a person.

use maud::{Markup, html};
use siaga_readiness::{booking::Class, report::Item};
use siaga_service::page::{Language, Words, name};

use crate::{
    gate::answer::Counts,
    report::{
        DayReport,
        day::Meeting,
        html::{mark, more},
        words,
    },
};

pub(super) fn meetings(report: &DayReport, language: Language) -> Markup {
    if report.bookings.is_empty() {
        return html! { p { (language.either("Tidak ada permohonan untuk hari ini.", "There are no applications for this day.")) } };
    }
    html! {
        table.agenda {
            thead {
                tr {
                    th scope="col" { (language.either("Jam", "Time")) }
                    th scope="col" { (language.either("Permohonan", "Application")) }
                    th scope="col" { (language.either("Ruang", "Room")) }
                    th scope="col" { (language.either("Keputusan", "Decision")) }
                    th scope="col" { (language.either("Persiapan", "Preparation")) }
                    th scope="col" { (language.either("Hasil", "Outcome")) }
                }
            }
            tbody { @for meeting in &report.bookings { (row(meeting, report, language)) } }
        }
        (more(report.bookings_truncated, language, MORE))
        @let unsettled: Vec<_> = report.bookings.iter().filter(|meeting| !matches!(meeting.decision, Counts::Approve | Counts::Cancelled) || meeting.overridden).collect();
        @if !unsettled.is_empty() {
            h3 { (language.either("Keterangan keputusan", "Decisions in words")) }
            ul { @for meeting in unsettled.iter().take(MOST_SAID) { li { (name(words::told(&meeting.message, language))) } } }
            (more(unsettled.len() > MOST_SAID, language, MORE_SAID))
        }
    }
}

const MORE: Words = Words::new(
    "Ada lebih banyak permohonan daripada yang dimuat di sini.",
    "There are more applications than are told here.",
);
const MOST_SAID: usize = 50;
const MORE_SAID: Words = Words::new(
    "Keterangan selebihnya ada dalam laporan tiap permohonan.",
    "The others are in the report of each application.",
);

fn row(meeting: &Meeting, report: &DayReport, language: Language) -> Markup {
    let zone = report.clock.rules();
    let clock = |at: jiff::Timestamp| language.clock(&at.to_zoned(zone.clone()));
    html! {
        tr {
            td.nowrap {
                @if meeting.slot.start() < report.from { "… " } @else { (clock(meeting.slot.start())) } "–"
                @if meeting.slot.end() > report.to { " …" } @else { (clock(meeting.slot.end())) }
            }
            th scope="row" {
                (meeting.reference)
                @if meeting.class == Class::Leaders { br; span.small { (language.either("pimpinan", "leaders'")) } }
                @if let Some(letter) = &meeting.letter_ref { br; span.small.muted { (name(letter)) } }
            }
            td { (meeting.room) @if let Some(site) = &meeting.site { br; span.small.muted { (name(site)) } } }
            td {
                (mark(words::decision(meeting.decision), language))
                @if meeting.overridden { br; span.small { (language.either("oleh pejabat", "by a person")) } }
                @if let Some(standing) = meeting.standing.as_deref().and_then(words::standing) { br; span.small { (language.of(standing)) } }
            }
            td {
                @if meeting.was_approved || meeting.ticked > 0 {
                    (meeting.ticked) "/" (Item::ALL.len()) (language.either(" langkah", " steps"))
                } @else { "–" }
            }
            td {
                @if meeting.outcome.is_some() || (meeting.was_approved && meeting.cancelled_at.is_none()) {
                    (mark(words::outcome(meeting.outcome.as_ref().map(|told| told.outcome.as_str())), language))
                    @if let Some(note) = meeting.outcome.as_ref().and_then(|told| told.note.as_deref()) { br; span.small { (name(note)) } }
                } @else { "–" }
            }
        }
    }
}

pub(super) fn overdue(report: &DayReport, language: Language) -> Markup {
    html! {
        p {
            (language.either(
                "Permohonan yang menunggu petugas lebih dari satu hari, pada saat laporan ini dibuat. SOP meminta verifikasi selesai dalam satu hari.",
                "Applications that waited for a person for more than a day when this report was made. The procedure asks for a verification within one day.",
            ))
        }
        @if report.overdue.is_empty() {
            p { (language.either("Tidak ada.", "There are none.")) }
        } @else {
            table {
                thead {
                    tr {
                        th scope="col" { (language.either("Permohonan", "Application")) }
                        th scope="col" { (language.either("Ruang", "Room")) }
                        th scope="col" { (language.either("Waktu acara", "Event")) }
                        th scope="col" { (language.either("Menunggu sejak", "Waiting since")) }
                    }
                }
                tbody {
                    @for waiting in &report.overdue {
                        tr {
                            th scope="row" { (waiting.reference) }
                            td { (waiting.room) }
                            td { (language.day_and_time(waiting.start, report.clock.rules())) }
                            td {
                                (language.day_and_time(waiting.since, report.clock.rules())) " ("
                                (language.age(report.written_at.duration_since(waiting.since).as_secs_f64())) ")"
                            }
                        }
                    }
                }
            }
            (more(report.overdue_truncated, language, MORE_OVERDUE))
        }
    }
}

const MORE_OVERDUE: Words = Words::new(
    "Masih ada tinjauan terlambat yang lain.",
    "There are more overdue reviews than are told here.",
);
