//! A room's past.

use std::sync::Arc;

use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use siaga_booking::{
    Outcome,
    store::{EventRow, HourRow, Reader, SampleRow},
};
use siaga_readiness::room::RoomId;
use siaga_service::problem::Problem;
use utoipa::{IntoParams, ToSchema};

use super::{Answers, ask, known};
use crate::desk::Desk;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    #[serde(default)]
    #[param(inline)]
    step: Step,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Step {
    #[default]
    Hour,
    Raw,
}

impl Step {
    /// The longest span of one answer: what is kept by the hour; one by one, two weeks.
    const fn longest(self) -> SignedDuration {
        SignedDuration::from_hours(24 * if matches!(self, Self::Hour) { 400 } else { 14 })
    }
}

/// The most single entries of one answer.
const MOST: u32 = 50_000;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(super) struct Answer {
    room: RoomId,
    from: Timestamp,
    to: Timestamp,
    step: Step,
    /// There is more in this span than fits into one answer: ask for a shorter one.
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours: Option<Vec<Hour>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<Vec<Sample>>,
    events: Vec<Event>,
}

impl Answer {
    /// About how long it is, written out: the memory for it is taken once.
    fn extent(&self) -> usize {
        let hours = self.hours.iter().flatten().map(|hour| hour.series.len()).sum::<usize>();
        (hours + self.samples.as_ref().map_or(0, Vec::len) + self.events.len()) * ONE + 1024
    }
}

/// Bytes of one entry, at most and mostly.
const ONE: usize = 128;

/// A room's past
///
/// `from` (a day ago), `to` (now), `step` (hour or raw).
#[utoipa::path(
    get, path = "/v1/rooms/{room}/history", tag = "rooms", params(("room" = RoomId, Path), Asked),
    responses((status = OK, description = "What was measured and what happened", body = Answer))
)]
pub(super) async fn history(
    State(answers): State<Answers>,
    Path(room): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let known = known(answers.desk.clone(), &room).await?;
    let to = asked.to.unwrap_or(known.answered_at());
    let from = asked.from.or_else(|| to.checked_sub(SignedDuration::from_hours(24)).ok()).unwrap_or(to);
    let (room, step) = (known.id().clone(), asked.step);
    check(from, to, step)?;
    // A month is a megabyte of text: it is written where it is read, so that nobody else's answer waits for it.
    let text = ask(answers.desk, move |desk: &Desk| {
        let answer = desk.store().read(|reader| answer(reader, room, from, to, step))?;
        let mut text = Vec::with_capacity(answer.extent());
        Ok(serde_json::to_writer(&mut text, &answer).map(|()| text))
    });
    let text = text.await?.map_err(|error| {
        tracing::error!(%error, "a room's history cannot be written as JSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "This question could not be answered.")
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

fn check(from: Timestamp, to: Timestamp, step: Step) -> Result<(), Problem> {
    let wrong = |detail: String| Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    if from >= to {
        return wrong("`from` has to lie before `to`.".to_owned());
    }
    if to.duration_since(from) > step.longest() {
        return wrong(format!(
            "That is too long for one answer: ask for at most {} days.",
            step.longest().as_hours() / 24
        ));
    }
    Ok(())
}

fn answer(
    reader: &mut Reader<'_>,
    room: RoomId,
    from: Timestamp,
    to: Timestamp,
    step: Step,
) -> Result<Answer, siaga_booking::StoreError> {
    let events: Vec<_> = reader.events(&room, from, to, MOST)?.into_iter().map(Event::from).collect();
    let mut answer = Answer {
        room,
        from,
        to,
        step,
        truncated: events.len() == MOST as usize,
        hours: None,
        samples: None,
        events,
    };
    match step {
        Step::Hour => answer.hours = Some(by_hour(reader.hours(&answer.room, from, to)?)),
        Step::Raw => {
            let samples = reader.samples(&answer.room, from, to, MOST)?;
            answer.truncated |= samples.len() == MOST as usize;
            answer.samples = Some(samples.into_iter().map(Sample::from).collect());
        }
    }
    Ok(answer)
}

/// All series of one hour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryHour)]
struct Hour {
    at: Timestamp,
    #[schema(value_type = std::collections::BTreeMap<String, InHour>)]
    #[serde(serialize_with = "as_map")]
    series: Vec<(Arc<str>, InHour)>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryInHour)]
struct InHour {
    #[serde(skip_serializing_if = "is_zero")]
    good: u32,
    #[serde(skip_serializing_if = "is_zero")]
    bad: u32,
    #[serde(skip_serializing_if = "is_zero")]
    unknown: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryValue)]
struct Value {
    count: u32,
    mean: f64,
    least: f64,
    most: f64,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // As serde calls it.
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The rows come in order.
fn by_hour(rows: Vec<HourRow>) -> Vec<Hour> {
    let mut hours: Vec<Hour> = Vec::new();
    for HourRow { hour, series, good, bad, unknown, value } in rows {
        if hours.last().is_none_or(|last| last.at != hour) {
            hours.push(Hour { at: hour, series: Vec::with_capacity(SERIES) });
        }
        let value = value.map(|spread| Value {
            count: spread.count,
            mean: spread.mean,
            least: spread.least,
            most: spread.most,
        });
        if let Some(last) = hours.last_mut() {
            last.series.push((series, InHour { good, bad, unknown, value }));
        }
    }
    hours
}

/// Of a room under the profile that asks most.
const SERIES: usize = 24;

/// Each series stands in an hour once.
fn as_map<S: Serializer>(series: &[(Arc<str>, InHour)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(series.iter().map(|(name, found)| (name, found)))
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistorySample)]
struct Sample {
    at: Timestamp,
    #[schema(value_type = String)]
    series: Arc<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    reason: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
}

impl From<SampleRow> for Sample {
    fn from(row: SampleRow) -> Self {
        let SampleRow { at, series, outcome, reason, value } = row;
        let outcome = match outcome {
            Outcome::Good => Some("good"),
            Outcome::Bad => Some("bad"),
            Outcome::Unknown => Some("unknown"),
            Outcome::Measure => None,
        };
        Self { at, series, outcome, reason, value }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEvent)]
struct Event {
    at: Timestamp,
    #[schema(value_type = String)]
    kind: Arc<str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
}

impl From<EventRow> for Event {
    fn from(row: EventRow) -> Self {
        Self { at: row.at, kind: row.kind, detail: row.detail }
    }
}
