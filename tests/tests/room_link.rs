//! The standing link with the real programs: a room reports, is asked to check, is cut off, killed, revoked.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use siaga_tests::{
    http,
    programs::{Daemon, Lab, program},
};

/// A server, and a room that is enrolled with it.
struct Office {
    lab: Lab,
    server: Daemon,
    config: PathBuf,
}

/// What a test waits for comes sooner than this, even on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

impl Office {
    fn open() -> Self {
        let lab = Lab::new().unwrap();
        let server = lab.server(&[]).unwrap();
        let config = lab.agent_config(&server, "site = \"lab\"\n[devices]\nscan_interval = \"1s\"");
        let token = on_server(&lab, &["token", "--room", "lab"]);
        let mut enroll = program("siaga-agent");
        enroll.args(["enroll", "--token", token.lines().last().unwrap(), "--server"]);
        enroll.arg(server.probes.unwrap().to_string()).arg("--ca").arg(lab.ca()).arg("--config").arg(&config);
        assert!(enroll.stdout(Stdio::null()).status().unwrap().success());
        Self { lab, server, config }
    }

    fn agent(&self) -> Daemon {
        let agent = self.lab.agent(&self.config).unwrap();
        agent.wait_for("the room's desk is connected").unwrap();
        agent
    }

    /// The same server again, at the same address.
    fn restart_server(&mut self) {
        let mut command = program("siaga-probe-server");
        command
            .args(["run", "--http", "127.0.0.1:0", "--listen"])
            .arg(self.server.probes.unwrap().to_string());
        command.arg("--dir").arg(self.lab.server_dir());
        self.server = Daemon::start(command).unwrap();
    }

    fn seen_from_afar(&self) -> Value {
        get(&self.server, "/v1/rooms/lab/readiness").1
    }

    /// Whoever changes something needs a token.
    fn ask_for_a_check(&self) -> (u16, String) {
        let printed = on_server(&self.lab, &["api-token", "add", "--name", "staff", "--scope", "book"]);
        let header = format!("Authorization: Bearer {}\r\n", printed.lines().last().unwrap());
        http::ask(self.server.http, "POST", "/v1/rooms/lab/checks", &header, "").unwrap()
    }

    fn events(&self) -> Vec<String> {
        let (_, history) = get(&self.server, "/v1/rooms/lab/history?step=raw");
        let events = history["events"].as_array().cloned().unwrap_or_default();
        events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }

    fn probes_kept(&self) -> usize {
        let (_, history) = get(&self.server, "/v1/rooms/lab/history?step=raw");
        let samples = history["samples"].as_array().cloned().unwrap_or_default();
        samples.iter().filter(|sample| sample["series"] == "gate.up").count()
    }
}

fn on_server(lab: &Lab, words: &[&str]) -> String {
    let mut command = program("siaga-probe-server");
    let output = command.args(words).arg("--dir").arg(lab.server_dir()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn get(daemon: &Daemon, path: &str) -> (u16, Value) {
    let (status, body) = http::get(daemon.http, path).unwrap();
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn status(agent: &Daemon) -> Value {
    get(agent, "/v1/status").1["desk"].clone()
}

/// Waits until it is so.
#[track_caller]
fn eventually<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(it) = found() {
            return it;
        }
        assert!(Instant::now() < end, "in vain: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn check<'a>(readiness: &'a Value, code: &str) -> &'a Value {
    readiness["checks"].as_array().unwrap().iter().find(|check| check["code"] == code).unwrap()
}

#[test]
fn the_server_answers_for_the_room_as_the_room_does_and_knows_when_it_is_off() {
    let office = Office::open();
    let agent = office.agent();
    let from_afar = eventually("the first look is reported", || {
        let readiness = office.seen_from_afar();
        let is_seen = readiness["checks"].as_array()?.iter().any(|check| check["reason"] == "CAMERA_MISSING");
        is_seen.then_some(readiness)
    });
    let (_, own) = get(&agent, "/v1/readiness");
    for code in ["CAMERA", "MICROPHONE", "NET_SERVER", "NET_UP", "POWER", "SOFTWARE"] {
        let (far, near) = (check(&from_afar, code), check(&own, code));
        assert_eq!((&far["state"], &far["reason"]), (&near["state"], &near["reason"]), "{code}");
    }
    assert_eq!(from_afar["verdict"], "not_ready");
    assert_eq!(get(&office.server, "/v1/rooms").1["rooms"][0]["site"], "lab");
    assert_eq!(status(&agent)["state"], "connected");
    let (_, metrics) = http::get(agent.http, "/metrics").unwrap();
    let server = office.server.probes.unwrap();
    assert!(metrics.contains(&format!("siaga_link_connected{{server=\"{server}\"}} 1")), "{metrics}");

    drop(agent);
    let off = eventually("it is noticed that the room is off", || {
        let readiness = office.seen_from_afar();
        (readiness["reasons"][0] == "ROOM_OFFLINE").then_some(readiness)
    });
    assert_eq!(off["verdict"], "unknown");
    assert!(check(&off, "ROOM_LINK")["observed_at"].is_string(), "it says when it was last heard");
    assert_eq!(check(&off, "CAMERA")["reason"], "CAMERA_MISSING", "and what it was like then");
    assert_eq!(office.ask_for_a_check().0, 409);
}

#[test]
fn what_is_set_once_on_the_server_counts_in_the_room_also_after_both_were_restarted() {
    let mut office = Office::open();
    let profile = |agent: &Daemon| get(agent, "/v1/readiness").1["profile"].clone();
    let agent = office.agent();
    assert_eq!(profile(&agent), "minimum");
    let told = "[rooms]\nprofile = \"training\"\n[profiles.training.network]\nup = \"2M\"\ndown = \"2M\"\n";
    fs::write(office.lab.server_dir().join("probe-server.toml"), told).unwrap();
    office.server.signal("TERM");
    office.server.wait().unwrap();
    office.restart_server();
    eventually("the room goes by it", || (profile(&agent) == "training").then_some(()));
    eventually("and so does its server", || (office.seen_from_afar()["profile"] == "training").then_some(()));
    eventually("it is probed at these rates", || {
        let (_, history) = get(&office.server, "/v1/rooms/lab/history?step=raw");
        history["samples"].as_array()?.iter().any(|it| it["series"] == "gate.up").then_some(())
    });
    office.server.signal("TERM");
    office.server.wait().unwrap();
    drop(agent);
    let agent = office.lab.agent(&office.config).unwrap();
    assert_eq!(profile(&agent), "training", "its server is away");
}

#[test]
fn somebody_far_away_asks_the_room_to_check_itself() {
    let office = Office::open();
    let agent = office.agent();
    let is_heard = || (get(&office.server, "/v1/rooms/lab").1["online"] == true).then_some(());
    eventually("the room can be heard", is_heard);
    let (accepted, check) = office.ask_for_a_check();
    assert_eq!(accepted, 202, "{check}");
    let check: Value = serde_json::from_str(&check).unwrap();
    let place = format!("/v1/rooms/lab/checks/{}", check["id"]);
    agent.wait_for("the room's desk asks for a check").unwrap();
    agent.wait_for("somebody asks for a probe").unwrap();
    let is_over = || (get(&office.server, &place).1["stage"] == "done").then_some(());
    eventually("the room says that it is done", is_over);
    // When the server has a turn for the probe is another story.
    eventually("a probe is kept", || (office.probes_kept() > 0).then_some(()));
    assert_eq!(get(&agent, "/v1/trials").0, 200, "devices were asked for too");
}

#[test]
fn what_happens_while_the_server_is_away_and_the_agent_is_killed_is_made_up_for() {
    let mut office = Office::open();
    let agent = office.agent();
    eventually("the journal is empty", || (status(&agent)["journal"]["waiting"] == 0).then_some(()));
    let before = office.probes_kept();
    office.server.signal("TERM");
    office.server.wait().unwrap();
    agent.wait_for("is being shut down").unwrap();
    // A probe that finds nobody is a piece of history.
    assert_eq!(agent.post("/v1/probe").unwrap().0, 202);
    eventually("it is written down", || (status(&agent)["journal"]["waiting"].as_u64()? > 0).then_some(()));
    assert_eq!(status(&agent)["state"], "disconnected");
    agent.signal("KILL");
    drop(agent);
    office.restart_server();
    let agent = office.agent();
    eventually("the server has it all", || (status(&agent)["journal"]["waiting"] == 0).then_some(()));
    assert!(office.probes_kept() > before);
    assert_eq!(status(&agent)["journal"]["dropped"], 0);
    let events = office.events();
    assert!(events.iter().any(|kind| kind == "ROOM_ONLINE"), "{events:?}");
}

#[test]
fn a_damaged_journal_is_set_aside_and_a_state_directory_that_is_none_stops_nothing() {
    let office = Office::open();
    let journal = office.lab.path().join("state/journal.sqlite");
    fs::create_dir_all(journal.parent().unwrap()).unwrap();
    fs::write(&journal, [0x55; 9000]).unwrap();
    let agent = office.agent();
    agent.wait_for("the journal can't be used").unwrap();
    assert!(journal.with_extension("sqlite.damaged").exists());
    eventually("all is well", || (status(&agent)["journal"]["on_disk"] == true).then_some(()));
    drop(agent);
    // What is in its place can't be opened, not even by root.
    fs::remove_file(&journal).unwrap();
    fs::create_dir(&journal).unwrap();
    let agent = office.agent();
    let journal = eventually("it is told", || {
        let journal = status(&agent)["journal"].clone();
        journal["trouble"].is_string().then_some(journal)
    });
    assert_eq!(journal["on_disk"], false);
    eventually("the room reports all the same", || (status(&agent)["reported_at"].is_string()).then_some(()));
}

#[test]
fn a_room_that_is_revoked_is_cut_off() {
    let office = Office::open();
    let agent = office.agent();
    on_server(&office.lab, &["rooms", "revoke", "--room", "lab"]);
    agent.wait_for("the room's desk is not connected").unwrap();
    eventually("the server says that it is revoked", || {
        (office.seen_from_afar()["reasons"][0] == "ROOM_REVOKED").then_some(())
    });
    let detail = status(&agent)["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("ended the link") || detail.contains("certificate"), "{detail}");
}

#[test]
fn a_person_asks_how_the_daemon_is() {
    let office = Office::open();
    let mut nobody = program("siaga-agent");
    nobody.args(["status", "--config"]).arg(&office.config);
    let text = fs::read_to_string(&office.config).unwrap();
    fs::write(&office.config, format!("http.listen = \"127.0.0.1:1\"\n{text}")).unwrap();
    assert_eq!(nobody.stderr(Stdio::null()).status().unwrap().code(), Some(3), "no daemon answers");
    let agent = office.agent();
    fs::write(&office.config, format!("http.listen = \"{}\"\n{text}", agent.http)).unwrap();
    let shown = |format: &str| {
        let mut status: Command = program("siaga-agent");
        status.args(["status", "--format", format, "--config"]).arg(&office.config).env("LC_ALL", "C");
        let output = status.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(shown("text").contains("connected, since"), "{}", shown("text"));
    let json: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!((&json["room"], &json["desk"]["state"]), (&"lab".into(), &"connected".into()));
}
