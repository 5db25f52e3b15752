//! What clients are told about rooms.

mod held_up;

use std::{net::SocketAddr, sync::Arc};

use serde_json::Value;
use siaga_service::{
    http::{HttpServer, Limits},
    signals::Shutdown,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Answers, router};
use crate::{
    desk::tests::{LAPTOP, Office, id, probe, record, records, snapshot_until},
    gate::Gate,
    metrics::Metrics,
};

/// An office whose desk answers on loopback.
pub(crate) struct Counter {
    pub(crate) office: Office,
    pub(crate) gate: Arc<Gate>,
    address: SocketAddr,
    shutdown: Shutdown,
}

impl Counter {
    pub(crate) async fn open() -> Self {
        Self::at(Office::new()).await
    }

    pub(crate) async fn at(office: Office) -> Self {
        let gate = office.gate(crate::http::bookings::tests::easy());
        let answers = Answers {
            gate: gate.clone(),
            metrics: Arc::new(Metrics::new()),
            desk: office.desk.clone(),
            tls: false,
            login: None,
        };
        let server = HttpServer::bind(([127, 0, 0, 1], 0).into(), Limits::default()).await.unwrap();
        let address = server.address();
        let shutdown = Shutdown::manual();
        tokio::spawn(server.serve(router(answers), shutdown.requested()));
        Self { office, gate, address, shutdown }
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.send("GET", path, "", b"").await;
        (status, body)
    }

    /// With the answer's head.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        more: &str,
        body: &[u8],
    ) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // One that is refused for its length is not read to its end.
        let _ = stream.write_all(body).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, head.to_owned(), body.to_owned())
    }

    pub(crate) async fn json(&self, path: &str) -> (u16, Value) {
        let (status, body) = self.get(path).await;
        (status, serde_json::from_str(&body).unwrap())
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

#[tokio::test]
async fn a_room_that_is_ready_is_200_and_any_other_503_with_the_same_body() {
    let counter = Counter::open().await;
    counter.office.arrive("r1", 1).await;
    let path = format!("/v1/rooms/r1/readiness?profile={LAPTOP}");
    let (status, ready) = counter.json(&path).await;
    assert_eq!((status, &ready["verdict"]), (200, &"ready".into()), "{ready}");
    assert_eq!(counter.get("/v1/rooms/r1/readiness").await.0, 503, "it has no camera");

    counter.office.later(10);
    assert_eq!(counter.get(&format!("{path}&max_age=5s")).await.0, 503, "older than was asked for");
    counter.office.desk.forget(&id("r1"), 1);
    let (status, gone) = counter.json(&path).await;
    assert_eq!(
        (status, &gone["verdict"], &gone["reasons"][0]),
        (503, &"unknown".into(), &"ROOM_OFFLINE".into())
    );
    assert_eq!(gone["checks"][0]["observed_at"], "2026-11-22T01:00:00Z");
    assert_eq!(keys(&ready), keys(&gone));
}

fn keys(object: &Value) -> Vec<&String> {
    object.as_object().unwrap().keys().collect()
}

#[tokio::test]
async fn what_is_not_known_is_404_and_what_is_misspelt_400() {
    let counter = Counter::open().await;
    counter.office.arrive("r1", 1).await;
    for path in
        ["/v1/rooms/r2", "/v1/rooms/r2/readiness", "/v1/rooms/R%201/history", "/v1/rooms/r1?profile=best"]
    {
        let (status, problem) = counter.json(path).await;
        assert_eq!((status, &problem["status"]), (404, &404.into()), "{path}: {problem}");
    }
    for path in [
        "/v1/rooms/r1/readiness?profil=laptop",
        "/v1/rooms/r1/readiness?max_age=soon",
        "/v1/rooms?limit=0",
        "/v1/rooms?limit=501",
        "/v1/rooms?after=R%201",
        "/v1/rooms/r1/history?step=day",
        "/v1/rooms/r1/history?from=yesterday",
        "/v1/rooms/r1/history?from=2026-11-22T02:00:00Z&to=2026-11-22T01:00:00Z",
        "/v1/rooms/r1/history?from=2020-01-01T00:00:00Z&to=2026-11-22T01:00:00Z",
    ] {
        let (status, problem) = counter.json(path).await;
        assert_eq!((status, &problem["status"]), (400, &400.into()), "{path}: {problem}");
        assert!(!problem["detail"].as_str().unwrap().contains("deserialize"), "{path}: {problem}");
    }
}

#[tokio::test]
async fn rooms_are_listed_in_pages_with_how_they_are() {
    let counter = Counter::open().await;
    for (number, room) in ["a", "b", "c"].iter().enumerate() {
        counter.office.arrive(room, number as u64).await;
    }
    counter.office.later(7);
    counter.office.desk.forget(&id("b"), 1);
    let (_, first) = counter.json(&format!("/v1/rooms?limit=2&profile={LAPTOP}")).await;
    let told = |room: &Value| {
        let text = |key: &str| room[key].as_str().unwrap().to_owned();
        (text("room"), room["online"].as_bool().unwrap(), text("verdict"))
    };
    let rooms: Vec<_> = first["rooms"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(rooms, [("a".into(), true, "ready".into()), ("b".into(), false, "unknown".into())]);
    assert_eq!(first["rooms"][0]["evidence_age_s"], 7.0);
    assert_eq!(first["rooms"][0]["site"], "kantor-a");
    assert_eq!(first["next"], "b");
    let (_, rest) = counter.json("/v1/rooms?limit=2&after=b").await;
    assert_eq!((rest["rooms"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
    let (_, elsewhere) = counter.json("/v1/rooms?site=kantor-b").await;
    assert_eq!(elsewhere["rooms"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_room_is_told_with_its_registry_and_its_readiness() {
    let counter = Counter::open().await;
    counter.office.arrive("r1", 1).await;
    let (status, room) = counter.json(&format!("/v1/rooms/r1?profile={LAPTOP}")).await;
    assert_eq!((status, &room["online"], &room["agent"]), (200, &true.into(), &"0.2.0".into()));
    assert_eq!((&room["verdict"], &room["readiness"]["verdict"]), (&"ready".into(), &"ready".into()));
    assert_eq!(room["journal_dropped"], 0);
}

#[tokio::test]
async fn a_room_s_past_is_told_by_the_hour_and_one_by_one_also_when_it_is_gone() {
    let counter = Counter::open().await;
    counter.office.arrive("r1", 1).await;
    counter.office.say("r1", 1, records(vec![record(1, 600, probe())])).await.unwrap();
    counter.office.desk.forget(&id("r1"), 1);
    counter.office.later(1);
    let (_, hours) = counter.json("/v1/rooms/r1/history").await;
    assert_eq!(hours["hours"][0]["at"], "2026-11-22T00:00:00Z");
    let down = &hours["hours"][0]["series"]["gate.down"];
    assert_eq!(
        (&down["bad"], &down["good"], &down["value"]["least"]),
        (&1.into(), &Value::Null, &1.5e7.into())
    );
    assert_eq!(hours["hours"][1]["series"]["ONLINE"]["good"], 1);
    assert_eq!(hours["events"][0]["kind"], "ROOM_ONLINE");
    let (_, raw) = counter.json("/v1/rooms/r1/history?step=raw").await;
    let up = &raw["samples"][0];
    assert_eq!(
        (&up["series"], &up["outcome"], &up["reason"]),
        (&"gate.up".into(), &"good".into(), &"SUSTAINED".into())
    );
    assert_eq!(raw["truncated"], false);
    let (_, none) =
        counter.json("/v1/rooms/r1/history?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z").await;
    assert_eq!(none["hours"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn prometheus_finds_each_room_under_a_path_of_its_own() {
    let counter = Counter::open().await;
    counter.office.arrive("r1", 1).await;
    counter.office.later(91 * 86_400);
    counter.office.arrive("r2", 1).await;
    let (status, groups) = counter.json("/v1/sd/prometheus").await;
    let expected = serde_json::json!([{
        "targets": [counter.address.to_string()],
        "labels": {
            "__metrics_path__": "/rooms/r2/metrics", "__scheme__": "http", "room": "r2", "site": "kantor-a"
        },
    }]);
    assert_eq!((status, &groups), (200, &expected), "r1 has been silent for too long");
}

#[tokio::test]
async fn a_room_s_metrics_are_those_of_its_agent_and_whether_it_can_be_heard() {
    let counter = Counter::open().await;
    counter.office.connect("r1", 1).await;
    let until = "2026-12-22T01:00:00Z".parse().unwrap();
    counter.office.say("r1", 1, snapshot_until("r1", until)).await.unwrap();
    let (status, ready) = counter.get("/rooms/r1/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "siaga_ready{profile=\"laptop\"} 1",
        "siaga_ready{profile=\"minimum\"} 0",
        "siaga_room_online 1",
        "siaga_room_last_report_age_seconds 0",
        "siaga_build_info{version=\"0.2.0\"} 1",
        "siaga_identity_expiry_timestamp_seconds{server=\"\"} 1797901200",
    ] {
        assert!(ready.lines().any(|told| told == line), "{line}: {ready}");
    }
    counter.office.desk.forget(&id("r1"), 1);
    counter.office.later(5);
    let (status, gone) = counter.get("/rooms/r1/metrics").await;
    assert_eq!(status, 200, "it is offline, not unknown here");
    for line in [
        "siaga_ready{profile=\"laptop\"} 0",
        "siaga_readiness_state{profile=\"laptop\",state=\"unknown\"} 1",
        "siaga_check_state{check=\"ROOM_LINK\",state=\"unknown\"} 1",
        "siaga_room_online 0",
        "siaga_room_last_report_age_seconds 5",
    ] {
        assert!(gone.lines().any(|told| told == line), "{line}: {gone}");
    }
    assert_eq!(counter.get("/rooms/r9/metrics").await.0, 404);
}

#[test]
fn the_description_that_is_committed_is_the_one_that_is_served() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let now = super::openapi();
    if std::env::var_os("SIAGA_WRITE_OPENAPI").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "docs/openapi.json is not current; run this test with SIAGA_WRITE_OPENAPI=1");
}

#[tokio::test]
async fn what_is_described_is_answered_and_what_is_answered_is_described() {
    let counter = Counter::open().await;
    let (status, description) = counter.json("/openapi.json").await;
    assert_eq!((status, &description["openapi"]), (200, &"3.1.0".into()));
    let paths = description["paths"].as_object().unwrap();
    // Each route is registered by its description alone; so what is left to see is that they are what the code lists.
    let source = include_str!("../http.rs");
    assert_eq!(source.matches(".route(").count(), 1, "only the description itself has none");
    assert_eq!(source.matches(".routes(").count(), paths.len());
    for (path, methods) in paths {
        let asked = path.replace("{room}", "r1").replace("{reference}", "a").replace("{id}", "1");
        for method in methods.as_object().unwrap().keys() {
            let (status, _, body) = counter.send(&method.to_uppercase(), &asked, "", b"").await;
            let nothing =
                body.contains("There is nothing under this path") || body.contains("does not answer");
            assert!(status != 405 && !nothing, "{method} {path}: {status} {body}");
        }
    }
}

#[test]
fn every_description_leads_somewhere() {
    let text = super::openapi();
    let description: Value = serde_json::from_str(&text).unwrap();
    let schemas = description["components"]["schemas"].as_object().unwrap();
    let named = text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    for name in named {
        assert!(schemas.contains_key(name), "{name} is named and not described");
    }
}
