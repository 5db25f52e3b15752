//! Reports as pages that stand alone: the style is in them, charts are drawn in them, no script, nothing from elsewhere; made to be
//! printed on A4 and filed.

mod booking;
mod day;
mod evidence;
mod faults;
mod happened;

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use ring::digest::{SHA256, digest};
use siaga_booking::audit::Head;
use siaga_readiness::booking::calendar::Zone;
use siaga_service::page::{Language, Tone, Words, icon};

pub(super) use booking::{
    booking,
    history::{by, told},
};
pub(crate) use booking::{
    criteria, history::history, outcome, prepared::prepared, request::request, verdict_facts,
};
pub(super) use day::day;

const STYLE: &str = include_str!("html/style.css");

/// What such a page may load: its own style and nothing else. It says so itself too, for when it is opened as a file.
pub(super) fn policy() -> &'static str {
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        format!("{}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", only_style())
    });
    &POLICY
}

fn only_style() -> String {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'")
}

/// A report's frame.
struct Sheet<'a> {
    language: Language,
    /// What it is.
    kind: Words,
    /// Of what.
    of: Markup,
    /// The same as text, for the window and for a file's name.
    name: &'a str,
    written_at: Timestamp,
    clock: &'a Zone,
    body: Markup,
}

impl Sheet<'_> {
    fn render(self) -> String {
        let Self { language, kind, of, name, written_at, clock, body } = self;
        let title = language.of(kind);
        let written = language.day_and_time(written_at, clock.rules());
        html! {
            (DOCTYPE)
            html lang=(language.tag()) {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(only_style());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    title { (title) " · " (name) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        header.head {
                            p.service { (language.of(SERVICE)) }
                            h1 { (title) }
                            p.of { (of) }
                        }
                        (body)
                    }
                    footer {
                        p { (language.either("Dibuat oleh Siaga pada ", "Made by Siaga on ")) (written) "." }
                    }
                }
            }
        }
        .into_string()
    }
}

const SERVICE: Words = Words::new("Fasilitasi Video Conference", "Facilitation of video conferences");

/// A part of a report, with its number.
fn section(number: u8, title: &str, body: &Markup) -> Markup {
    html! { section { h2 { (number) ". " (title) } (body) } }
}

/// What is known of one thing: labels with their values. Those without one are left out.
fn facts(rows: &[(&str, Option<Markup>)]) -> Markup {
    html! {
        table.facts {
            tbody {
                @for (label, value) in rows {
                    @if let Some(value) = value { tr { th scope="row" { (label) } td { (value) } } }
                }
            }
        }
    }
}

/// A state in a word, with its shape.
fn mark((tone, words): (Tone, Words), language: Language) -> Markup {
    html! { span.mark.(tone.class()) { (icon(tone)) " " (language.of(words)) } }
}

/// That there is more than is told.
fn more(truncated: bool, language: Language, words: Words) -> Markup {
    html! { @if truncated { p.more { (language.of(words)) } } }
}

/// How far the log reached, and how all of this is held against it.
fn authenticity(
    log: Head,
    reference: Option<&str>,
    policy: Option<(&str, &str)>,
    language: Language,
) -> Markup {
    let head = log.to_string();
    let told = language.either(
        "Setiap keputusan dicatat dalam log yang tidak dapat diubah tanpa diketahui. Pada saat laporan ini dibuat, log itu berakhir pada:",
        "Each decision is in a log in which nothing can be changed unseen. When this report was made, that log ended with:",
    );
    html! {
        p { (told) }
        p { code { (head) } }
        p { (language.either("Untuk memeriksanya pada server:", "To have it verified on the server:")) }
        p { code { "siaga-probe-server audit verify --dir DIR --head " (head) } }
        @if let Some(reference) = reference {
            p {
                (language.either(
                    "Bukti bertanda tangan digital atas keputusan ini, dan cara memeriksanya:",
                    "Signed evidence of this decision, and how it is verified:",
                ))
            }
            p { code { "GET /v1/bookings/" (reference) "/evidence" } br; code { "siaga-probe-server evidence verify --keys keys.json evidence.jws" } }
        }
        @if let Some((name, digest)) = policy {
            p { (language.either("Kebijakan: ", "Policy: ")) (name) ", SHA-256 " code { (digest) } }
        }
    }
}

/// Who files it, and who has taken note: those whom the procedure names.
fn signatures(language: Language) -> Markup {
    let who = [
        Words::new("Petugas pelaksana", "Staff in charge"),
        Words::new("Pejabat fungsional", "Functional officer"),
        Words::new("Kepala bidang", "Head of division"),
        Words::new("Kepala kantor/dinas", "Head of office"),
    ];
    let roles = [
        Words::new("Dilaporkan oleh", "Reported by"),
        Words::new("Diterima oleh", "Received by"),
        Words::new("Diperiksa oleh", "Examined by"),
        Words::new("Mengetahui", "Acknowledged by"),
    ];
    html! {
        section.signatures {
            p.place { "…………………………, ……………………… 20……" }
            div.signs {
                @for (who, role) in who.iter().zip(roles) {
                    div.sign {
                        p { (language.of(role)) br; strong { (language.of(*who)) } }
                        p.line { (language.either("Nama:", "Name:")) }
                        p.line { (language.either("NIP:", "Number:")) }
                    }
                }
            }
        }
    }
}

/// A share as a percentage.
fn percent(share: f64, language: Language) -> String {
    format!("{} %", language.number(share * 100.0, 1))
}
