//! What the judge is held to, cell by cell, and where it misses it.

use crate::{
    cells::{Cell, Kind},
    matrix::Row,
};

/// Shares of the runs in per cent, times in seconds.
struct Targets {
    false_pass: f64,
    false_fail: f64,
    inconclusive: f64,
    /// Mean observation, where most runs pass and where most fail.
    seconds: Option<(f64, f64)>,
}

/// `borderline` is wanted in at least this share of the runs where the truth splits, and in at most that share where
/// it does not.
const BORDERLINE: (f64, f64) = (80.0, 5.0);
/// The truth splits where less than this share of the runs has one truth.
const ONE_SIDED: f64 = 95.0;

impl Targets {
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Steady => {
                Some(Self { false_pass: 0.1, false_fail: 1.0, inconclusive: 1.0, seconds: Some((1.05, 0.6)) })
            }
            Kind::Variable => {
                Some(Self { false_pass: 3.0, false_fail: 5.0, inconclusive: 5.0, seconds: None })
            }
            Kind::Bursts => {
                Some(Self { false_pass: 15.0, false_fail: 5.0, inconclusive: 5.0, seconds: None })
            }
            Kind::Other => None,
        }
    }
}

/// Whether the truth of a cell splits.
#[must_use]
pub fn splits(row: &Row) -> bool {
    let truth = row.percent(row.truth_passes);
    truth < ONE_SIDED && truth > 100.0 - ONE_SIDED
}

/// The targets of normal effort that a cell misses, in words.
#[must_use]
pub fn misses(cell: &Cell, row: &Row) -> Vec<String> {
    let Some(targets) = Targets::of(cell.kind) else { return Vec::new() };
    let borderline = row.percent(row.borderline);
    if splits(row) {
        let truth = row.percent(row.truth_passes);
        let few = borderline < BORDERLINE.0;
        let miss = format!(
            "the truth splits (passes in {truth:.1} %), borderline in only {borderline:.1} % (wanted {} %)",
            BORDERLINE.0
        );
        return few.then_some(miss).into_iter().collect();
    }
    let shares = [
        ("false pass", row.percent(row.false_passes), targets.false_pass),
        ("false fail", row.percent(row.false_fails), targets.false_fail),
        ("inconclusive", row.percent(row.inconclusive()), targets.inconclusive),
        ("one-sided, yet borderline", borderline, BORDERLINE.1),
    ];
    let share = |(what, found, most): (&str, f64, f64)| {
        (found > most).then(|| format!("{what} in {found:.1} % (limit {most} %)"))
    };
    let mut misses: Vec<String> = shares.into_iter().filter_map(share).collect();
    if let Some((pass_s, fail_s)) = targets.seconds {
        let most = if row.passes > row.fails { pass_s } else { fail_s };
        if row.mean_s() > most {
            misses.push(format!("mean observation {:.3} s (limit {most} s)", row.mean_s()));
        }
    }
    misses
}
