//! From observations to a snapshot.

use std::time::Duration;

use siaga_probe::{Mode, ProbeResult, Reason, Verdict};

use crate::{
    inventory::Inventory,
    moment::Moment,
    observation::{Evidence, Observation, ProbeEvidence, ScanFault},
    policy::Policy,
    snapshot::{
        Cause, Counters, DeviceEvidence, Finding, HostLook, NetworkEvidence, ProbeAttempt, ProbeCount,
        RateEvidence, Remembered, Scan, ScanAttempt, Setup, Since, Snapshot, Trials,
    },
    trial::Trial,
};

/// Gathers observations. What it holds depends on which observations came, not on the order in which they
/// did: of two about the same thing the newer counts. Scans alone are to come in their order, because it tells how long a meeting
/// has been on.
#[derive(Debug, Clone)]
pub struct Tracker {
    snapshot: Snapshot,
}

impl Tracker {
    /// A tracker that knows nothing: evidence counts from `now` on.
    #[must_use]
    pub fn new(setup: Setup, now: Moment) -> Self {
        let since = Since { at: now, cause: Cause::Started };
        Self {
            snapshot: Snapshot {
                setup,
                devices: DeviceEvidence::none(since),
                network: NetworkEvidence::none(since),
                host: None,
                counters: Counters::default(),
            },
        }
    }

    /// What is known.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Has evidence count by another policy.
    pub const fn go_by(&mut self, policy: Policy) {
        self.snapshot.setup.policy = policy;
    }

    /// Takes an observation in. One from before the last invalidation or from another boot is counted, but
    /// says nothing.
    pub fn observe(&mut self, observation: Observation) {
        let Observation { at, took, evidence } = observation;
        let Snapshot { setup, devices, network, host: held, counters } = &mut self.snapshot;
        match evidence {
            Evidence::Devices(inventory) => {
                counters.scans += 1;
                devices.scanned(at, took, inventory, &setup.policy);
            }
            Evidence::DeviceFault(fault) => {
                counters.scan_faults += 1;
                devices.not_scanned(at, took, fault);
            }
            Evidence::Host(host) => {
                if devices.since.admits(at) && is_newer(at, held.as_ref().map(|held| held.at)) {
                    *held = Some(HostLook { at, took, host });
                }
            }
            Evidence::Trial(trial) => devices.tried_out(at, took, trial),
            Evidence::Probe(evidence) => {
                if evidence.result.was_made() {
                    counters.count(&evidence.result);
                }
                network.probed(ProbeAttempt { at, took, evidence: *evidence });
            }
            Evidence::Remembered(failures) => {
                if network.since.admits(at) {
                    network.remembered.record(at, failures);
                }
            }
            Evidence::Servers(standings) => {
                if network.since.admits(at) {
                    network.servers = standings;
                }
            }
        }
    }

    /// Makes what is known worthless: everything, or the link only where the network changed. What began
    /// before `now` and comes in later is worthless too.
    pub fn invalidate(&mut self, cause: Cause, now: Moment) {
        let since = Since { at: now, cause };
        self.snapshot.network = NetworkEvidence::none(since);
        match cause {
            Cause::NetworkChanged => {}
            Cause::Started
            | Cause::Resumed
            | Cause::ClockStepped
            | Cause::NotUnderstood
            | Cause::ConfigurationChanged => {
                self.snapshot.devices = DeviceEvidence::none(since);
                self.snapshot.host = None;
            }
        }
    }
}

impl Since {
    fn admits(&self, at: Moment) -> bool {
        self.at.age_at(&at).is_some()
    }
}

impl DeviceEvidence {
    /// Nothing is known.
    pub(crate) fn none(since: Since) -> Self {
        Self { since, scan: None, attempt: None, trials: Trials::default(), occupied_since: None }
    }

    fn scanned(&mut self, at: Moment, took: Duration, inventory: Inventory, policy: &Policy) {
        let before = self.scan.as_ref().map(|scan| scan.at);
        if self.since.admits(at) && is_newer(at, before) {
            // Where nobody looked for longer than a scan counts, the meeting before may have been another one.
            let gap = before.and_then(|before| policy.device_scan.left_at(before.age_at(&at)?));
            self.occupied_since = match self.occupied_since {
                _ if !policy.is_occupied(&inventory) => None,
                Some(since) if gap.is_some() => Some(since),
                _ => Some(at),
            };
            self.scan = Some(Scan { at, inventory });
        }
        self.tried(ScanAttempt { at, took, fault: None });
    }

    fn not_scanned(&mut self, at: Moment, took: Duration, fault: ScanFault) {
        self.tried(ScanAttempt { at, took, fault: Some(fault) });
    }

    fn tried_out(&mut self, at: Moment, took: Duration, trial: Trial) {
        if self.since.admits(at) {
            self.trials.record(at, took, trial);
        }
    }

    fn tried(&mut self, attempt: ScanAttempt) {
        if self.since.admits(attempt.at) && is_newer(attempt.at, self.attempt.as_ref().map(|held| held.at)) {
            self.attempt = Some(attempt);
        }
    }
}

impl NetworkEvidence {
    /// Nothing is known.
    pub(crate) fn none(since: Since) -> Self {
        Self {
            since,
            gate: RateEvidence::default(),
            sustain: RateEvidence::default(),
            remembered: Remembered::default(),
            quality: None,
            turned_away: None,
            servers: Vec::new(),
        }
    }

    /// What kind of probe it was decides what it can say. Of a kind that this version does not know nothing can
    /// be told.
    fn probed(&mut self, attempt: ProbeAttempt) {
        if !self.since.admits(attempt.at) {
            return;
        }
        let ProbeResult { mode, reason, .. } = &attempt.evidence.result;
        let is_newer = is_newer(attempt.at, self.turned_away.as_ref().map(|held| held.at));
        // That a server has no time for a long probe or a stream says nothing about the next gate probe.
        let turned_away = reason.is_about_the_server() && *reason != Reason::ServerBusy;
        if turned_away && is_newer && matches!(mode, Mode::Sustain | Mode::Quality) {
            self.turned_away = Some(attempt.clone());
        }
        match mode {
            Mode::Gate => self.gate.probed(attempt),
            Mode::Sustain => self.sustain.probed(attempt),
            Mode::Quality => self.quality_seen(attempt),
            Mode::Unknown => {}
        }
    }

    fn quality_seen(&mut self, attempt: ProbeAttempt) {
        let ProbeResult { up, down, .. } = &attempt.evidence.result;
        let measures = [up, down].iter().any(|direction| direction.verdict == Verdict::Pass);
        if measures && is_newer(attempt.at, self.quality.as_ref().map(|held| held.at)) {
            self.quality = Some(attempt);
        }
    }
}

impl RateEvidence {
    fn probed(&mut self, attempt: ProbeAttempt) {
        let ProbeEvidence { server_place, result, .. } = &attempt.evidence;
        for (findings, direction) in [(&mut self.up, &result.up), (&mut self.down, &result.down)] {
            if let Some(finding) = Finding::of(attempt.at, *server_place, direction) {
                findings.record(finding);
            }
        }
        let measures = [&result.up, &result.down].iter().any(|direction| direction.delivered_bps.is_some());
        if measures && is_newer(attempt.at, self.measured.as_ref().map(|held| held.at)) {
            self.measured = Some(attempt.clone());
        }
        if is_newer(attempt.at, self.attempt.as_ref().map(|held| held.at)) {
            self.attempt = Some(attempt);
        }
    }
}

/// Whether something seen at `at` is not older than what is held.
fn is_newer(at: Moment, held: Option<Moment>) -> bool {
    held.is_none_or(|held| held.age_at(&at).is_some())
}

impl Counters {
    fn count(&mut self, result: &ProbeResult) {
        self.bytes_sent = self.bytes_sent.saturating_add(result.bytes.sent);
        self.bytes_received = self.bytes_received.saturating_add(result.bytes.received);
        let same = |count: &&mut ProbeCount| count.mode == result.mode && count.verdict == result.verdict;
        match self.probes.iter_mut().find(same) {
            Some(count) => count.count += 1,
            None => self.probes.push(ProbeCount { mode: result.mode, verdict: result.verdict, count: 1 }),
        }
    }
}
