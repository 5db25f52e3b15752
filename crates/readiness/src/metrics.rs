//! What is known of a room in Prometheus' words, in the room itself and at its desk. Built anew for each scrape, so that what
//! has vanished vanishes here too.

mod families;

use std::time::Duration;

use jiff::Timestamp;
use prometheus::Registry;
use siaga_probe::{DirectionResult, Mode, Verdict};

use self::families::Families;
use crate::{
    answer::{CheckCode, Readiness, RoomVerdict},
    evaluate,
    inventory::{DeviceRef, Kind},
    moment::Moment,
    observation::ServerStanding,
    policy::TimeToLive,
    presence::Presence,
    profile::Profile,
    snapshot::{Scan, Snapshot},
    state::CheckState,
    trial::DeviceKind,
};

/// A room whose metrics are wanted.
#[derive(Debug, Clone, Copy)]
pub struct RoomMetrics<'a> {
    /// What is known of it.
    pub snapshot: &'a Snapshot,
    /// When.
    pub now: Moment,
    /// Whether it can be heard, where that is told at a distance.
    pub presence: Option<&'a Presence>,
    /// The version of its agent, if that is known.
    pub version: Option<&'a str>,
    /// Until when its certificate for each of these servers counts.
    pub certificates: &'a [(String, Timestamp)],
}

impl RoomMetrics<'_> {
    /// Adds to `registry`, which has nothing of it yet: readiness for each of `profiles`, and the checks of `own`.
    pub fn register<'p>(
        &self,
        registry: &Registry,
        profiles: impl Iterator<Item = &'p Profile>,
        own: &Profile,
    ) {
        let Self { snapshot, now, .. } = *self;
        let families = Families::register(registry);
        if let Some(version) = self.version {
            families.build_info.with_label_values(&[version]).set(1.0);
        }
        certificates(&families, self.certificates);
        for profile in profiles {
            readiness(&families, &self.readiness(profile));
        }
        checks(&families, snapshot, &self.readiness(own));
        presence(&families, self.presence);
        devices(&families, snapshot, now);
        scans(&families, snapshot, now);
        probes(&families, snapshot);
        measures(&families, snapshot, now);
        quality(&families, snapshot, now);
        servers(&families, snapshot);
    }

    fn readiness(&self, profile: &Profile) -> Readiness {
        let readiness = evaluate(self.snapshot, profile, self.now);
        match self.presence {
            Some(presence) => readiness.seen_from_afar(presence),
            None => readiness,
        }
    }
}

fn readiness(families: &Families, readiness: &Readiness) {
    let profile = readiness.profile.as_str();
    families.ready.with_label_values(&[profile]).set(f64::from(u8::from(readiness.is_granted())));
    for state in [RoomVerdict::Ready, RoomVerdict::NotReady, RoomVerdict::Unknown] {
        let is = f64::from(u8::from(readiness.verdict == state));
        families.readiness_state.with_label_values(&[profile, state.as_str()]).set(is);
    }
}

fn certificates(families: &Families, certificates: &[(String, Timestamp)]) {
    for (server, until) in certificates {
        #[allow(clippy::cast_precision_loss)] // Exact for a hundred million years.
        families.identity_expiry.with_label_values(&[server]).set(until.as_second() as f64);
    }
}

fn presence(families: &Families, presence: Option<&Presence>) {
    if let Some(presence) = presence {
        families.online.with_label_values::<&str>(&[]).set(f64::from(u8::from(presence.online)));
        families.last_report_age.with_label_values::<&str>(&[]).set(presence.age.as_secs_f64());
    }
}

fn checks(families: &Families, snapshot: &Snapshot, readiness: &Readiness) {
    const STATES: [CheckState; 5] =
        [CheckState::Ok, CheckState::Warning, CheckState::Failed, CheckState::InUse, CheckState::Unknown];
    for check in &readiness.checks {
        for state in
            STATES.into_iter().filter(|state| *state != CheckState::InUse || can_be_in_use(check.code))
        {
            let is = f64::from(u8::from(check.state == state));
            families.check_state.with_label_values(&[check.code.as_str(), &state.to_string()]).set(is);
        }
        if let Some(age) = check.age_s {
            families.check_age.with_label_values(&[check.code.as_str()]).set(age);
        }
        if let Some(took) = took(snapshot, check.code) {
            families.check_duration.with_label_values(&[check.code.as_str()]).set(took.as_secs_f64());
        }
    }
}

/// Whether what is checked can be in use.
fn can_be_in_use(check: CheckCode) -> bool {
    use CheckCode::{Camera, CameraMicrophone, Microphone, NetDown, NetUp};
    matches!(check, Camera | CameraMicrophone | Microphone | NetUp | NetDown)
}

/// How long the last look behind a check took, whatever came of it.
fn took(snapshot: &Snapshot, check: CheckCode) -> Option<Duration> {
    match check {
        CheckCode::NetServer | CheckCode::NetUp | CheckCode::NetDown | CheckCode::Clock => {
            snapshot.network.gate.attempt.as_ref().map(|probe| probe.took)
        }
        CheckCode::NetSustain => snapshot.network.sustain.attempt.as_ref().map(|probe| probe.took),
        CheckCode::Power | CheckCode::Machine | CheckCode::Software => {
            snapshot.host.as_ref().map(|look| look.took)
        }
        CheckCode::RoomLink | CheckCode::Profile | CheckCode::Unknown => None,
        _ => snapshot.devices.attempt.as_ref().map(|scan| scan.took),
    }
}

/// A list that has grown old says nothing of what is there now. Of devices that are gone nothing is told but that.
fn devices(families: &Families, snapshot: &Snapshot, now: Moment) {
    let fresh = |scan: &&Scan| is_fresh(scan.at, snapshot.setup.policy.device_scan, now);
    let Some(scan) = snapshot.devices.scan.as_ref().filter(fresh) else { return };
    for device in scan.inventory.devices() {
        let usb_id = device.usb_id.unwrap_or_default();
        let (kind, state) = (device.kind.as_str(), device.state.to_string());
        let labels = [kind, device.id, device.name, usb_id, flag(device.is_virtual), &state];
        families.device_info.with_label_values(&labels).set(1.0);
        trial(families, snapshot, &device);
    }
    for absent in &scan.inventory.missing {
        let labels = [absent.kind.as_str(), &absent.id, &absent.name];
        families.device_missing.with_label_values(&labels).set(1.0);
    }
}

/// The last trial of a device, whatever came of it.
fn trial(families: &Families, snapshot: &Snapshot, device: &DeviceRef<'_>) {
    let kind = match device.kind {
        Kind::Camera => DeviceKind::Camera,
        Kind::Microphone => DeviceKind::Microphone,
        Kind::Speaker | Kind::Display => return,
    };
    let Some(took) = snapshot.devices.trials.of(kind, device.id).and_then(|tried| tried.took) else { return };
    let labels = [device.kind.as_str(), device.id];
    families.trial_duration.with_label_values(&labels).set(took.what.as_secs_f64());
}

fn flag(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

#[allow(clippy::cast_precision_loss)] // Counters stay far below 2^53.
fn scans(families: &Families, snapshot: &Snapshot, now: Moment) {
    let (counters, devices) = (&snapshot.counters, &snapshot.devices);
    if let Some(age) = devices.scan.as_ref().and_then(|scan| scan.at.age_at(&now)) {
        families.scan_age.with_label_values::<&str>(&[]).set(age.as_secs_f64());
    }
    if let Some(attempt) = &devices.attempt {
        families.scan_duration.with_label_values::<&str>(&[]).set(attempt.took.as_secs_f64());
    }
    families.scans.with_label_values(&["done"]).inc_by(counters.scans as f64);
    families.scans.with_label_values(&["failed"]).inc_by(counters.scan_faults as f64);
}

fn is_fresh(at: Moment, life: TimeToLive, now: Moment) -> bool {
    at.age_at(&now).is_some_and(|age| life.left_at(age).is_some())
}

const MODES: [Mode; 3] = [Mode::Gate, Mode::Sustain, Mode::Quality];
const VERDICTS: [Verdict; 3] = [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive];

#[allow(clippy::cast_precision_loss)]
fn probes(families: &Families, snapshot: &Snapshot) {
    let counters = &snapshot.counters;
    // What has not happened yet is told as such: an increase from nothing can't be seen.
    for (mode, verdict) in MODES.into_iter().flat_map(|mode| VERDICTS.map(|verdict| (mode, verdict))) {
        families.probes.with_label_values(&[mode.to_string(), verdict.to_string()]);
    }
    for count in &counters.probes {
        let labels = [count.mode.to_string(), count.verdict.to_string()];
        families.probes.with_label_values(&labels).inc_by(count.count as f64);
    }
    families.probe_bytes.with_label_values(&["up"]).inc_by(counters.bytes_sent as f64);
    families.probe_bytes.with_label_values(&["down"]).inc_by(counters.bytes_received as f64);
}

fn measures(families: &Families, snapshot: &Snapshot, now: Moment) {
    let (network, policy) = (&snapshot.network, snapshot.setup.policy);
    for (measured, life) in
        [(&network.gate.measured, policy.gate_probe), (&network.sustain.measured, policy.sustain_probe)]
    {
        let Some(measured) = measured.as_ref().filter(|probe| is_fresh(probe.at, life, now)) else {
            continue;
        };
        let result = &measured.evidence.result;
        let mode = result.mode.to_string();
        direction(families, &mode, "up", &result.up);
        direction(families, &mode, "down", &result.down);
        for (load, rtt) in [("idle", result.rtt_ms.idle), ("loaded", result.rtt_ms.loaded)] {
            if let Some(rtt) = rtt {
                families.rtt.with_label_values(&[mode.as_str(), load]).set(rtt / 1e3);
            }
        }
    }
}

/// Bytes and seconds: Prometheus' base units.
#[allow(clippy::cast_precision_loss)]
fn direction(families: &Families, mode: &str, name: &str, result: &DirectionResult) {
    families.target.with_label_values(&[mode, name]).set(result.target_bps.bps_f64() / 8.0);
    shaper(families, name, result);
    if let Some(delivered) = result.delivered_bps {
        families.delivered.with_label_values(&[mode, name]).set(delivered as f64 / 8.0);
    }
    if let Some(loss) = result.loss_ratio {
        families.loss.with_label_values(&[mode, name]).set(loss);
    }
    if let Some(queue) = result.standing_queue_ms {
        families.standing_queue.with_label_values(&[mode, name]).set(queue / 1e3);
    }
    if let Some(delay) = result.delay_ms {
        // Of a room's 150 series these are the telling ones; the reports have the others.
        for (percentile, value) in [("p95", delay.p95), ("p99", delay.p99)] {
            families.delay.with_label_values(&[mode, name, percentile]).set(value / 1e3);
        }
    }
}

/// A bucket that a sustain probe saw run empty.
#[allow(clippy::cast_precision_loss)]
fn shaper(families: &Families, direction: &str, result: &DirectionResult) {
    if let Some(shaper) = result.sustain.as_ref().and_then(|sustain| sustain.shaper) {
        families.shaper_rate.with_label_values(&[direction]).set(shaper.rate_bps as f64 / 8.0);
        families.shaper_bucket.with_label_values(&[direction]).set(shaper.bucket_bytes as f64);
    }
}

/// What the link is like while nobody loads it. It says no more about now than a gate probe of that age does.
fn quality(families: &Families, snapshot: &Snapshot, now: Moment) {
    let life = snapshot.setup.policy.gate_probe;
    let Some(quality) = snapshot.network.quality.as_ref().filter(|probe| is_fresh(probe.at, life, now))
    else {
        return;
    };
    let result = &quality.evidence.result;
    let directions = [("up", &result.up), ("down", &result.down)];
    // What a disturbed stream measured is not the link's.
    for (name, direction) in directions.into_iter().filter(|(_, it)| it.verdict == Verdict::Pass) {
        if let Some(loss) = direction.loss_ratio {
            families.quality_loss.with_label_values(&[name]).set(loss);
        }
        if let Some(jitter) = direction.jitter_ms {
            families.quality_jitter.with_label_values(&[name]).set(jitter / 1e3);
        }
    }
    if let Some(rtt) = result.rtt_ms.idle {
        families.quality_rtt.with_label_values::<&str>(&[]).set(rtt / 1e3);
    }
}

/// A server's fault is told from the room's.
fn servers(families: &Families, snapshot: &Snapshot) {
    for ServerStanding { server, reason, rtt_ms, contradicted } in &snapshot.network.servers {
        let is = |truth: bool| f64::from(u8::from(truth));
        families.server_serves.with_label_values(&[server]).set(is(!reason.is_about_the_server()));
        families.server_contradicted.with_label_values(&[server]).set(is(*contradicted));
        if let Some(rtt) = rtt_ms {
            families.server_rtt.with_label_values(&[server]).set(rtt / 1e3);
        }
    }
}
