//! What the server answers: what is known of rooms, and for its operator `/metrics` and `/health`.
//!
//! * `access`: which token each question needs;
//! * `rooms`: the registry and each room's readiness; `history`: a room's past; `forecast`: what is to be expected of it;
//! * `checks`: asks a room to check itself now;
//! * `scrape`: each room's metrics, and where Prometheus finds them;
//! * `bookings`: what a booking system asks; `reports`: what an office files;
//! * `openapi`: all of this, described.

mod access;
mod bookings;
mod checks;
mod forecast;
mod history;
mod openapi;
mod reports;
mod rooms;
mod scrape;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use siaga_booking::StoreError;
use siaga_readiness::room::RoomId;
use siaga_service::{http::Login, problem::Problem};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    desk::{Desk, Known},
    gate::Gate,
    metrics::Metrics,
    page,
};

pub use access::need;
pub(crate) use bookings::Cursor;

/// What answers are made from.
#[derive(Debug, Clone)]
pub struct Answers {
    /// The server's own.
    pub metrics: Arc<Metrics>,
    /// What is known of rooms.
    pub desk: Arc<Desk>,
    /// What decides on bookings.
    pub gate: Arc<Gate>,
    /// Whether clients come over TLS.
    pub tls: bool,
    /// The way in for people, where they need a token.
    pub login: Option<Login>,
}

/// The routes.
pub fn router(answers: Answers) -> Router {
    let (router, description) = described();
    let description = Bytes::from(description);
    let told = move || {
        let told = ([(header::CONTENT_TYPE, "application/json")], description.clone());
        async { told }
    };
    router.route(OPENAPI, get(told)).merge(page::routes()).with_state(answers)
}

/// What the routes are, as OpenAPI 3.1 in JSON.
#[must_use]
pub fn openapi() -> String {
    described().1
}

const OPENAPI: &str = "/openapi.json";

/// Each route comes with its description, so that neither is without the other.
fn described() -> (Router<Answers>, String) {
    let (router, mut description) = OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(bookings::list))
        .routes(routes!(bookings::put, bookings::get, bookings::cancel))
        .routes(routes!(reports::booking))
        .routes(routes!(reports::day))
        .routes(routes!(bookings::evidence))
        .routes(routes!(bookings::overrule))
        .routes(routes!(bookings::outcome))
        .routes(routes!(bookings::dry_run))
        .routes(routes!(bookings::keys))
        .routes(routes!(bookings::policy))
        .routes(routes!(rooms::list))
        .routes(routes!(rooms::one))
        .routes(routes!(rooms::readiness))
        .routes(routes!(history::history))
        .routes(routes!(forecast::forecast))
        .routes(routes!(checks::ask))
        .routes(routes!(checks::one))
        .routes(routes!(scrape::targets))
        .routes(routes!(scrape::metrics))
        .routes(routes!(render))
        .routes(routes!(health))
        .split_for_parts();
    description.paths.paths.iter_mut().for_each(|(path, item)| openapi::complete(path, item));
    let text = description.to_pretty_json().unwrap_or_default();
    (router, text + "\n")
}

/// That the server answers
#[utoipa::path(get, path = "/health", tag = "server", responses((status = OK, description = "It does", body = Object)))]
async fn health() -> Json<serde_json::Value> {
    Json(json!({ "status": "ok" }))
}

/// The server's own metrics
#[utoipa::path(
    get, path = "/metrics", tag = "metrics",
    responses((status = OK, description = "Prometheus' text format", body = String, content_type = "text/plain; version=0.0.4"))
)]
async fn render(State(answers): State<Answers>) -> Result<Response, Problem> {
    let Answers { metrics, desk, gate, .. } = answers;
    let text = ask(desk, move |desk| {
        let office = gate.office();
        let of_bookings = gate.metrics().render(gate.bookings(), desk, &office.profiles, desk.now().wall);
        Ok(metrics.render() + &of_bookings)
    })
    .await?;
    Ok(([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response())
}

/// Asks the desk something where that may take its time.
pub(crate) async fn ask<T: Send + 'static>(
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

/// Makes what takes a processor for more than a millisecond, like a long page: the packets that share this thread go on on another
/// one.
pub(crate) fn heavy<T>(make: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(make),
        // Of one thread alone; tests have such.
        _ => make(),
    }
}

/// A room that was ever heard of.
pub(crate) async fn known(desk: Arc<Desk>, room: &str) -> Result<Known, Problem> {
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
pub(crate) mod tests;
