//! Failures from before the evidence began to count.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, Direction, network::Failure};

use crate::moment::Moment;

/// Failures of sustain probes on this network that are remembered, of each direction and rate the one that happened last,
/// in whichever order they are told. They may only deny: no pass is ever remembered.
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
                Some(held) if happened_before(held, &(at, new)) => *held = (at, new),
                Some(_) => {}
                None => self.0.push((at, new)),
            }
        }
    }
}

fn happened_before((told, one): &(Moment, Failure), (told_later, other): &(Moment, Failure)) -> bool {
    match told.age_at(told_later) {
        Some(between) => other.ago <= one.ago.saturating_add(between),
        None => told_later.age_at(told).is_some_and(|between| other.ago.saturating_add(between) <= one.ago),
    }
}
