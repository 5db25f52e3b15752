//! Each room's metrics under the names that its own agent gives them, and where Prometheus finds them.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus::{Registry, TEXT_FORMAT, TextEncoder};
use serde::Serialize;
use siaga_readiness::{metrics::RoomMetrics, profile::Profile, room::RoomId};
use siaga_service::problem::Problem;

use super::{Answers, ask, heavy, known};

/// A group of targets, as Prometheus' HTTP service discovery reads it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PrometheusTargets)]
pub(super) struct Group {
    #[schema(value_type = Vec<String>)]
    targets: [String; 1],
    #[schema(value_type = BTreeMap<String, String>)]
    labels: BTreeMap<&'static str, String>,
}

/// What there is to scrape
///
/// Every room that was heard of within [`SILENT_FOR`]; each is scraped here, through its own path.
#[utoipa::path(
    get, path = "/v1/sd/prometheus", tag = "metrics",
    responses((status = OK, description = "For Prometheus' HTTP service discovery", body = Vec<Group>))
)]
pub(super) async fn targets(State(answers): State<Answers>, headers: HeaderMap) -> Result<Response, Problem> {
    let (scheme, usual) = if answers.tls { ("https", 443) } else { ("http", 80) };
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    // The guard lets nobody in without one.
    let asked =
        asked.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "A request needs a Host header."))?;
    let target = with_port(asked, usual);
    let since = answers.desk.now().wall.checked_sub(SILENT_FOR).unwrap_or_default();
    let rooms = ask(answers.desk, move |desk| desk.store().read(|reader| reader.heard_since(since))).await?;
    let group = |(room, site): (RoomId, Option<String>)| {
        let mut labels = BTreeMap::from([
            ("__metrics_path__", format!("/rooms/{room}/metrics")),
            ("__scheme__", scheme.to_owned()),
            ("room", room.to_string()),
        ]);
        labels.extend(site.map(|site| ("site", site)));
        Group { targets: [target.clone()], labels }
    };
    // A province's rooms are a megabyte.
    Ok(heavy(|| Json(rooms.into_iter().map(group).collect::<Vec<_>>()).into_response()))
}

/// A room that was given up is not scraped for as long as its history is kept.
const SILENT_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Prometheus needs one.
fn with_port(host: &str, usual: u16) -> String {
    let name_ends = host.rfind(']').unwrap_or(0);
    if host.get(name_ends..).is_some_and(|rest| rest.contains(':')) {
        host.to_owned()
    } else {
        format!("{host}:{usual}")
    }
}

/// A room's metrics
///
/// A room that is offline answers too: it is not ready, and how old all of it is stands beside that.
#[utoipa::path(
    get, path = "/rooms/{room}/metrics", tag = "metrics", params(("room" = RoomId, Path)),
    responses((status = OK, description = "Prometheus' text format", body = String, content_type = "text/plain; version=0.0.4"))
)]
pub(super) async fn metrics(
    State(answers): State<Answers>,
    Path(room): Path<String>,
) -> Result<Response, Problem> {
    let known = known(answers.desk, &room).await?;
    let (snapshot, now) = known.evidence();
    let registry = Registry::new();
    let version = known.row().agent.as_deref();
    let certificates = Vec::from_iter(known.certificate());
    let presence = Some(known.presence());
    let metrics = RoomMetrics { snapshot, now, presence, version, certificates: &certificates };
    let office = answers.gate.office();
    let own = known.profile(&office.profiles).unwrap_or_else(|_| Profile::minimum());
    metrics.register(&registry, office.profiles.iter(), own);
    let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap_or_default();
    // Prometheus asks each room on a connection of its own; idle ones would take the places of others.
    Ok(([(header::CONTENT_TYPE, TEXT_FORMAT), (header::CONNECTION, "close")], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_has_the_port_that_was_asked_at_or_the_usual_one() {
        let target = |host| with_port(host, 443);
        assert_eq!(
            ["a:9871", "a", "[::1]", "[::1]:9871"].map(target),
            ["a:9871", "a:443", "[::1]:443", "[::1]:9871"]
        );
    }
}
