//! A new release or configuration is taken over by ending: never in the middle of a probe.

use std::{
    os::unix::net::UnixDatagram,
    process::Stdio,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::Value;
use siaga_tests::programs::{Daemon, Lab};

/// One lab at a time: two probes that share two cores measure each other.
static LAB: Mutex<()> = Mutex::new(());

fn lab() -> (MutexGuard<'static, ()>, Lab) {
    (LAB.lock().unwrap_or_else(PoisonError::into_inner), Lab::new().unwrap())
}

#[test]
fn a_server_ends_the_probe_that_runs_and_lets_no_other_begin() {
    let (_alone, lab) = lab();
    let mut server = lab.server(&["--open"]).unwrap();
    let probe = || {
        let mut command = lab.probe_command(&server);
        command.args(["--up", "2M", "--down", "2M", "--format", "json"]).stdout(Stdio::piped());
        command.spawn().unwrap()
    };
    let running = probe();
    server.wait_for("probe granted").unwrap();
    server.signal("USR1");
    server.wait_for("no probe begins any more").unwrap();
    let late = probe().wait_with_output().unwrap();
    let result: Value = serde_json::from_slice(&running.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(result["verdict"], "pass", "{result}");
    let result: Value = serde_json::from_slice(&late.stdout).unwrap();
    assert_eq!(result["verdict"], "inconclusive", "{result}");
    assert!(server.wait().unwrap().success());
    assert_eq!(server.said().matches("probe granted").count(), 1, "{}", server.said());
}

/// As systemd starts it: without systemd nobody would start it anew.
fn agent_of_systemd(lab: &Lab, server: &Daemon) -> Daemon {
    let socket = lab.path().join("notify");
    let systemd = UnixDatagram::bind(&socket).unwrap();
    thread::spawn(move || while systemd.recv(&mut [0; 1024]).is_ok() {});
    let config = lab.agent_config(
        server,
        "profile = \"slow\"\n[profiles.slow.network]\nup = \"2M\"\ndown = \"2M\"\n[network]\naccept_internal_server = true\n",
    );
    lab.agent_with(&config, |command| {
        command.env("NOTIFY_SOCKET", &socket);
    })
    .unwrap()
}

#[test]
fn an_agent_ends_when_its_probe_has_ended() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let mut agent = agent_of_systemd(&lab, &server);
    server.wait_for("probe granted").unwrap();
    agent.signal("HUP");
    assert!(agent.wait().unwrap().success());
    let said = agent.said();
    let at = |words: &str| said.find(words).unwrap_or_else(|| panic!("{words}: {said}"));
    assert!(at("as soon as no meeting is on") < at("probed mode=gate"), "{said}");
    assert!(at("verdict=pass") < at("ending to be started anew"), "{said}");
}
