use std::fmt;

use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siaga_booking::bookings::{BookingRow, BookingsPage};
use siaga_readiness::{
    booking::{BookingRef, Class, Ruling, Slot, request::Instant},
    room::RoomId,
};
use siaga_service::problem::Problem;
use utoipa::{IntoParams, ToSchema};

use crate::{gate::answer::Counts, http::Answers};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Asked {
    /// In this room.
    room: Option<RoomId>,
    /// That are not over then.
    from: Option<Instant>,
    /// That begin before.
    to: Option<Instant>,
    /// That stand so.
    decision: Option<Counts>,
    /// What `next` said.
    #[param(value_type = Option<String>)]
    after: Option<Cursor>,
    /// At most so many, 1 to 500; 100 if not said.
    limit: Option<u32>,
}

/// Where a page ended: when the last one begins, and its reference.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Cursor(Timestamp, BookingRef);

impl Cursor {
    pub(crate) fn after(row: &BookingRow) -> Self {
        Self(row.slot.start(), row.reference.clone())
    }

    pub(crate) fn into_parts(self) -> (Timestamp, BookingRef) {
        (self.0, self.1)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}", self.0.as_millisecond(), self.1)
    }
}

impl TryFrom<String> for Cursor {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parsed = || {
            let (start, reference) = text.split_once('~')?;
            let start = Timestamp::from_millisecond(start.parse().ok()?).ok()?;
            Some(Self(start, reference.parse().ok()?))
        };
        parsed().ok_or("not what an earlier page said under `next`")
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingList)]
pub(in crate::http) struct Listed {
    bookings: Vec<Summary>,
    /// What to ask for `after` to get the next ones; absent if these were the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A booking in a few words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BookingSummary)]
struct Summary {
    reference: BookingRef,
    version: u32,
    room: RoomId,
    slot: Slot,
    class: Class,
    submitted_at: Timestamp,
    /// What counts now.
    decision: Counts,
    overridden: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
}

impl Summary {
    fn of(row: BookingRow, counts: Option<Ruling>) -> Self {
        Self {
            reference: row.reference,
            version: row.version,
            room: row.room,
            slot: row.slot,
            class: row.class,
            submitted_at: row.submitted_at,
            decision: Counts::of(counts),
            overridden: row.overridden.is_some(),
            standing: row.standing,
            outcome: row.outcome.map(|outcome| outcome.outcome),
        }
    }
}

/// The most bookings in one answer.
const MOST: u32 = 500;

/// Bookings in the order of their starts
#[utoipa::path(
    get, path = "/v1/bookings", tag = "bookings", params(Asked),
    responses((status = OK, description = "A page of them", body = Listed))
)]
pub(in crate::http) async fn list(
    State(Answers { gate, .. }): State<Answers>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let limit = asked.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, format!("`limit` is 1 to {MOST}.")));
    }
    let page = BookingsPage {
        room: asked.room,
        from: asked.from.map(|from| from.0),
        to: asked.to.map(|to| to.0),
        decision: asked.decision.map(|decision| decision.as_str().to_owned()),
        after: asked.after.map(Cursor::into_parts),
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = gate.bookings_on(page).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| more).map(|(row, _)| Cursor::after(row).to_string());
    let bookings = rows.into_iter().map(|(row, counts)| Summary::of(row, counts)).collect();
    Ok(Json(Listed { bookings, next }).into_response())
}
