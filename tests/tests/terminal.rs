//! What a person sees at a terminal while a probe or a check runs, and what a program gets that has none.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use siaga_tests::programs::{Daemon, Lab, program};

/// `siaga-agent` with these words, in a terminal of its own or without one. Its standard output goes to a file.
fn agent(lab: &Lab, words: &str, in_terminal: bool, no_color: bool) -> (Output, String) {
    let agent = program("siaga-agent").get_program().to_str().unwrap().to_owned();
    let found = lab.path().join("found");
    let command = format!("{agent} {words} --format json >{}", found.display());
    let mut shell = if in_terminal { Command::new("script") } else { Command::new("sh") };
    if in_terminal {
        shell.args(["--quiet", "--return", "--command", &command, "/dev/null"]);
    } else {
        shell.args(["-c", &command]);
    }
    shell.env("TERM", "xterm").env("LC_ALL", "C").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    if no_color {
        shell.env("NO_COLOR", "1");
    }
    let output = shell.stdin(Stdio::null()).output().unwrap();
    (output, fs::read_to_string(found).unwrap())
}

fn probe(lab: &Lab, in_terminal: bool, no_color: bool) -> (Output, String) {
    let server = lab.server(&["--open"]).unwrap();
    let (server, ca) = (server.probes.unwrap(), lab.ca());
    let words = format!("probe --server {server} --ca {} --up 2M --down 2M", ca.display());
    agent(lab, &words, in_terminal, no_color)
}

/// The fastest rate that was shown, Mbit/s.
fn fastest(seen: &str) -> f64 {
    let rates = seen.split("up ").skip(1).filter_map(|rest| rest.split(' ').next()?.parse::<f64>().ok());
    rates.fold(0.0, f64::max)
}

fn has_colour(seen: &str) -> bool {
    seen.contains("\u{1b}[3") || seen.contains("\u{1b}[0m")
}

#[test]
fn at_a_terminal_the_rate_is_seen_while_it_is_measured_and_nothing_of_it_stays() {
    let lab = Lab::new().unwrap();
    let (output, found) = probe(&lab, true, false);
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{seen}");
    assert!(fastest(&seen) >= 1.0, "{seen:?}");
    assert!(seen.contains("\u{1b}[36m"), "it has a colour: {seen:?}");
    assert!(seen.trim_end().ends_with("\u{1b}[2K"), "its line is cleared at the end: {seen:?}");
    assert!(found.starts_with('{') && found.ends_with("}\n"), "{found}");
}

#[test]
fn who_wants_no_colour_gets_none() {
    let lab = Lab::new().unwrap();
    let (output, _) = probe(&lab, true, true);
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(seen.contains("Mbit/s") && !has_colour(&seen), "{seen:?}");
}

#[test]
fn without_a_terminal_there_is_no_bar() {
    let lab = Lab::new().unwrap();
    let (output, found) = probe(&lab, false, false);
    assert_eq!((String::from_utf8_lossy(&output.stderr), output.status.code()), ("".into(), Some(0)));
    assert!(found.starts_with('{'), "{found}");
}

/// A room of which only its link is asked, and which probes only when it is asked to.
fn room(lab: &Lab, server: &Daemon, http: &str) -> PathBuf {
    let config = lab.agent_config(server, "profile = \"link\"");
    let more = format!(
        "[network]\nmetered = \"yes\"\naccept_internal_server = true\n\
         [profiles.link]\nnetwork = {{ up = \"2M\", down = \"2M\" }}\n[http]\nlisten = \"{http}\"\n"
    );
    fs::write(&config, fs::read_to_string(&config).unwrap() + &more).unwrap();
    config
}

fn check(lab: &Lab, config: &Path, more: &str, no_color: bool) -> (String, Value) {
    let (output, found) = agent(lab, &format!("check {more} --config {}", config.display()), true, no_color);
    let found = serde_json::from_str(&found).unwrap_or_default();
    (String::from_utf8_lossy(&output.stdout).into_owned(), found)
}

fn upload(answer: &Value) -> &Value {
    &answer["checks"].as_array().unwrap().iter().find(|check| check["code"] == "NET_UP").unwrap()["state"]
}

#[test]
fn a_check_without_a_daemon_shows_the_rate_too() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    let config = room(&lab, &server, "127.0.0.1:1");
    for no_color in [false, true] {
        let (seen, answer) = check(&lab, &config, "", no_color);
        assert_eq!(upload(&answer), "ok", "{seen:?}");
        assert!(fastest(&seen) >= 1.0, "{seen:?}");
        assert_eq!(has_colour(&seen), !no_color, "{seen:?}");
    }
}

#[test]
fn a_check_beside_a_daemon_has_that_measure_when_it_is_asked_for_and_shows_the_rate() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    let config = room(&lab, &server, "127.0.0.1:9870");
    let daemon = lab.agent(&config).unwrap();
    let config = room(&lab, &server, &daemon.http.to_string());
    let (seen, answer) = check(&lab, &config, "", false);
    assert_eq!(
        (upload(&answer), fastest(&seen)),
        (&"unknown".into(), 0.0),
        "it answers with what is known: {seen:?}"
    );
    let (seen, answer) = check(&lab, &config, "--active", false);
    assert_eq!(upload(&answer), "ok", "{seen:?}");
    assert!(fastest(&seen) >= 1.0 && has_colour(&seen), "{seen:?}");
}
