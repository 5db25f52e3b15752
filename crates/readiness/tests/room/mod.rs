//! A room to tell stories about: a tracker, a clock, and short words for what happens.
#![allow(dead_code, unreachable_pub)]

use std::time::Duration;

use jiff::Timestamp;
use siaga_probe::{
    Bitrate, Direction, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    network::Failure,
    outcome::{ByteCount, RoundTrip, combine},
};
use siaga_readiness::{
    Cause, Check, CheckCode, CheckState, Code, Evidence, Inventory, Moment, Observation, Policy,
    ProbeEvidence, Profile, Readiness, ScanFault, ServerPlace, Setup, Tracker, evaluate,
    host::{Host, MachineKind, Power, Presence, ProgramFact},
    inventory::{AudioDevice, Camera, FieldOfView, FovAxis, VideoMode},
    moment::BootId,
};

pub const MINUTE: u64 = 60;

pub struct Room {
    pub tracker: Tracker,
    pub now: Moment,
}

impl Room {
    pub fn new(policy: Policy) -> Self {
        Self::with(Setup {
            room: "diskominfo-r2".to_owned(),
            probe_server: Some("probe.example.go.id:4433".to_owned()),
            policy,
        })
    }

    pub fn with(setup: Setup) -> Self {
        let now = moment(1000);
        Self { tracker: Tracker::new(setup, now), now }
    }

    /// Both clocks go on, asleep or awake.
    pub fn pass(&mut self, seconds: u64) -> &mut Self {
        self.now.since_boot += Duration::from_secs(seconds);
        self.now.wall += Duration::from_secs(seconds);
        self
    }

    pub fn observe(&mut self, evidence: Evidence) -> &mut Self {
        self.observe_from(self.now, evidence)
    }

    pub fn observe_from(&mut self, at: Moment, evidence: Evidence) -> &mut Self {
        self.tracker.observe(Observation { at, took: Duration::from_millis(900), evidence });
        self
    }

    /// A look at the devices, and at a machine that leaves nothing to be said.
    pub fn scan(&mut self, inventory: Inventory) -> &mut Self {
        self.observe(Evidence::Devices(inventory)).host(laptop())
    }

    pub fn host(&mut self, host: Host) -> &mut Self {
        self.observe(Evidence::Host(host))
    }

    pub fn scan_fails(&mut self) -> &mut Self {
        let fault =
            ScanFault { reason: Code::DeviceScanTimedOut, detail: "no answer within 10 s".to_owned() };
        self.observe(Evidence::DeviceFault(fault))
    }

    /// A probe of a public server.
    pub fn probe(&mut self, up: DirectionResult, down: DirectionResult) -> &mut Self {
        self.observe(probe(ServerPlace::Public, up, down))
    }

    /// A sustain probe of a public server.
    pub fn sustain(&mut self, up: DirectionResult, down: DirectionResult) -> &mut Self {
        self.observe(probe_of(Mode::Sustain, ServerPlace::Public, up, down))
    }

    /// A sustain probe on this network that failed so many seconds ago is remembered.
    pub fn remember(&mut self, direction: Direction, rate: u64, ago: u64) -> &mut Self {
        self.observe(Evidence::Remembered(vec![remembered(direction, rate, ago)]))
    }

    pub fn invalidate(&mut self, cause: Cause) -> &mut Self {
        self.tracker.invalidate(cause, self.now);
        self
    }

    pub fn readiness(&self, profile: &Profile) -> Readiness {
        evaluate(self.tracker.snapshot(), profile, self.now)
    }

    pub fn minimum(&self) -> Readiness {
        self.readiness(Profile::minimum())
    }

    pub fn recommended(&self) -> Readiness {
        self.readiness(Profile::recommended())
    }
}

pub fn moment(seconds: u64) -> Moment {
    let start: Timestamp = "2026-07-01T01:00:00Z".parse().unwrap();
    Moment {
        wall: start + Duration::from_secs(seconds),
        since_boot: Duration::from_secs(seconds),
        boot: BootId(7),
    }
}

pub fn check(readiness: &Readiness, code: CheckCode) -> &Check {
    readiness.checks.iter().find(|check| check.code == code).unwrap()
}

/// State and reason of a check.
pub fn says(readiness: &Readiness, code: CheckCode) -> (CheckState, Code) {
    let check = check(readiness, code);
    (check.state, check.reason)
}

pub fn probe(server_place: ServerPlace, up: DirectionResult, down: DirectionResult) -> Evidence {
    probe_of(Mode::Gate, server_place, up, down)
}

pub fn probe_of(
    mode: Mode,
    server_place: ServerPlace,
    up: DirectionResult,
    down: DirectionResult,
) -> Evidence {
    let (verdict, reason) = combine(&up, &down);
    let shook_hands = up.delivered_bps.is_some() || down.delivered_bps.is_some();
    let made = ByteCount { sent: 1_500_000, received: 2_800_000 };
    Evidence::Probe(Box::new(ProbeEvidence {
        server_place,
        network: None,
        clock_offset_s: None,
        gateway: None,
        result: ProbeResult {
            mode,
            server: "probe.example.go.id:4433".to_owned(),
            started_at: "2026-07-01T01:00:00Z".to_owned(),
            duration_s: 0.98,
            bytes: if reason.is_postponement() { ByteCount::default() } else { made },
            verdict,
            reason,
            detail: None,
            up,
            down,
            rtt_ms: RoundTrip { idle: shook_hands.then_some(20.0), loaded: shook_hands.then_some(24.0) },
        },
    }))
}

pub fn mbps(rate: u64) -> Bitrate {
    Bitrate::from_bps(rate * 1_000_000).unwrap()
}

pub fn pass(rate: u64) -> DirectionResult {
    DirectionResult {
        verdict: Verdict::Pass,
        delivered_bps: Some(rate * 1_050_000),
        ..DirectionResult::unmeasured(mbps(rate), Reason::Sustained)
    }
}

pub fn fail(rate: u64, reason: Reason, delivered_bps: u64) -> DirectionResult {
    DirectionResult {
        verdict: Verdict::Fail,
        delivered_bps: Some(delivered_bps),
        ..DirectionResult::unmeasured(mbps(rate), reason)
    }
}

pub fn remembered(direction: Direction, rate: u64, ago: u64) -> Failure {
    Failure {
        direction,
        target_bps: mbps(rate),
        reason: Reason::Shaped,
        delivered_bps: Some(rate * 500_000),
        ago: Duration::from_secs(ago),
    }
}

/// Inconclusive after the handshake.
pub fn disturbed(rate: u64, reason: Reason) -> DirectionResult {
    DirectionResult { delivered_bps: Some(1_000_000), ..DirectionResult::unmeasured(mbps(rate), reason) }
}

/// Inconclusive before anything was measured.
pub fn nothing(rate: u64, reason: Reason) -> DirectionResult {
    DirectionResult::unmeasured(mbps(rate), reason)
}

/// A laptop on mains with Zoom.
pub fn laptop() -> Host {
    Host {
        power: Power::Mains,
        charge_percent: Some(80),
        ups: false,
        machine: MachineKind::Laptop,
        programs: vec![ProgramFact {
            id: "zoom".parse().unwrap(),
            name: "Zoom".to_owned(),
            presence: Presence::Present,
        }],
    }
}

/// The laptop's own camera and microphone.
pub fn built_in() -> Inventory {
    Inventory {
        cameras: vec![Camera {
            id: "04f2:b6d9@usb-0000:00:14.0-8".to_owned(),
            name: "Integrated Camera".to_owned(),
            node: "/dev/video0".to_owned(),
            usb_id: Some("04f2:b6d9".to_owned()),
            usb_mbits: Some(480.0),
            serial: None,
            known: None,
            bus: "usb-0000:00:14.0-8".to_owned(),
            external: Some(false),
            is_virtual: false,
            modes: vec![VideoMode { width: 1280, height: 720, fps: 30.0 }],
            fov: None,
            state: CheckState::Ok,
            reason: Code::DevicePresent,
        }],
        microphones: vec![AudioDevice {
            id: "PCH@pci-0000:00:1f.3".to_owned(),
            name: "HDA Intel PCH".to_owned(),
            node: "hw:CARD=PCH,DEV=0".to_owned(),
            usb_id: None,
            serial: None,
            known: None,
            bus: "pci-0000:00:1f.3".to_owned(),
            external: Some(false),
            is_virtual: false,
            rates: vec![44_100, 48_000],
            state: CheckState::Ok,
            reason: Code::DevicePresent,
        }],
        ..Inventory::default()
    }
}

/// A wide USB webcam with a microphone, its field of view declared.
pub fn webcam() -> Inventory {
    let (usb_id, bus) = (Some("046d:0843".to_owned()), "usb-0000:00:14.0-2".to_owned());
    let mut inventory = built_in();
    let camera = Camera {
        id: "046d:0843@usb-0000:00:14.0-2".to_owned(),
        name: "Logitech Webcam C930e".to_owned(),
        node: "/dev/video2".to_owned(),
        usb_id: usb_id.clone(),
        bus: bus.clone(),
        external: Some(true),
        modes: vec![
            VideoMode { width: 1920, height: 1080, fps: 30.0 },
            VideoMode { width: 1280, height: 720, fps: 30.0 },
        ],
        fov: Some(FieldOfView { degrees: 90.0, axis: FovAxis::Diagonal, source: "catalogue".to_owned() }),
        ..inventory.cameras[0].clone()
    };
    let microphone = AudioDevice {
        id: "046d:0843@usb-0000:00:14.0-2".to_owned(),
        name: "Logitech Webcam C930e".to_owned(),
        node: "hw:CARD=C930e,DEV=0".to_owned(),
        usb_id,
        bus,
        external: Some(true),
        ..inventory.microphones[0].clone()
    };
    inventory.cameras.push(camera);
    inventory.microphones.push(microphone);
    inventory
}

/// [`webcam`] without the laptop's own devices.
pub fn webcam_alone() -> Inventory {
    let mut inventory = webcam();
    inventory.cameras.remove(0);
    inventory.microphones.remove(0);
    inventory
}
