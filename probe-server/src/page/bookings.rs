//! What was asked for and what was decided: what waits for a person first, what waited longest before the rest.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};
use serde::Deserialize;
use siaga_booking::{
    bookings::{BookingRow, BookingsPage},
    tally::OVERDUE_AFTER,
};
use siaga_readiness::booking::{Class, Ruling};
use siaga_service::page::{Tone, badge};

use super::frame::{Page, Place, Viewer};
use crate::{
    gate::{Refusal, answer::Counts},
    http::{Answers, Cursor, heavy},
    page::words::standing_tone,
    report::words,
};

/// What is asked for; an empty field of the form asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Filter {
    decision: String,
    day: String,
    room: String,
    after: String,
}

/// A booking in the list.
pub(super) struct Listed {
    row: BookingRow,
    counts: Counts,
    /// Since when it waits for a person.
    waits: Option<Timestamp>,
}

impl Listed {
    pub(super) fn of((row, ruling): (BookingRow, Option<Ruling>)) -> Self {
        Self { row, counts: Counts::of(ruling), waits: None }
    }
}

/// Bookings on one page: with some 600 bytes each it stays below 150 KB.
const ON_A_PAGE: u32 = 100;

pub(super) async fn page(
    viewer: Viewer,
    State(Answers { gate, desk, .. }): State<Answers>,
    Query(filter): Query<Filter>,
) -> Response {
    let now = desk.now().wall;
    let wanted = filter.page(&viewer, now);
    let shows_reviews = filter.after.is_empty() && filter.day.is_empty() && filter.room.is_empty();
    let read = async {
        let bookings = gate.bookings()?.clone();
        let reviews =
            tokio::task::spawn_blocking(move || bookings.read(|reader| reader.reviews(now, ON_A_PAGE)));
        let reviews = reviews.await.map_err(|broken| Refusal::broken(&broken))??;
        Ok::<_, Refusal>((reviews, gate.bookings_on(wanted).await?))
    };
    let (reviews, mut rows) = match read.await {
        Ok(read) => read,
        Err(refusal) => return viewer.refuse(&refusal.into()),
    };
    let more = rows.len() > ON_A_PAGE as usize;
    rows.truncate(ON_A_PAGE as usize);
    let next = rows.last().filter(|_| more).map(|(row, _)| Cursor::after(row));
    let waits: Vec<_> = reviews.iter().map(|(row, since)| (row.reference.clone(), *since)).collect();
    let reviews: Vec<_> = reviews
        .into_iter()
        .map(|(row, since)| Listed { row, counts: Counts::Review, waits: Some(since) })
        .collect();
    let rows: Vec<_> = rows
        .into_iter()
        .map(Listed::of)
        .map(|it| {
            let waits = waits.iter().find(|(reference, _)| *reference == it.row.reference);
            Listed { waits: waits.map(|(_, since)| *since), ..it }
        })
        .collect();
    let only_reviews = filter.decision == Counts::Review.as_str();
    let title = viewer.say("Permohonan", "Bookings");
    let main = heavy(|| {
        html! {
            h1 { (title) }
            section #now data-live { (viewer.as_of(now)) }
            @if shows_reviews && (only_reviews || !reviews.is_empty()) {
                section #reviews.card data-live {
                    h2 { (viewer.say("Perlu ditinjau", "To be reviewed")) }
                    (table(&viewer, &reviews, now))
                }
            }
            section.card aria-labelledby="list-title" {
                h2 #list-title {
                    @if filter.day.is_empty() { (viewer.say("Yang belum selesai", "Not over yet")) }
                    @else { (viewer.say("Pada hari itu", "On that day")) }
                }
                (form(&viewer, &filter))
                @if !(shows_reviews && only_reviews) {
                    div #list data-live {
                        (table(&viewer, &rows, now))
                        (pager(&viewer, &filter, next))
                    }
                }
            }
        }
    });
    viewer.show(Page { status: StatusCode::OK, title, place: Some(Place::Bookings), is_live: true, main })
}

impl Filter {
    fn page(&self, viewer: &Viewer, now: Timestamp) -> BookingsPage {
        let day: Option<Date> = self.day.parse().ok();
        let begins = |day: Date| day.to_zoned(viewer.zone().clone()).map(|at| at.timestamp()).ok();
        let after: Option<Cursor> = self.after.clone().try_into().ok();
        BookingsPage {
            room: self.room.trim().parse().ok(),
            from: day.map_or(Some(now), begins),
            to: day.and_then(|day| begins(day.tomorrow().ok()?)),
            decision: Counts::ALL
                .iter()
                .map(|counts| counts.as_str())
                .find(|it| *it == self.decision)
                .map(str::to_owned),
            after: after.map(Cursor::into_parts),
            // One more tells whether there is a next page.
            limit: ON_A_PAGE + 1,
        }
    }

    fn query(&self) -> String {
        let Self { decision, day, room, after } = self;
        let parts = [("decision", decision), ("day", day), ("room", room), ("after", after)];
        let parts = parts.into_iter().filter(|(_, value)| !value.is_empty());
        let parts: Vec<_> = parts.map(|(key, value)| format!("{key}={}", super::escaped(value))).collect();
        parts.join("&")
    }
}

fn form(viewer: &Viewer, filter: &Filter) -> Markup {
    html! {
        form.filter method="get" action="/bookings" role="search" {
            p {
                label for="decision" { (viewer.say("Keputusan", "Decision")) }
                select #decision name="decision" {
                    option value="" { (viewer.say("semua", "all")) }
                    @for counts in Counts::ALL {
                        option value=(counts.as_str()) selected[counts.as_str() == filter.decision] {
                            (viewer.language.of(words::decision(counts).1))
                        }
                    }
                }
            }
            p {
                label for="day" { (viewer.say("Hari", "Day")) }
                input #day name="day" type="date" value=(filter.day);
            }
            p {
                label for="room" { (viewer.say("Ruang", "Room")) }
                input #room name="room" type="search" value=(filter.room) maxlength="64" size="14";
            }
            p.buttons {
                button { (viewer.say("Saring", "Filter")) }
                @if *filter != Filter::default() { a href="/bookings" { (viewer.say("Hapus saringan", "Clear")) } }
            }
        }
    }
}

/// Bookings, one a row.
pub(super) fn table(viewer: &Viewer, rows: &[Listed], now: Timestamp) -> Markup {
    if rows.is_empty() {
        return html! { p.muted { (viewer.say("Tidak ada permohonan.", "There are no bookings.")) } };
    }
    let heads = [
        viewer.say("Permohonan", "Booking"),
        viewer.say("Ruang", "Room"),
        viewer.say("Waktu", "Time"),
        viewer.say("Keputusan", "Decision"),
        viewer.say("Hasil", "Outcome"),
    ];
    html! {
        table.rows {
            caption.hidden { (viewer.say("Permohonan menurut waktunya", "Bookings by their times")) }
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for row in rows { (row.show(viewer, now, &heads)) } }
        }
    }
}

impl Listed {
    fn show(&self, viewer: &Viewer, now: Timestamp, heads: &[&str; 5]) -> Markup {
        let Self { row, counts, waits } = self;
        let (tone, word) = words::decision(*counts);
        html! {
            tr {
                th scope="row" {
                    a href={ "/bookings/" (row.reference) } { (row.reference) }
                    @if row.class == Class::Leaders { " " span.site { (viewer.say("pimpinan", "leaders'")) } }
                }
                td data-head=(heads[1]) { a href={ "/rooms/" (row.room) } { (row.room) } }
                td data-head=(heads[2]) { (viewer.language.span(row.slot.start(), row.slot.end(), viewer.zone())) }
                td data-head=(heads[3]) {
                    (badge(tone, viewer.language.of(word)))
                    @if overdue(*waits, now) { " " (badge(Tone::Bad, viewer.say("Terlambat", "Overdue"))) }
                    @if let Some(since) = waits {
                        " " span.muted {
                            (viewer.say("menunggu", "waits")) " "
                            (viewer.language.age(now.duration_since(*since).as_secs_f64()))
                        }
                    }
                    @if let Some(standing) = row.standing.as_deref().filter(|_| is_approval(*counts)) {
                        @if let Some(words) = words::standing(standing) {
                            " " (badge(standing_tone(standing), viewer.language.of(words)))
                        }
                    }
                    @if row.overridden.is_some() { " " span.muted { (viewer.say("oleh pejabat", "by a person")) } }
                }
                td data-head=(heads[4]) {
                    @match &row.outcome {
                        Some(outcome) => {
                            @let (tone, word) = words::outcome(Some(&outcome.outcome));
                            (badge(tone, viewer.language.of(word)))
                        }
                        None => "–",
                    }
                }
            }
        }
    }
}

const fn is_approval(counts: Counts) -> bool {
    matches!(counts, Counts::Approve | Counts::ApproveWithConditions)
}

/// Whether a person should have looked by now.
pub(super) fn overdue(waits: Option<Timestamp>, now: Timestamp) -> bool {
    waits.is_some_and(|since| now.duration_since(since) >= OVERDUE_AFTER)
}

fn pager(viewer: &Viewer, filter: &Filter, next: Option<Cursor>) -> Markup {
    let first = Filter { after: String::new(), ..filter.clone() };
    html! {
        @if next.is_some() || !filter.after.is_empty() {
            nav.pager aria-label=(viewer.say("Halaman daftar", "Pages of the list")) {
                @if !filter.after.is_empty() {
                    a href={ "/bookings?" (first.query()) } { (viewer.say("Dari awal", "From the beginning")) }
                }
                @if let Some(next) = next {
                    @let next = Filter { after: next.to_string(), ..filter.clone() };
                    a href={ "/bookings?" (next.query()) } rel="next" { (viewer.say("Berikutnya", "Next")) }
                }
            }
        }
    }
}
