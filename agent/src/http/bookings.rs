//! The room's next bookings, and the steps that staff tick before each.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use siaga_readiness::report::{Happening, Item, Tick};
use siaga_service::{http::Body, problem::Problem};

use super::{Answers, NO_STORE};
use crate::{desk::NotTicked, host};

pub(super) async fn list(State(answers): State<Answers>) -> Response {
    (NO_STORE, Json(answers.room.bookings().at(host::now().wall))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    item: Item,
    name: String,
}

/// 201 once it is on its way to the desk, 200 if it was ticked before.
pub(super) async fn tick(
    State(answers): State<Answers>,
    Path(reference): Path<String>,
    Body(Step { item, name }): Body<Step>,
) -> Result<Response, Problem> {
    let now = host::now();
    let tell = |tick| answers.room.tell_history(now, Happening::Tick(tick));
    match answers.room.bookings().tick(Tick { reference, item, name }, now.wall, tell) {
        Ok(true) => Ok((StatusCode::CREATED, NO_STORE).into_response()),
        Ok(false) => Ok((StatusCode::OK, NO_STORE).into_response()),
        Err(error) => {
            let status = match error {
                NotTicked::Item | NotTicked::Name => StatusCode::BAD_REQUEST,
                NotTicked::Booking => StatusCode::NOT_FOUND,
                NotTicked::Untold => StatusCode::SERVICE_UNAVAILABLE,
            };
            Err(Problem::new(status, format!("It was not ticked: {error}.")))
        }
    }
}
