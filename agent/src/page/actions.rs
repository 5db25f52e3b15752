//! What a page may ask for. Whether it is ours was seen to before any of this is called.

use axum::{
    extract::{RawForm, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use serde::Deserialize;
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    catalogue::{self, Text},
    reasons::Code,
    report::{Happening, Item, Tick},
};
use siaga_service::{
    page::{Document, Language, Words},
    problem::Problem,
};

use super::Page;
use crate::{demand::check_now, desk::NotTicked, host, text::Phrases};

/// Has the room checked, as a person in it wants it.
pub(super) async fn check(State(page): State<Page>, language: Language, headers: HeaderMap) -> Response {
    page.watch.look(&page.room);
    match check_now(&page.room, Purpose::PreCheck) {
        Some(_) => {
            page.room.live().stir();
            done(&headers)
        }
        None => {
            let entry = catalogue::entry(Code::TrialsMeetingOn);
            let sentence = |text: &Text| language.text(text).to_owned();
            let words = format!("{} {}", sentence(&entry.text), sentence(&entry.remedy));
            refused(&headers, language, StatusCode::CONFLICT, &words)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[serde(rename = "ref")]
    reference: String,
    item: Item,
    name: String,
}

/// Notes that somebody has done a manual step, and tells the room's desk.
pub(super) async fn tick(
    State(page): State<Page>,
    language: Language,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    let Ok(Step { reference, item, name }) = serde_urlencoded::from_bytes(&form) else {
        return refused(&headers, language, StatusCode::BAD_REQUEST, language.of(NOT_UNDERSTOOD));
    };
    let (room, now) = (&page.room, host::now());
    let tell = |tick| room.tell_history(now, Happening::Tick(tick));
    match room.bookings().tick(Tick { reference, item, name }, now.wall, tell) {
        Ok(_) => {
            room.live().stir();
            done(&headers)
        }
        Err(error) => {
            let (status, words) = match error {
                NotTicked::Item => (StatusCode::BAD_REQUEST, NOT_UNDERSTOOD),
                NotTicked::Name => (StatusCode::BAD_REQUEST, NAME_MISSING),
                NotTicked::Booking => (StatusCode::NOT_FOUND, BOOKING_OVER),
                NotTicked::Untold => (StatusCode::SERVICE_UNAVAILABLE, NOBODY_KEEPS),
            };
            refused(&headers, language, status, language.of(words))
        }
    }
}

/// A script sees on its page what came of it; without one, the page is shown anew.
fn done(headers: &HeaderMap) -> Response {
    if is_script(headers) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Redirect::to("/").into_response()
    }
}

fn refused(headers: &HeaderMap, language: Language, status: StatusCode, words: &str) -> Response {
    if is_script(headers) {
        return Problem::new(status, words).into_response();
    }
    let page = Document {
        title: language.of(NOT_DONE),
        language,
        here: "/",
        whose: html! {},
        navigation: html! {},
        styles: &[],
        scripts: &[],
        refresh: None,
        main: html! {
            h1 { (language.of(NOT_DONE)) }
            p { (words) }
            p { a href="/" { (language.of(BACK)) } }
        },
        footer: html! {},
    };
    (status, page).into_response()
}

fn is_script(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_some_and(|kinds| kinds.as_bytes() == b"application/json")
}

const NOT_DONE: Words = Words::new("Belum dilakukan", "Not done");
const BACK: Words = Words::new("Kembali ke halaman ruang", "Back to the room's page");
const NOT_UNDERSTOOD: Words = Words::new(
    "Langkah ini tidak dikenal. Muat ulang halaman ini.",
    "This step is not known. Load the page anew.",
);
const NAME_MISSING: Words =
    Words::new("Isilah nama petugas, 1 sampai 80 huruf.", "Say who did it, in 1 to 80 characters.");
const BOOKING_OVER: Words =
    Words::new("Jadwal ini sudah selesai atau dibatalkan.", "This booking is over, or was withdrawn.");
const NOBODY_KEEPS: Words = Words::new(
    "Belum dapat disimpan. Coba lagi sebentar; jika tetap gagal, hubungi bagian TI.",
    "It can't be kept at present. Try again in a moment; if that changes nothing, call the IT division.",
);
