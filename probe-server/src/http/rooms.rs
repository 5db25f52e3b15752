//! The registry, and each room's readiness.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siaga_booking::store::RoomPage;
use siaga_readiness::{
    answer::{Level, Readiness, RoomVerdict},
    booking::{Slot, request::Instant},
    policy::TimeToLive,
    profile::{Profile, Profiles},
    reasons::Code,
    room::RoomId,
};
use siaga_service::problem::Problem;
use utoipa::{IntoParams, ToSchema};

use super::{Answers, ask, known};
use crate::{
    desk::{Known, known::evidence_age},
    gate::{Refusal, suiting::Suits},
};

/// A misspelt question must not get the answer to another one.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    site: Option<String>,
    after: Option<RoomId>,
    limit: Option<u32>,
    profile: Option<String>,
    /// Which rooms suit the time from here …
    start: Option<Instant>,
    /// … to here?
    end: Option<Instant>,
}

impl Page {
    fn slot(&self) -> Result<Option<Slot>, Problem> {
        match (self.start, self.end) {
            (None, None) => Ok(None),
            (Some(start), Some(end)) => Ok(Some(Slot::new(start.0, end.0).map_err(Refusal::from)?)),
            _ => Err(Problem::new(StatusCode::BAD_REQUEST, "`start` and `end` belong together.")),
        }
    }
}

/// The most rooms in one answer.
const MOST: u32 = 500;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomList)]
pub(super) struct Listed {
    rooms: Vec<Summary>,
    /// What to ask for `after` to get the next ones; absent if these were the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<RoomId>,
}

/// One room in a few words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomSummary)]
struct Summary {
    room: RoomId,
    site: Option<String>,
    agent: Option<String>,
    online: bool,
    /// Its keys were revoked: it comes back once it is enrolled again. `null` while it is off and that can't be read.
    revoked: Option<bool>,
    first_seen: Timestamp,
    last_seen: Timestamp,
    /// How long ago that was, seconds.
    last_seen_age_s: f64,
    profile: String,
    verdict: RoomVerdict,
    level: Level,
    /// Age of the oldest evidence that the verdict stands on, seconds.
    evidence_age_s: Option<f64>,
    valid_until: Option<Timestamp>,
    reasons: Vec<Code>,
    /// Whether it suits the slot, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    suits: Option<Suits>,
}

impl Summary {
    fn of(known: &Known, readiness: Readiness) -> Self {
        let row = known.row();
        Self {
            room: row.room.clone(),
            site: row.site.clone(),
            agent: row.agent.clone(),
            online: known.presence().online,
            revoked: known.presence().revoked,
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            last_seen_age_s: known.presence().age.as_secs_f64(),
            evidence_age_s: evidence_age(&readiness),
            profile: readiness.profile,
            verdict: readiness.verdict,
            level: readiness.level,
            valid_until: readiness.valid_until,
            reasons: readiness.reasons,
            suits: None,
        }
    }
}

/// Rooms by name, and how they are
#[utoipa::path(
    get, path = "/v1/rooms", tag = "rooms", params(Page),
    responses((status = OK, description = "A page of them", body = Listed))
)]
pub(super) async fn list(
    State(answers): State<Answers>,
    Query(page): Query<Page>,
) -> Result<Response, Problem> {
    let office = answers.gate.office();
    let profile = profile(&office.profiles, page.profile.as_deref())?.cloned();
    let limit = page.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, format!("`limit` is 1 to {MOST}.")));
    }
    let slot = page.slot()?;
    // One more tells whether there is a next page.
    let by = office.clone();
    let asked = RoomPage { site: page.site, after: page.after, limit: limit + 1 };
    let held_against = profile.clone();
    let mut rooms: Vec<Summary> = ask(answers.desk, move |desk| {
        let rooms = desk.rooms(&asked)?;
        let readiness = |known: &Known| readiness_of(known, &by.profiles, held_against.as_ref(), None);
        Ok(rooms.iter().map(|known| Summary::of(known, readiness(known))).collect())
    })
    .await?;
    let more = rooms.len() > limit as usize;
    rooms.truncate(limit as usize);
    if let Some(slot) = slot {
        let names = rooms.iter().map(|room| room.room.clone()).collect();
        let suits = answers.gate.suit(office, names, slot, profile).await?;
        rooms.iter_mut().zip(suits).for_each(|(room, suits)| room.suits = Some(suits));
    }
    let next = rooms.last().filter(|_| more).map(|last| last.room.clone());
    Ok(Json(Listed { rooms, next }).into_response())
}

/// A room in a few words, and what its checks say.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoomDetail)]
pub(super) struct Detail {
    #[serde(flatten)]
    summary: Summary,
    /// What its journal had to drop while it could not be heard, in all; absent while it is offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal_dropped: Option<u64>,
    readiness: Readiness,
}

/// A room, and what its checks say
#[utoipa::path(
    get, path = "/v1/rooms/{room}", tag = "rooms", params(("room" = RoomId, Path), Asked),
    responses((status = OK, description = "What is known of it", body = Detail))
)]
pub(super) async fn one(
    State(answers): State<Answers>,
    Path(room): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let office = answers.gate.office();
    let profile = profile(&office.profiles, asked.profile.as_deref())?;
    let known = known(answers.desk, &room).await?;
    let readiness = readiness_of(&known, &office.profiles, profile, asked.max_age);
    let summary = Summary::of(&known, readiness.clone());
    Ok(Json(Detail { summary, journal_dropped: known.dropped(), readiness }).into_response())
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    profile: Option<String>,
    /// From evidence younger than this, like `15m`.
    #[param(value_type = Option<String>)]
    max_age: Option<TimeToLive>,
}

/// Whether a room is ready now
///
/// 200 only if granted, fresh and online, else 503 with the same body: a client that looks at nothing but the status fails
/// closed.
#[utoipa::path(
    get, path = "/v1/rooms/{room}/readiness", tag = "rooms", params(("room" = RoomId, Path), Asked),
    responses(
        (status = OK, description = "It is ready", body = Readiness),
        (status = SERVICE_UNAVAILABLE, description = "It is not, or that is not known", body = Readiness)
    )
)]
pub(super) async fn readiness(
    State(answers): State<Answers>,
    Path(room): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let office = answers.gate.office();
    let profile = profile(&office.profiles, asked.profile.as_deref())?;
    let known = known(answers.desk, &room).await?;
    let readiness = readiness_of(&known, &office.profiles, profile, asked.max_age);
    let status = if readiness.is_granted() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(readiness)).into_response())
}

/// `None`: the profile that each room goes by.
pub(super) fn profile<'a>(
    profiles: &'a Profiles,
    name: Option<&str>,
) -> Result<Option<&'a Profile>, Problem> {
    let Some(name) = name else { return Ok(None) };
    profiles.named(name).map(Some).map_err(|error| Problem::new(StatusCode::NOT_FOUND, error.to_string()))
}

fn readiness_of(
    known: &Known,
    profiles: &Profiles,
    profile: Option<&Profile>,
    max_age: Option<TimeToLive>,
) -> Readiness {
    match profile {
        Some(profile) => known.readiness(profile, max_age),
        None => known.own_readiness(profiles, max_age),
    }
}
