//! A room that is made of nothing: what its agent would report if it were a good one.

use std::time::Duration;

use jiff::Timestamp;
use siaga_probe::{
    Bitrate, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    network::NetworkId,
    outcome::{ByteCount, Percentiles, RoundTrip, ShaperEstimate, SustainFindings},
};
use siaga_readiness::{
    host::{Host, MachineKind, Power, Presence, ProgramFact},
    inventory::{Absent, AudioDevice, Camera, Inventory, Kind, VideoMode},
    moment::Moment,
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace, ServerStanding},
    policy::Policy,
    reasons::Code,
    report::Facts,
    snapshot::Setup,
    state::CheckState,
    tracker::Tracker,
    trial::{DeviceKind, Judgement, Trial, TrialOutcome},
};

/// A room.
#[derive(Debug, Clone)]
pub struct LabRoom {
    /// Its identifier.
    pub name: String,
    /// What is the matter with it.
    pub fault: Option<Fault>,
}

/// What may be the matter with a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// Somebody has unplugged its camera.
    Camera,
    /// Its link is too slow.
    Link,
    /// Zoom is not installed.
    Zoom,
    /// Its provider lets 6 MB through and no more than 6 Mbit/s after that.
    Bucket,
    /// Its link failed at its server and passed at another one, and now its server does not answer.
    Server,
    /// Nothing: somebody is in a call.
    Call,
}

/// When its link was last probed.
#[derive(Debug, Clone, Copy)]
pub struct Probed {
    /// For a second.
    pub gate: Duration,
    /// For half a minute.
    pub sustain: Duration,
}

impl LabRoom {
    /// What the room knows at `now`: devices and machine were looked at just now, the link was probed so long ago.
    #[must_use]
    pub fn facts(&self, now: Moment, probed: Probed) -> Facts {
        let setup = Setup {
            room: self.name.clone(),
            probe_server: Some("probe.example:4433".to_owned()),
            policy: Policy::default(),
        };
        // Only ages leave a room: its machine has been up for longer than this one, which may have been started a minute ago.
        let now = Moment { since_boot: now.since_boot + A_DAY, ..now };
        let mut tracker = Tracker::new(setup, ago(now, A_DAY));
        for observation in self.observations(now, probed) {
            tracker.observe(observation);
        }
        Facts::of(tracker.snapshot(), now)
    }

    /// What its agent would have observed to know that.
    #[must_use]
    pub fn observations(&self, now: Moment, probed: Probed) -> Vec<Observation> {
        let gate = if self.fault == Some(Fault::Link) { Verdict::Fail } else { Verdict::Pass };
        let seen = [
            (probed.sustain, Evidence::Probe(Box::new(self.sustain()))),
            (probed.gate, Evidence::Probe(Box::new(probe(Mode::Gate, gate)))),
            (probed.gate, Evidence::Probe(Box::new(self.quality()))),
            (probed.gate, Evidence::Servers(self.servers())),
            (Duration::ZERO, Evidence::Devices(self.inventory())),
            (probed.gate, tried(DeviceKind::Camera, CAMERA, Code::CameraWorks, 30.0)),
            (probed.gate, tried(DeviceKind::Microphone, MICROPHONE, Code::MicrophoneWorks, -31.0)),
            (Duration::ZERO, Evidence::Host(self.host())),
        ];
        let observed =
            |(age, evidence)| Observation { at: ago(now, age), took: Duration::from_secs(1), evidence };
        seen.into_iter().map(observed).collect()
    }

    fn inventory(&self) -> Inventory {
        let bus = "usb-0000:00:14.0-1".to_owned();
        let camera = Camera {
            id: CAMERA.to_owned(),
            name: "Lab webcam".to_owned(),
            node: "/dev/video0".to_owned(),
            usb_id: Some("046d:082d".to_owned()),
            serial: None,
            usb_mbits: Some(480.0),
            bus: bus.clone(),
            external: Some(true),
            is_virtual: false,
            modes: vec![VideoMode { width: 1920, height: 1080, fps: 30.0 }],
            fov: None,
            known: None,
            state: CheckState::Ok,
            reason: Code::DevicePresent,
        };
        let microphone = AudioDevice {
            id: MICROPHONE.to_owned(),
            name: "Lab webcam".to_owned(),
            node: "hw:CARD=Lab,DEV=0".to_owned(),
            usb_id: Some("046d:082d".to_owned()),
            serial: None,
            bus,
            external: Some(true),
            is_virtual: false,
            rates: vec![48_000],
            known: None,
            state: CheckState::Ok,
            reason: Code::DevicePresent,
        };
        let mut inventory = Inventory { microphones: vec![microphone], ..Inventory::default() };
        if self.fault == Some(Fault::Camera) {
            let Camera { id, name, usb_id, bus, .. } = camera;
            let good_at = Timestamp::UNIX_EPOCH;
            inventory.missing.push(Absent { kind: Kind::Camera, id, name, usb_id, bus, good_at });
        } else if self.fault == Some(Fault::Call) {
            inventory.cameras.push(Camera { state: CheckState::InUse, reason: Code::DeviceBusy, ..camera });
        } else {
            inventory.cameras.push(camera);
        }
        inventory
    }

    fn sustain(&self) -> ProbeEvidence {
        let is_bad = self.fault == Some(Fault::Bucket);
        let mut evidence = probe(Mode::Sustain, if is_bad { Verdict::Fail } else { Verdict::Pass });
        if is_bad {
            let shaper = Some(ShaperEstimate { rate_bps: 6_000_000, bucket_bytes: 6_000_000 });
            let (windows, bad_windows, longest_bad_s, slow_share) = (105, 60, 12.0, 0.6);
            let found = SustainFindings { windows, bad_windows, longest_bad_s, slow_share, shaper };
            evidence.result.up.sustain = Some(Box::new(found));
        }
        evidence
    }

    fn quality(&self) -> ProbeEvidence {
        let mut evidence = probe(Mode::Quality, Verdict::Pass);
        if self.fault == Some(Fault::Link) {
            let ProbeResult { up, rtt_ms, .. } = &mut evidence.result;
            (up.loss_ratio, up.jitter_ms, rtt_ms.idle) = (Some(0.05), Some(30.0), Some(90.0));
        }
        evidence
    }

    fn servers(&self) -> Vec<ServerStanding> {
        let standing = |server: &str, reason, contradicted| ServerStanding {
            server: server.to_owned(),
            reason,
            rtt_ms: Some(18.0),
            contradicted,
        };
        if self.fault == Some(Fault::Server) {
            let near = standing("probe.example:4433", Reason::ServerAbsent, true);
            return vec![near, standing("far.example:4433", Reason::Sustained, false)];
        }
        vec![standing("probe.example:4433", Reason::Sustained, false)]
    }

    fn host(&self) -> Host {
        let id = "zoom".parse().expect("it is an id");
        let presence = if self.fault == Some(Fault::Zoom) { Presence::Absent } else { Presence::Present };
        Host {
            power: Power::Mains,
            charge_percent: None,
            ups: true,
            machine: MachineKind::Desktop,
            programs: vec![ProgramFact { id, name: "Zoom".to_owned(), presence }],
        }
    }
}

const A_DAY: Duration = Duration::from_secs(24 * 3600);

fn ago(now: Moment, time: Duration) -> Moment {
    Moment {
        wall: now.wall.checked_sub(time).unwrap_or(Timestamp::MIN),
        since_boot: now.since_boot.saturating_sub(time),
        boot: now.boot,
    }
}

const CAMERA: &str = "usb-046d:082d-1";
const MICROPHONE: &str = "usb-046d:082d-1-audio";

/// `value`: pictures a second, or dB below full scale.
fn tried(kind: DeviceKind, id: &str, reason: Code, value: f64) -> Evidence {
    let judgement = Judgement { value: Some(value), ..Judgement::new(CheckState::Ok, reason) };
    Evidence::Trial(Trial { kind, id: id.to_owned(), outcome: TrialOutcome::Found(judgement) })
}

/// On which its probes were made.
pub const NETWORK: NetworkId = NetworkId(0x51A6A);

/// What a probe at the rates of the profile `minimum` found.
#[must_use]
pub fn probe(mode: Mode, verdict: Verdict) -> ProbeEvidence {
    let reason = if verdict == Verdict::Pass { Reason::Sustained } else { Reason::QueueGrows };
    let is_good = verdict == Verdict::Pass;
    let (p95, queue) = if is_good { (4.0, 1.0) } else { (240.0, 250.0) };
    let direction = |megabits: u64, arrived: u64| DirectionResult {
        verdict,
        delivered_bps: Some(if is_good { arrived } else { arrived / 2 }),
        loss_ratio: Some(if is_good { 0.001 } else { 0.02 }),
        delay_ms: Some(Percentiles { p50: 1.0, p95, p99: p95, max: p95 }),
        standing_queue_ms: Some(queue),
        jitter_ms: Some(2.0),
        observed_s: if mode == Mode::Sustain { 21.0 } else { 1.0 },
        ..DirectionResult::unmeasured(
            Bitrate::from_bps(megabits * 1_000_000).expect("within the range"),
            reason,
        )
    };
    let result = ProbeResult {
        mode,
        server: "probe.example:4433".to_owned(),
        started_at: String::new(),
        duration_s: 1.04,
        bytes: ByteCount { sent: 1_300_000, received: 2_700_000 },
        verdict,
        reason,
        detail: None,
        up: direction(10, 10_500_000),
        down: direction(20, 21_000_000),
        rtt_ms: RoundTrip { idle: Some(18.0), loaded: Some(25.0) },
    };
    ProbeEvidence {
        server_place: ServerPlace::Public,
        network: Some(NETWORK),
        clock_offset_s: Some(0.0),
        gateway: None,
        result,
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::moment::BootId;

    use super::*;

    #[test]
    fn what_a_room_knows_is_as_old_as_it_is_said_to_be_however_young_this_machine_is() {
        let room = LabRoom { name: "r1".to_owned(), fault: None };
        let now =
            Moment { wall: Timestamp::UNIX_EPOCH, since_boot: Duration::from_secs(10), boot: BootId(1) };
        let probed = Probed { gate: Duration::from_secs(2 * 3600), sustain: Duration::from_secs(3 * 3600) };
        let facts = serde_json::to_string(&room.facts(now, probed)).unwrap();
        for age in ["\"age_ms\":7200000", "\"age_ms\":10800000"] {
            assert!(facts.contains(age), "{age}: {facts}");
        }
    }
}
