//! The metrics are a contract with dashboards and rules: a rename shows as a difference in the golden file.

use siaga_readiness::profile::{Profile, Profiles};

use super::render_snapshot;
use crate::sample;

fn render(seconds: u64) -> String {
    render_snapshot(&sample::snapshot(), Profiles::default().iter(), Profile::minimum(), sample::at(seconds))
}

#[test]
fn all_metrics_of_a_room_are_as_in_the_golden_file() {
    insta::assert_snapshot!(render(30).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn a_room_has_few_series() {
    let series = render(30).lines().filter(|line| !line.starts_with('#')).count();
    assert!(series <= 150, "{series} series");
}

#[test]
fn what_has_grown_old_is_not_ready_in_the_next_scrape() {
    // A day later nobody has looked again.
    let metrics = render(86_400);
    assert!(metrics.contains("siaga_ready{profile=\"minimum\"} 0"));
    assert!(metrics.contains("siaga_check_state{check=\"CAMERA\",state=\"unknown\"} 1"));
    assert!(!metrics.contains("siaga_device_info"), "an old list says nothing of what is there now");
    assert!(!metrics.contains("siaga_probe_delivered_bytes_per_second"));
}
