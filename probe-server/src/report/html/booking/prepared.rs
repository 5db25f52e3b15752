//! What was done before the event: the room's own checks, and the steps that staff do by hand.

use maud::{Markup, html};
use siaga_readiness::report::{Item, Ticked};
use siaga_service::page::{Language, Tone, icon, name};

use super::history;
use crate::report::{
    BookingReport,
    html::mark,
    words::{self, STAGES},
};

pub(crate) fn prepared(report: &BookingReport, language: Language) -> Markup {
    html! {
        h3 { (language.either("Pemeriksaan ulang ruang oleh Siaga", "Checks of the room by Siaga")) }
        (checked(report, language))
        h3 { (language.either("Langkah petugas di ruang", "Steps by staff in the room")) }
        (checklist(report, language))
    }
}

fn checked(report: &BookingReport, language: Language) -> Markup {
    if report.prechecks.is_empty() {
        return html! {
            p {
                (language.either(
                    "Tidak ada: ruang diperiksa ulang hanya untuk permohonan yang disetujui.",
                    "None: a room is checked again only for what is approved.",
                ))
            }
        };
    }
    let has_begun = report.row.slot.start() <= report.written_at;
    let found: Vec<_> = report.entries.iter().filter_map(|entry| history::found(entry, language)).collect();
    html! {
        table {
            thead {
                tr {
                    th scope="col" { (language.either("Pemeriksaan", "Check")) }
                    th scope="col" { (language.either("Jadwal", "Due")) }
                    th scope="col" { (language.either("Hasil", "Result")) }
                }
            }
            tbody {
                @for check in &report.prechecks {
                    tr {
                        th scope="row" { (words::named(STAGES, check.stage, language)) }
                        td {
                            @match check.due_at {
                                Some(at) => (language.day_and_time(at, report.clock.rules())),
                                None => (language.either("tidak ada hari kerja sebelumnya", "no working day before")),
                            }
                        }
                        td { (mark(words::ended(check.ended, has_begun), language)) }
                    }
                }
            }
        }
        @if !found.is_empty() {
            p { (language.either("Yang ditemukan:", "What was found:")) }
            ul {
                @for (at, found) in found { li { (language.day_and_time(at, report.clock.rules())) ": " (name(&found)) } }
            }
        }
    }
}

fn checklist(report: &BookingReport, language: Language) -> Markup {
    let done = |item: Item| report.checklist.iter().find(|ticked| ticked.item == item);
    html! {
        table.steps {
            thead {
                tr {
                    th scope="col" { (language.either("Langkah", "Step")) }
                    th scope="col" { (language.either("Hasil", "Result")) }
                    th scope="col" { (language.either("Oleh", "By")) }
                    th scope="col" { (language.either("Pada", "At")) }
                }
            }
            tbody { @for item in Item::ALL { (step(item, done(item), report, language)) } }
        }
        p.small.muted {
            (language.either(
                "Meeting ID dan passcode hanya dicoba; keduanya tidak disimpan di mana pun.",
                "Meeting ID and passcode are tried and kept nowhere.",
            ))
        }
    }
}

fn step(item: Item, done: Option<&Ticked>, report: &BookingReport, language: Language) -> Markup {
    html! {
        tr {
            th scope="row" { (language.of(words::step(item))) }
            @match done {
                Some(done) => {
                    td { span.mark.good { (icon(Tone::Good)) " " (language.either("sudah", "done")) } }
                    td { (name(&done.name)) }
                    td { @match done.at { Some(at) => (language.day_and_time(at, report.clock.rules())), None => "–" } }
                }
                None => {
                    td { span.mark.unknown { (icon(Tone::Unknown)) " " (language.either("tidak dicentang", "not ticked")) } }
                    td { "–" }
                    td { "–" }
                }
            }
        }
    }
}
