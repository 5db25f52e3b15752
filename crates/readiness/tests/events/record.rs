//! What happened to a room, told from the events alone: what the laws hold the answers against.

use std::time::Duration;

use siaga_probe::{Direction, DirectionResult, Mode, network::Failure};
use siaga_readiness::{
    Cause, CheckState, DeviceKind, Evidence, Inventory, Policy, ProbeEvidence, ServerPlace, TrialOutcome,
};

use super::{Event, What};
use crate::room::moment;

/// What was seen, and since when it counts, told from the events alone.
pub struct Record<'a> {
    pub seen: Vec<(Duration, &'a Evidence)>,
    pub devices_since: Duration,
    pub network_since: Duration,
    pub now: Duration,
    /// Scans in the order in which they came in, and `None` where what they said became worthless.
    scans: Vec<Option<(Duration, &'a Inventory)>>,
}

impl<'a> Record<'a> {
    pub fn of(events: &'a [Event]) -> Self {
        let start = moment(1000).since_boot;
        let mut record = Self {
            seen: Vec::new(),
            devices_since: start,
            network_since: start,
            now: start,
            scans: Vec::new(),
        };
        for Event { after, what } in events {
            record.now += Duration::from_secs(*after);
            match what {
                What::Observed { ago, evidence } => {
                    let at = record.now - Duration::from_secs(*ago);
                    record.seen.push((at, evidence));
                    if let Evidence::Devices(inventory) = evidence
                        && at >= record.devices_since
                    {
                        record.scans.push(Some((at, inventory)));
                    }
                }
                What::Invalidated(Cause::NetworkChanged) => record.network_since = record.now,
                What::Invalidated(_) => {
                    (record.devices_since, record.network_since) = (record.now, record.now);
                    record.scans.push(None);
                }
            }
        }
        record
    }

    /// What probes of one kind said about one direction.
    pub fn said(
        &self,
        mode: Mode,
        of: fn(&ProbeEvidence) -> &DirectionResult,
    ) -> impl Iterator<Item = (Duration, ServerPlace, &DirectionResult)> {
        self.seen.iter().filter_map(move |(at, evidence)| match evidence {
            Evidence::Probe(probe) if *at >= self.network_since && probe.result.mode == mode => {
                Some((*at, probe.server_place, of(probe)))
            }
            _ => None,
        })
    }

    /// The failures that were remembered of this network, and when each was.
    pub fn remembered(&self, direction: Direction) -> impl Iterator<Item = (Duration, &Failure)> {
        self.seen.iter().flat_map(move |(at, evidence)| {
            let failures: &[Failure] = match evidence {
                Evidence::Remembered(failures) if *at >= self.network_since => failures,
                _ => &[],
            };
            let of_the_direction = failures.iter().filter(move |failure| failure.direction == direction);
            of_the_direction.map(move |failure| (*at - failure.ago, failure))
        })
    }

    /// Since when a meeting is on at the end, as far as scans tell that came in their order.
    pub fn meeting(&self, policy: Policy) -> Option<Duration> {
        let life = policy.device_scan.duration();
        let (mut newest, mut since): (Option<Duration>, Option<Duration>) = (None, None);
        for scan in &self.scans {
            let Some((at, inventory)) = *scan else {
                (newest, since) = (None, None);
                continue;
            };
            if newest.is_some_and(|newest| at < newest) {
                continue;
            }
            let unbroken = since.filter(|_| newest.is_some_and(|newest| at - newest < life));
            since = is_occupied(policy, inventory).then(|| unbroken.unwrap_or(at));
            newest = Some(at);
        }
        since.filter(|_| newest.is_some_and(|newest| self.now - newest < life))
    }

    /// The newest scan that still counts at the end.
    pub fn scan(&self, policy: Policy) -> Option<&Inventory> {
        let scans = self.seen.iter().filter_map(|(at, evidence)| match evidence {
            Evidence::Devices(inventory) if *at >= self.devices_since => Some((*at, inventory)),
            _ => None,
        });
        let (at, inventory) = scans.max_by_key(|(at, _)| *at)?;
        (self.now - at < policy.device_scan.duration()).then_some(inventory)
    }

    /// The devices of a scan that count, and whose last trial spoke against them: however long ago, whoever holds them
    /// now, and whether or not they were plugged in anew since.
    pub fn devices_against(&self, policy: Policy, inventory: &'a Inventory) -> Vec<(DeviceKind, &'a str)> {
        counted(policy, inventory)
            .filter(|(kind, id, state)| state.grants() && self.speaks_against(*kind, id))
            .map(|(kind, id, _)| (kind, id))
            .collect()
    }

    /// Whether all devices of one kind that count are such.
    pub fn is_without_a_device(&self, policy: Policy, inventory: &'a Inventory) -> bool {
        let against = self.devices_against(policy, inventory);
        [DeviceKind::Camera, DeviceKind::Microphone].into_iter().any(|kind| {
            let of_the_kind = counted(policy, inventory).filter(|(it, ..)| *it == kind).count();
            against.iter().filter(|(it, _)| *it == kind).count() == of_the_kind
        })
    }

    fn speaks_against(&self, kind: DeviceKind, id: &str) -> bool {
        let told = self.seen.iter().filter_map(|(at, evidence)| match evidence {
            Evidence::Trial(trial) if *at >= self.devices_since && trial.kind == kind && trial.id == id => {
                match &trial.outcome {
                    TrialOutcome::Found(found) => Some((*at, !found.state.grants())),
                    TrialOutcome::Voided | TrialOutcome::NotDone { .. } => None,
                }
            }
            _ => None,
        });
        told.max_by_key(|(at, _)| *at).is_some_and(|(_, against)| against)
    }
}

fn counted(policy: Policy, inventory: &Inventory) -> impl Iterator<Item = (DeviceKind, &str, CheckState)> {
    let counts = move |is_virtual: bool| policy.accept_virtual || !is_virtual;
    let cameras = inventory.cameras.iter().filter(move |it| counts(it.is_virtual));
    let microphones = inventory.microphones.iter().filter(move |it| counts(it.is_virtual));
    cameras
        .map(|it| (DeviceKind::Camera, it.id.as_str(), it.state))
        .chain(microphones.map(|it| (DeviceKind::Microphone, it.id.as_str(), it.state)))
}

/// Whether another program holds a camera or a microphone that counts.
pub fn is_occupied(policy: Policy, inventory: &Inventory) -> bool {
    counted(policy, inventory).any(|(.., state)| state == CheckState::InUse)
}
