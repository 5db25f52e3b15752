//! Tries the devices: pictures are taken, sound is listened to, in a process of their own.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use siaga_devices::{
    Roots,
    analysis::Occasion,
    trial::{Subject, Trier, Usage, plan::Key, usage},
};
use siaga_readiness::{
    catalogue::{self, Entry},
    inventory::{AudioDevice, Inventory},
    observation::{Evidence, Observation},
    reasons::Code,
    state::CheckState,
    trial::{DeviceKind, Trial, TrialOutcome},
};
use siaga_service::problem::Problem;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::{host, live::Live};

/// The hidden command of this program that tries a device; it is told which by the arguments that follow.
pub const TRY_DEVICE: &str = "__try-device";

/// A device that may be tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Which one.
    pub key: Key,
    /// Its name, for people.
    pub name: String,
    /// How it is tried.
    pub subject: Subject,
}

/// The devices of a scan that count, are not in use, and offer something; with them the microphones of which a scan can't
/// tell whether they are muted: that is heard.
#[must_use]
pub fn candidates(inventory: &Inventory, accept_virtual: bool) -> Vec<Candidate> {
    let may = |state, is_virtual: bool| state == CheckState::Ok && (accept_virtual || !is_virtual);
    let candidate = |kind, id: &str, name: &str, subject: Option<Subject>| {
        Some(Candidate { key: (kind, id.to_owned()), name: name.to_owned(), subject: subject? })
    };
    let cameras = inventory.cameras.iter().filter(|camera| may(camera.state, camera.is_virtual));
    let may_hear = |device: &&AudioDevice| match device.reason {
        Code::MicrophoneMuteUnknown => may(CheckState::Ok, device.is_virtual),
        _ => may(device.state, device.is_virtual),
    };
    let microphones = inventory.microphones.iter().filter(may_hear);
    cameras
        .filter_map(|it| candidate(DeviceKind::Camera, &it.id, &it.name, Subject::camera(it)))
        .chain(
            microphones.filter_map(|it| {
                candidate(DeviceKind::Microphone, &it.id, &it.name, Subject::microphone(it))
            }),
        )
        .collect()
}

/// All cameras and microphones of a scan, whether or not they may be tried.
#[must_use]
pub fn present(inventory: &Inventory) -> Vec<Key> {
    let cameras = inventory.cameras.iter().map(|camera| (DeviceKind::Camera, camera.id.clone()));
    let microphones = inventory.microphones.iter().map(|device| (DeviceKind::Microphone, device.id.clone()));
    cameras.chain(microphones).collect()
}

/// A trial ends by a deadline of its own, 16 s and some for letting go. What is not over by then hangs in the kernel, and
/// the rest of the room must not wait for it.
const LONGEST: Duration = Duration::from_secs(30);

/// Takes devices in hand, one at a time, off the async threads.
#[derive(Debug)]
pub struct Hands {
    trier: Trier,
    roots: Roots,
}

impl Hands {
    /// Hands on this machine's devices.
    #[must_use]
    pub fn new() -> Self {
        Self { trier: Trier::of_this_program([TRY_DEVICE]), roots: Roots::default() }
    }

    /// Tries a device if it is free, until `interrupted` resolves. `None` if it is in use, or the trial was interrupted;
    /// the device has been let go then. Dropping the future ends the trial too. How far it is shows in `live`.
    pub async fn try_out(
        &self,
        candidate: &Candidate,
        occasion: Occasion,
        live: &Live,
        interrupted: impl Future<Output = ()>,
    ) -> Option<TrialOutcome> {
        let _trying = live.trying(candidate.key.0, &candidate.name);
        let live = live.clone();
        let (trier, roots, subject) = (self.trier.clone(), self.roots.clone(), candidate.subject.clone());
        let stop = StopOnDrop(Arc::default());
        let stopped = stop.0.clone();
        let mut trial = tokio::task::spawn_blocking(move || match usage(&roots, &subject) {
            Usage::Free => trier.try_out(&subject, occasion, &stopped, |level| live.heard(level)),
            Usage::InUse => None,
            Usage::Unknown => Some(TrialOutcome::NotDone {
                reason: Code::DeviceUseUnknown,
                detail: "not all processes can be seen".to_owned(),
            }),
        });
        let ended = timeout(LONGEST, async {
            tokio::select! {
                ended = &mut trial => ended,
                () = interrupted => {
                    stop.0.store(true, Ordering::Relaxed);
                    trial.await
                }
            }
        });
        let broke = |detail| Some(TrialOutcome::NotDone { reason: Code::DeviceTryBroke, detail });
        let outcome = match ended.await {
            Ok(ended) => ended.unwrap_or_else(|crash| broke(crash.to_string())),
            Err(_) => broke("it hangs in the kernel".to_owned()),
        };
        log(candidate, outcome.as_ref());
        outcome
    }
}

impl Default for Hands {
    fn default() -> Self {
        Self::new()
    }
}

/// That devices are not tried now, in the catalogue's words.
#[must_use]
pub fn refusal(status: StatusCode, reason: Code) -> Problem {
    let Entry { text, remedy, .. } = catalogue::entry(reason);
    let kind = reason.as_str().to_lowercase().replace('_', "-");
    Problem::of_kind(status, &kind, "Devices are not tried now", format!("{} {}", text.en, remedy.en))
}

/// The reason of a [`refusal`], by its type.
#[must_use]
pub fn reason_of_refusal(kind: &str) -> Code {
    let code = kind.rsplit(':').next().unwrap_or_default().to_uppercase().replace('-', "_");
    Code::ALL.iter().copied().find(|known| known.as_str() == code).unwrap_or(Code::Unknown)
}

/// Whether the process that tries a device can lock itself up.
///
/// # Errors
/// It can't, in words.
pub async fn try_to_lock_up() -> Result<(), String> {
    let trial = || Hands::new().trier.try_to_lock_up();
    tokio::task::spawn_blocking(trial).await.map_err(|crash| crash.to_string())?
}

/// What a trial that began `at` adds to what is known.
#[must_use]
pub fn observation(at: siaga_readiness::Moment, key: &Key, outcome: TrialOutcome) -> Observation {
    let took = at.age_at(&host::now()).unwrap_or_default();
    let (kind, id) = key.clone();
    Observation { at, took, evidence: Evidence::Trial(Trial { kind, id, outcome }) }
}

struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn log(candidate: &Candidate, outcome: Option<&TrialOutcome>) {
    let Candidate { name, .. } = candidate;
    match outcome {
        Some(TrialOutcome::Found(found)) => {
            info!(device = name, state = %found.state, reason = %found.reason, value = found.value, "tried");
        }
        Some(TrialOutcome::NotDone { reason, detail }) => {
            warn!(device = name, %reason, detail, "could not be tried");
        }
        Some(TrialOutcome::Voided) | None => {
            info!(device = name, "not tried: in use, or a device came or went");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::inventory;

    #[test]
    fn a_microphone_that_may_be_muted_is_tried_and_one_that_is_muted_is_not() {
        let tried = |state, reason| {
            let mut inventory = inventory();
            (inventory.microphones[0].state, inventory.microphones[0].reason) = (state, reason);
            let tried = candidates(&inventory, false);
            tried.iter().any(|candidate| candidate.key.0 == DeviceKind::Microphone)
        };
        assert!(tried(CheckState::Unknown, Code::MicrophoneMuteUnknown));
        assert!(!tried(CheckState::Failed, Code::MicrophoneMuted));
        assert!(!tried(CheckState::Unknown, Code::DeviceNotRead));
    }

    #[test]
    fn a_refusal_says_why_to_programs_and_to_people() {
        let problem = refusal(StatusCode::CONFLICT, Code::TrialsMeetingOn);
        assert_eq!(problem.kind, "urn:siaga:problem:trials-meeting-on");
        assert!(problem.detail.contains("maybe for a meeting. Ask again when"), "{}", problem.detail);
        assert_eq!(reason_of_refusal(&problem.kind), Code::TrialsMeetingOn);
        for newer in ["urn:siaga:problem:out-of-paint", "about:blank", ""] {
            assert_eq!(reason_of_refusal(newer), Code::Unknown);
        }
    }
}
