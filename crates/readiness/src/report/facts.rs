//! What a room knows, with ages instead of times.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Age, Tolerant};
use crate::{
    moment::{BootId, Moment},
    profile::ProfileName,
    snapshot::{
        Cause, Counters, DeviceEvidence, HostLook, NetworkEvidence, Scan, ScanAttempt, Setup, Since, Snapshot,
    },
};

/// A room's [`Snapshot`] as it travels. Its ages are those at the time when it was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// What it is evidence of, and how it counts.
    pub setup: Setup,
    /// The profile that the room goes by unless another is asked for. `None`: a room of the release before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// Until when the room's certificate for the one who is told counts. `None`: a room of the release before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_until: Option<Timestamp>,
    /// What is known of the devices.
    pub devices: Tolerant<DeviceEvidence<Age>>,
    /// What is known of the link.
    pub network: Tolerant<NetworkEvidence<Age>>,
    /// The last look at the machine itself.
    #[serde(default)]
    pub host: Option<Tolerant<HostLook<Age>>>,
    /// Totals since the agent started.
    #[serde(default)]
    pub counters: Counters,
}

impl Facts {
    /// What `snapshot` says at `now`. Evidence of which no age can be told is left out: it does not count either.
    #[must_use]
    pub fn of(snapshot: &Snapshot, now: Moment) -> Self {
        let Snapshot { setup, devices, network, host, counters } = snapshot.clone();
        let to_age = |at: Moment| Age::of(at, now);
        Self {
            setup,
            profile: None,
            certificate_until: None,
            devices: Tolerant::Understood(devices.retimed(&to_age, Age::ZERO)),
            network: Tolerant::Understood(network.retimed(&to_age, Age::ZERO)),
            host: host.and_then(|look| look.retimed(&to_age)).map(Tolerant::Understood),
            counters,
        }
    }

    /// The same of a room that goes by `profile`.
    #[must_use]
    pub fn of_profile(self, profile: &ProfileName) -> Self {
        Self { profile: Some(profile.clone()), ..self }
    }

    /// The same of a room whose certificate counts until then.
    #[must_use]
    pub fn certified(self, until: Option<Timestamp>) -> Self {
        Self { certificate_until: until, ..self }
    }

    /// That a room knows something which is not understood.
    #[must_use]
    pub fn not_understood(setup: Setup) -> Self {
        Self {
            setup,
            profile: None,
            certificate_until: None,
            devices: Tolerant::NotUnderstood,
            network: Tolerant::NotUnderstood,
            host: None,
            counters: Counters::default(),
        }
    }

    /// The same when another `elapsed` has passed.
    #[must_use]
    pub fn after(self, elapsed: Duration) -> Self {
        let older = |age: Age| Some(age.after(elapsed));
        let Self { setup, profile, certificate_until, devices, network, host, counters } = self;
        Self {
            setup,
            profile,
            certificate_until,
            devices: devices.map(|devices| devices.retimed(&older, Age::ZERO)),
            network: network.map(|network| network.retimed(&older, Age::ZERO)),
            host: host.map(|look| match look.understood().and_then(|look| look.retimed(&older)) {
                Some(look) => Tolerant::Understood(look),
                None => Tolerant::NotUnderstood,
            }),
            counters,
        }
    }

    /// Devices and machine were looked at again, and found to be the same. What is not known can't have been seen again.
    pub fn see_again(&mut self, looks: Looks) {
        if let Tolerant::Understood(DeviceEvidence { scan, attempt, .. }) = &mut self.devices {
            renew(scan.as_mut().map(|scan| &mut scan.at), looks.scan);
            renew(attempt.as_mut().map(|attempt| &mut attempt.at), looks.attempt);
        }
        if let Some(Tolerant::Understood(look)) = &mut self.host {
            renew(Some(&mut look.at), looks.host);
        }
    }

    /// What is known when `elapsed` has passed, as a snapshot to be evaluated at the moment that comes with it. Its
    /// moments are shown by the caller's wall clock, `wall`, and compare with each other alone.
    #[must_use]
    pub fn as_of(&self, elapsed: Duration, wall: Timestamp) -> (Snapshot, Moment) {
        let now = Moment { wall, since_boot: BEGINNING, boot: BootId(0) };
        let to_moment = |age: Age| {
            let ago = age.after(elapsed).duration().min(BEGINNING);
            let wall = wall.checked_sub(ago).unwrap_or(Timestamp::MIN);
            Some(Moment { wall, since_boot: BEGINNING.saturating_sub(ago), boot: now.boot })
        };
        let missing = Since { at: now, cause: Cause::NotUnderstood };
        let Self { setup, devices, network, host, counters, .. } = self.clone();
        let devices = devices.understood().map(|devices| devices.retimed(&to_moment, now));
        let network = network.understood().map(|network| network.retimed(&to_moment, now));
        let snapshot = Snapshot {
            setup,
            devices: devices.unwrap_or_else(|| DeviceEvidence::none(missing)),
            network: network.unwrap_or_else(|| NetworkEvidence::none(missing)),
            host: host.and_then(Tolerant::understood).and_then(|look| look.retimed(&to_moment)),
            counters,
        };
        (snapshot, now)
    }
}

/// Ten years: no evidence lives for longer.
const BEGINNING: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

fn renew(held: Option<&mut Age>, again: Option<Age>) {
    if let (Some(held), Some(again)) = (held, again) {
        // Of two looks the newer counts.
        *held = (*held).min(again);
    }
}

/// When devices and machine were last looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looks {
    /// The last device scan that was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<Age>,
    /// The last one that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Age>,
    /// The last look at the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Age>,
}

impl Looks {
    /// The same when another `elapsed` has passed.
    #[must_use]
    pub fn after(self, elapsed: Duration) -> Self {
        let older = |age: Option<Age>| age.map(|age| age.after(elapsed));
        Self { scan: older(self.scan), attempt: older(self.attempt), host: older(self.host) }
    }

    /// When it was looked at, if that is all in which `after` differs from `before`.
    #[must_use]
    pub fn alone_differ(before: &Snapshot, after: &Snapshot, now: Moment) -> Option<Self> {
        let without = |snapshot: &Snapshot| {
            let mut snapshot = snapshot.clone();
            let never = snapshot.devices.since.at;
            if let Some(Scan { at, .. }) = &mut snapshot.devices.scan {
                *at = never;
            }
            if let Some(ScanAttempt { at, took, .. }) = &mut snapshot.devices.attempt {
                (*at, *took) = (never, Duration::ZERO);
            }
            if let Some(HostLook { at, took, .. }) = &mut snapshot.host {
                (*at, *took) = (never, Duration::ZERO);
            }
            (snapshot.counters.scans, snapshot.counters.scan_faults) = (0, 0);
            snapshot
        };
        let age = |at: Option<Moment>| at.and_then(|at| Age::of(at, now));
        (without(before) == without(after)).then(|| Self {
            scan: age(after.devices.scan.as_ref().map(|scan| scan.at)),
            attempt: age(after.devices.attempt.as_ref().map(|attempt| attempt.at)),
            host: age(after.host.as_ref().map(|look| look.at)),
        })
    }
}
