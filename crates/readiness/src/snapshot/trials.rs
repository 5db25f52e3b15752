//! What came of trying the devices, one by one.

use serde::{Deserialize, Serialize};

use crate::{
    moment::Moment,
    reasons::Code,
    trial::{DeviceKind, Judgement, Trial, TrialOutcome},
};

/// Of each device the newest finding, and the newest trial that could not be done; at most 64 devices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trials(Vec<TriedDevice>);

/// One device that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriedDevice {
    /// What it is.
    pub kind: DeviceKind,
    /// Its identity, as the inventory has it.
    pub id: String,
    /// What was found last; `None` within it if the device was plugged in anew since.
    pub found: Option<When<Option<Judgement>>>,
    /// Why it could not be tried, the last time that it could not.
    pub not_done: Option<When<Code>>,
}

/// Something, and when the trial that it came of began.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct When<T> {
    /// When.
    pub at: Moment,
    /// What.
    pub what: T,
}

impl Trials {
    /// More devices than a room has. Past it the device that was tried longest ago gives way, which must only ever
    /// turn an answer to unknown.
    const MAX: usize = 64;

    /// What is known of a device.
    #[must_use]
    pub fn of(&self, kind: DeviceKind, id: &str) -> Option<&TriedDevice> {
        self.0.iter().find(|device| device.kind == kind && device.id == id)
    }

    /// Whether devices may have given way.
    pub(crate) fn may_have_forgotten(&self) -> bool {
        self.0.len() >= Self::MAX
    }

    /// Keeps what `trial` says unless something newer is held.
    pub(crate) fn record(&mut self, at: Moment, trial: Trial) {
        let Trial { kind, id, outcome } = trial;
        let index = self.0.iter().position(|device| device.kind == kind && device.id == id);
        let index = index.unwrap_or_else(|| {
            self.0.push(TriedDevice { kind, id, found: None, not_done: None });
            self.0.len() - 1
        });
        let device = &mut self.0[index];
        match outcome {
            TrialOutcome::Found(judgement) => keep_newer(&mut device.found, at, Some(judgement)),
            TrialOutcome::Voided => keep_newer(&mut device.found, at, None),
            TrialOutcome::NotDone { reason, .. } => keep_newer(&mut device.not_done, at, reason),
        }
        if self.0.len() > Self::MAX {
            let last = |device: &TriedDevice| {
                let times = [device.found.map(|it| it.at), device.not_done.map(|it| it.at)];
                times.into_iter().flatten().map(|at| at.since_boot).max()
            };
            let oldest = self.0.iter().enumerate().min_by_key(|(_, device)| last(device));
            if let Some((index, _)) = oldest {
                self.0.swap_remove(index);
            }
        }
    }
}

fn keep_newer<T>(held: &mut Option<When<T>>, at: Moment, what: T) {
    if held.as_ref().is_none_or(|held| held.at.age_at(&at).is_some()) {
        *held = Some(When { at, what });
    }
}
