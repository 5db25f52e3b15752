//! Stories of clients that come over the network: TLS, tokens, and those who would rather do harm.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, Method, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use siaga_service::http::{Access, CertificateError, Certificates, HttpServer, Limits, Login, Need};
use siaga_service::signals::Shutdown;
use siaga_service::tokens::{self, Scope, Tokens};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

#[tokio::test]
async fn a_client_with_a_token_gets_its_answer_over_tls() {
    let desk = Desk::open().await;
    let token = desk.token("reader", "read");
    let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("ready"), "{answer}");
}

#[tokio::test]
async fn who_asks_in_plain_http_is_told_in_plain_http_that_this_is_https() {
    let desk = Desk::open().await;
    let mut client = TcpStream::connect(desk.address).await.unwrap();
    client.write_all(b"GET /v1/rooms HTTP/1.1\r\nHost: desk.example\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    timeout(Duration::from_secs(10), client.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(problem(&answer)["detail"].as_str().unwrap().contains("https://"), "{answer}");
}

#[tokio::test]
async fn without_a_token_nothing_is_answered_not_even_what_there_is() {
    let desk = Desk::open().await;
    for path in ["/", "/nowhere", "/open"] {
        let answer = desk.ask(&format!("GET {path} HTTP/1.1\r\nHost: desk.example\r\n"), None).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(answer.contains("\r\nwww-authenticate: Bearer realm=\"siaga\"\r\n"), "{answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("api-token add"), "{answer}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_count_is_told_so() {
    let desk = Desk::open().await;
    let token = desk.token("reader", "read");
    tokens::revoke(&desk.tokens_file(), &"reader".parse().unwrap()).unwrap();
    for wrong in [token.as_str(), "siaga_0", "öä"] {
        let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(wrong)).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
    let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)).await;
    assert!(answer.contains("error=\"invalid_token\""), "{answer}");
}

#[tokio::test]
async fn a_token_for_something_else_is_told_which_scope_is_missing() {
    let desk = Desk::open().await;
    let token = desk.token("prometheus", "scrape");
    let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)).await;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.contains("error=\"insufficient_scope\", scope=\"read\""), "{answer}");
    assert_eq!(
        problem(&answer)["detail"],
        "This needs a token with the scope `read`, which this one has not."
    );
    let answer = desk.ask("GET /open HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "any token will do here: {answer}");
}

#[tokio::test]
async fn a_person_is_sent_to_where_a_token_can_be_shown_and_a_program_is_told() {
    let desk = Desk::open().await;
    let ask = async |path: &str, accept: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: desk.example\r\nAccept: {accept}\r\n");
        desk.ask(&head, None).await
    };
    let sent = ask("/?site=a&q=%C3%A9", "text/html,*/*;q=0.8").await;
    assert!(sent.starts_with("HTTP/1.1 303 "), "{sent}");
    assert!(sent.contains("\r\nlocation: /login?to=/%3Fsite%3Da%26q%3D%25C3%25A9\r\n"), "{sent}");
    assert!(ask("/", "*/*").await.starts_with("HTTP/1.1 401 "));
    let token = desk.token("reader", "read");
    tokens::revoke(&desk.tokens_file(), &"reader".parse().unwrap()).unwrap();
    let page = "GET / HTTP/1.1\r\nHost: desk.example\r\nAccept: text/html\r\n";
    assert!(desk.ask(page, Some(&token)).await.starts_with("HTTP/1.1 401 "), "who shows one is no browser");
    let change = "POST /body HTTP/1.1\r\nHost: desk.example\r\nAccept: text/html\r\n";
    assert!(desk.ask(change, None).await.starts_with("HTTP/1.1 401 "), "nobody is sent on with a change");
}

#[tokio::test]
async fn a_session_reads_and_does_nothing_else_whatever_its_token_may() {
    let desk = Desk::open().await;
    let token = desk.token("officer", "read,book");
    let (set, cookie) = desk.log_in(&token).await;
    let attributes = ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"];
    assert!(attributes.iter().all(|attribute| set.split("; ").any(|it| it == *attribute)), "{set}");
    assert!(set.starts_with("__Host-siaga=") && !set.contains(&token), "{set}");
    assert!(desk.with_cookie("GET /", &cookie).await.ends_with("ready"));
    assert!(desk.with_cookie("GET /open", &cookie).await.ends_with("open"));
    assert!(desk.with_cookie("GET /booked", &cookie).await.starts_with("HTTP/1.1 401 "), "another scope");
    assert!(desk.with_cookie("POST /body", &cookie).await.starts_with("HTTP/1.1 401 "));
    let foreign = format!("{cookie}\r\nOrigin: https://shop.example");
    assert!(desk.with_cookie("GET /", &foreign).await.starts_with("HTTP/1.1 403 "));
    for wrong in ["__Host-siaga=", "__Host-siaga=0", "siaga=1", &cookie.replace("__Host-", "")] {
        assert!(desk.with_cookie("GET /", wrong).await.starts_with("HTTP/1.1 401 "), "{wrong}");
    }
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_when_it_is_left() {
    let desk = Desk::open().await;
    let (_, first) = desk.log_in(&desk.token("one", "read")).await;
    let (_, other) = desk.log_in(&desk.token("other", "read")).await;
    let left = desk.with_cookie("POST /logout", &first).await;
    assert!(left.contains("\r\nset-cookie: __Host-siaga=; ") && left.contains("Max-Age=0"), "{left}");
    assert!(desk.with_cookie("GET /", &first).await.starts_with("HTTP/1.1 401 "));
    assert!(desk.with_cookie("GET /", &other).await.ends_with("ready"));
    tokens::revoke(&desk.tokens_file(), &"other".parse().unwrap()).unwrap();
    assert!(desk.with_cookie("GET /", &other).await.starts_with("HTTP/1.1 401 "), "at once");
}

#[tokio::test]
async fn who_shows_wrong_tokens_is_not_let_in_and_soon_told_to_wait() {
    let desk = Desk::open().await;
    let scrape = desk.token("prometheus", "scrape");
    assert!(desk.show(&scrape).await.ends_with("NoScope"));
    for _ in 0..5 {
        let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some("siaga_0")).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(desk.show("siaga_0").await.ends_with("Wrong"));
    }
    let answer = desk.show("siaga_0").await;
    assert!(answer.contains("TooMany("), "those in a header count too: {answer}");
    assert!(desk.show(&desk.token("officer", "read")).await.contains("set-cookie"), "a right one is let in");
}

#[tokio::test]
async fn host_comes_before_origin_before_token_before_body() {
    let desk = Desk::open().await;
    let token = desk.token("reader", "read");
    let body = "POST /body HTTP/1.1\r\nContent-Length: 1000000\r\n";
    let status = |host: &'static str, origin: &'static str, token: Option<String>| {
        let head = format!("{body}Host: {host}\r\n{origin}");
        let desk = &desk;
        async move { desk.ask(&head, token.as_deref()).await[9..12].to_owned() }
    };
    let foreign = "Origin: https://evil.example\r\n";
    assert_eq!(status("evil.example", foreign, None).await, "421");
    assert_eq!(status("desk.example", foreign, None).await, "403");
    assert_eq!(status("desk.example", "Origin: https://desk.example\r\n", None).await, "401");
    assert_eq!(status("desk.example", "", Some(token.clone())).await, "403", "it needs `book`");
    let book = desk.token("booking", "book");
    assert_eq!(status("desk.example", "", Some(book)).await, "413");
}

#[tokio::test]
async fn a_host_is_what_the_certificate_was_made_for() {
    let desk = Desk::open().await;
    let token = desk.token("reader", "read");
    for host in ["desk.example", "DESK.example:443", "127.0.0.1", "127.0.0.1:9871"] {
        let answer = desk.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n"), Some(&token)).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
    for host in
        ["localhost", "evil.example", "127.0.0.2", "desk.example.evil.example", "desk.example:x", "[::1]"]
    {
        let answer = desk.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n"), Some(&token)).await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{host}: {answer}");
        assert!(answer.contains("Ask it as one of desk.example, 127.0.0.1."), "{host}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_end_is_cut_off() {
    let desk = Desk::open().await;
    let token = desk.token("booking", "book");
    let mut client = desk.connect().await.unwrap();
    let head = format!(
        "POST /body HTTP/1.1\r\nHost: desk.example\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    // The server answers in the middle, and then reads no more.
    for _ in 0..10_000 {
        if client.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn noise_gets_nothing_and_harms_nobody() {
    let desk = Desk::open().await;
    let token = desk.token("reader", "read");
    for noise in [&[0; 4096][..], &[0x16, 3, 1, 0xff, 0xff, 1]] {
        let mut client = TcpStream::connect(desk.address).await.unwrap();
        client.write_all(noise).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)).await;
    assert!(answer.ends_with("ready"), "{answer}");
}

#[tokio::test]
async fn handshakes_that_hang_do_not_keep_others_from_being_answered() {
    let limits =
        Limits { connections: 2, handshake_timeout: Duration::from_millis(100), ..Limits::default() };
    let desk = Desk::serve(limits).await;
    let token = desk.token("reader", "read");
    let mut silent = Vec::new();
    for _ in 0..6 {
        let mut client = TcpStream::connect(desk.address).await.unwrap();
        // The beginning of a handshake.
        client.write_all(&[0x16, 3, 1]).await.unwrap();
        silent.push(client);
    }
    // The bound only turns a hang into a failure.
    let answer =
        timeout(Duration::from_secs(60), desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)));
    assert!(answer.await.expect("never answered").ends_with("ready"));
}

#[tokio::test]
async fn a_thousand_slow_headers_of_one_client_take_nothing_from_another() {
    let hour = Duration::from_secs(3600);
    // Nothing runs out by itself: whoever is answered is so in spite of them.
    let limits = Limits {
        header_read_timeout: hour,
        handshake_timeout: hour,
        connection_lifetime: hour,
        ..Limits::public()
    };
    let desk = Desk::serve(limits).await;
    let token = desk.token("reader", "read");
    let mut slow = Vec::new();
    for _ in 0..1000 {
        // Those beyond its share are closed during the handshake.
        let Ok(mut client) = desk.connect().await else { continue };
        if client.write_all(b"GET / HTTP/1.1\r\nHost: desk.exa").await.is_ok() {
            slow.push(client);
        }
    }
    assert_eq!(slow.len(), limits.connections_per_client);
    let neighbour = desk.connect_from(Ipv4Addr::new(127, 0, 0, 2).into()).await.unwrap();
    let answer = timeout(
        Duration::from_secs(60),
        talk(neighbour, "GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)),
    );
    assert!(answer.await.expect("never answered").ends_with("ready"));
    assert!(desk.connect().await.is_err(), "its share is taken");
    slow.pop();
    // The server hears of it a moment later.
    let again = async { while desk.connect().await.is_err() {} };
    timeout(Duration::from_secs(60), again).await.expect("its place is never given back");
}

#[tokio::test]
async fn a_new_certificate_is_taken_over_and_open_connections_go_on() {
    let desk = Desk::open().await;
    let token = desk.token("reader", "read");
    let mut kept = desk.connect().await.unwrap();
    let first = shown(&kept);
    desk.renew();
    let second = shown(&desk.connect().await.unwrap());
    assert_ne!(first, second);
    kept.write_all(b"GET / HTTP/1.1\r\nHost: desk.example\r\nConnection: close\r\n").await.unwrap();
    let answer = talk(kept, "", Some(&token)).await;
    assert!(answer.ends_with("ready"), "{answer}");
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_not_taken_over_and_counted() {
    let desk = Desk::open().await;
    let first = shown(&desk.connect().await.unwrap());
    fs::write(desk.dir.path().join("server.key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert_eq!(shown(&desk.connect().await.unwrap()), first);
    assert_eq!(desk.certificates.refused(), 1);
    fs::write(desk.dir.path().join("server.pem"), "no certificate").unwrap();
    assert_eq!(shown(&desk.connect().await.unwrap()), first);
    fs::remove_file(desk.dir.path().join("server.pem")).unwrap();
    assert_eq!(shown(&desk.connect().await.unwrap()), first);
    assert_eq!(desk.certificates.refused(), 3);
    desk.renew();
    assert_ne!(shown(&desk.connect().await.unwrap()), first);
    assert_eq!(desk.certificates.refused(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_that_change_all_the_time_drop_no_client() {
    let desk = Arc::new(Desk::open().await);
    let token = desk.token("reader", "read");
    let asking = {
        let desk = desk.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                let answer = desk.ask("GET / HTTP/1.1\r\nHost: desk.example\r\n", Some(&token)).await;
                assert!(answer.ends_with("ready"), "{answer}");
            }
        })
    };
    while !asking.is_finished() {
        desk.renew();
        tokio::task::yield_now().await;
    }
    asking.await.unwrap();
}

#[test]
fn what_cannot_be_used_is_named_with_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let [certificate, key] = ["server.pem", "server.key"].map(|name| dir.path().join(name));
    let load = || Certificates::load(&certificate, &key).unwrap_err();
    assert!(matches!(load(), CertificateError::Unreadable { path, .. } if path == certificate));
    fs::write(&certificate, "nothing").unwrap();
    assert!(matches!(load(), CertificateError::NoneInside { path, .. } if path == certificate));
    write_pair(&dir);
    fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(matches!(load(), CertificateError::NoPair { .. }));
}

/// A running server with a token file and a certificate in a directory of its own.
struct Desk {
    dir: TempDir,
    address: SocketAddr,
    certificates: Arc<Certificates>,
    shutdown: Shutdown,
    _server: JoinHandle<()>,
}

impl Desk {
    async fn open() -> Self {
        Self::serve(Limits { body_bytes: 100, ..Limits::default() }).await
    }

    async fn serve(limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write_pair(&dir);
        let [certificate, key] = ["server.pem", "server.key"].map(|name| dir.path().join(name));
        let certificates = Arc::new(Certificates::load(&certificate, &key).unwrap());
        let access = Access::by_tokens(Arc::new(Tokens::of(&dir.path().join(TOKENS))), need);
        let (access, login) = access.with_login("/login");
        let any = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
        let server = HttpServer::bind_tls(any, limits, certificates.clone(), access).await.unwrap();
        let address = server.address();
        let shutdown = Shutdown::manual();
        let server = tokio::spawn(server.serve(routes(login.unwrap()), shutdown.requested()));
        Self { dir, address, certificates, shutdown, _server: server }
    }

    fn tokens_file(&self) -> PathBuf {
        self.dir.path().join(TOKENS)
    }

    fn token(&self, name: &str, scopes: &str) -> String {
        let now = "2026-11-22T01:00:00Z".parse().unwrap();
        tokens::add(&self.tokens_file(), &name.parse().unwrap(), scopes.parse().unwrap(), now).unwrap()
    }

    /// Puts a new pair into the place of the old one: the key first, for a moment the two don't fit.
    fn renew(&self) {
        write_pair(&self.dir);
    }

    async fn connect(&self) -> io::Result<TlsStream<TcpStream>> {
        self.connect_from(Ipv4Addr::LOCALHOST.into()).await
    }

    async fn connect_from(&self, source: IpAddr) -> io::Result<TlsStream<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(source, 0))?;
        let stream = socket.connect(self.address).await?;
        let mut roots = RootCertStore::empty();
        for root in CertificateDer::pem_file_iter(self.dir.path().join("ca.pem")).unwrap() {
            roots.add(root.unwrap()).unwrap();
        }
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("desk.example").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }

    async fn ask(&self, head: &str, token: Option<&str>) -> String {
        talk(self.connect().await.unwrap(), head, token).await
    }

    /// Shows a token where people do.
    async fn show(&self, token: &str) -> String {
        let head =
            format!("POST /login/{token} HTTP/1.1\r\nHost: desk.example\r\nOrigin: https://desk.example\r\n");
        self.ask(&head, None).await
    }

    /// The cookie as it is set, and as it is sent back.
    async fn log_in(&self, token: &str) -> (String, String) {
        let answer = self.show(token).await;
        let set = answer.split("\r\n").find_map(|line| line.strip_prefix("set-cookie: ")).unwrap().to_owned();
        let cookie = set.split(';').next().unwrap().to_owned();
        (set, cookie)
    }

    async fn with_cookie(&self, what: &str, cookie: &str) -> String {
        self.ask(&format!("{what} HTTP/1.1\r\nHost: desk.example\r\nCookie: a=b; {cookie}\r\n"), None).await
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

const TOKENS: &str = "api-tokens.toml";

fn routes(login: Login) -> Router {
    let leave = login.clone();
    let enter = move |Path(token): Path<String>, request: Request| {
        let entered = login.enter(&token, request.extensions());
        async move {
            match entered {
                Ok(cookie) => [(header::SET_COOKIE, cookie)].into_response(),
                Err(not_in) => format!("{not_in:?}").into_response(),
            }
        }
    };
    let leave = move |headers: HeaderMap| async move { [(header::SET_COOKIE, leave.leave(&headers))] };
    Router::new()
        .route("/login/{token}", post(enter))
        .route("/logout", post(leave))
        .route("/", get(|| async { "ready" }))
        .route("/open", get(|| async { "open" }))
        .route("/body", post(|body: Bytes| async move { body.len().to_string() }))
}

fn need(method: &Method, path: &str) -> Need {
    match (method, path) {
        (_, "/logout") => Need::Nothing,
        (_, path) if path.starts_with("/login/") => Need::Nothing,
        (&Method::GET, "/booked") => Need::Scope(Scope::Book),
        (&Method::GET, "/open") => Need::Token,
        (&Method::GET, _) => Need::Scope(Scope::Read),
        _ => Need::Scope(Scope::Book),
    }
}

/// Each file is replaced as a whole. One authority for all pairs of a directory.
fn write_pair(dir: &TempDir) {
    let params = CertificateParams::new(["desk.example".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = KeyPair::generate().unwrap();
    let ca = authority(dir);
    let certificate = params.signed_by(&key, &ca).unwrap();
    for (name, text) in [("server.key", key.serialize_pem()), ("server.pem", certificate.pem())] {
        let new = dir.path().join(format!("{name}.new"));
        fs::write(&new, text).unwrap();
        fs::rename(new, dir.path().join(name)).unwrap();
    }
}

fn authority(dir: &TempDir) -> rcgen::Issuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let path = dir.path().join("ca.key");
    if !path.exists() {
        let key = KeyPair::generate().unwrap();
        fs::write(dir.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&path, key.serialize_pem()).unwrap();
    }
    rcgen::Issuer::new(params, KeyPair::from_pem(&fs::read_to_string(path).unwrap()).unwrap())
}

/// What comes back until the server closes; a reset counts as the end.
async fn talk(mut stream: TlsStream<TcpStream>, head: &str, token: Option<&str>) -> String {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let close = if head.is_empty() { "" } else { "Connection: close\r\n" };
    let _ = stream.write_all(format!("{head}{authorization}{close}\r\n").as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn shown(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn problem(answer: &str) -> Value {
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}
