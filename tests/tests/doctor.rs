//! `siaga-agent doctor` with a real probe server.

use std::{fs, net::UdpSocket, path::Path};

use serde_json::Value;
use siaga_tests::programs::{Lab, program};

/// Its exit status, and the level of each code.
fn examined(config: &Path) -> (Option<i32>, impl Fn(&str) -> Option<String>) {
    let output =
        program("siaga-agent").args(["doctor", "--format", "json", "--config"]).arg(config).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).expect("an object");
    let level = move |code: &str| {
        let findings = told["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["code"] == code)?;
        for language in ["id", "en"] {
            assert!(!found["text"][language].as_str().unwrap().is_empty());
            assert_eq!(found["remedy"][language] == "", found["level"] == "ok", "{found}");
        }
        Some(found["level"].as_str().unwrap().to_owned())
    };
    (output.status.code(), level)
}

#[test]
fn what_is_wrong_is_a_problem_and_what_was_mended_is_not() {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    let config = lab.agent_config(&server, "");
    let (_, level) = examined(&config);
    assert_eq!(level("NET_SERVER_ANSWERS").as_deref(), Some("ok"));
    assert_eq!(level("DOCTOR_CLOCK_FINE").as_deref(), Some("ok"), "the server's clock is this one");
    assert_eq!(
        level("DOCTOR_STATE_NOT_YET").as_deref(),
        Some("ok"),
        "nobody made the directory, and anybody may"
    );

    let state = lab.path().join("state");
    fs::write(&state, "").unwrap();
    let (status, level) = examined(&config);
    assert_eq!(status, Some(2));
    assert_eq!(level("DOCTOR_STATE_NOT_WRITABLE").as_deref(), Some("problem"), "a file is there");
    fs::remove_file(&state).unwrap();
    fs::create_dir(&state).unwrap();
    drop(server);
    let (status, level) = examined(&config);
    assert_eq!(status, Some(2));
    assert_eq!(level("DOCTOR_STATE_FINE").as_deref(), Some("ok"));
    assert_eq!(level("NET_SERVER_ABSENT").as_deref(), Some("problem"), "its machine says so");
}

#[test]
fn each_way_in_which_a_server_is_not_reached_is_told_apart_and_has_its_remedy() {
    let lab = Lab::new().unwrap();
    // It is bound, so the kernel refuses nothing, and it says nothing: as behind a wall.
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let config = lab.path().join("agent.toml");
    let (state, ca) = (lab.path().join("state"), lab.ca());
    let server = |address: &str, ca: &Path| format!("[[servers]]\naddress = \"{address}\"\nca = {ca:?}\n");
    let text = [
        format!("state_dir = {state:?}\n"),
        server(&silent.local_addr().unwrap().to_string(), &ca),
        server("no-such-host.invalid:4433", &ca),
        server("127.0.0.1:4433", Path::new("/nonexistent/ca.pem")),
    ];
    fs::write(&config, text.concat()).unwrap();
    let (status, level) = examined(&config);
    assert_eq!(status, Some(2));
    for code in ["NET_UDP_BLOCKED", "NET_NAME_NOT_RESOLVED", "NET_LOCAL_FAULT"] {
        assert_eq!(level(code).as_deref(), Some("problem"), "{code}");
    }
}
