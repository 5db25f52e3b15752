//! The confusion matrix: many seeded trains over a cell's link, each beside the ground truth of its own link.

use std::{fmt, iter::Sum, num::NonZero, thread};

use siaga_probe::{Bitrate, DirectionResult, Mode, Verdict, judge::Effort};

use crate::{
    cells::Cell,
    link::{train, truth},
};

/// How the runs of one cell ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Runs made.
    pub runs: u32,
    /// Runs whose link sustains the rate.
    pub truth_passes: u32,
    /// Passes.
    pub passes: u32,
    /// Failures.
    pub fails: u32,
    /// Passes on a link that does not sustain the rate.
    pub false_passes: u32,
    /// Failures on a link that does.
    pub false_fails: u32,
    /// Findings that say themselves that they are borderline.
    pub borderline: u32,
    /// How many verdicts were right.
    pub confidence: Confidence,
    /// Sums over the runs.
    observed_s: f64,
    bytes: f64,
    longest_s: f64,
    /// Shapers that were found: how many, and the sums of what was estimated, Mbit/s and MB.
    shapers: (u32, f64, f64),
}

/// Runs a cell with the seeds `seed`, `seed + 1`, … on all cores; the same arguments give the same row.
///
/// # Panics
/// If a run does.
#[must_use]
pub fn run(cell: &Cell, mode: Mode, target: Bitrate, effort: Effort, seed: u64, runs: u32) -> Row {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let link = cell.link.scaled(target.mbps() / 20.0);
    // A link without chance has one truth.
    let only_truth = (!link.is_random()).then(|| truth::of(target, &link, seed));
    let one = |seed| {
        let run = train::run(mode, target, &link, &cell.machine, &cell.machine, effort, seed);
        let truth = only_truth.unwrap_or_else(|| truth::of(target, &link, seed));
        (truth, run)
    };
    let one = &one;
    let parts: Vec<Vec<(Verdict, train::Run)>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores)
            .map(|core| {
                let seeds = (0..u64::from(runs)).skip(core).step_by(cores);
                scope.spawn(move || seeds.map(|at| one(seed.wrapping_add(at))).collect())
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    // In the order of the seeds: sums of floats depend on it.
    let mut row = Row::default();
    for at in 0..runs as usize {
        let (truth, run) = &parts[at % cores][at / cores];
        row.add(*truth, &run.result, run.bytes);
    }
    row
}

/// How many verdicts were right: without a doubt, doubted passes, doubted failures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confidence([Share; 3]);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Share {
    verdicts: u32,
    right: u32,
}

impl Confidence {
    fn add(&mut self, result: &DirectionResult, holds: bool) {
        let [undoubted, passes, failures] = &mut self.0;
        let share = match (result.verdict, result.borderline) {
            (Verdict::Inconclusive, _) => return,
            (_, false) => undoubted,
            (Verdict::Pass, true) => passes,
            (Verdict::Fail, true) => failures,
        };
        share.verdicts += 1;
        share.right += u32::from((result.verdict == Verdict::Pass) == holds);
    }
}

impl Sum for Confidence {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |Self(a), Self(b)| {
            let sum = |at: usize| Share {
                verdicts: a[at].verdicts + b[at].verdicts,
                right: a[at].right + b[at].right,
            };
            Self([sum(0), sum(1), sum(2)])
        })
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["without a doubt", "doubted passes", "doubted failures"];
        for (name, Share { verdicts, right }) in names.iter().zip(self.0) {
            let percent = 100.0 * f64::from(right) / f64::from(verdicts.max(1));
            writeln!(f, "* {name}: {right} of {verdicts} ({percent:.1} %)")?;
        }
        Ok(())
    }
}

impl Row {
    #[allow(clippy::cast_precision_loss)]
    fn add(&mut self, truth: Verdict, result: &DirectionResult, bytes: u64) {
        let holds = truth == Verdict::Pass;
        self.runs += 1;
        self.truth_passes += u32::from(holds);
        self.passes += u32::from(result.verdict == Verdict::Pass);
        self.fails += u32::from(result.verdict == Verdict::Fail);
        self.false_passes += u32::from(result.verdict == Verdict::Pass && !holds);
        self.false_fails += u32::from(result.verdict == Verdict::Fail && holds);
        self.borderline += u32::from(result.borderline);
        self.confidence.add(result, holds);
        self.observed_s += result.observed_s;
        self.longest_s = self.longest_s.max(result.observed_s);
        self.bytes += bytes as f64;
        if let Some(shaper) = result.sustain.as_ref().and_then(|sustain| sustain.shaper) {
            self.shapers.0 += 1;
            self.shapers.1 += shaper.rate_bps as f64 / 1e6;
            self.shapers.2 += shaper.bucket_bytes as f64 / 1e6;
        }
    }

    /// Per cent of the runs.
    #[must_use]
    pub fn percent(&self, count: u32) -> f64 {
        100.0 * f64::from(count) / f64::from(self.runs.max(1))
    }

    /// Runs without a verdict.
    #[must_use]
    pub fn inconclusive(&self) -> u32 {
        self.runs - self.passes - self.fails
    }

    /// Runs that found a shaper.
    #[must_use]
    pub fn shaped(&self) -> u32 {
        self.shapers.0
    }

    /// Mean rate (Mbit/s) and bucket (MB) of the shapers that were found.
    #[must_use]
    pub fn mean_shaper(&self) -> Option<(f64, f64)> {
        let (found, mbps, mb) = self.shapers;
        (found > 0).then(|| (mbps / f64::from(found), mb / f64::from(found)))
    }

    /// Mean time of observation, s.
    #[must_use]
    pub fn mean_s(&self) -> f64 {
        self.observed_s / f64::from(self.runs.max(1))
    }

    /// Longest time of observation, s.
    #[must_use]
    pub fn longest_s(&self) -> f64 {
        self.longest_s
    }

    /// Mean bytes sent until the sender heard of the verdict, MB.
    #[must_use]
    pub fn mean_mb(&self) -> f64 {
        self.bytes / f64::from(self.runs.max(1)) / 1e6
    }
}
