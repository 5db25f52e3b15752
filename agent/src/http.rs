//! The room's answers on loopback. Every answer is computed when it is asked for.

mod bookings;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use siaga_probe::{admission::Purpose, schedule::Meeting};
use siaga_readiness::{
    inventory::Inventory,
    moment::{Moment, whole_milliseconds},
    policy::TimeToLive,
    reasons::Code,
    snapshot::Scan,
};
use siaga_service::problem::Problem;

use crate::{changes::ChangeWatch, desk::DeskStatus, host, live::Sight, metrics, room::Room, trials};

/// The routes.
pub fn router(room: Arc<Room>, watch: Arc<ChangeWatch>) -> Router {
    Router::new()
        .route("/v1/readiness", get(readiness))
        .route("/v1/devices", get(devices))
        .route("/v1/probe", post(demand_probe))
        .route("/v1/live", get(live))
        .route("/v1/trials", get(trials_asked_for).post(demand_trials))
        .route("/v1/status", get(status))
        .route("/v1/bookings", get(bookings::list))
        .route("/v1/bookings/{reference}/checklist", post(bookings::tick))
        .route("/metrics", get(render_metrics))
        .route("/health", get(health))
        .with_state(Answers { room, watch })
}

/// What answers are made from.
#[derive(Clone)]
struct Answers {
    room: Arc<Room>,
    watch: Arc<ChangeWatch>,
}

impl Answers {
    /// The room as it is now: what the machine went through since anybody looked has been taken in.
    fn room(&self) -> &Room {
        self.watch.look(&self.room);
        &self.room
    }
}

/// A misspelt question must not get the answer to another one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    profile: Option<String>,
    max_age: Option<TimeToLive>,
    /// Who has had the link measured knows when that was asked for: milliseconds since the machine booted, suspend included.
    link_since_ms: Option<u64>,
}

/// 200 only if granted and fresh, else 503 with the same body: a client that looks at nothing but the status fails
/// closed.
async fn readiness(State(answers): State<Answers>, Query(asked): Query<Asked>) -> Response {
    let link_since = asked.link_since_ms.map(Duration::from_millis);
    match answers.room().readiness(asked.profile.as_deref(), asked.max_age, link_since) {
        Ok(readiness) => {
            let status =
                if readiness.is_granted() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            (status, NO_STORE, Json(readiness)).into_response()
        }
        Err(error) => Problem::new(StatusCode::NOT_FOUND, error.to_string()).into_response(),
    }
}

/// A cached “ready” would outlive its evidence.
const NO_STORE: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The devices of the last scan, with its age: an old list must not look like a new one.
#[derive(Serialize)]
struct SeenDevices<'a> {
    observed_at: jiff::Timestamp,
    age_s: Option<f64>,
    #[serde(flatten)]
    inventory: &'a Inventory,
}

async fn devices(State(answers): State<Answers>) -> Response {
    match answers.room().snapshot().devices.scan {
        Some(scan) => (NO_STORE, Json(seen(&scan, host::now()))).into_response(),
        None => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "No device scan has been done yet; ask again in a moment.",
        )
        .into_response(),
    }
}

fn seen(scan: &Scan, now: Moment) -> SeenDevices<'_> {
    SeenDevices {
        observed_at: whole_milliseconds(scan.at.wall),
        age_s: scan.at.age_at(&now).map(|age| (age.as_secs_f64() * 1e3).round() / 1e3),
        inventory: &scan.inventory,
    }
}

/// Asks for a gate probe outside the plan. `GET /v1/live` tells when that is over; what came of it, or why it was put off, is
/// in the readiness.
async fn demand_probe(State(answers): State<Answers>) -> Response {
    let room = answers.room();
    if !room.is_probed() {
        let words = "Nothing is probed here: a probe server under [[servers]] is needed, and a profile that asks \
                     something of the network.";
        return Problem::new(StatusCode::CONFLICT, words).into_response();
    }
    room.probe_demand().ask(Purpose::PreCheck);
    (StatusCode::ACCEPTED, NO_STORE, Json(going_on(room))).into_response()
}

/// What is being done at this moment: for whoever waits for it, no evidence.
async fn live(State(answers): State<Answers>) -> Response {
    (NO_STORE, Json(going_on(&answers.room))).into_response()
}

fn going_on(room: &Room) -> Sight {
    room.live().watch().borrow().sight(room.probe_demand().is_waiting())
}

/// Asks for the devices to be tried now. The answer says only that it was asked for; GET tells how far it is.
async fn demand_trials(State(answers): State<Answers>) -> Response {
    let (room, now) = (answers.room(), host::now());
    if room.snapshot().meeting(now) == Meeting::On {
        return trials::refusal(StatusCode::CONFLICT, Code::TrialsMeetingOn).into_response();
    }
    match room.trial_demand().ask(now.since_boot) {
        Ok(run) => (StatusCode::ACCEPTED, NO_STORE, Json(run)).into_response(),
        Err(wait) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let problem = trials::refusal(StatusCode::TOO_MANY_REQUESTS, Code::TrialsTooSoon);
            ([(header::RETRY_AFTER, seconds.to_string())], problem).into_response()
        }
    }
}

/// The round of trials that was asked for last.
async fn trials_asked_for(State(answers): State<Answers>) -> Response {
    match answers.room.trial_demand().progress() {
        Some(run) => (NO_STORE, Json(run)).into_response(),
        None => Problem::new(StatusCode::NOT_FOUND, "Nobody has asked for trials yet.").into_response(),
    }
}

/// How the program is, as against the room.
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// The room.
    pub room: String,
    /// The program's release.
    pub version: String,
    /// The link to the room's desk.
    pub desk: DeskStatus,
}

async fn status(State(answers): State<Answers>) -> impl IntoResponse {
    let room = answers.room();
    let (version, desk) = (env!("CARGO_PKG_VERSION").to_owned(), room.desk());
    (NO_STORE, Json(Status { room: room.snapshot().setup.room, version, desk }))
}

async fn render_metrics(State(answers): State<Answers>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], metrics::render(answers.room()))
}

/// The program answers; whether the room is ready is another question.
async fn health(State(answers): State<Answers>) -> impl IntoResponse {
    let counters = answers.room.snapshot().counters;
    let probes: u64 = counters.probes.iter().map(|count| count.count).sum();
    Json(
        json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "scans": counters.scans, "probes": probes }),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use siaga_readiness::{
        observation::{Evidence, Observation},
        policy::Policy,
        profile::Profiles,
        snapshot::Setup,
        state::CheckState,
    };

    use super::*;
    use crate::sample;

    fn answers() -> Answers {
        let setup = Setup { room: "r2".into(), probe_server: None, policy: Policy::default() };
        let room = Room::new(setup, Profiles::default(), "minimum", host::now()).unwrap();
        Answers { room: Arc::new(room), watch: Arc::new(ChangeWatch::new().0) }
    }

    #[tokio::test]
    async fn devices_are_not_tried_into_a_meeting_whoever_asks() {
        let answers = answers();
        let mut inventory = sample::inventory();
        inventory.microphones[0].state = CheckState::InUse;
        let evidence = Evidence::Devices(inventory);
        answers.room.observe(Observation { at: host::now(), took: Duration::ZERO, evidence });
        let refused = demand_trials(State(answers.clone())).await;
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        assert!(!answers.room.trial_demand().is_waiting());
    }

    #[tokio::test]
    async fn who_asks_in_a_loop_is_told_when_to_come_back() {
        let answers = answers();
        let demand = answers.room.trial_demand();
        let ask = || demand_trials(State(answers.clone()));
        assert_eq!(ask().await.status(), StatusCode::ACCEPTED);
        demand.on_device("C920", 0, 1);
        assert_eq!(ask().await.status(), StatusCode::ACCEPTED, "the same round is meant");
        demand.on_end(host::now().since_boot, 1, 1, Code::TrialsDone);
        let refused = ask().await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()[header::CONTENT_TYPE], "application/problem+json");
        let seconds: u64 = refused.headers()[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!((1..=30).contains(&seconds), "{seconds}");
        assert!(!demand.is_waiting());
    }
}
