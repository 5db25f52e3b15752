//! Bookings: the questions that a booking system asks, and what people say about its bookings.

mod listed;
mod refused;
#[cfg(test)]
pub(super) mod tests;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use siaga_booking::evidence::PublicKeys;
use siaga_readiness::booking::{BookingRef, Request};
use siaga_service::problem::Problem;

use super::{Answers, body::Body};
use crate::{
    gate::{
        Refusal,
        person::{OutcomeSaid, Override},
    },
    office::Rules,
};

pub(super) use listed::list;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    /// Decide anew, also if nothing has changed.
    #[serde(default)]
    anew: bool,
}

/// Creates or changes a booking, and answers with the decision: 200 whatever that is.
pub(super) async fn put(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    Query(asked): Query<Put>,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    // In a task of its own: a client that hangs up does not undo half of it.
    finished(async move { gate.put(reference, request, asked.anew).await }).await
}

pub(super) async fn get(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    Ok(Json(gate.booking(&named(&reference)?).await?).into_response())
}

pub(super) async fn cancel(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    finished(async move { gate.cancel(reference).await }).await
}

pub(super) async fn overrule(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    Body(said): Body<Override>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    finished(async move { gate.overrule(reference, said).await }).await
}

pub(super) async fn outcome(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    Body(said): Body<OutcomeSaid>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    finished(async move { gate.conclude(reference, said).await }).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DryRun {
    reference: Option<BookingRef>,
}

/// What would be decided; nothing is kept.
pub(super) async fn dry_run(
    State(Answers { gate, .. }): State<Answers>,
    Query(asked): Query<DryRun>,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let reference = match asked.reference {
        Some(reference) => reference,
        None => named("dry-run")?,
    };
    Ok(Json(gate.dry_run(reference, request).await?).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    entry: Option<u64>,
}

pub(super) async fn evidence(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let jws = gate.evidence(&named(&reference)?, which.entry).await?;
    Ok(([(header::CONTENT_TYPE, "application/jose")], jws).into_response())
}

pub(super) async fn keys(State(Answers { gate, .. }): State<Answers>) -> Response {
    let keys = PublicKeys::from(gate.key().public().clone());
    ([(header::CONTENT_TYPE, "application/jwk-set+json")], Json(keys)).into_response()
}

/// By which rules bookings are decided.
pub(super) async fn policy(State(Answers { gate, .. }): State<Answers>) -> Response {
    Json(Rules::from(&*gate.office())).into_response()
}

fn named(reference: &str) -> Result<BookingRef, Problem> {
    reference.parse().map_err(|error| Refusal::Request(error).into())
}

async fn finished<T: serde::Serialize + Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<Response, Problem> {
    let done = tokio::spawn(work).await.map_err(|broken| Problem::from(Refusal::broken(&broken)))?;
    Ok(Json(done?).into_response())
}
