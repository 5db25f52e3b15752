//! What must be so, told from the events alone, and what would be better.

use std::time::Duration;

use siaga_probe::{Direction, DirectionResult, Mode, Verdict};
use siaga_readiness::{
    CheckState, Code, Evidence, Judgement, Policy, ProbeEvidence, Profile, ServerPlace, Trial, TrialOutcome,
    host::Host,
};

use super::{Event, Record, after, is_occupied, is_ready, only_trials};
use crate::room::*;

/// Whether an observation speaks for the room in all that it says.
pub fn is_passing(policy: Policy, evidence: &Evidence, profile: &Profile) -> bool {
    match evidence {
        Evidence::Devices(inventory) => {
            let mut room = Room::new(policy);
            room.probe(pass(20), pass(20)).scan(inventory.clone());
            is_ready(&room, profile)
        }
        Evidence::DeviceFault(_) => false,
        Evidence::Trial(trial) => {
            matches!(&trial.outcome, TrialOutcome::Found(found) if found.state.grants())
        }
        Evidence::Probe(probe) => probe.result.verdict == Verdict::Pass,
        Evidence::Remembered(failures) => failures.is_empty(),
        // It grants nothing and denies nothing.
        Evidence::Servers(_) => true,
        Evidence::Host(host) => suits(host, profile),
    }
}

/// Whether the machine is of a kind that the profile asks for; nothing else of it is required by these profiles.
pub fn suits(host: &Host, profile: &Profile) -> bool {
    let required = &profile.requirements.machine;
    required.as_ref().is_none_or(|required| required.kinds.as_slice().contains(&host.machine))
}

/// Whether a scan speaks for the room beside what trials say of its devices: one that shows only devices that failed
/// speaks against it.
pub fn is_passing_beside_trials(
    policy: Policy,
    evidence: &Evidence,
    events: &[Event],
    profile: &Profile,
) -> bool {
    let Evidence::Devices(inventory) = evidence else { return is_passing(policy, evidence, profile) };
    let mut room = after(policy, &only_trials(events));
    room.probe(pass(20), pass(20)).scan(inventory.clone());
    is_ready(&room, profile)
}

pub fn improved(policy: Policy, evidence: &Evidence) -> Evidence {
    match evidence {
        Evidence::Devices(inventory) if is_occupied(policy, inventory) => {
            let mut better = webcam();
            better.cameras[0].state = CheckState::InUse;
            Evidence::Devices(better)
        }
        Evidence::Devices(_) | Evidence::DeviceFault(_) => Evidence::Devices(webcam()),
        Evidence::Trial(trial) => {
            let works = Judgement::new(CheckState::Ok, Code::CameraWorks);
            Evidence::Trial(Trial { outcome: TrialOutcome::Found(works), ..trial.clone() })
        }
        Evidence::Remembered(_) => Evidence::Remembered(vec![]),
        Evidence::Servers(standings) => Evidence::Servers(standings.clone()),
        Evidence::Host(_) => Evidence::Host(laptop()),
        Evidence::Probe(it) => {
            let ProbeEvidence { result, .. } = it.as_ref();
            let rate = |direction: &DirectionResult| direction.target_bps.bps() / 1_000_000;
            probe_of(result.mode, ServerPlace::Public, pass(rate(&result.up)), pass(rate(&result.down)))
        }
    }
}

pub type OneDirection = fn(&ProbeEvidence) -> &DirectionResult;

/// What must at least be so for a room to be ready.
pub fn has_fresh_evidence(policy: Policy, events: &[Event], profile: &Profile) -> bool {
    let record = Record::of(events);
    let Record { seen, devices_since, now, .. } = &record;
    let (devices_since, now) = (*devices_since, *now);
    let required = profile.requirements.network.unwrap();
    let scanned = seen.iter().any(|(at, evidence)| {
        matches!(evidence, Evidence::Devices(_))
            && *at >= devices_since
            && now - *at < policy.device_scan.duration()
            && is_passing(policy, evidence, profile)
    });
    // What passed before a meeting stands until that ends.
    let counts_at = record.meeting(policy).unwrap_or(now);
    let sustained = |required, of: OneDirection| {
        let findings = || record.said(Mode::Gate, of);
        let passed = findings()
            .filter(|(_, place, direction)| {
                direction.verdict == Verdict::Pass
                    && direction.target_bps >= required
                    && (policy.accept_internal_server || *place == ServerPlace::Public)
            })
            .map(|(at, ..)| at)
            .max();
        let failed = findings()
            .filter(|(_, _, direction)| {
                direction.verdict == Verdict::Fail && direction.target_bps <= required
            })
            .map(|(at, ..)| at)
            .max();
        let life = policy.gate_probe.duration();
        let counts = |at| now - at < life || counts_at.saturating_sub(at) < life;
        passed.is_some_and(counts) && passed > failed
    };
    let suited = seen.iter().any(|(at, evidence)| match evidence {
        Evidence::Host(host) => {
            *at >= devices_since && now - *at < policy.host.duration() && suits(host, profile)
        }
        _ => false,
    });
    let suited = suited || profile.requirements.machine.is_none();
    scanned
        && suited
        && sustained(required.up, |it| &it.result.up)
        && sustained(required.down, |it| &it.result.down)
}

/// Whether a sustain probe failed at a rate that is required or at a lower one, or is remembered to have, and neither a
/// newer pass nor a gate probe that began after its time has made good for it.
pub fn has_failed_to_sustain(policy: Policy, events: &[Event], profile: &Profile) -> bool {
    let record = Record::of(events);
    let required = profile.requirements.network.unwrap();
    let life = policy.sustain_probe.duration();
    let internal_counts = policy.accept_internal_server;
    let failed = |required, side: Direction, of: OneDirection| {
        let passed = |mode, rate, from| {
            record.said(mode, of).any(|(at, place, direction)| {
                direction.verdict == Verdict::Pass
                    && direction.target_bps >= rate
                    && (internal_counts || place == ServerPlace::Public)
                    && at >= from
            })
        };
        let just_after = |at| at + Duration::from_nanos(1);
        let seen = record
            .said(Mode::Sustain, of)
            .filter(|(.., direction)| direction.verdict == Verdict::Fail)
            .map(|(at, _, direction)| (at, direction.target_bps));
        let remembered = record.remembered(side).map(|(at, failure)| (at, failure.target_bps));
        seen.chain(remembered).any(|(at, rate)| {
            rate <= required
                && !passed(Mode::Sustain, rate, just_after(at))
                && !passed(Mode::Gate, required, at + life)
        })
    };
    failed(required.up, Direction::Up, |it| &it.result.up)
        || failed(required.down, Direction::Down, |it| &it.result.down)
}

/// That a better room was not granted, or one without something that spoke for it was: whether a scan that ends a meeting, or no
/// longer does, explains that. What is known of a link counts for longer while a meeting is on.
pub fn is_about_a_meeting(policy: Policy, evidence: &Evidence, events: &[Event], changed: &[Event]) -> bool {
    let meeting = |events| Record::of(events).meeting(policy);
    matches!(evidence, Evidence::Devices(_) | Evidence::DeviceFault(_)) && meeting(events) != meeting(changed)
}
