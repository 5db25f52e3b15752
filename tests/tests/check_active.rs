//! `siaga-agent check --active` beside a running daemon: the daemon tries the devices, and the command waits for it.

use std::{fs, path::PathBuf, process::Output};

use serde_json::Value;
use siaga_tests::programs::{Daemon, LOW_RATES, Lab, program};

/// A daemon with these settings of its devices, and a configuration with which the command finds it.
fn daemon(lab: &Lab, devices: &str) -> (Daemon, PathBuf) {
    let config = lab.path().join("agent.toml");
    let settings = format!("state_dir = \"{}\"\n[devices]\n{devices}\n", lab.path().join("state").display());
    fs::write(&config, &settings).unwrap();
    let agent = lab.agent(&config).unwrap();
    fs::write(&config, format!("{settings}[http]\nlisten = \"{}\"\n", agent.http)).unwrap();
    (agent, config)
}

fn check_active(config: &PathBuf) -> Output {
    program("siaga-agent")
        .args(["check", "--active", "--format", "json", "--config"])
        .arg(config)
        .output()
        .unwrap()
}

/// The entry that says whether the trials that were asked for were made.
fn trials(answer: &Value) -> (Value, Value) {
    let checks = answer["checks"].as_array().unwrap();
    let told = checks.iter().find(|check| check["code"] == "TRIALS").expect("it was asked for");
    (told["state"].clone(), told["reason"].clone())
}

#[test]
fn the_daemon_tries_the_devices_and_answers_for_them() {
    let lab = Lab::new().unwrap();
    let (_agent, config) = daemon(&lab, "");
    let output = check_active(&config);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["profile"], "minimum");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().all(|line| line.starts_with("trying ")), "{said}");
    trials(&answer);
}

/// With a daemon and without one.
#[test]
fn where_devices_may_not_be_tried_the_answer_says_so() {
    let lab = Lab::new().unwrap();
    let (agent, config) = daemon(&lab, "active_checks = false");
    for agent in [Some(agent), None] {
        let output = check_active(&config);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(trials(&answer), ("warning".into(), "TRIALS_TURNED_OFF".into()));
        assert_ne!(answer["verdict"], "ready", "no probe server, and nothing that was tried");
        drop(agent);
    }
}

/// The room was ready a moment ago, and to whoever has nothing measured it still is.
#[test]
fn a_link_that_cannot_be_measured_now_is_unknown_whatever_was_found_before() {
    let lab = Lab::new().unwrap();
    let mut server = lab.server(&["--open"]).unwrap();
    let agent = lab.agent(&lab.agent_config(&server, LOW_RATES)).unwrap();
    // With this the command finds the daemon.
    let config = lab.agent_config(&server, &format!("{LOW_RATES}[http]\nlisten = \"{}\"\n", agent.http));
    agent.wait_for("verdict=pass").unwrap();
    server.signal("KILL");
    server.wait().unwrap();

    let output = check_active(&config);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["verdict"]), (Some(3), &"unknown".into()), "{answer}");
    assert!(
        ["NET_SERVER_ABSENT", "NET_SERVER_UNREACHABLE"].contains(&answer["reasons"][0].as_str().unwrap()),
        "{answer}"
    );
    let before = siaga_tests::http::get(agent.http, "/v1/readiness").unwrap();
    assert_eq!(before.0, 200, "{}", before.1);
    let no_number = siaga_tests::http::get(agent.http, "/v1/readiness?link_since_ms=now").unwrap();
    assert_eq!(no_number.0, 400);
}
