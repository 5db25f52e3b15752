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
use siaga_readiness::booking::{BookingRef, Decision, Request};
use siaga_service::{
    http::{Asker, Body},
    problem::Problem,
};
use utoipa::IntoParams;

use super::Answers;
use crate::{
    gate::{
        BookingAnswer, Refusal,
        person::{OutcomeSaid, Override},
    },
    office::Rules,
};

pub(crate) use listed::Cursor;
pub(super) use listed::{__path_list, list};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    /// Decide anew, also if nothing has changed.
    #[serde(default)]
    anew: bool,
}

/// Create or change a booking, and have it decided
///
/// Idempotent: in the same words again it is told what was decided, until that has run out.
#[utoipa::path(
    put, path = "/v1/bookings/{reference}", tag = "bookings", params(("reference" = BookingRef, Path), Put), request_body = Request,
    responses((status = OK, description = "What was decided, whatever that is", body = BookingAnswer))
)]
pub(super) async fn put(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    Query(asked): Query<Put>,
    by: Asker,
    Body(request): Body<Request>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    // In a task of its own: a client that hangs up does not undo half of it.
    finished(async move { gate.put(reference, request, asked.anew, by).await }).await
}

/// How a booking stands
#[utoipa::path(
    get, path = "/v1/bookings/{reference}", tag = "bookings", params(("reference" = BookingRef, Path)),
    responses((status = OK, description = "How it stands", body = BookingAnswer))
)]
pub(super) async fn get(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
) -> Result<Response, Problem> {
    Ok(Json(gate.booking(&named(&reference)?).await?).into_response())
}

/// Cancel a booking
///
/// Its slot is free; what was decided is still told, and the reference is not used again.
#[utoipa::path(
    delete, path = "/v1/bookings/{reference}", tag = "bookings", params(("reference" = BookingRef, Path)),
    responses((status = OK, description = "It is cancelled", body = BookingAnswer))
)]
pub(super) async fn cancel(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    by: Asker,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    finished(async move { gate.cancel(reference, by).await }).await
}

/// Decide otherwise than the gate did: by name, for a reason, for a time
#[utoipa::path(
    post, path = "/v1/bookings/{reference}/override", tag = "bookings", params(("reference" = BookingRef, Path)), request_body = Override,
    responses((status = OK, description = "How it stands now", body = BookingAnswer))
)]
pub(super) async fn overrule(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    by: Asker,
    Body(said): Body<Override>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    finished(async move { gate.overrule(reference, said, by).await }).await
}

/// Tell what became of an event
#[utoipa::path(
    post, path = "/v1/bookings/{reference}/outcome", tag = "bookings", params(("reference" = BookingRef, Path)), request_body = OutcomeSaid,
    responses((status = OK, description = "How it stands now", body = BookingAnswer))
)]
pub(super) async fn outcome(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    by: Asker,
    Body(said): Body<OutcomeSaid>,
) -> Result<Response, Problem> {
    let reference = named(&reference)?;
    finished(async move { gate.conclude(reference, said, by).await }).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct DryRun {
    /// Which booking would be changed, if it is one that is there.
    reference: Option<BookingRef>,
}

/// What would be decided
#[utoipa::path(
    post, path = "/v1/decisions/dry-run", tag = "bookings", params(DryRun), request_body = Request,
    responses((status = OK, description = "What would be decided; nothing is kept", body = Decision))
)]
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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Another entry of the log that tells of it; what counts if not said.
    entry: Option<u64>,
}

/// What counts of a booking, signed
#[utoipa::path(
    get, path = "/v1/bookings/{reference}/evidence", tag = "audit", params(("reference" = BookingRef, Path), Which),
    responses((status = OK, description = "An entry of the log, signed: a compact JWS (EdDSA)", body = String, content_type = "application/jose"))
)]
pub(super) async fn evidence(
    State(Answers { gate, .. }): State<Answers>,
    Path(reference): Path<String>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let jws = gate.evidence(&named(&reference)?, which.entry).await?;
    Ok(([(header::CONTENT_TYPE, "application/jose")], jws).into_response())
}

/// What evidence is verified with
#[utoipa::path(
    get, path = "/v1/keys", tag = "audit",
    responses((status = OK, description = "A JWK set", body = Object, content_type = "application/jwk-set+json"))
)]
pub(super) async fn keys(State(Answers { gate, .. }): State<Answers>) -> Response {
    ([(header::CONTENT_TYPE, "application/jwk-set+json")], Json(gate.keys())).into_response()
}

/// By which rules bookings are decided
#[utoipa::path(
    get, path = "/v1/policy", tag = "bookings",
    responses((status = OK, description = "The policy and the calendar", body = Object))
)]
pub(super) async fn policy(State(Answers { gate, .. }): State<Answers>) -> Response {
    Json(Rules::from(&*gate.office())).into_response()
}

pub(super) fn named(reference: &str) -> Result<BookingRef, Problem> {
    reference.parse().map_err(|error| Refusal::Request(error).into())
}

async fn finished<T: serde::Serialize + Send + 'static>(
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<Response, Problem> {
    let done = tokio::spawn(work).await.map_err(|broken| Problem::from(Refusal::broken(&broken)))?;
    Ok(Json(done?).into_response())
}
