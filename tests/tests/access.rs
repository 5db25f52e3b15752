//! Who gets what from both daemons as they run, told over bare sockets.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
    process::Stdio,
};

use siaga_tests::programs::{Daemon, Lab, program};

/// Everything is wrong with this one: what is told first is what counts.
const LONG_BODY: &str = "Content-Length: 1000000\r\n";
const FOREIGN_PAGE: &str = "Origin: https://shop.example\r\n";

#[test]
fn the_server_tells_host_before_origin_before_token_before_scope_before_body() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let (reader, booking) = (token(&lab, "read"), token(&lab, "book"));
    let put = "PUT /v1/bookings/SBW-1 HTTP/1.1\r\n";
    let ask = |host: &str, more: &str| {
        refusal(&over_loopback(server.http, &format!("{put}Host: {host}\r\n{LONG_BODY}{more}")))
    };
    let own = server.http.to_string();
    assert_eq!(ask("rebound.example", FOREIGN_PAGE), "421 host-not-served");
    assert_eq!(ask(&own, FOREIGN_PAGE), "403 origin-foreign");
    assert_eq!(ask(&own, ""), "401 ");
    assert_eq!(ask(&own, "Authorization: Bearer siaga_00\r\n"), "401 ");
    assert_eq!(ask(&own, &bearer(&reader)), "403 scope-missing");
    assert_eq!(ask(&own, &bearer(&booking)), "413 ");
    let filling = format!("Filling: {}\r\n", "x".repeat(10_000));
    assert_eq!(status(&over_loopback(server.http, &format!("{put}Host: {own}\r\n{filling}"))), "431");
    let answer = over_loopback(server.http, &format!("GET /v1/rooms HTTP/1.1\r\nHost: {own}\r\n"));
    assert_eq!(status(&answer), "200", "reading needs no token here");
    assert!(!answer.to_lowercase().contains("access-control-"), "{answer}");
}

#[test]
fn the_server_s_socket_is_worth_what_its_loopback_is() {
    let lab = Lab::new().unwrap();
    let mut server = lab.server(&[]).unwrap();
    let socket = lab.server_dir().join("server.sock");
    assert_eq!(mode(&socket), 0o660);
    let ask = |head: &str| over_socket(&socket, head);
    assert_eq!(status(&ask("GET /v1/rooms HTTP/1.1\r\nHost: localhost\r\n")), "200");
    let change = "PUT /v1/bookings/SBW-1 HTTP/1.1\r\nHost: localhost\r\n";
    assert_eq!(refusal(&ask(&format!("{change}{FOREIGN_PAGE}"))), "403 origin-foreign");
    assert_eq!(refusal(&ask(change)), "401 ");
    assert_eq!(refusal(&ask(&format!("{change}{}", bearer(&token(&lab, "read"))))), "403 scope-missing");
    let rebound = "GET /v1/rooms HTTP/1.1\r\nHost: rebound.example\r\n";
    assert_eq!(refusal(&ask(rebound)), "421 host-not-served");
    server.signal("TERM");
    server.wait().unwrap();
    assert!(!socket.exists(), "it goes with the server");
}

#[test]
fn a_server_that_was_killed_is_started_again_over_its_old_socket() {
    let lab = Lab::new().unwrap();
    drop(lab.server(&[]).unwrap());
    let socket = lab.server_dir().join("server.sock");
    assert!(socket.exists(), "nobody has cleared it away");
    let _server = lab.server(&[]).unwrap();
    assert_eq!(status(&over_socket(&socket, "GET /health HTTP/1.1\r\nHost: localhost\r\n")), "200");
}

#[test]
fn the_agent_is_read_over_loopback_and_does_things_for_its_socket_only() {
    let (lab, agent) = agent();
    let own = agent.http.to_string();
    let change =
        |host: &str, more: &str| format!("POST /v1/trials HTTP/1.1\r\nHost: {host}\r\n{LONG_BODY}{more}");
    let ask = |host: &str, more: &str| refusal(&over_loopback(agent.http, &change(host, more)));
    assert_eq!(ask("rebound.example", FOREIGN_PAGE), "421 host-not-served");
    assert_eq!(ask(&own, FOREIGN_PAGE), "403 origin-foreign");
    assert_eq!(ask(&own, ""), "403 socket-needed");
    let page = format!("Origin: http://{own}\r\n");
    assert_eq!(ask(&own, &page), "403 socket-needed", "its own page has no session yet");
    let socket = lab.path().join("state/agent.sock");
    assert_eq!(agent.socket.as_deref(), Some(socket.as_path()));
    assert_eq!(mode(&socket), 0o660);
    let over = |host: &str, more: &str| refusal(&over_socket(&socket, &change(host, more)));
    assert_eq!(over("rebound.example", FOREIGN_PAGE), "421 host-not-served");
    assert_eq!(over("localhost", FOREIGN_PAGE), "403 origin-foreign");
    assert_eq!(over("localhost", ""), "413 ");
    assert_ne!(agent.post("/v1/trials").unwrap().0, 403);
}

#[test]
fn a_server_that_is_told_to_end_takes_nobody_anew_and_waits_for_nobody_for_ever() {
    let lab = Lab::new().unwrap();
    let mut server = lab.server(&[]).unwrap();
    let (own, bearer) = (server.http, bearer(&token(&lab, "book")));
    // Connected last: who says nothing for two seconds is cut off.
    let mut slow = TcpStream::connect(own).unwrap();
    let head = format!("PUT /v1/bookings/SBW-1 HTTP/1.1\r\nHost: {own}\r\n{bearer}");
    let body = "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n";
    slow.write_all((head + body).as_bytes()).unwrap();
    let mut heard = [0; b"HTTP/1.1 100 Continue\r\n\r\n".len()];
    slow.read_exact(&mut heard).unwrap();
    assert!(heard.starts_with(b"HTTP/1.1 100 "), "it waits for the body");
    server.signal("TERM");
    while TcpStream::connect(own).is_ok() {}
    assert!(server.wait().unwrap().success());
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(&rest));
}

#[test]
fn nothing_is_served_in_the_clear_to_other_machines() {
    let (lab, agent) = agent();
    drop(agent);
    for address in ["0.0.0.0:0", "[::]:0"] {
        let ended = program("siaga-agent")
            .args(["run", "--http", address, "--config"])
            .arg(lab.path().join("agent.toml"))
            .stdout(Stdio::null())
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(3));
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("refusing to serve HTTP on"), "{said}");
    }
    let lab = Lab::new().unwrap();
    let server = lab.server_at("0.0.0.0:0").unwrap();
    let at_loopback = SocketAddr::from(([127, 0, 0, 1], server.http.port()));
    let plain = format!("GET /v1/rooms HTTP/1.1\r\nHost: {at_loopback}\r\n");
    let answer = over_loopback(at_loopback, &plain);
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("ask with https://"), "{answer}");
}

fn agent() -> (Lab, Daemon) {
    let lab = Lab::new().unwrap();
    let config = lab.path().join("agent.toml");
    let state = lab.path().join("state");
    fs::write(&config, format!("state_dir = \"{}\"\n[devices]\nactive_checks = false\n", state.display()))
        .unwrap();
    let agent = lab.agent(&config).unwrap();
    (lab, agent)
}

fn token(lab: &Lab, scope: &str) -> String {
    let made = program("siaga-probe-server")
        .args(["api-token", "add", "--scope", scope, "--name", scope, "--dir"])
        .arg(lab.server_dir())
        .output()
        .unwrap();
    String::from_utf8(made.stdout).unwrap().lines().last().unwrap().to_owned()
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn over_loopback(address: SocketAddr, head: &str) -> String {
    exchange(TcpStream::connect(address).unwrap(), head)
}

fn over_socket(path: &Path, head: &str) -> String {
    exchange(UnixStream::connect(path).unwrap(), head)
}

/// What comes back until the other side closes; a reset counts as the end.
fn exchange(mut stream: impl Read + Write, head: &str) -> String {
    let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or(answer)
}

/// The status and the kind of problem.
fn refusal(answer: &str) -> String {
    let kind = answer.split_once("urn:siaga:problem:").and_then(|(_, rest)| rest.split('"').next());
    format!("{} {}", status(answer), kind.unwrap_or_default())
}
