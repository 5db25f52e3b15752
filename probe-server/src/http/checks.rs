//! Asks a room to check itself now, over the link that it holds open.

use std::time::Duration;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use siaga_probe::admission::Purpose;
use siaga_readiness::room::RoomId;
use siaga_service::problem::Problem;

use super::{Answers, known};
use crate::desk::Check;

/// A check takes less than a minute; a server that is busy may put its probe off.
const WITHIN: Duration = Duration::from_secs(10 * 60);

/// Have a room check itself now
///
/// The answer says only that the room was asked; its place tells how far it is, the room's readiness what was found.
#[utoipa::path(
    post, path = "/v1/rooms/{room}/checks", tag = "rooms", params(("room" = RoomId, Path)),
    responses((
        status = ACCEPTED, description = "It was asked", body = Check,
        headers(("Location" = String, description = "Where the check can be watched"))
    ))
)]
pub(super) async fn ask(
    State(answers): State<Answers>,
    Path(room): Path<String>,
) -> Result<Response, Problem> {
    let known = known(answers.desk.clone(), &room).await?;
    if !known.presence().online {
        let words = format!("{room} can't be heard: switch its computer on, or ask again once it is online.");
        return Err(Problem::new(StatusCode::CONFLICT, words));
    }
    let check = answers.desk.promise_check(known.id(), Purpose::PreCheck, WITHIN);
    let place = format!("/v1/rooms/{room}/checks/{}", check.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(check)).into_response())
}

/// How far a check is
#[utoipa::path(
    get, path = "/v1/rooms/{room}/checks/{id}", tag = "rooms",
    params(("room" = RoomId, Path), ("id" = u64, Path)),
    responses((status = OK, description = "How far it is", body = Check))
)]
pub(super) async fn one(
    State(answers): State<Answers>,
    Path((room, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let known = known(answers.desk.clone(), &room).await?;
    let check = id.parse().ok().and_then(|id| answers.desk.check(known.id(), id));
    let none = || {
        let words = format!(
            "{room} was asked for no such check, or it is long over; POST /v1/rooms/{room}/checks asks for one."
        );
        Problem::new(StatusCode::NOT_FOUND, words)
    };
    check.map(|check| Json(check).into_response()).ok_or_else(none)
}
