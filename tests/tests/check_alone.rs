//! `siaga-agent check` without a daemon: what a daemon remembers of the link counts all the same.

use std::{fs, path::Path};

use jiff::Timestamp;
use serde_json::{Value, json};
use siaga_agent::network::Network;
use siaga_probe::{
    Bitrate, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    network::{History, Question},
    outcome::{ByteCount, RoundTrip},
};
use siaga_tests::programs::{Daemon, Lab, program};

/// Its exit status, its answer, and what it says on standard error.
fn check(config: &Path) -> (Option<i32>, Value, String) {
    let output =
        program("siaga-agent").args(["check", "--format", "json", "--config"]).arg(config).output().unwrap();
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), answer, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A laboratory with a link that is fast enough, for a room of which nothing else is asked, and where its daemon keeps what
/// it remembers. No daemon runs.
fn lab_with_a_good_link() -> (Lab, Daemon, std::path::PathBuf) {
    let lab = Lab::new().unwrap();
    let server = lab.server(&["--open"]).unwrap();
    let config = lab.agent_config(&server, "profile = \"link\"");
    let more = "[network]\naccept_internal_server = true\n[profiles.link]\nnetwork = { up = \"2M\", down = \"2M\" }\n\
                [http]\nlisten = \"127.0.0.1:1\"\n";
    fs::write(&config, fs::read_to_string(&config).unwrap() + more).unwrap();
    fs::create_dir(lab.path().join("state")).unwrap();
    (lab, server, config)
}

#[test]
fn a_link_that_tired_an_hour_ago_denies_though_it_passes_now() {
    let (lab, server, config) = lab_with_a_good_link();
    let (status, answer, said) = check(&config);
    assert_eq!(status, Some(1), "{answer} {said}");

    let Some(here) = Network::now().fingerprint() else {
        return eprintln!(
            "not run: this machine has no way to the internet, by which networks are told apart"
        );
    };
    let rate = Bitrate::from_bps(2_000_000).unwrap();
    let server = server.probes.unwrap().to_string();
    let question = Question { mode: Mode::Sustain, server: server.clone(), up_bps: rate, down_bps: rate };
    let direction = |verdict, reason| DirectionResult {
        verdict,
        delivered_bps: Some(1_000_000),
        ..DirectionResult::unmeasured(rate, reason)
    };
    let tired = ProbeResult {
        mode: Mode::Sustain,
        server,
        started_at: "2026-07-01T00:00:00Z".into(),
        duration_s: 21.0,
        bytes: ByteCount::default(),
        verdict: Verdict::Fail,
        reason: Reason::QueueGrows,
        detail: None,
        up: direction(Verdict::Pass, Reason::Sustained),
        down: direction(Verdict::Fail, Reason::QueueGrows),
        rtt_ms: RoundTrip::default(),
    };
    let mut history = History::default();
    history.remember(&here, &question, &tired, Timestamp::now().as_second() - 3600);
    let kept = json!({ "version": 1, "spent": [], "history": history }).to_string();
    let file = lab.path().join("state/link.json");
    fs::write(&file, &kept).unwrap();

    let (status, answer, said) = check(&config);
    assert_eq!(status, Some(2), "{answer} {said}");
    let checks = answer["checks"].as_array().unwrap();
    let sustain = checks.iter().find(|check| check["code"] == "NET_SUSTAIN").unwrap();
    assert_eq!((&sustain["state"], &sustain["reason"]), (&"failed".into(), &"NET_DOWN_BELOW_MINIMUM".into()));
    assert_eq!(fs::read_to_string(&file).unwrap(), kept, "it is only read");
}

#[test]
fn failures_that_can_t_be_read_grant_nothing() {
    let (lab, _server, config) = lab_with_a_good_link();
    // Not even root reads a directory as a file.
    fs::create_dir(lab.path().join("state/link.json")).unwrap();
    let (status, answer, said) = check(&config);
    assert_eq!((status, &answer), (Some(3), &Value::Null));
    assert!(said.contains("can't be read, and may speak against the room; run this as root"), "{said}");
}
