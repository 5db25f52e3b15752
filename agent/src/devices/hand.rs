//! What every trial has before it and after it, whoever wants it.

use siaga_devices::{analysis::Occasion, trial::plan::Plan};
use siaga_readiness::{
    inventory::Inventory,
    reasons::Code,
    snapshot::{DeviceEvidence, Scan, ScanAttempt, Snapshot},
    trial::TrialOutcome,
};

use super::{AT_WORK, KnownGood, WATCH, plugs::Plugs};
use crate::{
    host,
    room::Room,
    trials::{self, Candidate, Hands},
};

/// What the last look showed, and what may be tried after it.
pub(super) struct Choice {
    pub(super) snapshot: Snapshot,
    pub(super) inventory: Inventory,
    pub(super) candidates: Vec<Candidate>,
}

/// Takes the last look into the plan.
///
/// # Errors
/// There is none to go by; the reason.
pub(super) fn choice(room: &Room, plan: &mut Plan) -> Result<Choice, Code> {
    let snapshot = room.snapshot();
    let DeviceEvidence { since, scan, attempt, .. } = &snapshot.devices;
    if let Some(ScanAttempt { fault: Some(fault), .. }) = attempt {
        return Err(fault.reason);
    }
    let Some(Scan { inventory, .. }) = scan.clone() else { return Err(Code::NotCheckedYet) };
    let now = host::now();
    // What was found before the machine slept is void.
    plan.forget_before(since.at.since_boot);
    for key in plan.on_scan(now.since_boot, &trials::present(&inventory)) {
        room.observe(trials::observation(now, &key, TrialOutcome::Voided));
    }
    let candidates = trials::candidates(&inventory, snapshot.setup.policy.accept_virtual);
    Ok(Choice { snapshot, inventory, candidates })
}

/// What came of a trial.
pub(super) enum Taken {
    /// What the room was told; nothing if the device was in use after all.
    Told(Option<TrialOutcome>),
    /// A device came or went meanwhile.
    Interrupted,
}

/// Tries a device, and tells the room and the plan what came of it. One that works is noted, where that is kept.
pub(super) async fn take(
    room: &Room,
    plan: &mut Plan,
    plugs: &mut Plugs,
    known_good: Option<&KnownGood>,
    (candidate, inventory): (&Candidate, &Inventory),
    occasion: Occasion,
) -> Taken {
    let at = host::now();
    let mut is_interrupted = false;
    let interrupted = async {
        plugs.next().await;
        is_interrupted = true;
    };
    room.pulse().within(WATCH, AT_WORK);
    let in_hand = room.in_hand().lock().await;
    let outcome = Hands::new().try_out(candidate, occasion, room.live(), interrupted).await;
    drop(in_hand);
    if is_interrupted && outcome.is_none() {
        plan.on_interruption(at.since_boot, &candidate.key);
        return Taken::Interrupted;
    }
    if let Some(known_good) = known_good {
        known_good.on_trial(inventory, &candidate.key, outcome.as_ref(), at.wall).await;
    }
    let told = plan.on_outcome(at.since_boot, &candidate.key, outcome);
    if let Some(told) = &told {
        room.observe(trials::observation(at, &candidate.key, told.clone()));
    }
    Taken::Told(told)
}
