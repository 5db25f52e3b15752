//! Stories as data: a link, two machines, and how a train over them must end.

use std::{fs, path::Path};

use serde::Deserialize;
use siaga_probe::{Bitrate, DirectionResult, Mode, Reason, Verdict, judge::Effort};

use super::{
    LinkSpec,
    train::{self, Machine},
    truth,
};

/// One of this many runs is also checked against the ground truth, which costs 30 s of train.
const TRUTH_EVERY: u64 = 10;

/// A file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    scenario: Vec<Scenario>,
}

/// One story.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What happens, in a sentence or two.
    pub story: String,
    /// Kind of probe.
    #[serde(default = "gate")]
    pub mode: Mode,
    /// Rate that the link must sustain.
    pub target: Bitrate,
    /// Runs, with seeds 0, 1, 2, …
    pub runs: u64,
    /// What 30 s at exactly the target rate find; checked against the model.
    pub truth: Verdict,
    /// The link.
    #[serde(default)]
    pub link: LinkSpec,
    /// The sending machine.
    #[serde(default)]
    pub sender: Machine,
    /// The receiving machine.
    #[serde(default)]
    pub receiver: Machine,
    /// The expected ends.
    pub expect: Vec<End>,
    /// Passes where the truth is a failure.
    #[serde(default)]
    pub false_passes_at_most: u64,
    /// Failures where the truth is a pass.
    #[serde(default)]
    pub false_fails_at_most: u64,
}

/// One expected end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The verdict.
    pub verdict: Verdict,
    /// Its reason.
    pub reason: Reason,
    /// In how many of the runs at least.
    pub runs: u64,
    /// After how much observation at most, s, in each run that ends like this.
    pub within_s: f64,
}

fn gate() -> Mode {
    Mode::Gate
}

/// All scenarios of a file.
///
/// # Panics
/// If the file can't be read or is not a file of scenarios.
#[must_use]
pub fn load(path: &Path) -> Vec<Scenario> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: File = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    file.scenario
}

impl Scenario {
    /// Every run, by seed.
    #[must_use]
    pub fn results(&self) -> Vec<DirectionResult> {
        (0..self.runs)
            .map(|seed| {
                train::run(
                    self.mode,
                    self.target,
                    &self.link,
                    &self.sender,
                    &self.receiver,
                    Effort::Normal,
                    seed,
                )
                .result
            })
            .collect()
    }

    /// What did not end as expected, in words; empty if all did.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let results = self.results();
        let mut complaints = Vec::new();
        for seed in (0..self.runs).step_by(usize::try_from(TRUTH_EVERY).unwrap_or(1)) {
            let found = truth::of(self.target, &self.link, seed);
            if found != self.truth {
                complaints
                    .push(format!("the story says {:?}, 30 s of seed {seed} say {found:?}", self.truth));
            }
        }
        for end in &self.expect {
            let ends =
                |result: &&DirectionResult| (result.verdict, result.reason) == (end.verdict, end.reason);
            let count = results.iter().filter(ends).count() as u64;
            if count < end.runs {
                complaints.push(format!("{count} runs instead of {} end {:?}", end.runs, end.reason));
            }
            let longest = results.iter().filter(ends).map(|result| result.observed_s).fold(0.0, f64::max);
            if longest > end.within_s {
                complaints.push(format!("{:?} after {longest} s instead of {}", end.reason, end.within_s));
            }
        }
        let wrong = |verdict| results.iter().filter(|result| result.verdict == verdict).count() as u64;
        // That a quality probe came to its end says nothing about the rate.
        if self.mode != Mode::Quality
            && self.truth == Verdict::Fail
            && wrong(Verdict::Pass) > self.false_passes_at_most
        {
            complaints.push(format!("{} false passes", wrong(Verdict::Pass)));
        }
        if self.truth == Verdict::Pass && wrong(Verdict::Fail) > self.false_fails_at_most {
            complaints.push(format!("{} false fails", wrong(Verdict::Fail)));
        }
        if !complaints.is_empty() {
            complaints.push(format!("all ends: {}", tally(&results)));
        }
        complaints
    }
}

/// How the runs ended, most frequent first, with the mean time of observation.
#[must_use]
pub fn tally(results: &[DirectionResult]) -> String {
    let mut ends: Vec<(Verdict, Reason, u32, f64)> = Vec::new();
    for result in results {
        match ends.iter_mut().find(|end| (end.0, end.1) == (result.verdict, result.reason)) {
            Some(end) => {
                end.2 += 1;
                end.3 += result.observed_s;
            }
            None => ends.push((result.verdict, result.reason, 1, result.observed_s)),
        }
    }
    ends.sort_by_key(|end| std::cmp::Reverse(end.2));
    let words = ends.iter().map(|(verdict, reason, runs, seconds)| {
        format!("{runs}× {verdict:?} {reason:?} after {:.2} s", seconds / f64::from(*runs))
    });
    words.collect::<Vec<_>>().join(", ")
}
