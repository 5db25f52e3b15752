//! Failures from before the evidence began to count.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, Direction, network::Failure};

use crate::moment::Moment;

/// Failures of sustain probes on this network that are remembered, of each direction and rate the one that was remembered
/// last. They may only deny: no pass is ever remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remembered<T = Moment>(Vec<(T, Failure)>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Remembered<T> {
    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn retimed<U>(self, to: &impl Fn(T) -> Option<U>) -> Remembered<U> {
        Remembered(self.0.into_iter().filter_map(|(at, failure)| Some((to(at)?, failure))).collect())
    }
}

impl Remembered {
    /// The failures of one direction, and how old each is at `now`.
    pub fn failures(&self, direction: Direction, now: Moment) -> impl Iterator<Item = (&Failure, Duration)> {
        self.0
            .iter()
            .filter(move |(_, failure)| failure.direction == direction)
            .filter_map(move |(at, failure)| Some((failure, failure.ago.saturating_add(at.age_at(&now)?))))
    }

    pub(crate) fn record(&mut self, at: Moment, failures: Vec<Failure>) {
        let about = |failure: &Failure| -> (Direction, Bitrate) { (failure.direction, failure.target_bps) };
        for new in failures {
            match self.0.iter_mut().find(|(_, old)| about(old) == about(&new)) {
                Some(held) if held.0.age_at(&at).is_some() => *held = (at, new),
                Some(_) => {}
                None => self.0.push((at, new)),
            }
        }
    }
}
