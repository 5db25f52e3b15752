//! The metrics are a contract with dashboards and rules: a rename shows as a difference in the golden file.

use std::time::Duration;

use siaga_readiness::{
    baseline::Baseline,
    inventory::{Camera, Inventory, Kind},
    observation::{Evidence, Observation},
    profile::{Profile, Profiles},
    reasons::Code,
    snapshot::Snapshot,
    state::CheckState,
    tracker::Tracker,
    trial::{DeviceKind, Judgement, Trial, TrialOutcome},
};

use super::render_known;
use crate::{
    desk::{DeskState, DeskStatus, JournalState},
    devices::Announcer,
    identities::Expiry,
    sample,
};

fn render(seconds: u64) -> String {
    render_of(&sample::snapshot(), Profile::minimum(), seconds)
}

fn render_of(snapshot: &Snapshot, own: &Profile, seconds: u64) -> String {
    render_heard(snapshot, Some(Announcer::Udev), own, seconds)
}

fn render_heard(snapshot: &Snapshot, announcer: Option<Announcer>, own: &Profile, seconds: u64) -> String {
    let until = "2026-12-01T00:00:00Z".parse().unwrap();
    let identities = [Expiry { server: "probe.example:4433".into(), until }];
    let (profiles, at) = (Profiles::default(), sample::at(seconds));
    render_known(snapshot, announcer, profiles.iter(), own, &identities, &connected(), at)
}

/// The sample's room, its camera tried at 12 s, its microphone at 17 s.
fn tried() -> Snapshot {
    let inventory = sample::inventory();
    let camera = (DeviceKind::Camera, &inventory.cameras[0].id, Code::CameraWorks);
    let microphone = (DeviceKind::Microphone, &inventory.microphones[0].id, Code::MicrophoneWorks);
    let mut tracker = sample::tracker();
    for (seconds, took, (kind, id, reason)) in [(12, 4_125, camera), (17, 4_500, microphone)] {
        let outcome = TrialOutcome::Found(Judgement::new(CheckState::Ok, reason));
        let evidence = Evidence::Trial(Trial { kind, id: id.clone(), outcome });
        tracker.observe(Observation { at: sample::at(seconds), took: Duration::from_millis(took), evidence });
    }
    tracker.snapshot().clone()
}

fn connected() -> DeskStatus {
    DeskStatus {
        server: Some("probe.example:4433".into()),
        state: DeskState::Connected,
        clock_offset_s: Some(-0.25),
        journal: Some(JournalState { on_disk: true, waiting: 3, dropped: 1, trouble: None }),
        ..DeskStatus::none(sample::at(0).wall)
    }
}

#[test]
fn all_metrics_of_a_room_are_as_in_the_golden_file() {
    let metrics = render_of(&tried(), Profile::minimum(), 30);
    insta::assert_snapshot!(metrics.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn of_a_device_that_vanished_no_trial_is_told() {
    let Snapshot { devices, .. } = tried();
    let told = |inventory: Inventory| {
        let mut snapshot = after_a_look(inventory);
        snapshot.devices.trials = devices.trials.clone();
        let metrics = render_of(&snapshot, Profile::minimum(), 41);
        metrics.lines().filter(|line| line.starts_with("siaga_device_trial_")).count()
    };
    assert_eq!(told(sample::inventory()), 2);
    assert_eq!(told(Inventory { cameras: vec![], ..sample::inventory() }), 1);
}

#[test]
fn a_room_has_few_series() {
    let most = render_of(&tried(), Profile::recommended(), 30);
    let series = most.lines().filter(|line| !line.starts_with('#')).count();
    assert!(series <= 160, "{series} series");
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

/// The sample's room after another look, at 40 s.
fn after_a_look(inventory: Inventory) -> Snapshot {
    let Snapshot { setup, .. } = sample::snapshot();
    let mut tracker = Tracker::new(setup, sample::at(0));
    for (seconds, inventory) in [(10, sample::inventory()), (40, inventory)] {
        let evidence = Evidence::Devices(inventory);
        let took = Duration::from_millis(4);
        tracker.observe(Observation { at: sample::at(seconds), took, evidence });
    }
    tracker.snapshot().clone()
}

#[test]
fn a_device_that_vanished_vanishes_and_is_told_as_missing() {
    let mut baseline = Baseline::default();
    let mut inventory = sample::inventory();
    let id = inventory.cameras[0].id.clone();
    baseline.on_good(&inventory, Kind::Camera, &id, sample::at(10).wall);
    inventory.cameras.clear();
    baseline.mark(&mut inventory);
    let metrics = render_of(&after_a_look(inventory), Profile::minimum(), 41);
    assert!(!metrics.contains("siaga_device_info{id=\"usb-046d:082d-1\","), "{metrics}");
    assert!(metrics.contains("kind=\"microphone\""));
    assert!(metrics.contains("siaga_device_missing{id=\"usb-046d:082d-1\",kind=\"camera\","));
    assert!(metrics.contains("siaga_device_scan_age_seconds 1\n"));
    assert!(metrics.contains("siaga_device_scan_duration_seconds 0.004\n"));
}

#[test]
fn whether_anybody_announces_a_pulled_cable_is_told() {
    let heard = |announcer| {
        let metrics = render_heard(&sample::snapshot(), announcer, Profile::minimum(), 30);
        let told = metrics.lines().find_map(|it| it.strip_prefix("siaga_device_announcements"));
        told.map(str::to_owned)
    };
    assert_eq!(heard(Some(Announcer::Udev)).as_deref(), Some("{source=\"udev\"} 1"));
    assert_eq!(heard(Some(Announcer::Kernel)).as_deref(), Some("{source=\"kernel\"} 1"));
    assert_eq!(heard(Some(Announcer::Nobody)).as_deref(), Some("{source=\"none\"} 0"));
    assert_eq!(heard(None), None, "nobody has listened yet");
}

#[test]
fn names_can_break_neither_a_line_of_the_metrics_nor_json() {
    let mut inventory = sample::inventory();
    inventory.cameras[0].name = "a\"b\\c\nsiaga_ready{profile=\"minimum\"} 1".to_owned();
    let metrics = render_of(&after_a_look(inventory.clone()), Profile::minimum(), 41);
    assert!(!metrics.lines().any(|line| line == "siaga_ready{profile=\"minimum\"} 1"), "{metrics}");
    assert!(metrics.contains(r#"name="a\"b\\c\nsiaga_ready{profile=\"minimum\"} 1""#), "{metrics}");
    let json = serde_json::to_string(&inventory).unwrap();
    assert_eq!(serde_json::from_str::<Inventory>(&json).unwrap(), inventory);
}

#[test]
fn sixty_four_cameras_are_sixty_four_series_with_their_names() {
    let mut inventory = sample::inventory();
    let one = inventory.cameras.remove(0);
    for port in 0..64 {
        inventory.cameras.push(Camera { id: format!("usb-046d:082d-{port}"), ..one.clone() });
    }
    let metrics = render_of(&after_a_look(inventory), Profile::minimum(), 41);
    let cameras =
        metrics.lines().filter(|line| line.starts_with("siaga_device_info") && line.contains("camera"));
    assert_eq!(cameras.count(), 64);
}
