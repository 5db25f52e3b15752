//! What the server answers: what is known of rooms, and for its operator `/metrics` and `/health`.
//!
//! * `access`: which token each question needs;
//! * `rooms`: the registry and each room's readiness; `history`: a room's past;
//! * `checks`: asks a room to check itself now;
//! * `scrape`: each room's metrics, and where Prometheus finds them;
//! * `bookings`: what a booking system asks; `body`: how strictly what it sends is read.

mod access;
mod body;
mod bookings;
mod checks;
mod history;
mod rooms;
mod scrape;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use serde_json::json;
use siaga_booking::StoreError;
use siaga_readiness::{profile::Profiles, room::RoomId};
use siaga_service::problem::Problem;

use crate::{
    desk::{Desk, Known},
    gate::Gate,
    metrics::Metrics,
};

pub use access::need;

/// What answers are made from.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The server's own.
    pub metrics: Arc<Metrics>,
    /// What is known of rooms.
    pub desk: Arc<Desk>,
    /// What decides on bookings.
    pub gate: Arc<Gate>,
    /// What they can be held against.
    pub profiles: Arc<Profiles>,
    /// Whether clients come over TLS.
    pub tls: bool,
}

/// The routes.
pub fn router(answers: Answers) -> Router {
    Router::new()
        .route("/v1/rooms", get(rooms::list))
        .route("/v1/rooms/{room}", get(rooms::one))
        .route("/v1/rooms/{room}/readiness", get(rooms::readiness))
        .route("/v1/rooms/{room}/history", get(history::history))
        .route("/v1/sd/prometheus", get(scrape::targets))
        .route("/rooms/{room}/metrics", get(scrape::metrics))
        .route("/v1/rooms/{room}/checks", post(checks::ask))
        .route("/v1/rooms/{room}/checks/{id}", get(checks::one))
        .route("/v1/bookings", get(bookings::list))
        .route("/v1/bookings/{reference}", put(bookings::put).get(bookings::get).delete(bookings::cancel))
        .route("/v1/bookings/{reference}/evidence", get(bookings::evidence))
        .route("/v1/bookings/{reference}/override", post(bookings::overrule))
        .route("/v1/bookings/{reference}/outcome", post(bookings::outcome))
        .route("/v1/decisions/dry-run", post(bookings::dry_run))
        .route("/v1/keys", get(bookings::keys))
        .route("/v1/policy", get(bookings::policy))
        .route("/metrics", get(render))
        .route("/health", get(async || Json(json!({ "status": "ok" }))))
        .with_state(answers)
}

async fn render(State(answers): State<Answers>) -> Result<Response, Problem> {
    let Answers { metrics, desk, gate, profiles, .. } = answers;
    let bookings =
        ask(desk, move |desk| Ok(gate.metrics().render(gate.bookings(), desk, &profiles, desk.now().wall)));
    let text = metrics.render() + &bookings.await?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response())
}

/// Asks the desk something where that may take its time.
async fn ask<T: Send + 'static>(
    desk: Arc<Desk>,
    question: impl FnOnce(&Desk) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(move || question(&desk)).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::error!(%error, "cannot answer from the store");
            let words = "What is known of rooms cannot be read now; the server's log says why. Ask again in a minute.";
            Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, words))
        }
        Err(broken) => {
            tracing::error!(error = %broken, "a question broke");
            Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "This question could not be answered."))
        }
    }
}

/// A room that was ever heard of.
async fn known(desk: Arc<Desk>, room: &str) -> Result<Known, Problem> {
    let id: RoomId = room.parse().map_err(|_| unknown(room))?;
    let name = id.clone();
    ask(desk, move |desk| desk.room(&id)).await?.ok_or_else(|| unknown(name.as_str()))
}

fn unknown(room: &str) -> Problem {
    let shown: String = room.chars().take(64).collect();
    let detail = format!("No room “{shown}” was ever heard of here; /v1/rooms lists those that were.");
    Problem::of_kind(StatusCode::NOT_FOUND, "room-unknown", "Room unknown", detail)
}

#[cfg(test)]
mod tests;
