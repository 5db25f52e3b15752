//! `siaga-agent doctor` with a real probe server.

use std::{fs, path::Path};

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
