//! What people get wrong, one by one: the message names the thing, the cause and the remedy, and the exit status is
//! the documented one.

use std::{fs, net::UdpSocket, path::Path, process::Command};

use jiff::civil::date;
use siaga_tests::{
    programs::{Lab, program},
    swarm::identities::Authority,
};
use siaga_transport::identity;

/// Runs to the end: exit status, what it printed, what it said.
fn run(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("not killed"), text(&output.stdout), text(&output.stderr))
}

/// A probe that comes to nothing: exit status 3, the reason by its code, and words for a person.
fn assert_no_probe(command: &mut Command, reason: &str, words: &[&str]) {
    let (status, json, said) = run(command.args(["--format", "json"]));
    assert_eq!(status, 3, "{json}{said}");
    let result: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(result["verdict"], "inconclusive");
    assert_eq!(result["reason"], reason, "{json}");
    for direction in ["up", "down"] {
        assert_eq!(result[direction]["verdict"], "inconclusive", "never a statement about the link");
    }
    let detail = result["detail"].as_str().unwrap();
    for word in words {
        assert!(detail.contains(word), "“{word}” is not in: {detail}");
    }
}

fn probe(server: &str, ca: &Path) -> Command {
    let mut command = program("siaga-agent");
    command.args(["probe", "--server", server, "--ca"]).arg(ca);
    command
}

#[test]
fn a_ca_that_did_not_sign_the_server_is_told_as_that() {
    let (lab, other) = (Lab::new().unwrap(), Lab::new().unwrap());
    let server = lab.server(&["--open"]).unwrap();
    let address = server.probes.unwrap().to_string();
    assert_no_probe(
        &mut probe(&address, &other.ca()),
        "SERVER_NOT_TRUSTED",
        &[&address, "not signed", "ca.pem"],
    );
}

/// With a server certificate for a name that counts from a year's beginning.
fn certified(name: &str, year: i16) -> Lab {
    Lab::with_identity(|dir| identity::create(dir, &[name.into()], date(year, 1, 1)).unwrap())
}

#[test]
fn a_name_that_the_certificate_does_not_hold_is_told_as_that() {
    let lab = certified("probe.example", 2026);
    let server = lab.server(&["--open"]).unwrap();
    let address = server.probes.unwrap().to_string();
    assert_no_probe(&mut probe(&address, &lab.ca()), "SERVER_NOT_TRUSTED", &["another name", "--name"]);
}

#[test]
fn an_expired_server_certificate_is_told_as_that() {
    let lab = certified("127.0.0.1", 2020);
    let server = lab.server(&["--open"]).unwrap();
    let address = server.probes.unwrap().to_string();
    assert_no_probe(&mut probe(&address, &lab.ca()), "SERVER_NOT_TRUSTED", &["expired", "clock"]);
}

#[test]
fn a_clock_that_is_behind_is_told_as_that() {
    let lab = certified("127.0.0.1", 2099);
    let server = lab.server(&["--open"]).unwrap();
    let address = server.probes.unwrap().to_string();
    assert_no_probe(&mut probe(&address, &lab.ca()), "CLOCK_BEHIND", &["clock is behind", "timedatectl"]);
}

#[test]
fn a_foreign_room_certificate_is_refused_in_words() {
    let (lab, other) = (Lab::new().unwrap(), Lab::new().unwrap());
    let server = lab.server(&["--open"]).unwrap();
    let identity = lab.path().join("identity");
    fs::create_dir(&identity).unwrap();
    Authority::load(&other.server_dir()).unwrap().sign("r1").unwrap().write(&identity).unwrap();
    let mut command = lab.probe_command(&server);
    assert_no_probe(
        command.arg("--identity").arg(identity),
        "IDENTITY_REFUSED",
        &["certificate", "identity"],
    );
}

#[test]
fn without_open_a_room_without_an_identity_is_refused_in_words() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&[]).unwrap();
    assert_no_probe(&mut lab.probe_command(&server), "IDENTITY_REQUIRED", &["identity", "enrol", "--open"]);
}

#[test]
fn a_rate_above_the_server_s_limit_is_refused_in_words() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    assert_no_probe(lab.probe_command(&server).args(["--up", "1G"]), "SERVER_REFUSED", &["up to 100 Mbit/s"]);
}

#[test]
fn a_port_where_nothing_listens_is_told_as_that() {
    let lab = Lab::new().unwrap();
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_no_probe(&mut probe(&free.to_string(), &lab.ca()), "SERVER_ABSENT", &["nothing listens", "UDP"]);
}

#[test]
fn a_server_that_never_answers_ends_in_time() {
    let lab = Lab::new().unwrap();
    // It is bound, so the kernel refuses nothing, and it says nothing.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    assert_no_probe(&mut probe(&address, &lab.ca()), "UDP_BLOCKED", &["not over UDP", "firewall"]);
}

#[test]
fn a_name_that_does_not_exist_is_told_as_that() {
    let lab = Lab::new().unwrap();
    let mut command = probe("no-such-host.invalid:4433", &lab.ca());
    assert_no_probe(&mut command, "NAME_NOT_RESOLVED", &["no-such-host.invalid", "DNS"]);
}

/// Usage errors and broken files: exit status 3 and one message that holds all of `words`.
fn assert_refused(command: &mut Command, words: &[&str]) {
    let (status, printed, said) = run(command);
    assert_eq!(status, 3, "{printed}{said}");
    assert_eq!(printed, "", "nothing that a program could take for data");
    for word in words {
        assert!(said.contains(word), "“{word}” is not in: {said}");
    }
}

#[test]
fn usage_errors_are_never_taken_for_a_verdict() {
    let ca = Path::new("/nonexistent/ca.pem");
    assert_refused(&mut probe("probe.example", ca), &["probe.example", "HOST:PORT"]);
    assert_refused(probe("a:1", ca).args(["--up", "fast"]), &["fast", "10M"]);
    assert_refused(probe("a:1", ca).args(["--up", "0"]), &["between 1k and 10G"]);
    assert_refused(
        probe("a:1", &Lab::new().unwrap().ca()).args(["--up", "500k"]),
        &["--up 0.5 Mbit/s", "1 Mbit/s or more"],
    );
    assert_refused(probe("a:1", ca).args(["--frobnicate"]), &["--frobnicate"]);
    assert_refused(&mut probe("a:1", ca), &["/nonexistent/ca.pem", "No such file"]);
    assert_refused(
        program("siaga-agent").args(["check", "--profile", "best"]),
        &["best", "minimum, recommended"],
    );
}

#[test]
fn a_ca_file_that_holds_none_is_told_as_that() {
    let lab = Lab::new().unwrap();
    let empty = lab.path().join("empty.pem");
    fs::write(&empty, "hello").unwrap();
    assert_refused(&mut probe("a:1", &empty), &["empty.pem", "no certificate", "BEGIN"]);
}

/// Whoever opens a pipe waits for somebody to write into it: nobody does.
#[test]
fn a_pipe_or_a_directory_in_the_place_of_a_configuration_is_refused_and_nothing_waits() {
    let lab = Lab::new().unwrap();
    let config = lab.path().join("agent.toml");
    let server = lab.server_dir();
    let all_refuse = |place: &Path, words: &[&str]| {
        let of_the_server = place.starts_with(&server);
        let (name, option, value) = match of_the_server {
            true => ("siaga-probe-server", "--dir", server.as_path()),
            false => ("siaga-agent", "--config", config.as_path()),
        };
        for command in [&["config", "check"][..], &["config", "show"], &["run"]] {
            assert_refused(program(name).args(command).arg(option).arg(value), words);
        }
    };
    for main in [&config, &server.join("probe-server.toml")] {
        let name = main.file_name().unwrap().to_str().unwrap();
        let text = fs::read(main).unwrap_or_default();
        let beside = main.with_extension("d").join("50-office.toml");
        fs::create_dir_all(beside.parent().unwrap()).unwrap();
        for (place, name) in [(main, name), (&beside, "50-office.toml")] {
            let _ = fs::remove_file(place);
            make_pipe(place);
            all_refuse(place, &[name, "a pipe", "remove or move it"]);
            fs::remove_file(place).unwrap();
            fs::create_dir(place).unwrap();
            all_refuse(place, &[name, "a directory, not a file", "remove or move it"]);
            fs::remove_dir(place).unwrap();
            fs::write(place, &text).unwrap();
        }
    }
}

fn make_pipe(place: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, place, rustix::fs::Mode::RUSR).unwrap();
}

#[test]
fn a_broken_configuration_names_file_place_key_and_remedy() {
    let lab = Lab::new().unwrap();
    let config = lab.path().join("agent.toml");
    for (text, words) in [
        (&b"room = \"r1\"\nintervall = 3\n"[..], &["agent.toml", "line 2", "intervall"][..]),
        (b"room = \"Ruang Rapat\"\n", &["agent.toml", "line 1", "diskominfo-r2"]),
        (b"[network]\nprobe_interval = \"0s\"\n", &["agent.toml", "line 2", "probe_interval", "1s"]),
        (b"[network]\ndaily_bytes = \"250\"\n", &["agent.toml", "line 2", "daily_bytes", "250MB"]),
        (b"[network]\ndaily_bytes = \"2TB\"\n", &["agent.toml", "line 2", "1MB to 1TB"]),
        (b"[freshness]\ngate_probe = \"1000h\"\n", &["agent.toml", "line 2", "24h"]),
        (b"[[servers]]\naddress = \"probe.example\"\nca = \"x\"\n", &["agent.toml", "line 2", "HOST:PORT"]),
        (b"room = \"caf\xe9\"\n", &["agent.toml", "UTF-8", "line 1"]),
        (b"profile = \"best\"\n", &["best", "minimum, recommended"]),
        (b"room = [\n", &["agent.toml", "line"]),
    ] {
        fs::write(&config, text).unwrap();
        assert_refused(program("siaga-agent").args(["config", "check", "--config"]).arg(&config), words);
    }
    let absent = lab.path().join("absent.toml");
    assert_refused(
        program("siaga-agent").args(["check", "--config"]).arg(&absent),
        &["absent.toml", "no such file", "--config"],
    );
}

#[test]
fn a_port_in_use_is_told_with_its_remedy() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    let taken = server.http.to_string();
    let config = lab.agent_config(&server, "");
    let mut agent = program("siaga-agent");
    assert_refused(
        agent.args(["run", "--http", &taken, "--config"]).arg(config),
        &[&taken, "another program", "--http"],
    );
    let probes = server.probes.unwrap().to_string();
    let other = Lab::new().unwrap();
    let mut second = program("siaga-probe-server");
    second.args(["run", "--http", "127.0.0.1:0", "--listen", &probes, "--dir"]).arg(other.server_dir());
    assert_refused(&mut second, &[&probes, "another program", "--listen"]);
}

/// A reload is checked while the daemon runs, which ends for it: what it could not start with again must not pass.
#[test]
fn a_configuration_with_which_no_daemon_could_start_is_no_order() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    let check = |http: &str| {
        let config = lab.agent_config(&server, &format!("[http]\n{http}\n"));
        let mut check = program("siaga-agent");
        check.args(["config", "check", "--config"]).arg(config);
        check
    };
    let long = format!("/tmp/{}", "x".repeat(103));
    for (socket, words) in [(long.as_str(), "may have 107 bytes"), ("/tmp", "no socket; move it away")] {
        let listen = "listen = \"127.0.0.1:0\"";
        assert_refused(&mut check(&format!("{listen}\nsocket = \"{socket}\"")), &["line 5", words]);
    }
    let config = lab.path().join("agent.toml");
    let file = lab.ca();
    let below = file.join("state");
    for (state, words) in [
        (Path::new("state"), "does not begin at the root"),
        (&file, "is a file"),
        (&below, "is to be a directory"),
    ] {
        fs::write(&config, format!("state_dir = {state:?}\n")).unwrap();
        let mut check = program("siaga-agent");
        assert_refused(
            check.args(["config", "check", "--config"]).arg(&config),
            &["line 1", "`state_dir`", words],
        );
    }
    fs::write(&config, "").unwrap();
    let mut entry = program("siaga-agent");
    entry.args(["config", "check", "--config"]).arg(&config).env("SIAGA_AGENT__SERVERS__0__ADDRESS", "a:1");
    assert_refused(
        &mut entry,
        &["SIAGA_AGENT__SERVERS__0__ADDRESS", "as a whole, like SIAGA_AGENT__SERVERS='[{"],
    );
    // A number is a good name for a profile.
    let mut year = program("siaga-agent");
    year.args(["config", "check", "--config"]).arg(&config).env("SIAGA_AGENT__PROFILES__2020__CAMRA", "{}");
    assert_refused(&mut year, &["SIAGA_AGENT__PROFILES__2020__CAMRA", "did you mean `camera`"]);
    let mut enroll = program("siaga-agent");
    enroll.args(["enroll", "--token", "-", "--server", "127.0.0.1:4433", "--ca"]).arg(lab.ca());
    enroll.arg("--config").arg(&config).stdin(std::process::Stdio::null());
    assert_refused(&mut enroll, &["nothing came on standard input"]);
}

#[test]
fn a_second_server_in_one_directory_is_refused() {
    let lab = Lab::new().unwrap();
    let _server = lab.server(&["--open"]).unwrap();
    let mut second = program("siaga-probe-server");
    second.args(["run", "--http", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--dir"]).arg(lab.server_dir());
    assert_refused(&mut second, &["rooms.sqlite", "another probe server", "a directory of its own"]);
}

#[test]
fn answers_for_others_than_this_machine_are_refused() {
    let lab = Lab::new().unwrap();
    let mut agent = program("siaga-agent");
    let config = lab.path().join("agent.toml");
    fs::write(&config, format!("state_dir = {:?}\n", lab.path())).unwrap();
    assert_refused(
        agent.args(["run", "--http", "0.0.0.0:0", "--config"]).arg(config),
        &["0.0.0.0", "loopback"],
    );
}

#[test]
fn a_second_init_overwrites_nothing_and_says_so() {
    let lab = Lab::new().unwrap();
    let mut again = program("siaga-probe-server");
    again.args(["init", "--name", "x", "--dir"]).arg(lab.server_dir());
    assert_refused(&mut again, &["ca.pem", "is there already"]);
}

#[test]
fn a_server_name_with_anything_around_it_is_refused() {
    let lab = Lab::new().unwrap();
    for wrong in ["", "host:4433", "https://host", "10.0.0.1/8"] {
        let mut init = program("siaga-probe-server");
        init.args(["init", "--name", wrong, "--dir"]).arg(lab.path().join("other"));
        assert_refused(&mut init, &["host name or an IP address", "without port"]);
    }
}

#[test]
fn a_directory_that_is_no_server_s_is_told_with_its_remedy() {
    let lab = Lab::new().unwrap();
    let mut server = program("siaga-probe-server");
    assert_refused(server.args(["run", "--dir"]).arg(lab.path()), &["no probe-server.toml", "init --dir"]);
}
