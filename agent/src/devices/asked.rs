//! Trials that somebody asked for.

use siaga_devices::{analysis::Occasion, trial::plan::Plan};
use siaga_probe::schedule::Meeting;
use siaga_readiness::{
    reasons::Code,
    snapshot::{DeviceEvidence, ScanAttempt},
    trial::{Judgement, TrialOutcome},
};

use super::{Eyes, KnownGood, candidates, look, plugs::Plugs};
use crate::{
    host,
    room::Room,
    trials::{self, Hands},
};

/// Tries all devices that the last scan shows to be free, with a look at them after each. What fails is tried once more at
/// once.
pub(super) async fn try_all(
    room: &Room,
    eyes: &mut Eyes,
    plan: &mut Plan,
    plugs: &mut Plugs,
    known_good: &KnownGood,
) {
    let demand = room.trial_demand();
    let snapshot = room.snapshot();
    let DeviceEvidence { since, scan, attempt, .. } = &snapshot.devices;
    let (Some(scan), Some(ScanAttempt { fault: None, .. })) = (scan, attempt) else {
        return demand.on_end(0, Some("The devices could not be listed."));
    };
    let now = host::now();
    // What was found before the machine slept is void.
    plan.forget_before(since.at.since_boot);
    for key in plan.on_scan(now.since_boot, &trials::present(&scan.inventory)) {
        room.observe(trials::observation(now, &key, TrialOutcome::Voided));
    }
    let candidates = candidates(&scan.inventory, snapshot.setup.policy.accept_virtual);
    for (tried, candidate) in candidates.iter().enumerate() {
        if room.snapshot().meeting(host::now()) == Meeting::On {
            return demand.on_end(tried, Some(trials::MEETING_ON));
        }
        demand.on_device(&candidate.name, tried, candidates.len());
        for _ in 0..2 {
            let at = host::now();
            let mut is_interrupted = false;
            let interrupted = async {
                plugs.next().await;
                is_interrupted = true;
            };
            let in_hand = room.in_hand().lock().await;
            let outcome = Hands::new().try_out(candidate, Occasion::Asked, interrupted).await;
            drop(in_hand);
            if is_interrupted && outcome.is_none() {
                plan.on_interruption(at.since_boot, &candidate.key);
                look(room, eyes).await;
                continue;
            }
            known_good.on_trial(&scan.inventory, &candidate.key, outcome.as_ref(), at.wall).await;
            let Some(told) = plan.on_outcome(at.since_boot, &candidate.key, outcome) else { break };
            let is_to_be_repeated = is_being_retried(&told);
            room.observe(trials::observation(at, &candidate.key, told));
            if !is_to_be_repeated {
                break;
            }
        }
        look(room, eyes).await;
    }
    demand.on_end(candidates.len(), None);
}

fn is_being_retried(told: &TrialOutcome) -> bool {
    matches!(told, TrialOutcome::Found(Judgement { reason: Code::DeviceRetrying, .. }))
}
