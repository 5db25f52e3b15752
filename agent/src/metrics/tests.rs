//! The metrics are a contract with dashboards and rules: a rename shows as a difference in the golden file.

use siaga_readiness::{
    profile::{Profile, Profiles},
    snapshot::Snapshot,
};

use super::render_snapshot;
use crate::sample;

fn render(seconds: u64) -> String {
    render_for(Profile::minimum(), seconds)
}

fn render_for(own: &Profile, seconds: u64) -> String {
    render_of(&sample::snapshot(), own, seconds)
}

fn render_of(snapshot: &Snapshot, own: &Profile, seconds: u64) -> String {
    render_snapshot(snapshot, Profiles::default().iter(), own, sample::at(seconds))
}

#[test]
fn all_metrics_of_a_room_are_as_in_the_golden_file() {
    insta::assert_snapshot!(render(30).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn a_room_has_few_series() {
    let most = render_for(Profile::recommended(), 30);
    let series = most.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series <= 150, "{series} series");
}

#[test]
fn what_has_grown_old_is_not_ready_in_the_next_scrape() {
    // Two days later nobody has looked again.
    let metrics = render(2 * 86_400);
    assert!(metrics.contains("siaga_ready{profile=\"minimum\"} 0"));
    assert!(metrics.contains("siaga_check_state{check=\"CAMERA\",state=\"unknown\"} 1"));
    assert!(!metrics.contains("siaga_device_info"), "an old list says nothing of what is there now");
    assert!(!metrics.contains("siaga_probe_delivered_bytes_per_second"));
    assert!(!metrics.contains("siaga_quality_"));
}

#[test]
fn a_sustain_probe_is_told_for_longer_than_a_gate_probe() {
    let metrics = render(2 * 3600);
    assert!(
        metrics.contains("siaga_probe_delivered_bytes_per_second{direction=\"up\",mode=\"sustain\"} 1312500")
    );
    assert!(!metrics.contains("mode=\"gate\"} 1312500"));
}

#[test]
fn a_bucket_that_ran_empty_is_told_with_the_rate_behind_it() {
    let shaped = sample::snapshot_after(sample::shaped_sustain_probe());
    let metrics = render_of(&shaped, Profile::minimum(), 30);
    assert!(metrics.contains("siaga_shaper_rate_bytes_per_second{direction=\"down\"} 1877500\n"));
    assert!(metrics.contains("siaga_shaper_bucket_bytes{direction=\"down\"} 5004000\n"));
    assert!(!metrics.contains("siaga_shaper_bucket_bytes{direction=\"up\"}"));
    assert!(!render(30).contains("siaga_shaper_"));
}
