//! The stories in `scenarios/*.toml`: trains over simulated links, and how they must end.

use std::path::{Path, PathBuf};

use siaga_tests::link::scenario;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

#[track_caller]
fn all_end_as_told(file: &str) {
    let scenarios = scenario::load(&directory().join(file));
    assert!(!scenarios.is_empty(), "{file} tells no story");
    let mut complaints = String::new();
    for scenario in scenarios {
        for complaint in scenario.complaints() {
            complaints += &format!("\n{}\n    {complaint}", scenario.story);
        }
    }
    assert!(complaints.is_empty(), "{file}:{complaints}");
}

#[test]
fn clean_links_pass_exactly_when_they_are_faster_than_the_target() {
    all_end_as_told("clean.toml");
}

#[test]
fn policers_and_shapers_below_the_target_are_caught() {
    all_end_as_told("limited.toml");
}

#[test]
fn loss_fails_above_the_limit_and_passes_far_below() {
    all_end_as_told("lossy.toml");
}

#[test]
fn outages_are_inconclusive_and_never_low_bandwidth() {
    all_end_as_told("outages.toml");
}

#[test]
fn stalls_of_the_machines_are_not_taken_for_the_links() {
    all_end_as_told("machines.toml");
}

#[test]
fn reordered_and_duplicated_packets_change_no_verdict() {
    all_end_as_told("disorder.toml");
}

#[test]
fn what_a_second_cannot_see_is_seen_in_21() {
    all_end_as_told("sustain.toml");
}

#[test]
fn a_quality_probe_measures_and_judges_no_rate() {
    all_end_as_told("quality.toml");
}

#[test]
fn every_scenario_file_has_its_test() {
    let mut files: Vec<String> = std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "clean.toml",
            "disorder.toml",
            "limited.toml",
            "lossy.toml",
            "machines.toml",
            "outages.toml",
            "quality.toml",
            "sustain.toml"
        ]
    );
}
