//! A real Prometheus finds rooms through the server and scrapes each of them, over HTTPS with a token.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use siaga_booking::{About, Report, Retention, RoomState, Store};
use siaga_readiness::{
    moment::{BootId, Moment},
    policy::Policy,
    report::Facts,
    snapshot::Setup,
};
use siaga_tests::programs::{Daemon, Lab, program};

#[test]
fn prometheus_discovers_and_scrapes_rooms_through_the_server_until_its_token_is_revoked() {
    let lab = Lab::new().unwrap();
    were_heard_of(&lab, &["diskominfo-r2", "setda-r1"]);
    let token = api_token(&lab, &["add", "--name", "prometheus", "--scope", "scrape"]);
    let token = token.lines().last().unwrap();
    // Whoever reaches any address of this machine is asked for the token, on loopback too.
    let server = lab.server_at("0.0.0.0:0").unwrap();
    let prometheus = Prometheus::start(&lab, &server, token);

    let up = prometheus.eventually("up", |series| series.len() == 2 && series.iter().all(|one| one.1 == "1"));
    let rooms: Vec<&str> = up.iter().map(|(labels, _)| labels["room"].as_str().unwrap()).collect();
    assert_eq!(rooms, ["diskominfo-r2", "setda-r1"]);
    assert_eq!(up[0].0["site"], "kantor-a");
    let ready = prometheus.query("siaga_ready{profile=\"minimum\"}");
    assert_eq!(ready.len(), 2, "{ready:?}");
    assert!(ready.iter().all(|(_, value)| value == "0"), "nobody is there: {ready:?}");
    assert_eq!(prometheus.query("siaga_room_online == 0").len(), 2);
    assert_eq!(prometheus.query("siaga_build_info{version=\"0.1.9\"}").len(), 2);

    api_token(&lab, &["revoke", "--name", "prometheus"]);
    prometheus.eventually("up", |series| !series.is_empty() && series.iter().all(|one| one.1 == "0"));
}

#[test]
fn promtool_finds_nothing_in_a_room_s_metrics() {
    let lab = Lab::new().unwrap();
    were_heard_of(&lab, &["r1"]);
    let server = lab.server(&[]).unwrap();
    let metrics = get(server.http, "/rooms/r1/metrics");
    assert!(metrics.contains("siaga_room_online 0"), "{metrics}");
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().expect("promtool comes with Debian's package prometheus");
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let found = promtool.wait_with_output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
}

/// Rooms that reported before the server was started, and are off since.
fn were_heard_of(lab: &Lab, rooms: &[&str]) {
    let received =
        Moment { wall: jiff::Timestamp::now(), since_boot: Duration::from_secs(1), boot: BootId(1) };
    let path = lab.server_dir().join("rooms.sqlite");
    // Once for all: a lock that was let go is held a moment longer by a program that another test is just starting.
    let (store, _) = Store::open(&path, Retention::default(), received.wall).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for room in rooms {
        let setup = Setup { room: (*room).to_owned(), probe_server: None, policy: Policy::default() };
        let facts = serde_json::to_string(&Facts::not_understood(setup)).unwrap();
        let about = About { site: Some("kantor-a".parse().unwrap()), agent: Some("0.1.9".parse().unwrap()) };
        let report = Report {
            room: room.parse().unwrap(),
            received,
            about: Some(about),
            state: Some(RoomState::new(facts, Vec::new()).unwrap()),
            frames: Vec::new(),
            noticed: Vec::new(),
            journal: 1,
        };
        runtime.block_on(store.record(report)).unwrap();
    }
}

fn api_token(lab: &Lab, arguments: &[&str]) -> String {
    let mut command = program("siaga-probe-server");
    command.arg("api-token").args(arguments).arg("--dir").arg(lab.server_dir());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// A running Prometheus with nothing but what it discovers; ended when it goes out of scope.
struct Prometheus {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

impl Prometheus {
    fn start(lab: &Lab, server: &Daemon, token: &str) -> Self {
        let dir = lab.path().join("prometheus");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("token"), token).unwrap();
        fs::write(dir.join("prometheus.yml"), configuration(lab, server, &dir.join("token"))).unwrap();
        // Free a moment ago; Prometheus itself takes no port 0.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", dir.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", dir.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(File::create(dir.join("log")).unwrap())
            .spawn()
            .expect("Prometheus comes with Debian's package prometheus");
        Self { child, address, log: dir.join("log") }
    }

    /// Labels and values, in the order of the rooms.
    fn query(&self, query: &str) -> Vec<(Value, String)> {
        let answer = TcpStream::connect(self.address).ok().map(|_| {
            let escaped: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
            get(self.address, &format!("/api/v1/query?query={escaped}"))
        });
        let Some(Ok(answer)) = answer.map(|text| serde_json::from_str::<Value>(&text)) else {
            return Vec::new();
        };
        let series = answer["data"]["result"].as_array().cloned().unwrap_or_default();
        let mut series: Vec<_> = series
            .iter()
            .map(|one| (one["metric"].clone(), one["value"][1].as_str().unwrap_or_default().to_owned()))
            .collect();
        series.sort_by_key(|(labels, _)| labels["room"].to_string());
        series
    }

    /// Asks until the answer is as wished; the bound only turns a hang into a failure.
    fn eventually(&self, query: &str, wished: impl Fn(&[(Value, String)]) -> bool) -> Vec<(Value, String)> {
        let started = Instant::now();
        loop {
            let series = self.query(query);
            if wished(&series) {
                return series;
            }
            let log = || fs::read_to_string(&self.log).unwrap_or_default();
            assert!(started.elapsed() < Duration::from_secs(60), "{query} stays {series:?}; {}", log());
            sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As docs/operations.md shows it, but in a hurry.
fn configuration(lab: &Lab, server: &Daemon, token: &Path) -> String {
    let (ca, token, port) = (lab.ca(), token.display().to_string(), server.http.port());
    let access = |indent: &str| {
        format!(
            "{indent}authorization:\n{indent}  type: Bearer\n{indent}  credentials_file: {token}\n{indent}tls_config:\n{indent}  ca_file: {}\n",
            ca.display()
        )
    };
    format!(
        "scrape_configs:\n  - job_name: rooms\n    scrape_interval: 1s\n{}    http_sd_configs:\n      \
         - url: https://127.0.0.1:{port}/v1/sd/prometheus\n        refresh_interval: 1s\n{}",
        access("    "),
        access("        ")
    )
}
