//! Everything that is held about a room at one time: the one value that all answers are computed from.

mod findings;
mod remembered;
mod retimed;
mod trials;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use siaga_probe::{Mode, Verdict, schedule::Meeting};

use crate::{
    host::Host,
    inventory::Inventory,
    moment::Moment,
    observation::{ProbeEvidence, ScanFault, ServerStanding},
    policy::{Policy, TimeToLive},
    reasons::Code,
    state::CheckState,
};

pub use findings::{Conclusion, Finding, Findings};
pub use remembered::Remembered;
pub use trials::{Trials, TriedDevice, When};

/// The evidence about one room. No verdict is in it: that is computed when it is read.
///
/// `T` is how its times are told: by the clocks of the machine that saw it, or, in what a room reports, by their ages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot<T = Moment> {
    /// What it is evidence of, and how it counts.
    pub setup: Setup,
    /// What is known of the devices.
    pub devices: DeviceEvidence<T>,
    /// What is known of the link.
    pub network: NetworkEvidence<T>,
    /// The last look at the machine itself. What voids a device scan voids it too.
    pub host: Option<HostLook<T>>,
    /// Totals since the program started, for metrics.
    pub counters: Counters,
}

impl Snapshot {
    /// As a caller sees it who accepts nothing as good that is older than `max_age`: that counts as stale. A failure of
    /// a probe or a trial counts for as long as the room's own policy says. A limit that is wider than the room's own
    /// changes nothing; `None` is no limit.
    #[must_use]
    pub fn no_older_than(mut self, max_age: Option<TimeToLive>) -> Self {
        if let Some(max_age) = max_age {
            self.setup.policy = self.setup.policy.no_older_than(max_age);
        }
        self
    }

    /// As a caller sees it who has had the link measured: no gate probe is accepted as good that began longer than `age` ago.
    /// What else is known of the room, and that a probe failed, counts as before.
    #[must_use]
    pub fn no_gate_older_than(mut self, age: Duration) -> Self {
        self.setup.policy = self.setup.policy.no_gate_older_than(age);
        self
    }

    /// Whether the last scan saw another program hold a camera or a microphone; unknown if it no longer counts at `now`.
    #[must_use]
    pub fn meeting(&self, now: Moment) -> Meeting {
        let policy = self.setup.policy;
        let fresh =
            |scan: &&Scan| scan.at.age_at(&now).is_some_and(|age| policy.device_scan.left_at(age).is_some());
        let Some(Scan { inventory, .. }) = self.devices.scan.as_ref().filter(fresh) else {
            return Meeting::Unknown;
        };
        if policy.is_occupied(inventory) { Meeting::On } else { Meeting::Off }
    }

    /// Since when a meeting has been on without a break that a scan has seen, and for how long that counts from `now` on without
    /// another scan. No meeting is longer than half a day: a program that holds a device for longer is something else.
    pub(crate) fn meeting_since(&self, now: Moment) -> Option<(Moment, Duration)> {
        let (scan, since) = (self.devices.scan.as_ref()?, self.devices.occupied_since?);
        let seen = self.setup.policy.device_scan.left_at(scan.at.age_at(&now)?)?;
        let left = LONGEST_MEETING.checked_sub(since.age_at(&now)?).filter(|left| !left.is_zero())?;
        (self.meeting(now) == Meeting::On).then_some((since, seen.min(left)))
    }
}

const LONGEST_MEETING: Duration = Duration::from_secs(12 * 60 * 60);

impl Policy {
    /// Whether another program holds a camera or a microphone that counts.
    pub(crate) fn is_occupied(&self, inventory: &Inventory) -> bool {
        let used =
            |state, is_virtual: bool| state == CheckState::InUse && (self.accept_virtual || !is_virtual);
        inventory.cameras.iter().any(|camera| used(camera.state, camera.is_virtual))
            || inventory.microphones.iter().any(|device| used(device.state, device.is_virtual))
    }
}

/// What the configuration says about the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// The room's identifier.
    pub room: String,
    /// The probe server as it is configured, `HOST:PORT`, if one is.
    pub probe_server: Option<String>,
    /// How evidence counts.
    pub policy: Policy,
}

/// From when on evidence counts, and why not earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since<T = Moment> {
    /// Nothing that began before this moment, or in another boot, counts.
    pub at: T,
    /// What made earlier evidence worthless.
    pub cause: Cause,
}

/// What makes evidence worthless before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The program started: what it knew is gone.
    Started,
    /// The machine woke up.
    Resumed,
    /// The wall clock was set.
    ClockStepped,
    /// Another network: another link. Devices stay as they are.
    NetworkChanged,
    /// A room reported it in a way that this version does not understand.
    NotUnderstood,
    /// The configuration changed; also a cause of a newer peer.
    #[serde(other)]
    ConfigurationChanged,
}

impl Cause {
    /// Why a check has no answer after this.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::Started => Code::NotCheckedYet,
            Self::Resumed => Code::MachineResumed,
            Self::ClockStepped => Code::ClockStepped,
            Self::NetworkChanged => Code::NetChanged,
            Self::NotUnderstood => Code::ReportNotUnderstood,
            Self::ConfigurationChanged => Code::ConfigurationChanged,
        }
    }
}

/// What is known of the devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeviceEvidence<T = Moment> {
    /// From when on it counts.
    pub since: Since<T>,
    /// The last scan that was done.
    pub scan: Option<Scan<T>>,
    /// The last scan that was tried, done or not.
    pub attempt: Option<ScanAttempt<T>>,
    /// What came of trying the devices.
    #[serde(default = "Default::default")]
    pub trials: Trials<T>,
    /// Since which scan another program has held a camera or microphone in each of them; `None` if it holds none.
    #[serde(default = "Default::default", skip_serializing_if = "Option::is_none")]
    pub occupied_since: Option<T>,
}

/// A device scan that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scan<T = Moment> {
    /// When it began.
    pub at: T,
    /// What is there.
    pub inventory: Inventory,
}

/// A device scan that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanAttempt<T = Moment> {
    /// When it began.
    pub at: T,
    /// How long it took.
    pub took: Duration,
    /// Why it could not be done; `None` if it was.
    pub fault: Option<ScanFault>,
}

/// A look at the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostLook<T = Moment> {
    /// When it began.
    pub at: T,
    /// How long it took.
    pub took: Duration,
    /// What was seen.
    pub host: Host,
}

/// What is known of the link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkEvidence<T = Moment> {
    /// From when on it counts.
    pub since: Since<T>,
    /// What gate probes found.
    pub gate: RateEvidence<T>,
    /// What sustain probes found.
    #[serde(default = "Default::default")]
    pub sustain: RateEvidence<T>,
    /// What was remembered of this network when the room came to it.
    #[serde(default = "Default::default", skip_serializing_if = "Remembered::is_empty")]
    pub remembered: Remembered<T>,
    /// The last quality probe that measured either direction undisturbed. It says nothing about a rate.
    pub quality: Option<ProbeAttempt<T>>,
    /// The last sustain or quality probe that no server served. What a gate probe came to is in `gate`.
    #[serde(default = "Default::default", skip_serializing_if = "Option::is_none")]
    pub turned_away: Option<ProbeAttempt<T>>,
    /// How the probe servers served, in the configuration's order; none before the first probe.
    #[serde(default)]
    pub servers: Vec<ServerStanding>,
}

/// What the probes of one kind found out about the link's rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RateEvidence<T = Moment> {
    /// Conclusive findings from the room.
    pub up: Findings<T>,
    /// Conclusive findings to the room.
    pub down: Findings<T>,
    /// The last one that was tried, whatever came of it.
    pub attempt: Option<ProbeAttempt<T>>,
    /// The last one that measured something in either direction.
    pub measured: Option<ProbeAttempt<T>>,
}

impl<T> Default for RateEvidence<T> {
    fn default() -> Self {
        Self { up: Findings::default(), down: Findings::default(), attempt: None, measured: None }
    }
}

/// A probe that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeAttempt<T = Moment> {
    /// When it began.
    pub at: T,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub evidence: ProbeEvidence,
}

/// Totals since the program started. They are of the observations' own, whether or not these changed what
/// is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Device scans that were done.
    pub scans: u64,
    /// Device scans that could not be done.
    pub scan_faults: u64,
    /// Probes by kind and verdict, in the order in which each pair was first seen.
    pub probes: Vec<ProbeCount>,
    /// IP bytes sent by probes.
    pub bytes_sent: u64,
    /// IP bytes received by probes.
    pub bytes_received: u64,
}

/// How many probes of one kind ended with one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeCount {
    /// Kind of probe.
    pub mode: Mode,
    /// How it ended.
    pub verdict: Verdict,
    /// How many.
    pub count: u64,
}
