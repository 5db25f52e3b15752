//! A room with a webcam that went through one scan and one probe of each kind, for the renderers' tests.

use std::time::Duration;

use siaga_probe::{
    Bitrate, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    outcome::{ByteCount, Percentiles, RoundTrip, ShaperEstimate, SustainFindings},
};
use siaga_readiness::{
    host::{Host, MachineKind, Power, Presence, ProgramFact},
    inventory::{AudioDevice, Camera, FieldOfView, FovAxis, Inventory, VideoMode},
    moment::{BootId, Moment},
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace, ServerStanding},
    policy::Policy,
    reasons::Code,
    snapshot::{Setup, Snapshot},
    state::CheckState,
    tracker::Tracker,
};

/// So many seconds after the sample's beginning.
pub(crate) fn at(seconds: u64) -> Moment {
    let start: jiff::Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
    Moment {
        wall: start + Duration::from_secs(seconds),
        since_boot: Duration::from_secs(1000 + seconds),
        boot: BootId(7),
    }
}

/// Devices seen at 10 s, the machine at 11 s, the link probed at 20 s: 10 up sustained, 20 down not. Before that it was tried for longer, at
/// 2 s, which it passed, and without load, at 5 s.
pub(crate) fn snapshot() -> Snapshot {
    snapshot_after(passed_sustain_probe())
}

/// The same, but at 2 s this was found.
pub(crate) fn snapshot_after(sustain: ProbeResult) -> Snapshot {
    tracker_after(sustain).snapshot().clone()
}

/// What holds [`snapshot`], for more to be observed.
pub(crate) fn tracker() -> Tracker {
    tracker_after(passed_sustain_probe())
}

fn tracker_after(sustain: ProbeResult) -> Tracker {
    let setup = Setup {
        room: "diskominfo-r2".into(),
        probe_server: Some("probe.example:4433".into()),
        policy: Policy::default(),
    };
    let mut tracker = Tracker::new(setup, at(0));
    let took = Duration::from_millis(250);
    tracker.observe(Observation { at: at(10), took, evidence: Evidence::Devices(inventory()) });
    let took = Duration::from_millis(1);
    tracker.observe(Observation { at: at(11), took, evidence: Evidence::Host(host()) });
    for (seconds, took, result) in [(2, 21_400, sustain), (5, 2_100, quality_probe()), (20, 250, probe())] {
        let evidence = ProbeEvidence {
            server_place: ServerPlace::Public,
            network: None,
            clock_offset_s: None,
            gateway: None,
            result,
        };
        let evidence = Evidence::Probe(Box::new(evidence));
        tracker.observe(Observation { at: at(seconds), took: Duration::from_millis(took), evidence });
    }
    let standing = |server: &str, reason, rtt_ms| ServerStanding {
        server: server.into(),
        reason,
        rtt_ms,
        contradicted: false,
    };
    let standings = vec![
        standing("probe.example:4433", Reason::QueueGrows, Some(12.0)),
        standing("far.example:4433", Reason::ServerUnreachable, None),
    ];
    let evidence = Evidence::Servers(standings);
    tracker.observe(Observation { at: at(21), took: Duration::ZERO, evidence });
    tracker
}

/// A laptop on mains, without Zoom.
pub(crate) fn host() -> Host {
    let zoom = "zoom".parse().expect("it is an id");
    Host {
        power: Power::Mains,
        charge_percent: Some(97),
        ups: false,
        machine: MachineKind::Laptop,
        programs: vec![ProgramFact { id: zoom, name: "Zoom".into(), presence: Presence::Absent }],
    }
}

/// A webcam with its own microphone; its name holds what a label must escape.
pub(crate) fn inventory() -> Inventory {
    let camera = Camera {
        id: "usb-046d:082d-1".into(),
        name: "Webcam \"C920\" \\ Pro".into(),
        node: "/dev/video0".into(),
        usb_id: Some("046d:082d".into()),
        usb_mbits: Some(480.0),
        serial: None,
        known: None,
        bus: "usb-0000:00:14.0-1".into(),
        external: Some(true),
        is_virtual: false,
        modes: [(1920, 1080), (1280, 720), (640, 480), (320, 240)]
            .map(|(width, height)| VideoMode { width, height, fps: 30.0 })
            .into(),
        fov: Some(FieldOfView { degrees: 78.0, axis: FovAxis::Diagonal, source: "catalogue".into() }),
        state: CheckState::Ok,
        reason: Code::DevicePresent,
    };
    let microphone = AudioDevice {
        id: "usb-046d:082d-1-audio".into(),
        name: "C920".into(),
        node: "hw:CARD=C920,DEV=0".into(),
        usb_id: Some("046d:082d".into()),
        serial: None,
        known: None,
        bus: "usb-0000:00:14.0-1".into(),
        external: Some(true),
        is_virtual: false,
        rates: vec![16_000, 32_000],
        state: CheckState::Ok,
        reason: Code::DevicePresent,
    };
    Inventory { cameras: vec![camera], microphones: vec![microphone], ..Inventory::default() }
}

/// The link's download is too slow.
pub(crate) fn probe() -> ProbeResult {
    let rate = |megabits: u64| Bitrate::from_bps(megabits * 1_000_000).unwrap();
    ProbeResult {
        mode: Mode::Gate,
        server: "probe.example:4433".into(),
        started_at: "2026-11-22T01:00:20Z".into(),
        duration_s: 1.04,
        bytes: ByteCount { sent: 1_300_000, received: 1_000_000 },
        verdict: Verdict::Fail,
        reason: Reason::QueueGrows,
        detail: None,
        up: DirectionResult {
            verdict: Verdict::Pass,
            reason: Reason::Sustained,
            delivered_bps: Some(10_500_000),
            loss_ratio: Some(0.0),
            burst_loss_ratio: Some(0.0),
            delay_ms: Some(Percentiles { p50: 0.5, p95: 2.0, p99: 3.0, max: 4.0 }),
            standing_queue_ms: Some(0.5),
            jitter_ms: Some(0.25),
            observed_s: 1.0,
            ..DirectionResult::unmeasured(rate(10), Reason::Undecided)
        },
        down: DirectionResult {
            verdict: Verdict::Fail,
            reason: Reason::QueueGrows,
            delivered_bps: Some(15_000_000),
            loss_ratio: Some(0.0025),
            burst_loss_ratio: Some(0.01),
            delay_ms: Some(Percentiles { p50: 90.0, p95: 170.0, p99: 180.0, max: 185.0 }),
            standing_queue_ms: Some(184.0),
            jitter_ms: Some(1.5),
            observed_s: 0.5,
            ..DirectionResult::unmeasured(rate(20), Reason::Undecided)
        },
        rtt_ms: RoundTrip { idle: Some(18.0), loaded: Some(120.0) },
    }
}

/// At the same rates as [`probe`], before something else took the download.
pub(crate) fn passed_sustain_probe() -> ProbeResult {
    let ProbeResult { up, down, .. } = probe();
    let held = |direction: DirectionResult, delivered_bps| DirectionResult {
        verdict: Verdict::Pass,
        reason: Reason::Sustained,
        delivered_bps: Some(delivered_bps),
        loss_ratio: Some(0.0005),
        delay_ms: Some(Percentiles { p50: 1.0, p95: 12.0, p99: 30.0, max: 55.0 }),
        standing_queue_ms: Some(1.0),
        observed_s: 21.0,
        ..direction
    };
    ProbeResult {
        mode: Mode::Sustain,
        bytes: ByteCount { sent: 28_000_000, received: 55_000_000 },
        verdict: Verdict::Pass,
        reason: Reason::Sustained,
        up: held(up, 10_500_000),
        down: held(down, 21_000_000),
        rtt_ms: RoundTrip { idle: Some(18.0), loaded: Some(25.0) },
        ..probe()
    }
}

/// The download's bucket ran empty after 8 s.
pub(crate) fn shaped_sustain_probe() -> ProbeResult {
    let findings = |bad_windows, slow_share, shaper| SustainFindings {
        windows: 30,
        bad_windows,
        longest_bad_s: f64::from(bad_windows) * 0.3,
        slow_share,
        shaper,
    };
    let shaper = ShaperEstimate { rate_bps: 15_020_000, bucket_bytes: 5_004_000 };
    let gate = probe();
    ProbeResult {
        mode: Mode::Sustain,
        duration_s: 9.2,
        reason: Reason::Shaped,
        up: DirectionResult {
            verdict: Verdict::Inconclusive,
            reason: Reason::Interrupted,
            sustain: Some(Box::new(findings(0, 0.0, None))),
            ..gate.up
        },
        down: DirectionResult {
            reason: Reason::Shaped,
            sustain: Some(Box::new(findings(2, 0.125, Some(shaper)))),
            ..gate.down
        },
        ..gate
    }
}

/// A good link, idle.
pub(crate) fn quality_probe() -> ProbeResult {
    let gate = probe();
    let measured = DirectionResult {
        target_bps: Mode::Quality.sending_rate(gate.up.target_bps),
        verdict: Verdict::Pass,
        reason: Reason::Measured,
        delivered_bps: Some(51_200),
        reordered: 3,
        ..gate.up
    };
    ProbeResult {
        mode: Mode::Quality,
        verdict: Verdict::Pass,
        reason: Reason::Measured,
        up: measured.clone(),
        down: measured,
        rtt_ms: RoundTrip { idle: Some(18.0), loaded: None },
        ..gate
    }
}
