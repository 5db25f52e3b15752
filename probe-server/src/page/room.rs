//! One room: how it is and why, how it was, what is to be expected of it, and what is booked in it.

mod checks;
mod expected;
mod past;
mod places;

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use maud::{Markup, html};
use serde::Deserialize;
use siaga_booking::bookings::BookingsPage;
use siaga_readiness::answer::Readiness;
use siaga_service::page::{light, name};

use super::{
    bookings::{Listed, table},
    frame::{Page, Place, Viewer},
    words::State as RoomState,
};
use crate::{
    desk::{Known, known::evidence_age, standing},
    http::{Answers, ask, known},
};
use past::Past;
use places::Places;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Of which the forecast is shown; today if that is none.
    day: String,
}

pub(super) async fn page(
    viewer: Viewer,
    State(answers): State<Answers>,
    Path(room): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let Answers { desk, gate, .. } = answers;
    let known = match known(desk.clone(), &room).await {
        Ok(known) => known,
        Err(problem) => return viewer.refuse(&problem),
    };
    let (id, now) = (known.id().clone(), known.answered_at());
    let wanted = id.clone();
    let seen = ask(desk, move |desk| {
        desk.store().read(|reader| {
            let standing = reader.standing(std::slice::from_ref(&wanted), &standing::KINDS)?.pop().flatten();
            Ok((standing, Past::read(reader, &wanted, now)?, Places::read(reader, &wanted, now)?))
        })
    });
    let (standing, past, places) = match seen.await {
        Ok(seen) => seen,
        Err(problem) => return viewer.refuse(&problem),
    };
    let readiness = known.own_readiness(&viewer.office().profiles, None);
    let state = RoomState::of(&readiness, known.presence().online);
    let since = standing.filter(|standing| standing.kind == state.event());
    let since = since.map_or(known.row().last_seen, |standing| standing.since);
    let around = BookingsPage {
        room: Some(id.clone()),
        from: now.checked_sub(LOOK_BACK).ok(),
        limit: MOST_BOOKINGS,
        ..BookingsPage::default()
    };
    let bookings =
        gate.bookings_on(around).await.map(|rows| rows.into_iter().map(Listed::of).collect::<Vec<_>>());
    let day: Option<Date> = asked.day.parse().ok();
    let day = day.unwrap_or_else(|| now.to_zoned(viewer.zone().clone()).date());
    let forecast = gate.forecast_of_days(viewer.office().clone(), id.clone(), vec![day], None).await;
    let main = html! {
        p.back { a href="/" { (viewer.say("Semua ruang", "All rooms")) } }
        h1 { (id) }
        section #now data-live { (viewer.as_of(now)) (standing_now(&viewer, &known, &readiness, since)) }
        section #checks.card data-live { (checks::show(&viewer, &readiness)) }
        section #past.card data-live { (past.show(&viewer, now)) }
        section #expected.card { (expected::show(&viewer, &id, day, &forecast)) }
        section #bookings.card data-live {
            h2 { (viewer.say("Permohonan di ruang ini", "Bookings of this room")) }
            @match &bookings {
                Ok(bookings) => (table(&viewer, bookings, now)),
                Err(_) => p.note.bad { (viewer.say("Permohonan tidak dapat dibaca sekarang.", "Bookings can't be read now.")) },
            }
        }
        section #places.card data-live { (places.show(&viewer, &known, now)) }
    };
    viewer.show(Page {
        status: StatusCode::OK,
        title: id.as_str(),
        place: Some(Place::Rooms),
        is_live: true,
        main,
    })
}

const LOOK_BACK: SignedDuration = SignedDuration::from_hours(14 * 24);

const MOST_BOOKINGS: u32 = 50;

/// The traffic light, in words, and how far that can be trusted.
fn standing_now(viewer: &Viewer, known: &Known, readiness: &Readiness, since: Timestamp) -> Markup {
    let (row, presence) = (known.row(), known.presence());
    let state = RoomState::of(readiness, presence.online);
    let word = viewer.language.of(state.words());
    let fact = |what: &str, is: Markup| html! { div { dt { (what) } dd { (is) } } };
    html! {
        div.card.verdict {
            (light(state.tone(), word))
            div {
                p.word data-state { (word) }
                dl.facts {
                    (fact(viewer.say("Sejak", "Since"), viewer.moment(since)))
                    (fact(viewer.say("Umur bukti tertua", "Oldest evidence"), html! {
                        @match evidence_age(readiness) { Some(age) => (viewer.language.age(age)), None => "–" }
                    }))
                    @if let Some(until) = readiness.valid_until {
                        (fact(viewer.say("Berlaku sampai", "Counts until"), viewer.moment(until)))
                    }
                    (fact(viewer.say("Terakhir terdengar", "Last heard"), html! {
                        (viewer.moment(presence.last_seen)) " (" (viewer.language.ago(presence.age.as_secs_f64())) ")"
                    }))
                    (fact(viewer.say("Profil", "Profile"), html! { code { (name(&readiness.profile)) } }))
                    @if let Some(site) = &row.site { (fact(viewer.say("Lokasi", "Site"), name(site))) }
                    @if let Some(agent) = &row.agent { (fact(viewer.say("Versi agen", "Agent"), name(agent))) }
                    (fact(viewer.say("Dikenal sejak", "Known since"), viewer.moment(row.first_seen)))
                    @if let Some(dropped) = known.dropped().filter(|dropped| *dropped > 0) {
                        (fact(viewer.say("Catatan yang hilang", "Records lost"), html! { (dropped) }))
                    }
                }
            }
        }
    }
}

/// A rate in Mbit/s for a chart.
fn megabits(bps: f64) -> f64 {
    bps / 1e6
}

/// A day and an hour, for the tables behind charts.
fn hour_of(viewer: &Viewer, at: Timestamp) -> String {
    let local = at.to_zoned(viewer.zone().clone());
    format!("{} {}", viewer.language.day_of_month(local.date()), viewer.language.clock(&local))
}
