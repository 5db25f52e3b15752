//! How far two ways to judge the same links differ: each link is judged both ways, so that what varies from link to link
//! drops out of the difference.

use siaga_probe::Verdict;

/// How the same links ended both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pairs {
    counts: [[u32; 3]; 3],
}

/// A difference of shares, in points of a hundred, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// First minus second, as counted.
    pub points: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Pairs {
    /// Counts a link that ended so.
    pub fn add(&mut self, first: Verdict, second: Verdict) {
        self.counts[index(first)][index(second)] += 1;
    }

    /// Links.
    #[must_use]
    pub fn links(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }

    /// Links that ended differently.
    #[must_use]
    pub fn discordant(&self) -> u32 {
        self.links() - (0..3).map(|at| self.counts[at][at]).sum::<u32>()
    }

    /// Passes, failures and inconclusive ends of the first, per cent.
    #[must_use]
    pub fn first(&self) -> [f64; 3] {
        [0, 1, 2].map(|at| self.percent(self.counts[at].iter().sum()))
    }

    /// The same of the second.
    #[must_use]
    pub fn second(&self) -> [f64; 3] {
        [0, 1, 2].map(|at| self.percent(self.counts.iter().map(|row| row[at]).sum()))
    }

    /// How much more often the first ends with `verdict` than the second.
    ///
    /// The interval is Bonett and Price's for paired proportions (2012): Wald's, with one more discordant link of each
    /// kind, so that few links without any discord do not make a certainty.
    #[must_use]
    pub fn difference(&self, verdict: Verdict) -> Difference {
        let at = index(verdict);
        let both = self.counts[at][at];
        let only_first = self.counts[at].iter().sum::<u32>() - both;
        let only_second = self.counts.iter().map(|row| row[at]).sum::<u32>() - both;
        let of = f64::from(self.links()) + 2.0;
        let (one, other) = (f64::from(only_first + 1) / of, f64::from(only_second + 1) / of);
        let middle = one - other;
        let reach = 1.96 * ((one + other - middle * middle) / of).sqrt();
        Difference {
            points: self.percent(only_first) - self.percent(only_second),
            low: 100.0 * (middle - reach).max(-1.0),
            high: 100.0 * (middle + reach).min(1.0),
        }
    }

    fn percent(&self, count: u32) -> f64 {
        100.0 * f64::from(count) / f64::from(self.links().max(1))
    }
}

fn index(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Fail => 1,
        Verdict::Inconclusive => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Fail, Inconclusive, Pass};

    fn pairs(ends: &[(u32, Verdict, Verdict)]) -> Pairs {
        let mut pairs = Pairs::default();
        for (times, first, second) in ends {
            (0..*times).for_each(|_| pairs.add(*first, *second));
        }
        pairs
    }

    #[test]
    fn links_that_all_end_alike_leave_room_for_what_so_few_could_not_show() {
        let difference = pairs(&[(40, Pass, Pass)]).difference(Pass);
        assert!(difference.points.abs() < 1e-9);
        // √(2/42/42) · 1.96
        assert!((difference.high - 6.60).abs() < 0.01, "{difference:?}");
        assert!((difference.low + 6.60).abs() < 0.01, "{difference:?}");
    }

    #[test]
    fn a_hundred_and_forty_links_without_discord_show_two_points() {
        let difference = pairs(&[(140, Fail, Fail)]).difference(Fail);
        assert!(difference.high < 2.0 && difference.low > -2.0, "{difference:?}");
    }

    #[test]
    fn discord_both_ways_cancels_in_the_difference_and_widens_the_interval() {
        let quiet = pairs(&[(400, Pass, Pass), (400, Fail, Fail)]);
        let noisy = pairs(&[(360, Pass, Pass), (360, Fail, Fail), (40, Pass, Fail), (40, Fail, Pass)]);
        let width = |pairs: &Pairs| pairs.difference(Pass).high - pairs.difference(Pass).low;
        assert!(noisy.difference(Pass).points.abs() < 1e-9);
        assert!(width(&noisy) > 4.0 * width(&quiet));
        assert_eq!((noisy.discordant(), quiet.discordant()), (80, 0));
    }

    #[test]
    fn the_shares_are_those_of_each_side() {
        let pairs = pairs(&[(6, Pass, Pass), (1, Pass, Fail), (2, Fail, Fail), (1, Inconclusive, Pass)]);
        let whole = |shares: [f64; 3]| shares.map(|share| format!("{share:.0}"));
        assert_eq!(whole(pairs.first()), ["70", "20", "10"]);
        assert_eq!(whole(pairs.second()), ["70", "30", "0"]);
        assert!((pairs.difference(Fail).points + 10.0).abs() < 1e-9);
    }
}
