//! What came of trying the devices, one by one.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    moment::Moment,
    reasons::Code,
    trial::{DeviceKind, Judgement, Trial, TrialOutcome},
};

/// Of each device the newest finding, when it was last plugged in anew, the newest trial that could not be done, and how
/// long the newest trial took; at most 64 devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trials<T = Moment>(Vec<TriedDevice<T>>);

/// One device that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TriedDevice<T = Moment> {
    /// What it is.
    pub kind: DeviceKind,
    /// Its identity, as the inventory has it.
    pub id: String,
    /// What was found last.
    pub found: Option<When<Judgement, T>>,
    /// When it was last seen to be plugged in anew.
    pub plugged_in: Option<T>,
    /// Why it could not be tried, the last time that it could not.
    pub not_done: Option<When<Code, T>>,
    /// How long it took the last time that it was tried, whatever came of it.
    pub took: Option<When<Duration, T>>,
}

impl TriedDevice {
    /// Whether what was found is about the device as it is plugged in now.
    pub(crate) fn is_as_found(&self) -> bool {
        self.found.is_some_and(|found| {
            // A trial that began when it was seen to be plugged in came after that.
            self.plugged_in.is_none_or(|at| at.age_at(&found.at).is_some())
        })
    }
}

/// Something, and when the trial that it came of began.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct When<W, T = Moment> {
    /// When.
    pub at: T,
    /// What.
    pub what: W,
}

impl<T> Default for Trials<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Trials<T> {
    pub(super) fn retimed<U>(self, to: &impl Fn(T) -> Option<U>) -> Trials<U> {
        let retimed = |TriedDevice { kind, id, found, plugged_in, not_done, took }| TriedDevice {
            kind,
            id,
            found: found.and_then(|When { at, what }| Some(When { at: to(at)?, what })),
            plugged_in: plugged_in.and_then(to),
            not_done: not_done.and_then(|When { at, what }| Some(When { at: to(at)?, what })),
            took: took.and_then(|When { at, what }| Some(When { at: to(at)?, what })),
        };
        Trials(self.0.into_iter().map(retimed).collect())
    }
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

    /// The devices that were tried.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &TriedDevice> {
        self.0.iter()
    }

    /// Whether devices may have given way.
    pub(crate) fn may_have_forgotten(&self) -> bool {
        self.0.len() >= Self::MAX
    }

    /// Keeps what `trial` says unless something newer is held.
    pub(crate) fn record(&mut self, at: Moment, took: Duration, trial: Trial) {
        let Trial { kind, id, outcome } = trial;
        let index = self.0.iter().position(|device| device.kind == kind && device.id == id);
        let index = index.unwrap_or_else(|| {
            self.0.push(TriedDevice { kind, id, found: None, plugged_in: None, not_done: None, took: None });
            self.0.len() - 1
        });
        let device = &mut self.0[index];
        if !matches!(outcome, TrialOutcome::Voided) {
            keep_newer(&mut device.took, at, took);
        }
        match outcome {
            TrialOutcome::Found(judgement) => keep_newer(&mut device.found, at, judgement),
            TrialOutcome::Voided => {
                if device.plugged_in.is_none_or(|held| held.age_at(&at).is_some()) {
                    device.plugged_in = Some(at);
                }
            }
            TrialOutcome::NotDone { reason, .. } => keep_newer(&mut device.not_done, at, reason),
        }
        if self.0.len() > Self::MAX {
            let last = |device: &TriedDevice| {
                let tried = [device.found.map(|it| it.at), device.not_done.map(|it| it.at)];
                let times = tried.into_iter().chain([device.plugged_in]);
                times.flatten().map(|at| at.since_boot).max()
            };
            let oldest = self.0.iter().enumerate().min_by_key(|(_, device)| last(device));
            if let Some((index, _)) = oldest {
                self.0.swap_remove(index);
            }
        }
    }
}

fn keep_newer<W>(held: &mut Option<When<W>>, at: Moment, what: W) {
    if held.as_ref().is_none_or(|held| held.at.age_at(&at).is_some()) {
        *held = Some(When { at, what });
    }
}
