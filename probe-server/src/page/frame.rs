//! What stands around each page.

use std::{convert::Infallible, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, Uri, request::Parts},
    response::{IntoResponse, Response},
};
use jiff::{Timestamp, tz::TimeZone};
use maud::{Markup, html};
use siaga_readiness::catalogue::Text;
use siaga_service::page::{Document, Language, Words, moment};

use super::{LOGOUT, SCRIPT, STYLE};
use crate::{http::Answers, office::Office, report::words::said};

/// Who looks, and how it is shown to them.
pub(super) struct Viewer {
    pub(super) language: Language,
    office: Arc<Office>,
    here: Uri,
    /// Whether there is a session to be ended.
    has_session: bool,
}

impl FromRequestParts<Answers> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, answers: &Answers) -> Result<Self, Infallible> {
        Ok(Self {
            language: Language::from_request_parts(parts, answers).await?,
            office: answers.gate.office(),
            here: parts.uri.clone(),
            has_session: answers.login.is_some(),
        })
    }
}

/// A page of the fleet's.
pub(super) struct Page<'a> {
    pub(super) status: StatusCode,
    pub(super) title: &'a str,
    /// Where in the navigation it stands.
    pub(super) place: Option<Place>,
    /// Whether it changes while it is looked at.
    pub(super) is_live: bool,
    pub(super) main: Markup,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Rooms,
    Bookings,
}

impl Viewer {
    pub(super) fn office(&self) -> &Arc<Office> {
        &self.office
    }

    pub(super) fn zone(&self) -> &TimeZone {
        self.office.calendar.zone().rules()
    }

    /// These words in the viewer's language.
    pub(super) fn say(&self, indonesian: &'static str, english: &'static str) -> &'static str {
        self.language.either(indonesian, english)
    }

    /// A text of the catalogue's.
    pub(super) fn said<'a>(&self, text: &'a Text) -> &'a str {
        said(text, self.language)
    }

    /// A day and a time.
    pub(super) fn moment(&self, at: Timestamp) -> Markup {
        moment(at, self.zone(), self.language)
    }

    /// A time of today, else a day and a time: short, for tables.
    pub(super) fn short(&self, at: Timestamp, now: Timestamp) -> Markup {
        let [local, today] = [at, now].map(|at| at.to_zoned(self.zone().clone()));
        let clock = self.language.clock(&local);
        let text = if local.date() == today.date() {
            clock
        } else {
            format!("{} {clock}", self.language.day_of_month(local.date()))
        };
        html! { time datetime=(at) title=(self.language.day_and_time(at, self.zone())) { (text) } }
    }

    /// When the page was made; a script adds how long ago that is.
    pub(super) fn as_of(&self, now: Timestamp) -> Markup {
        html! {
            p.asof { (self.say("Keadaan pada", "As of")) " " (self.moment(now)) " " span.age {} }
        }
    }

    pub(super) fn show(&self, page: Page<'_>) -> Response {
        let Page { status, title, place, is_live, main } = page;
        let here = self.here.path_and_query().map_or("/", |here| here.as_str());
        let link = |to: Place, path: &str, words: Words| {
            html! { a href=(path) aria-current=[(place == Some(to)).then_some("page")] { (self.language.of(words)) } }
        };
        let scripts = [&*SCRIPT];
        let document = Document {
            title,
            language: self.language,
            here,
            whose: html! { (self.say("Ruang konferensi video", "Video conference rooms")) },
            navigation: html! {
                @if place.is_some() {
                    nav aria-label=(self.say("Halaman", "Pages")) {
                        (link(Place::Rooms, "/", Words::new("Ruang", "Rooms")))
                        (link(Place::Bookings, "/bookings", Words::new("Permohonan", "Bookings")))
                    }
                    @if self.has_session {
                        form.leave method="post" action=(LOGOUT) { button { (self.say("Keluar", "Log out")) } }
                    }
                }
            },
            styles: &[&*STYLE],
            scripts: if is_live { &scripts } else { &[] },
            refresh: is_live.then_some(60),
            main: html! { @if is_live { (self.lost()) } (main) },
            footer: html! {
                p {
                    (self.say(
                        "Halaman ini hanya menampilkan. Waktu menurut zona kantor: ",
                        "This page only shows. Times are in the office's zone: ",
                    ))
                    (self.office.calendar.zone().name()) ". "
                    a href="/openapi.json" { (self.say("Antarmuka untuk program", "Interface for programs")) }
                }
            },
        };
        (status, document).into_response()
    }
}

impl Viewer {
    /// What the script says when the server can't be reached any more.
    fn lost(&self) -> Markup {
        html! {
            p #lost.note.bad role="alert" hidden data-lost=(self.language.of(LOST))
                data-unknown=(self.say("Belum diketahui", "Unknown"))
                data-ago=(self.say("({} detik yang lalu)", "({} seconds ago)")) {}
        }
    }
}

const LOST: Words = Words::new(
    "Server tidak terjangkau. Keadaan ruang sekarang tidak diketahui; yang tampil adalah keadaan terakhir.",
    "The server can't be reached. How the rooms are now is not known; what is shown is how they were last.",
);
