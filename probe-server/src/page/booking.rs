//! One booking: what was asked for, what was decided and why, and what came of it. The parts are the report's own.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde_json::Value;
use siaga_readiness::booking::BookingRef;
use siaga_service::page::{Language, Tone, badge, name};

use super::{
    bookings::overdue,
    frame::{Page, Place, Viewer},
};
use crate::{
    gate::{Refusal, answer::Counts},
    http::Answers,
    report::{Archive, BookingReport, Terms, html as parts, words},
};

pub(super) async fn page(
    viewer: Viewer,
    State(answers): State<Answers>,
    Path(reference): Path<String>,
) -> Response {
    let report = match read(&viewer, answers, &reference).await {
        Ok(report) => report,
        Err(refusal) => return viewer.refuse(&refusal.into()),
    };
    let language = viewer.language;
    let part = |id: &str, title: &str, inside: Markup| {
        html! { section.card.part id=(id) data-live { h2 { (title) } div.scroll { (inside) } } }
    };
    let main = html! {
        p.back { a href="/bookings" { (viewer.say("Semua permohonan", "All bookings")) } }
        h1 { (viewer.say("Permohonan", "Booking")) " " (reference) }
        @if let Some(title) = report.title() { p.about { (name(&title)) } }
        section #now data-live { (viewer.as_of(report.written_at)) (decision(&viewer, &report)) }
        (part("asked", viewer.say("Yang diminta", "What was asked for"), parts::request(&report, language)))
        (part("criteria", viewer.say("Kriteria dan buktinya", "Criteria and their evidence"), parts::criteria(&report, language)))
        (part("prepared", viewer.say("Pemeriksaan dan persiapan sebelum acara", "Checks and preparation before the event"), parts::prepared(&report, language)))
        (part("outcome", viewer.say("Hasil acara", "Outcome of the event"), parts::outcome(&report, language)))
        (part("log", viewer.say("Riwayat menurut log", "History, by the log"), parts::history(&report, language)))
    };
    viewer.show(Page {
        status: StatusCode::OK,
        title: &reference,
        place: Some(Place::Bookings),
        is_live: true,
        main,
    })
}

async fn read(viewer: &Viewer, answers: Answers, reference: &str) -> Result<BookingReport, Refusal> {
    let reference: BookingRef = reference.parse()?;
    let Answers { desk, gate, .. } = answers;
    let live = Archive::Live { bookings: gate.bookings()?.clone(), rooms: desk.store().clone() };
    let terms = Terms { now: desk.now().wall, office: viewer.office().clone() };
    let reading = tokio::task::spawn_blocking(move || BookingReport::read(&live, &terms, &reference));
    reading.await.map_err(|broken| Refusal::broken(&broken))?
}

/// What counts, in both languages: it is fit to be pasted into a letter.
fn decision(viewer: &Viewer, report: &BookingReport) -> Markup {
    let booking = &report.booking;
    let (tone, word) = words::decision(booking.decision);
    let message = report.message();
    let waits = report.entries.iter().find(|entry| entry.seq == booking.entry).map(|entry| entry.at);
    let late = booking.decision == Counts::Review && overdue(waits, report.written_at);
    let room = booking.request.get("room").and_then(Value::as_str).unwrap_or_default();
    let address = format!("/v1/bookings/{}", booking.reference);
    let own = viewer.language.tag();
    let other = viewer.language.either(Language::English, Language::Indonesian);
    html! {
        div.card.decision {
            p.word {
                (badge(tone, viewer.language.of(word)))
                @if late { " " (badge(Tone::Bad, viewer.say("Terlambat ditinjau", "Review is overdue"))) }
                @if let Some(words) = booking.standing.as_deref().and_then(words::standing) {
                    " " span.muted { (viewer.language.of(words)) }
                }
            }
            blockquote lang=(own) { (name(words::told(&message, viewer.language))) }
            blockquote.other lang=(other.tag()) { (name(words::told(&message, other))) }
            (parts::verdict_facts(report, viewer.language))
            p.links {
                a.button href={ "/rooms/" (room) } { (viewer.say("Ruang", "Room")) " " (room) }
                a.button href={ (address) "/report?format=html&lang=" (own) } { (viewer.say("Laporan", "Report")) }
                a href={ (address) "/report?format=csv&lang=" (own) } { "CSV" }
                a href={ (address) "/report?format=json" } { "JSON" }
                a href={ (address) "/evidence" } { (viewer.say("Bukti bertanda tangan (JWS)", "Signed evidence (JWS)")) }
                a href="/v1/keys" { (viewer.say("Kunci untuk memeriksanya", "Keys to verify it")) }
            }
        }
    }
}
