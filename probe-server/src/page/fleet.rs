//! All rooms, the worst first, with what waits for a person and what is about to come.

mod rooms;
mod waiting;

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use siaga_readiness::room::RoomId;
use siaga_service::page::icon;
use tokio::sync::Semaphore;
use tracing::warn;

use super::{
    escaped,
    frame::{Page, Place, Viewer},
    words::State as RoomState,
};
use crate::http::{Answers, ask, heavy};
use rooms::Rooms;
use waiting::Waiting;

/// What is asked for; an empty field of the form asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    site: String,
    state: String,
    q: String,
    page: String,
}

pub(super) async fn page(
    viewer: Viewer,
    State(answers): State<Answers>,
    Query(filter): Query<Filter>,
) -> Response {
    let Answers { desk, gate, .. } = answers;
    let wanted = filter.clone();
    let bookings = gate.bookings().cloned().ok();
    let office = viewer.office().clone();
    let turn = TURN.acquire().await.ok();
    let seen = ask(desk, move |desk| {
        let _turn = turn;
        let now = desk.now().wall;
        // Rooms are shown also where bookings can't be read, and that is said.
        let waiting = bookings.and_then(|bookings| {
            Waiting::read(&bookings, desk, &office, now)
                .inspect_err(|error| warn!(%error, "cannot read bookings for the fleet's page"))
                .ok()
        });
        let rooms = Rooms::read(desk, &office.profiles, waiting.as_ref(), &wanted)?;
        Ok((now, rooms, waiting))
    })
    .await;
    let (now, rooms, waiting) = match seen {
        Ok(seen) => seen,
        Err(problem) => return viewer.refuse(&problem),
    };
    let title = viewer.say("Semua ruang", "All rooms");
    let main = heavy(|| {
        html! {
            h1 { (viewer.say("Ruang konferensi video", "Video conference rooms")) }
            section #now data-live { (viewer.as_of(now)) (counts(&viewer, &rooms, &filter)) }
            section #waiting data-live aria-label=(viewer.say("Permohonan", "Bookings")) {
                @match &waiting {
                    Some(waiting) => (waiting.show(&viewer, now)),
                    None => p.note.bad {
                        (viewer.say(
                            "Permohonan tidak dapat dibaca sekarang; log server menyebutkan sebabnya. Tidak ada yang diputuskan.",
                            "Bookings can't be read now; the server's log says why. Nothing is decided.",
                        ))
                    },
                }
            }
            section.card aria-labelledby="rooms-title" {
                h2 #rooms-title { (viewer.say("Ruang", "Rooms")) }
                (form(&viewer, &rooms, &filter))
                div #rooms data-live { (rooms.show(&viewer, now, &filter)) }
            }
        }
    });
    viewer.show(Page { status: StatusCode::OK, title, place: Some(Place::Rooms), is_live: true, main })
}

/// To look at a province's rooms takes a processor for a seventh of a second, and probes need it too: however many look, one is used.
static TURN: Semaphore = Semaphore::const_new(1);

/// How many rooms are how; each leads to those.
fn counts(viewer: &Viewer, rooms: &Rooms, filter: &Filter) -> Markup {
    html! {
        ul.counts aria-label=(viewer.say("Jumlah ruang menurut keadaan", "Number of rooms by state")) {
            @for state in RoomState::ALL {
                @let only = Filter { state: state.key().to_owned(), page: String::new(), ..filter.clone() };
                li {
                    a.count.(state.tone().class()) href=(only.address()) aria-current=[(filter.state == state.key()).then_some("true")] {
                        (icon(state.tone()))
                        span.much { (rooms.count(state)) }
                        span { (viewer.language.of(state.words())) }
                    }
                }
            }
        }
    }
}

fn form(viewer: &Viewer, rooms: &Rooms, filter: &Filter) -> Markup {
    html! {
        form.filter method="get" action="/" role="search" {
            p {
                label for="site" { (viewer.say("Lokasi", "Site")) }
                select #site name="site" {
                    option value="" { (viewer.say("semua", "all")) }
                    @for site in &rooms.sites {
                        option value=(site) selected[**site == *filter.site] { (site) }
                    }
                }
            }
            p {
                label for="state" { (viewer.say("Keadaan", "State")) }
                select #state name="state" {
                    option value="" { (viewer.say("semua", "all")) }
                    @for state in RoomState::ALL {
                        option value=(state.key()) selected[state.key() == filter.state] { (viewer.language.of(state.words())) }
                    }
                }
            }
            p {
                label for="q" { (viewer.say("Nama memuat", "Name contains")) }
                input #q name="q" type="search" value=(filter.q) maxlength="64" size="14";
            }
            p.buttons {
                button { (viewer.say("Saring", "Filter")) }
                @if *filter != Filter::default() { a href="/" { (viewer.say("Hapus saringan", "Clear")) } }
            }
        }
    }
}

impl Filter {
    /// Where this is shown.
    fn address(&self) -> String {
        let Self { site, state, q, page } = self;
        let parts = [("site", site), ("state", state), ("q", q), ("page", page)];
        let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
        let query: Vec<_> = parts.map(|(key, value)| format!("{key}={}", escaped(value))).collect();
        if query.is_empty() { "/".to_owned() } else { format!("/?{}", query.join("&")) }
    }
}

/// When a room's next approved meeting begins.
fn next(waiting: Option<&Waiting>, room: &RoomId) -> Option<Timestamp> {
    waiting.and_then(|waiting| waiting.next.get(room).copied())
}
