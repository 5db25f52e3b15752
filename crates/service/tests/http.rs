//! Stories of clients of the HTTP server, told over real sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use siaga_service::http::{BindError, HttpServer, Limits};
use siaga_service::signals::Shutdown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[tokio::test]
async fn a_client_on_this_machine_gets_its_answer() {
    let room = Room::open().await;
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let port = room.address.port();
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let answer = room.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n")).await;
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("ready"), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_foreign_host_name_is_misdirected() {
    let room = Room::open().await;
    let answer = room.ask("GET / HTTP/1.1\r\nHost: rebound.example\r\n").await;
    let port = room.address.port();
    assert_problem(
        &answer,
        421,
        "urn:siaga:problem:host-not-served",
        &format!(
            "`rebound.example` is not this server. \
             Ask it as one of 127.0.0.1:{port}, localhost:{port}, [::1]:{port}."
        ),
    );
}

#[tokio::test]
async fn a_foreign_host_name_in_the_target_is_misdirected_too() {
    let room = Room::open().await;
    let answer = room.ask("GET http://rebound.example/ HTTP/1.1\r\nHost: localhost\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn a_request_names_exactly_one_host() {
    let room = Room::open().await;
    for headers in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        let answer = room.ask(&format!("GET / HTTP/1.1\r\n{headers}")).await;
        let detail = "A request needs exactly one Host header. Send one.";
        assert_problem(&answer, 400, "urn:siaga:problem:host-missing", detail);
    }
}

#[tokio::test]
async fn a_page_of_another_site_is_refused() {
    let room = Room::open().await;
    for origin in ["https://shop.example", "null", "http://localhost", "http://localhost:1"] {
        let answer = room.ask(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n")).await;
        let detail = "Pages of other sites may not ask this server. \
                      Ask from a program, or open its own page.";
        assert_problem(&answer, 403, "urn:siaga:problem:origin-foreign", detail);
    }
}

#[tokio::test]
async fn a_foreign_host_is_told_before_a_foreign_origin() {
    let room = Room::open().await;
    let answer =
        room.ask("GET / HTTP/1.1\r\nHost: rebound.example\r\nOrigin: http://rebound.example\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
}

#[tokio::test]
async fn our_own_page_may_ask() {
    let room = Room::open().await;
    let origin = format!("http://localhost:{}", room.address.port());
    let answer = room.ask(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn answers_are_not_cached_not_framed_and_not_shared_with_other_sites() {
    let room = Room::open().await;
    for host in ["localhost", "rebound.example"] {
        let answer = room.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n")).await;
        assert!(answer.contains("\r\ncache-control: no-store\r\n"), "{answer}");
        assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"), "{answer}");
        assert!(answer.contains("\r\nx-frame-options: DENY\r\n"), "{answer}");
        assert!(answer.contains("\r\ncross-origin-resource-policy: same-origin\r\n"), "{answer}");
        assert!(!answer.contains("\r\naccess-control-"), "{answer}");
    }
}

#[tokio::test]
async fn a_route_answers_only_to_the_methods_that_it_names() {
    let room = Room::open().await;
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        let answer = room.ask(&format!("{method} / HTTP/1.1\r\nHost: localhost\r\n")).await;
        assert_problem(&answer, 405, "about:blank", "This path answers only to GET,HEAD.");
        assert!(answer.contains("\r\nallow: GET,HEAD\r\n"), "{answer}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_problem_too() {
    let room = Room::open().await;
    let answer = room.ask("GET /nowhere HTTP/1.1\r\nHost: localhost\r\n").await;
    assert_problem(&answer, 404, "about:blank", "There is nothing under this path.");
}

#[tokio::test]
async fn a_refusal_of_a_handler_in_plain_text_becomes_a_problem_and_one_in_json_stays() {
    let room = Room::open().await;
    let answer = room.ask("GET /plain HTTP/1.1\r\nHost: localhost\r\n").await;
    assert_problem(&answer, 400, "about:blank", "no such profile");
    let answer = room.ask("GET /json HTTP/1.1\r\nHost: localhost\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.ends_with("{\"verdict\":\"unknown\"}"), "{answer}");
}

#[tokio::test]
async fn a_header_of_ten_thousand_bytes_is_refused() {
    let room = Room::open().await;
    let filling = "x".repeat(10_000);
    let answer = room.ask(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nFilling: {filling}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn the_limit_of_the_header_can_be_lower() {
    let room = Room::serve(Router::new(), Limits { header_bytes: 1000, ..limits() }).await;
    let filling = "x".repeat(1000);
    let answer = room.ask(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nFilling: {filling}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_by_its_declared_length_before_it_is_sent() {
    let room = Room::open().await;
    let answer = room.ask("POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n").await;
    assert_problem(&answer, 413, "about:blank", "The body is larger than 100 bytes. Send less.");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_while_it_is_read() {
    let room = Room::open().await;
    let chunk = format!("64\r\n{}\r\n", "x".repeat(100));
    let head =
        "POST /body HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
    let answer = room.send(&format!("{head}{chunk}0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("100"), "{answer}");
    let answer = room.send(&format!("{head}{chunk}1\r\nx\r\n0\r\n\r\n")).await;
    assert_problem(&answer, 413, "about:blank", "The body is larger than 100 bytes. Send less.");
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_answered_for() {
    let limits = Limits { answer_timeout: Duration::from_millis(20), ..limits() };
    let room = Room::serve(Router::new().route("/", get(std::future::pending::<()>)), limits).await;
    let answer = room.ask("GET / HTTP/1.1\r\nHost: localhost\r\n").await;
    assert_problem(&answer, 503, "about:blank", "No answer was ready within 20ms. Try again later.");
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_client_the_connection_and_no_one_else_anything() {
    let room = Room::open().await;
    assert_eq!(room.ask("GET /panic HTTP/1.1\r\nHost: localhost\r\n").await, "");
    assert!(room.ask("GET / HTTP/1.1\r\nHost: localhost\r\n").await.ends_with("ready"));
}

#[tokio::test]
async fn bytes_that_are_no_http_are_refused() {
    let room = Room::open().await;
    let answer = room.send("\u{16}\u{3}\u{1}\u{2} not http at all\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn surplus_clients_wait_for_a_free_connection_and_all_are_answered() {
    let inside = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let door = Arc::new(Semaphore::new(0));
    let (entered, mut entries) = mpsc::unbounded_channel();
    let handler = {
        let (inside, most, door) = (Arc::clone(&inside), Arc::clone(&most), Arc::clone(&door));
        move || async move {
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            entered.send(()).unwrap();
            door.acquire().await.unwrap().forget();
            inside.fetch_sub(1, Ordering::SeqCst);
        }
    };
    let room =
        Room::serve(Router::new().route("/", get(handler)), Limits { connections: 2, ..limits() }).await;
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        clients.spawn(ask(room.address, "GET / HTTP/1.1\r\nHost: localhost\r\n".to_owned()));
    }
    for _ in 0..8 {
        entries.recv().await.unwrap();
        door.add_permits(1);
    }
    for answer in clients.join_all().await {
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert!(most.load(Ordering::SeqCst) <= 2, "{most:?} at the same time");
}

#[tokio::test]
async fn clients_that_say_nothing_do_not_keep_others_from_being_answered() {
    let limits = Limits { connections: 2, header_read_timeout: Duration::from_millis(100), ..limits() };
    let room = Room::serve(routes(), limits).await;
    let mut silent = Vec::new();
    for _ in 0..6 {
        silent.push(TcpStream::connect(room.address).await.unwrap());
    }
    // The bound only turns a hang into a failure.
    let answer = timeout(Duration::from_secs(60), room.ask("GET / HTTP/1.1\r\nHost: localhost\r\n"));
    assert!(answer.await.expect("never answered").ends_with("ready"));
}

#[tokio::test]
async fn shutdown_does_not_wait_for_clients_that_keep_idle_connections_open() {
    let room = Room::serve(routes(), patient()).await;
    let mut kept = TcpStream::connect(room.address).await.unwrap();
    kept.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"ready") {
        assert_ne!(kept.read_buf(&mut answer).await.unwrap(), 0, "closed before the answer");
    }
    let address = room.address;
    room.ended().await;
    assert_eq!(kept.read(&mut [0; 1]).await.unwrap(), 0, "still open");
    assert!(TcpStream::connect(address).await.is_err(), "still listening");
}

#[tokio::test]
async fn shutdown_cuts_clients_that_have_not_finished_their_request() {
    let room = Room::open().await;
    let mut slow = TcpStream::connect(room.address).await.unwrap();
    slow.write_all(b"GET / HT").await.unwrap();
    // A later client that was answered: the server has met the earlier one too.
    room.ask("GET / HTTP/1.1\r\nHost: localhost\r\n").await;
    room.ended().await;
    let end = slow.read(&mut [0; 1]).await;
    assert!(matches!(end, Ok(0) | Err(_)), "still open");
}

#[tokio::test]
async fn shutdown_lets_a_running_request_finish_and_takes_no_other() {
    let (entered, mut entries) = mpsc::unbounded_channel();
    let door = Arc::new(Semaphore::new(0));
    let handler = {
        let door = Arc::clone(&door);
        move || async move {
            entered.send(()).unwrap();
            door.acquire().await.unwrap().forget();
            "finished"
        }
    };
    let room = Room::serve(Router::new().route("/", get(handler)), patient()).await;
    let client = tokio::spawn(ask(room.address, "GET / HTTP/1.1\r\nHost: localhost\r\n".to_owned()));
    entries.recv().await.unwrap();
    room.shutdown.request();
    // Whoever comes now is turned away although somebody is still being served.
    while TcpStream::connect(room.address).await.is_ok() {}
    assert!(!client.is_finished());
    door.add_permits(1);
    assert!(client.await.unwrap().ends_with("finished"));
    room.ended().await;
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_remedy() {
    let first = HttpServer::bind(LOOPBACK, limits()).await.unwrap();
    let address = first.address();
    let error = HttpServer::bind(address, limits()).await.unwrap_err();
    assert!(matches!(error, BindError::InUse { .. }));
    let port = address.port();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot serve HTTP on 127.0.0.1:{port}: another program uses this port; `ss -ltnp 'sport = \
             :{port}'` shows which, stop it or choose another port with --http ADDR:PORT"
        )
    );
}

#[tokio::test]
async fn an_address_that_others_can_reach_is_refused() {
    for address in ["0.0.0.0:9870", "[::]:9870", "192.0.2.1:9870", "[::ffff:192.0.2.1]:9870"] {
        let error = HttpServer::bind(address.parse().unwrap(), limits()).await.unwrap_err();
        assert!(matches!(error, BindError::NotLoopback { .. }));
        assert_eq!(
            error.to_string(),
            format!(
                "refusing to serve HTTP on {address}: anyone on the network could read it, without TLS and \
                 authentication; use a loopback address such as --http 127.0.0.1:9870, or a reverse proxy \
                 with TLS and authentication in front of it"
            )
        );
    }
}

/// A running server with a few routes.
struct Room {
    address: SocketAddr,
    shutdown: Shutdown,
    server: JoinHandle<()>,
}

impl Room {
    async fn open() -> Self {
        Self::serve(routes(), limits()).await
    }

    async fn serve(router: Router, limits: Limits) -> Self {
        let server = HttpServer::bind(LOOPBACK, limits).await.unwrap();
        let address = server.address();
        let shutdown = Shutdown::manual();
        let server = tokio::spawn(server.serve(router, shutdown.requested()));
        Self { address, shutdown, server }
    }

    async fn ask(&self, head: &str) -> String {
        ask(self.address, head.to_owned()).await
    }

    /// Shuts down. The bound only turns a hang into a failure: it is far beyond the shortest grace and far below
    /// the patient limits.
    async fn ended(self) {
        self.shutdown.request();
        timeout(Duration::from_secs(60), self.server).await.expect("the server does not end").unwrap();
    }

    async fn send(&self, request: &str) -> String {
        send(self.address, request).await
    }
}

fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { "ready" }))
        .route("/plain", get(|| async { (StatusCode::BAD_REQUEST, "no such profile") }))
        .route(
            "/json",
            get(|| async { (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"verdict": "unknown"}))) }),
        )
        .route("/panic", get(panicking))
        .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
}

fn limits() -> Limits {
    Limits { body_bytes: 100, ..Limits::default() }
}

fn patient() -> Limits {
    let hour = Duration::from_secs(3600);
    Limits { shutdown_grace: hour, header_read_timeout: hour, connection_lifetime: hour, ..limits() }
}

async fn panicking() {
    panic!("a fault in a handler");
}

async fn ask(address: SocketAddr, head: String) -> String {
    send(address, &format!("{head}Connection: close\r\n\r\n")).await
}

/// What comes back until the server closes; a reset counts as the end.
async fn send(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.write_all(request.as_bytes()).await;
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn assert_problem(answer: &str, status: u16, kind: &str, detail: &str) {
    let (head, body) = answer.split_once("\r\n\r\n").expect(answer);
    assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    assert!(head.contains("\r\ncontent-type: application/problem+json\r\n"), "{head}");
    let body: Value = serde_json::from_str(body).expect(body);
    assert_eq!(
        (&body["status"], &body["type"], &body["detail"]),
        (&status.into(), &kind.into(), &detail.into())
    );
    assert!(body["title"].as_str().is_some_and(|title| !title.is_empty()), "{body}");
}
