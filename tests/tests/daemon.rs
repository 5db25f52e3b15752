//! The agent and the probe server as they run: what they answer while things go right and wrong.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use siaga_tests::{
    http,
    programs::{Daemon, LOW_RATES, Lab, program},
};

/// One lab at a time: two probes that share two cores measure each other.
static LAB: Mutex<()> = Mutex::new(());

fn lab() -> (MutexGuard<'static, ()>, Lab) {
    (LAB.lock().unwrap_or_else(PoisonError::into_inner), Lab::new().unwrap())
}

/// Measured often, and soon too old.
fn slow() -> String {
    format!("{LOW_RATES}probe_interval = \"1s\"\n[freshness]\ngate_probe = \"3s\"\n")
}

fn get(daemon: &Daemon, path: &str) -> (u16, String) {
    http::get(daemon.http, path).unwrap()
}

fn readiness(agent: &Daemon, query: &str) -> (u16, Value) {
    let (status, body) = get(agent, &format!("/v1/readiness{query}"));
    (status, serde_json::from_str(&body).unwrap())
}

fn check<'a>(readiness: &'a Value, code: &str) -> &'a Value {
    readiness["checks"].as_array().unwrap().iter().find(|check| check["code"] == code).unwrap()
}

#[test]
fn a_machine_without_devices_is_not_ready_and_says_what_is_missing() {
    if ["/dev/video0", "/dev/snd"].iter().any(|node| Path::new(node).exists()) {
        return eprintln!("not run: this machine has devices");
    }
    let (_alone, lab) = lab();
    let config = lab.path().join("agent.toml");
    // Nothing listens on that port, so the command looks for itself.
    fs::write(&config, "[http]\nlisten = \"127.0.0.1:1\"\n").unwrap();
    let output =
        program("siaga-agent").args(["check", "--format", "json", "--config"]).arg(&config).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.starts_with("no daemon is running") && said.lines().count() == 1, "no chatter: {said}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["verdict"], "not_ready");
    assert_eq!(check(&answer, "CAMERA")["reason"], "CAMERA_MISSING");
    assert_eq!(check(&answer, "MICROPHONE")["reason"], "MICROPHONE_MISSING");
}

#[test]
fn a_broken_ca_file_shows_in_the_answer_and_hides_nothing_else() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let config = lab.agent_config(&server, "[http]\nlisten = \"127.0.0.1:1\"");
    fs::write(lab.ca(), "no certificate").unwrap();
    let mut command = program("siaga-agent");
    let output = command.args(["check", "--format", "json", "--config"]).arg(&config).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(check(&answer, "NET_UP")["state"], "unknown");
    assert_eq!(check(&answer, "NET_UP")["reason"], "NET_LOCAL_FAULT");
    assert_ne!(check(&answer, "CAMERA")["reason"], "NOT_CHECKED_YET");
}

#[test]
fn output_that_nobody_reads_is_an_error_and_not_a_crash() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = program("siaga-agent").arg("devices").stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("cannot write to standard output") && !said.contains("panicked"), "{said}");
}

#[test]
fn without_evidence_the_gate_is_closed_and_says_why() {
    let (_alone, lab) = lab();
    let config = lab.path().join("agent.toml");
    let state = lab.path().join("state");
    fs::write(&config, format!("room = \"lab\"\nstate_dir = \"{}\"\n", state.display())).unwrap();
    let agent = lab.agent(&config).unwrap();
    let (status, answer) = readiness(&agent, "");
    assert_eq!(status, 503);
    assert_eq!(answer["room"], "lab");
    assert_eq!(answer["profile"], "minimum");
    assert_eq!(check(&answer, "NET_UP")["reason"], "NET_NO_SERVER");
    assert!(!answer["reasons"].as_array().unwrap().is_empty());
    assert!(answer["valid_until"].is_null());
    assert_eq!(readiness(&agent, "?profile=recommended").0, 503);
    assert_eq!(get(&agent, "/v1/readiness?profile=best").0, 404);
    assert_eq!(get(&agent, "/v1/readiness?profil=recommended").0, 400, "not the answer to another question");
    assert_eq!(get(&agent, "/health").0, 200);
    assert_eq!(get(&agent, "/nowhere").0, 404);
    assert_eq!(agent.post("/v1/probe").unwrap().0, 409, "there is nothing to probe");
    assert_eq!(
        http::ask(agent.http, "POST", "/v1/probe", "", "").unwrap().0,
        403,
        "whoever reaches loopback may only read"
    );
}

#[test]
fn the_gate_opens_on_evidence_and_closes_when_the_server_is_killed() {
    gate_closes_after(|server| server.signal("KILL"));
}

#[test]
fn where_one_server_is_down_the_next_is_probed_and_the_room_is_not_blamed() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    // Nothing listens on that port.
    let dead = format!("{}[[servers]]\naddress = \"127.0.0.1:9\"\nca = \"{}\"\n", slow(), lab.ca().display());
    let agent = lab.agent(&lab.agent_config(&server, &dead)).unwrap();
    agent.wait_for("verdict=pass").unwrap();
    let (status, answer) = readiness(&agent, "");
    assert_eq!(status, 200, "{answer}");
    let (_, metrics) = get(&agent, "/metrics");
    let serves = |address: &str| format!("siaga_probe_server_serves{{server=\"{address}\"}}");
    assert!(metrics.contains(&format!("{} 0", serves("127.0.0.1:9"))), "{metrics}");
    assert!(metrics.contains(&format!("{} 1", serves(&server.probes.unwrap().to_string()))), "{metrics}");
}

#[test]
fn the_gate_closes_when_the_server_hangs() {
    gate_closes_after(|server| server.signal("STOP"));
}

#[test]
fn an_agent_that_was_stopped_does_not_wake_up_with_an_open_gate() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let agent = lab.agent(&lab.agent_config(&server, &slow())).unwrap();
    agent.wait_for("verdict=pass").unwrap();
    let (_, answer) = readiness(&agent, "");
    let valid_until: jiff::Timestamp = answer["valid_until"].as_str().unwrap().parse().unwrap();
    agent.signal("STOP");
    server.signal("KILL");
    // The passing of time is what is tested here.
    while jiff::Timestamp::now() <= valid_until {
        thread::sleep(Duration::from_millis(50));
    }
    agent.signal("CONT");
    assert_eq!(readiness(&agent, "").0, 503);
}

/// As long as the gate is open its evidence is fresh; when evidence runs out the link is unknown, never failed.
fn gate_closes_after(fault: impl FnOnce(&Daemon)) {
    const TIME_TO_LIVE_S: f64 = 3.0;
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let agent = lab.agent(&lab.agent_config(&server, &slow())).unwrap();
    // On a busy machine the first probe may be inconclusive; the agent tries again by itself.
    agent.wait_for("verdict=pass").unwrap();
    let (status, answer) = readiness(&agent, "");
    assert_eq!((status, &answer["verdict"]), (200, &Value::from("ready")), "{answer}");
    assert_eq!(get(&agent, "/v1/readiness?max_age=soon").0, 400);
    fault(&server);
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < Duration::from_secs(60), "the gate never closes");
        let (status, answer) = readiness(&agent, "");
        let checks = ["NET_UP", "NET_DOWN"].map(|code| check(&answer, code));
        if status == 200 {
            for check in checks {
                assert!(check["age_s"].as_f64().unwrap() <= TIME_TO_LIVE_S, "{answer}");
            }
            continue;
        }
        assert_eq!(status, 503);
        assert_eq!(answer["verdict"], "unknown", "{answer}");
        for check in checks {
            assert_eq!(check["state"], "unknown", "a dead server says nothing about the link: {answer}");
        }
        return;
    }
}

/// Waits until the link is unknown, and says so everywhere, for this reason.
fn wait_until_unknown_for(agent: &Daemon, reason: &str) {
    let started = Instant::now();
    loop {
        let (status, answer) = readiness(agent, "");
        let told = ["NET_SERVER", "NET_UP", "NET_DOWN"].map(|code| check(&answer, code));
        if status == 503 && told.iter().all(|check| check["reason"] == reason) {
            assert!(told.iter().all(|check| check["state"] == "unknown"), "{answer}");
            return assert_eq!(answer["verdict"], "unknown");
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{answer}");
    }
}

fn bytes_spent(agent: &Daemon) -> f64 {
    let (_, metrics) = get(agent, "/metrics");
    let samples = metrics.lines().filter(|line| line.starts_with("siaga_probe_bytes_total"));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[test]
fn a_spent_budget_is_kept_to_beyond_a_restart_and_is_the_reason_why_the_link_is_unknown() {
    const BUDGET: u64 = 6_000_000;
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let slow = slow().replace("[network]", &format!("[network]\ndaily_bytes = \"{}MB\"", BUDGET / 1_000_000));
    let config = lab.agent_config(&server, &slow);
    let mut agent = lab.agent(&config).unwrap();
    agent.wait_for("mode=gate reason=BUDGET_SPENT").unwrap();
    wait_until_unknown_for(&agent, "NET_BUDGET_SPENT");
    let spent = bytes_spent(&agent);
    assert!(spent > 0.0 && spent <= BUDGET as f64, "{spent}");
    agent.signal("TERM");
    assert!(agent.wait().unwrap().success());

    let agent = lab.agent(&config).unwrap();
    wait_until_unknown_for(&agent, "NET_BUDGET_SPENT");
    assert!(bytes_spent(&agent) < 1.0, "nothing more");
}

#[test]
fn what_a_probe_may_have_cost_is_known_after_a_power_cut_in_the_middle_of_it() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    // It answers nothing, so that the probe is under way for some seconds.
    server.signal("STOP");
    let file = lab.path().join("state/link.json");
    let agent = lab.agent(&lab.agent_config(&server, &slow())).unwrap();
    let started = Instant::now();
    while !file.exists() {
        assert!(started.elapsed() < Duration::from_secs(60), "{}", agent.said());
        thread::sleep(Duration::from_millis(10));
    }
    agent.signal("KILL");
    let kept: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let spent = kept["spent"].as_array().unwrap();
    let bytes: u64 = spent.iter().map(|it| it["bytes"].as_u64().unwrap()).sum();
    // Of a gate or sustain probe at 2 up and 2 down, or of a stream, whichever it was.
    let most = [4_950_000, 17_050_000, 100_000].map(|trains| trains + 256 * 1024);
    assert!(most.contains(&bytes), "{kept}");
}

#[test]
fn what_keeps_a_room_from_being_probed_by_itself_is_told() {
    // A minute of another day of the week.
    let tomorrow = jiff::Zoned::now().in_tz("UTC").unwrap().checked_add(jiff::Span::new().days(2)).unwrap();
    let closed = format!("time_zone = \"UTC\"\noffice_hours = \"{} 12:00-12:01\"", tomorrow.strftime("%a"));
    for (setting, reason) in [("metered = \"yes\"", "NET_METERED"), (&closed, "NET_OUTSIDE_HOURS")] {
        let (_alone, lab) = lab();
        let server = lab.server(&["--open"]).unwrap();
        let settings = slow().replace("[network]", &format!("[network]\n{setting}"));
        let agent = lab.agent(&lab.agent_config(&server, &settings)).unwrap();
        wait_until_unknown_for(&agent, reason);
        assert!(bytes_spent(&agent) < 1.0);
    }
}

#[test]
fn on_a_metered_link_somebody_can_ask_for_a_probe() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let settings = slow().replace("[network]", "[network]\nmetered = \"yes\"").replace("3s", "1m");
    let agent = lab.agent(&lab.agent_config(&server, &settings)).unwrap();
    agent.wait_for("mode=gate reason=METERED").unwrap();
    let (status, _) = agent.post("/v1/probe").unwrap();
    assert_eq!(status, 202);
    agent.wait_for("verdict=pass").unwrap();
    assert_eq!(readiness(&agent, "").0, 200);
}

#[test]
fn the_command_line_prints_what_the_daemon_answers() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let agent = lab.agent(&lab.agent_config(&server, &slow())).unwrap();
    agent.wait_for("verdict=pass").unwrap();
    let config = lab.agent_config(&server, &format!("{}\n[http]\nlisten = \"{}\"\n", slow(), agent.http));
    let output =
        program("siaga-agent").args(["check", "--format", "json", "--config"]).arg(config).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["reasons"], json!(["NET_SUSTAIN_MISSING"]));
    let (_, answered) = readiness(&agent, "");
    for key in ["room", "profile", "verdict", "reasons"] {
        assert_eq!(printed[key], answered[key]);
    }
}

#[test]
fn promtool_finds_nothing_in_the_metrics_of_either_daemon() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let agent = lab.agent(&lab.agent_config(&server, &slow())).unwrap();
    agent.wait_for(" probed ").unwrap();
    for daemon in [&agent, &server] {
        let (status, metrics) = get(daemon, "/metrics");
        assert_eq!(status, 200);
        let mut promtool = Command::new("promtool");
        promtool
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut promtool = promtool.spawn().expect("promtool comes with Debian's package prometheus");
        promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
        let found = promtool.wait_with_output().unwrap();
        assert!(found.status.success(), "{}{metrics}", String::from_utf8_lossy(&found.stderr));
        assert_eq!(String::from_utf8_lossy(&found.stderr), "", "{metrics}");
    }
}

/// A probe of which the server says that it was granted.
fn probe_in_progress(lab: &Lab, server: &Daemon) -> Child {
    let mut command = lab.probe_command(server);
    let probe = command.args(["--format", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    server.wait_for("probe granted").unwrap();
    probe
}

/// Ends without a verdict; the result that it printed.
fn inconclusive(probe: Child) -> Value {
    let output = probe.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "an end of the programs is no statement about the link");
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["verdict"], "inconclusive");
    result
}

#[test]
fn a_signal_in_the_middle_of_a_probe_ends_both_sides() {
    let (_alone, lab) = lab();
    let mut server = lab.server(&["--open"]).unwrap();
    let probe = probe_in_progress(&lab, &server);
    assert!(Command::new("kill").args(["-INT", &probe.id().to_string()]).status().unwrap().success());
    assert_eq!(inconclusive(probe)["reason"], "INTERRUPTED");
    server.signal("TERM");
    assert!(server.wait().unwrap().success());
}

#[test]
fn a_server_that_is_shut_down_in_the_middle_of_a_probe_says_so() {
    let (_alone, lab) = lab();
    let mut server = lab.server(&["--open"]).unwrap();
    let probe = probe_in_progress(&lab, &server);
    server.signal("TERM");
    assert!(server.wait().unwrap().success());
    let result = inconclusive(probe);
    assert!(result["detail"].as_str().unwrap().contains("shut down"), "{result}");
}

#[test]
fn a_room_that_is_stopped_in_mid_probe_fails_no_link() {
    stopped_in_mid_probe(|_, probe| probe);
}

#[test]
fn a_server_that_is_stopped_in_mid_probe_fails_no_link() {
    stopped_in_mid_probe(|server, _| server);
}

/// As a laptop's lid that is closed for two seconds.
fn stopped_in_mid_probe(whom: impl FnOnce(u32, u32) -> u32) {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let probe = probe_in_progress(&lab, &server);
    let pid = whom(server.id(), probe.id()).to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    signal("-STOP");
    thread::sleep(Duration::from_secs(2));
    signal("-CONT");
    let result: Value = serde_json::from_slice(&probe.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(result["verdict"], "inconclusive", "{result}");
    for direction in ["up", "down"] {
        assert_ne!(result[direction]["verdict"], "fail", "{result}");
    }
}
