//! A program that sometimes does not run: times in which a sender or a receiver is not scheduled.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;

use super::loss::exponential;

/// How a program stalls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stalls {
    /// Mean time between two stalls (exponential), ms; 0: none.
    pub every_ms: f64,
    /// Shortest stall, ms.
    pub from_ms: f64,
    /// Longest stall, ms.
    pub to_ms: f64,
    /// One stall in particular.
    pub once: Option<Stall>,
}

/// One stall.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// Its begin, s since the train's start.
    pub at_s: f64,
    /// Its length, ms.
    pub for_ms: f64,
}

/// The stalls of one run, in order.
#[derive(Debug)]
pub(super) struct Schedule(Vec<(Duration, Duration)>);

impl Schedule {
    /// Stalls for as long as any train takes.
    pub(super) fn new(stalls: &Stalls, seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut intervals: Vec<(f64, f64)> =
            stalls.once.iter().map(|stall| (stall.at_s, stall.at_s + stall.for_ms / 1e3)).collect();
        let mut at_s = 0.0;
        while stalls.every_ms > 0.0 && at_s < 60.0 {
            at_s += exponential(stalls.every_ms / 1e3, &mut random);
            let end_s = at_s + random.random_range(stalls.from_ms..=stalls.to_ms) / 1e3;
            intervals.push((at_s, end_s));
            at_s = end_s;
        }
        intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
        // One after the other: a stall that begins within another only lengthens it.
        let mut end = Duration::ZERO;
        let in_turn = intervals.iter().map(|(from_s, to_s)| {
            end = end.max(Duration::from_secs_f64(*to_s));
            (Duration::from_secs_f64(*from_s), end)
        });
        Self(in_turn.collect())
    }

    /// When the program really runs that wants to run at `at`.
    pub(super) fn wake(&self, at: Duration) -> Duration {
        let begun = self.0.partition_point(|(from, _)| *from <= at);
        begun.checked_sub(1).and_then(|last| self.0.get(last)).map_or(at, |(_, to)| at.max(*to))
    }
}
