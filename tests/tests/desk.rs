//! A room at its desk, with the real programs: it is enrolled, reports, is revoked, is remembered by a server that was killed, and
//! goes by what its desk says.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use siaga_tests::{
    http,
    programs::{Daemon, LOW_RATES, Lab, program},
};

const AS_MINIMUM: &str = "/v1/rooms/lab?profile=minimum";

#[test]
fn a_room_is_known_while_it_reports_and_remembered_when_it_is_gone() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    let config = enrolled(&lab, &server, &format!("{LOW_RATES}probe_interval = \"1s\"\n"));
    assert_eq!(get(&server, "/v1/rooms/lab").0, 404, "it was never heard of");

    let agent = lab.agent(&config).unwrap();
    let room = eventually(&server, AS_MINIMUM, |room| room["online"] == true);
    assert_eq!(room["readiness"]["checks"][0]["reason"], "ROOM_ONLINE");
    // It goes by a profile that its desk has not.
    let unanswered = |room: &Value| room["reasons"][0] == "PROFILE_UNKNOWN" && room["verdict"] == "unknown";
    eventually(&server, "/v1/rooms/lab", unanswered);
    assert_ne!(room["reasons"][0], "ROOM_OFFLINE");
    agent.wait_for("verdict=pass").unwrap();
    let measured = |history: &Value| count(history, "gate.up") > 0;
    eventually(&server, "/v1/rooms/lab/history?step=raw", measured);
    let metrics = get(&server, "/rooms/lab/metrics").1;
    assert!(metrics.contains("siaga_room_online 1"), "{metrics}");
    assert!(metrics.contains("siaga_probes_total{mode=\"gate\",verdict=\"pass\"}"), "{metrics}");

    printed(
        program("siaga-probe-server")
            .args(["rooms", "revoke", "--room", "lab", "--dir"])
            .arg(lab.server_dir()),
    );
    // Its link may be closed a moment before the desk has read why.
    let gone = eventually(&server, AS_MINIMUM, |room| room["reasons"][0] == "ROOM_REVOKED");
    assert_eq!((&gone["verdict"], &gone["online"]), (&"unknown".into(), &false.into()), "{gone}");
    let (status, readiness) = get(&server, "/v1/rooms/lab/readiness?profile=minimum");
    assert_eq!(status, 503);
    let readiness: Value = serde_json::from_str(&readiness).unwrap();
    assert!(readiness["checks"][0]["observed_at"].is_string(), "it says when it was last seen: {readiness}");

    let before = count(&json(&server, "/v1/rooms/lab/history?step=raw"), "gate.up");
    server.signal("KILL");
    drop(server);
    let server = lab.server(&[]).unwrap();
    let known = json(&server, "/v1/rooms/lab");
    assert_eq!((&known["online"], &known["verdict"]), (&false.into(), &"unknown".into()), "{known}");
    let known = json(&server, AS_MINIMUM);
    assert_eq!(known["reasons"][0], "ROOM_REVOKED", "from its first answers: {known}");
    assert!(count(&json(&server, "/v1/rooms/lab/history?step=raw"), "gate.up") >= before);
}

#[test]
fn on_sighup_rooms_and_answers_go_by_what_was_changed_and_a_bad_file_changes_nothing() {
    let lab = Lab::new().unwrap();
    let settings = lab.server_dir().join("probe-server.toml");
    let slow = |rate: &str, more: &str| {
        let text = format!(
            "{more}\n[rooms]\nprofile = \"slow\"\n[profiles.slow.network]\nup = \"{rate}\"\ndown = \"{rate}\"\n"
        );
        fs::write(&settings, text).unwrap();
    };
    slow("1M", "");
    let server = lab.server(&[]).unwrap();
    let _agent = lab.agent(&enrolled(&lab, &server, OFTEN)).unwrap();
    let holds = |rate: f64| {
        move |room: &Value| {
            let holds = |it: &Value| it["code"] == "NET_UP" && it["state"] == "ok" && it["required"] == rate;
            let checks = room["readiness"]["checks"].as_array();
            room["profile"] == "slow" && checks.is_some_and(|checks| checks.iter().any(holds))
        }
    };
    eventually(&server, ROOM, holds(1.0));
    assert_eq!(get(&server, "/v1/rooms/lab?profile=training").0, 404);

    // That it holds what is asked for now can only be known of a room that was told to probe for it.
    slow("2M", "socket = \"other.sock\"\n[profiles.training.microphone]");
    server.signal("HUP");
    server.wait_for("configured=true").unwrap();
    eventually(&server, ROOM, holds(2.0));
    let training = json(&server, "/v1/rooms/lab?profile=training");
    assert_eq!((&training["profile"], &training["online"]), (&"training".into(), &true.into()), "{training}");
    server.wait_for("“socket” has changed; that counts after a restart").unwrap();

    fs::write(&settings, "[rooms]\nprofile = \"fast\"\n").unwrap();
    server.signal("HUP");
    let told = server.wait_for("the configuration can't be used").unwrap();
    assert!(told.contains("line 2: `rooms.profile`") && told.contains("fast"), "{told}");
    server.wait_for("configured=false").unwrap();
    assert!(holds(2.0)(&json(&server, ROOM)), "{}", json(&server, ROOM));
    assert_eq!(get(&server, "/v1/rooms/lab?profile=training").0, 200);
}

const ROOM: &str = "/v1/rooms/lab";

const OFTEN: &str = "[network]\naccept_internal_server = true\nprobe_interval = \"1s\"\n";

/// The configuration of a room that is enrolled with the server.
fn enrolled(lab: &Lab, server: &Daemon, more: &str) -> PathBuf {
    let config = lab.agent_config(server, more);
    let token = printed(
        program("siaga-probe-server").args(["token", "--room", "lab", "--dir"]).arg(lab.server_dir()),
    );
    let mut enroll = program("siaga-agent");
    enroll.args(["enroll", "--token", token.lines().last().unwrap(), "--server"]);
    enroll.arg(server.probes.unwrap().to_string()).arg("--ca").arg(lab.ca()).arg("--config").arg(&config);
    printed(&mut enroll);
    config
}

fn count(history: &Value, series: &str) -> usize {
    let samples = history["samples"].as_array().map_or(&[][..], Vec::as_slice);
    samples.iter().filter(|sample| sample["series"] == series).count()
}

fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn get(daemon: &Daemon, path: &str) -> (u16, String) {
    http::get(daemon.http, path).unwrap()
}

fn json(daemon: &Daemon, path: &str) -> Value {
    serde_json::from_str(&get(daemon, path).1).unwrap()
}

/// Asks until the answer is as wished; the bound only turns a hang into a failure.
fn eventually(daemon: &Daemon, path: &str, wished: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let answer = json(daemon, path);
        if wished(&answer) {
            return answer;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{path} stays {answer}; {}", daemon.said());
        sleep(Duration::from_millis(50));
    }
}
