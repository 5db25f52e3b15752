//! Asks a room to check itself now, over the link that it holds open.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use siaga_service::problem::Problem;

use super::{Answers, known};

/// The answer says only that the room was asked; GET tells what it answered, its readiness what it found.
pub(super) async fn ask(
    State(answers): State<Answers>,
    Path(room): Path<String>,
) -> Result<Response, Problem> {
    let known = known(answers.desk.clone(), &room).await?;
    match answers.desk.wishes().ask(known.id()) {
        Some(Ok(wish)) => Ok((StatusCode::ACCEPTED, Json(wish)).into_response()),
        Some(Err(full)) => {
            Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, format!("{room} can't be asked now: {full}.")))
        }
        None => {
            let words =
                format!("{room} can't be heard: switch its computer on, or ask again once it is online.");
            Err(Problem::new(StatusCode::CONFLICT, words))
        }
    }
}

pub(super) async fn last(
    State(answers): State<Answers>,
    Path(room): Path<String>,
) -> Result<Response, Problem> {
    let known = known(answers.desk.clone(), &room).await?;
    let none = || {
        let words = format!("Nobody has asked {room} for a check since its link stands.");
        Problem::new(StatusCode::NOT_FOUND, words)
    };
    answers.desk.wishes().last(known.id()).map(|wish| Json(wish).into_response()).ok_or_else(none)
}
