//! The room's page, for staff in the room before a meeting: a traffic light, the checks and what to do about them, the next bookings
//! with their manual steps, and the last days.
//!
//! It is complete as it comes. A script keeps it up to date while it is open, with parts that are made here, and says so where it
//! can't any more: an old green light is never shown.
//!
//! - `view`: all that one page is made from; `verdict`, `progress`, `checks`, `bookings`, `history`: its parts;
//! - `events`: what is sent to a page that is open; `actions`: what a page may ask for.

mod actions;
mod bookings;
mod checks;
mod events;
mod history;
mod progress;
mod verdict;
mod view;

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use siaga_service::{
    http::{Access, Sessions},
    page::{self, Asset, Document, Language, Words, name},
};
use tokio::sync::Semaphore;

use crate::{changes::ChangeWatch, room::Room};
pub(crate) use progress::percent;
use view::View;

/// The page of one room.
#[derive(Clone)]
pub struct Page {
    room: Arc<Room>,
    watch: Arc<ChangeWatch>,
    zone: Arc<dyn Fn() -> TimeZone + Send + Sync>,
    sessions: Arc<Sessions>,
    /// How many pages may be kept up to date at once.
    places: Arc<Semaphore>,
}

impl Page {
    /// The page of a room whose office is in that zone.
    #[must_use]
    pub fn new(
        room: Arc<Room>,
        watch: Arc<ChangeWatch>,
        zone: impl Fn() -> TimeZone + Send + Sync + 'static,
    ) -> Self {
        let sessions = Sessions::new(SESSION, LONGEST, MOST, false);
        let places = Arc::new(Semaphore::new(MOST));
        Self { room, watch, zone: Arc::new(zone), sessions: Arc::new(sessions), places }
    }

    /// Who may ask what of a server that has this page.
    #[must_use]
    pub fn access(&self) -> Access {
        Access::by_socket_and_page(self.sessions.clone(), BELOW)
    }

    /// Its routes.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/", get(show))
            .route("/page/events", get(events::stream))
            .route("/page/check", post(actions::check))
            .route("/page/checklist", post(actions::tick))
            .with_state(self)
            .merge(page::routes(&[&STYLE, &SCRIPT]))
    }

    fn view(&self, language: Language) -> View {
        self.watch.look(&self.room);
        View::of(&self.room, language, (self.zone)())
    }
}

/// What lies below it a page may post.
const BELOW: &str = "/page/";

/// A page may stay open for a working day.
const LONGEST: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions, and pages that are kept up to date. A room has one screen, or two.
const MOST: usize = 32;

const SESSION: &str = "siaga_room";

static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::style("room", include_str!("page/room.css")));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| Asset::script("room", include_str!("page/room.js")));

/// Makes a session where there is none, and does nothing else.
async fn show(State(page): State<Page>, language: Language, headers: HeaderMap) -> Response {
    let view = page.view(language);
    let mut response = document(&view, &[&STYLE], &[&SCRIPT]).into_response();
    let now = Instant::now();
    if !page.sessions.knows(&headers, now)
        && let Some(cookie) = page.sessions.open(now)
        && let Ok(cookie) = HeaderValue::try_from(cookie)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn document<'a>(view: &'a View, styles: &'a [&'static Asset], scripts: &'a [&'static Asset]) -> Document<'a> {
    let language = view.language;
    Document {
        title: &view.readiness.room,
        language,
        here: "/",
        whose: html! { (language.of(ROOM)) " " (name(&view.readiness.room)) },
        navigation: html! {},
        styles,
        scripts,
        refresh: Some(REFRESH),
        main: main(view),
        footer: html! {
            p { (language.of(BY_ITSELF)) noscript { " " (language.of(NO_SCRIPT)) } " Siaga " (env!("CARGO_PKG_VERSION")) "." }
        },
    }
}

/// Where no script runs, seconds: well within the time for which a look at the devices counts.
const REFRESH: u32 = 30;

fn main(view: &View) -> Markup {
    html! {
        (verdict::lost(view.language))
        p #said.note.bad role="alert" hidden {}
        div #live data-events={ "/page/events?lang=" (view.language.tag()) } data-version=(VERSION) {
            @for (_, part) in parts(view) { (part) }
        }
    }
}

/// A page that was made by another release is loaded anew.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// All that changes while a page is open, each part an element with its name as id.
fn parts(view: &View) -> [(&'static str, Markup); 5] {
    [
        ("verdict", verdict::render(view)),
        ("progress", progress::render(view)),
        ("checks", checks::render(view)),
        ("bookings", bookings::render(view)),
        ("history", history::render(view)),
    ]
}

const ROOM: Words = Words::new("Ruang", "Room");
const BY_ITSELF: Words =
    Words::new("Halaman ini diperbarui dengan sendirinya.", "This page keeps itself up to date.");
const NO_SCRIPT: Words =
    Words::new("Tanpa JavaScript: setiap 30 detik.", "Without JavaScript: every 30 seconds.");

#[cfg(test)]
mod tests;
