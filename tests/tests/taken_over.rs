//! A new release or configuration is taken over by ending: never in the middle of a probe.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    os::unix::net::UnixDatagram,
    path::PathBuf,
    process::Stdio,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

use serde_json::Value;
use siaga_tests::programs::{Daemon, LOW_RATES, Lab, program};

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
    let config = listening(lab, server, "127.0.0.1:0");
    let mut command = program("siaga-agent");
    command.args(["run", "--config"]).arg(config).env("NOTIFY_SOCKET", &socket);
    Daemon::start(command).unwrap()
}

/// The agent's configuration, with this address for its HTTP.
fn listening(lab: &Lab, server: &Daemon, address: &str) -> PathBuf {
    lab.agent_config(server, &format!("{LOW_RATES}[http]\nlisten = \"{address}\"\n"))
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

/// Or systemd would start it in vain until it gives up.
#[test]
fn an_agent_whose_next_address_another_program_has_goes_on_until_that_is_mended() {
    let (_alone, lab) = lab();
    let server = lab.server(&["--open"]).unwrap();
    let mut agent = agent_of_systemd(&lab, &server);
    listening(&lab, &server, &server.http.to_string());
    agent.signal("HUP");
    let hindrance = agent.wait_for("not started anew until this is mended").unwrap();
    assert!(
        hindrance.contains(&server.http.to_string()) && hindrance.contains("another program"),
        "{hindrance}"
    );
    assert_eq!(siaga_tests::http::get(agent.http, "/v1/status").unwrap().0, 200);
    fs::write(lab.path().join("agent.toml"), "half of what is meant = ").unwrap();
    agent.wait_for("agent.toml, line 1").unwrap();
    assert!(!agent.said().contains("ending to be started anew"));
    listening(&lab, &server, "127.0.0.1:0");
    assert!(agent.wait().unwrap().success());
}

#[test]
fn a_server_whose_next_port_another_program_has_lets_probes_begin_until_that_is_mended() {
    let (_alone, lab) = lab();
    let others = TcpListener::bind("127.0.0.1:0").unwrap();
    let drop_in = lab.server_dir().join("probe-server.d/50.toml");
    fs::create_dir(drop_in.parent().unwrap()).unwrap();
    let set = |http: SocketAddr| {
        fs::write(&drop_in, format!("listen = \"127.0.0.1:0\"\nhttp = \"{http}\"\n")).unwrap();
    };
    set(([127, 0, 0, 1], 0).into());
    let mut command = program("siaga-probe-server");
    command.args(["run", "--open", "--dir"]).arg(lab.server_dir());
    let mut server = Daemon::start(command).unwrap();
    set(others.local_addr().unwrap());
    server.signal("USR1");
    let hindrance = server.wait_for("not started anew until this is mended").unwrap();
    assert!(hindrance.contains(&others.local_addr().unwrap().to_string()), "{hindrance}");
    assert!(!server.said().contains("no probe begins any more"));
    drop(others);
    assert!(server.wait().unwrap().success());
}
