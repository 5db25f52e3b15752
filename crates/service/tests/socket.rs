//! Stories of programs of this machine that ask over the unix socket.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::Method;
use axum::routing::{get, post};
use siaga_service::http::{Access, HttpServer, Limits, Need, Sessions, Socket};
use siaga_service::signals::Shutdown;
use siaga_service::tokens::{self, Scope, Tokens};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[tokio::test]
async fn only_its_owner_and_its_group_may_open_the_socket() {
    let room = Room::open(Access::by_socket()).await;
    let file = fs::symlink_metadata(&room.socket).unwrap();
    assert!(file.file_type().is_socket());
    assert_eq!(file.permissions().mode() & 0o7777, 0o660);
    let directory = fs::metadata(room.socket.parent().unwrap()).unwrap();
    assert_eq!(directory.permissions().mode() & 0o007, 0, "others don't even get to it");
    assert_eq!(file.uid(), directory.uid());
}

#[tokio::test]
async fn over_loopback_a_room_is_read_only_and_over_its_socket_it_does_what_it_is_asked() {
    let room = Room::open(Access::by_socket()).await;
    let read = "GET /v1/readiness HTTP/1.1\r\nHost: localhost\r\n";
    let change = "POST /v1/trials HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(status(&room.over_loopback(read).await), "200");
    assert_eq!(status(&room.over_socket(read).await), "200");
    let refused = room.over_loopback(change).await;
    assert_eq!(status(&refused), "403");
    assert!(
        refused.contains("urn:siaga:problem:socket-needed") && refused.contains("group siaga"),
        "{refused}"
    );
    assert_eq!(status(&room.over_socket(change).await), "200");
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = room.over_loopback(&format!("{method} /nowhere HTTP/1.1\r\nHost: localhost\r\n")).await;
        assert_eq!(status(&answer), "403", "{method}");
    }
}

#[tokio::test]
async fn the_program_s_own_page_may_post_where_it_may_and_no_other_page_may() {
    let sessions = Arc::new(Sessions::new("s", Duration::from_secs(60), 8, false));
    let cookie = sessions.open(Instant::now()).unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let room = Room::open(Access::by_socket_and_page(sessions, "/page/")).await;
    let port = room.address.port();
    let own = format!("Origin: http://localhost:{port}\r\n");
    let ask = async |method: &str, path: &str, more: String| {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{more}");
        let answer = room.over_loopback(&head).await;
        let kind = answer.split("urn:siaga:problem:").nth(1).and_then(|rest| rest.split('"').next());
        format!("{} {}", status(&answer), kind.unwrap_or_default())
    };
    let known = format!("Cookie: {cookie}\r\n");
    assert_eq!(ask("POST", "/page/check", format!("{own}{known}")).await, "200 ");
    assert_eq!(ask("POST", "/page/check", own.clone()).await, "403 session-needed");
    assert_eq!(
        ask("POST", "/page/check", known.clone()).await,
        "403 session-needed",
        "a page names its origin"
    );
    assert_eq!(ask("POST", "/page/check", format!("{own}Cookie: s=0\r\n")).await, "403 session-needed");
    let foreign = format!("Origin: http://evil.example\r\n{known}");
    assert_eq!(ask("POST", "/page/check", foreign).await, "403 origin-foreign");
    for (method, path) in
        [("POST", "/v1/trials"), ("PUT", "/page/check"), ("DELETE", "/page/check"), ("POST", "/page")]
    {
        assert_eq!(ask(method, path, format!("{own}{known}")).await, "403 socket-needed", "{method} {path}");
    }
}

#[tokio::test]
async fn where_there_are_tokens_reading_needs_none_on_this_machine_and_changing_needs_one_on_either_way() {
    let desk = Room::open_desk().await;
    let token = desk.token("book");
    let reader = desk.token("read");
    let read = "GET /v1/readiness HTTP/1.1\r\nHost: localhost\r\n";
    let change = "POST /v1/trials HTTP/1.1\r\nHost: localhost\r\n";
    let with = |token: &str| format!("{change}Authorization: Bearer {token}\r\n");
    for over_socket in [false, true] {
        let ask = async |head: &str| status(&desk.ask(over_socket, head).await).to_owned();
        assert_eq!(ask(read).await, "200");
        assert_eq!(ask(change).await, "401");
        assert_eq!(ask(&with(&reader)).await, "403");
        assert_eq!(ask(&with(&token)).await, "200");
        assert_eq!(
            ask(&format!("{read}Authorization: Bearer wrong\r\n")).await,
            "200",
            "nobody asked for it"
        );
    }
}

#[tokio::test]
async fn the_socket_has_one_name_and_no_page_of_any_site_is_its_own() {
    let room = Room::open(Access::by_socket()).await;
    let port = room.address.port();
    for host in ["127.0.0.1", "[::1]", "evil.example", "", &format!("localhost:{port}"), "localhost:80"] {
        let answer = room.over_socket(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n")).await;
        assert_eq!(status(&answer), "421", "{host}");
    }
    for origin in ["http://localhost", "null", &format!("http://localhost:{port}")] {
        let answer =
            room.over_socket(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: {origin}\r\n")).await;
        assert_eq!(status(&answer), "403", "{origin}");
    }
    let both =
        room.over_socket("POST / HTTP/1.1\r\nHost: evil.example\r\nOrigin: http://evil.example\r\n").await;
    assert_eq!(status(&both), "421", "the host comes first");
}

#[tokio::test]
async fn a_socket_that_a_killed_server_has_left_is_taken_over_and_one_that_answers_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("room.sock");
    let other = UnixListener::bind(&path).unwrap();
    let refused = bind(&path).unwrap_err();
    assert!(
        refused.ends_with(
            "another program answers there already; stop that one, or set `socket` to another path"
        )
    );
    drop(other);
    let server = bind(&path).unwrap();
    let second = bind(&path).unwrap_err();
    assert!(second.contains("another program answers"), "{second}");
    drop(server);
    assert!(!path.exists(), "its file goes with it");
}

#[tokio::test]
async fn a_file_that_is_no_socket_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("room.sock");
    fs::write(&path, "dear diary").unwrap();
    let refused = bind(&path).unwrap_err();
    assert!(refused.contains("a file or a directory is there that is no socket; move it away"), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "dear diary");
}

#[tokio::test]
async fn a_path_that_no_socket_can_have_is_told_with_its_remedy() {
    let dir = tempfile::tempdir().unwrap();
    let refused = bind(&dir.path().join("x".repeat(120))).unwrap_err();
    assert!(
        refused.ends_with("a socket's path may have 107 bytes; set `socket` to a shorter one"),
        "{refused}"
    );
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let refused = bind(&file.join("room.sock")).unwrap_err();
    assert!(refused.ends_with("set `socket` to a path at which this user may make files"), "{refused}");
}

#[tokio::test]
async fn a_client_over_the_socket_is_bounded_like_any_other() {
    let room = Room::open(Access::by_socket()).await;
    let large =
        room.over_socket("POST /v1/trials HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n").await;
    assert_eq!(status(&large), "413");
    let filling = "x".repeat(10_000);
    let long =
        room.over_socket(&format!("GET / HTTP/1.1\r\nHost: localhost\r\nFilling: {filling}\r\n")).await;
    assert_eq!(status(&long), "431");
    let mut slow = UnixStream::connect(&room.socket).await.unwrap();
    slow.write_all(b"GET / HT").await.unwrap();
    assert_eq!(slow.read(&mut [0; 1]).await.unwrap_or(0), 0, "cut when the time for a header is over");
}

/// A running server with a socket.
struct Room {
    dir: TempDir,
    address: SocketAddr,
    socket: PathBuf,
    shutdown: Shutdown,
    server: Option<JoinHandle<()>>,
}

impl Room {
    async fn open(access: Access) -> Self {
        Self::serve(tempfile::tempdir().unwrap(), access).await
    }

    async fn open_desk() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let tokens = Arc::new(Tokens::of(&dir.path().join("api-tokens.toml")));
        Self::serve(dir, Access::by_tokens(tokens, |_: &Method, _: &str| Need::Scope(Scope::Book))).await
    }

    async fn serve(dir: TempDir, access: Access) -> Self {
        let socket = dir.path().join("run/room.sock");
        let limits = Limits { header_read_timeout: Duration::from_millis(100), ..Limits::default() };
        let server = HttpServer::bind(LOOPBACK, limits).await.unwrap().with_access(access);
        let server = server.with_socket(Socket::bind(&socket).unwrap());
        let (address, shutdown) = (server.address(), Shutdown::manual());
        let router = Router::new()
            .route("/v1/readiness", get(async || "ready"))
            .route("/v1/trials", post(async || "asked for"))
            .route("/page/check", post(async || "asked for"));
        let server = Some(tokio::spawn(server.serve(router, shutdown.requested())));
        Self { dir, address, socket, shutdown, server }
    }

    fn token(&self, scope: &str) -> String {
        let file = self.dir.path().join("api-tokens.toml");
        tokens::add(&file, &scope.parse().unwrap(), scope.parse().unwrap(), jiff::Timestamp::UNIX_EPOCH)
            .unwrap()
    }

    async fn over_loopback(&self, head: &str) -> String {
        exchange(TcpStream::connect(self.address).await.unwrap(), head).await
    }

    async fn over_socket(&self, head: &str) -> String {
        exchange(UnixStream::connect(&self.socket).await.unwrap(), head).await
    }

    async fn ask(&self, over_socket: bool, head: &str) -> String {
        if over_socket { self.over_socket(head).await } else { self.over_loopback(head).await }
    }
}

#[tokio::test]
async fn a_server_that_ends_takes_its_socket_with_it() {
    let mut room = Room::open(Access::by_socket()).await;
    room.over_socket("GET /v1/readiness HTTP/1.1\r\nHost: localhost\r\n").await;
    room.shutdown.request();
    room.server.take().unwrap().await.unwrap();
    assert!(!room.socket.exists());
}

fn bind(path: &Path) -> Result<Socket, String> {
    Socket::bind(path).map_err(|error| error.to_string())
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, head: &str) -> String {
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}
