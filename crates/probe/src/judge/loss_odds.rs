//! How much more likely the losses are on a bad link than on a good one.
//!
//! Losses come singly or in bursts, and nobody says beforehand in which. So both hypotheses are mixtures: a good link
//! has one of a few loss ratios and one of a few burst lengths, a bad link has a higher ratio and one of the same
//! lengths (Gilbert's two-state model in continuous time). The data weigh the lengths by themselves: after a burst
//! of 10 ms, a link of single losses is out of the question, good or bad, and a second without another burst says
//! little.

use super::{thresholds::Loss, view::LossView};

/// Mean lengths of a burst, s, and how much each is presumed before anything was seen. Zero: single losses.
const BURSTS: [(f64, f64); 5] = [(0.0, 0.70), (0.0025, 0.09), (0.005, 0.09), (0.010, 0.09), (0.020, 0.03)];
/// A good link's loss ratio as shares of the highest that is good, and how much each is presumed. The first one stands
/// for the many links that lose next to nothing: it lets them pass early, and the first burst rules it out.
const GOOD: [(f64, f64); 4] = [(0.001, 1.5), (0.1, 0.33), (0.4, 0.33), (1.0, 0.33)];
/// A bad link's loss ratio as multiples of the lowest that is bad.
const BAD: [(f64, f64); 4] = [(1.0, 0.25), (2.0, 0.25), (6.0, 0.25), (20.0, 0.25)];

/// Natural logarithm of the odds of a bad link; zero before anything is known.
#[must_use]
pub fn log_odds(loss: &LossView, limit: &Loss) -> f64 {
    mixture(loss, &BAD, limit.bad) - mixture(loss, &GOOD, limit.good)
}

/// Logarithm of the likelihood, averaged over the ratios and the burst lengths as they are presumed.
fn mixture(loss: &LossView, ratios: &[(f64, f64)], limit: f64) -> f64 {
    let terms = ratios.iter().flat_map(|(share, ratio_weight)| {
        let ratio = (share * limit).min(0.9);
        BURSTS.iter().map(move |(burst_s, weight)| {
            (ratio_weight * weight).ln() + log_likelihood(loss, ratio, *burst_s)
        })
    });
    let terms: Vec<f64> = terms.collect();
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + terms.iter().map(|term| (term - most).exp()).sum::<f64>().ln()
}

/// Of the packets' fates as a chain: each was lost or not, after one that was lost or not.
fn log_likelihood(loss: &LossView, ratio: f64, burst_s: f64) -> f64 {
    // How much of the state is left from one packet to the next.
    let kept = if burst_s > 0.0 { (-loss.gap_s / (burst_s * (1.0 - ratio))).exp() } else { 0.0 };
    let lost_after_came = ratio * (1.0 - kept);
    let lost_after_lost = ratio + (1.0 - ratio) * kept;
    let (lost, holes) = (f64::from(loss.lost), f64::from(loss.holes));
    let came_after_came = (f64::from(loss.covered) - lost - holes).max(0.0);
    holes * (lost_after_came.ln() + (1.0 - lost_after_lost).ln())
        + (lost - holes) * lost_after_lost.ln()
        + came_after_came * (1.0 - lost_after_came).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `seconds` of a train at 21 Mbit/s.
    fn odds(seconds: f64, lost: u32, holes: u32) -> f64 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let covered = (seconds / 0.000_468) as u32;
        log_odds(
            &LossView { covered, missing: 0, lost, holes, longest_hole: 1, gap_s: 0.000_468 },
            &Loss::default(),
        )
    }

    #[test]
    fn nothing_is_known_before_the_first_packet() {
        let weights: f64 = GOOD.iter().map(|(_, weight)| weight).sum();
        assert!((odds(0.0, 0, 0) + weights.ln()).abs() < 1e-9);
    }

    #[test]
    fn single_losses_count_each_and_a_burst_about_once() {
        assert!(odds(1.0, 42, 42) > 5.0, "{}", odds(1.0, 42, 42));
        assert!(odds(1.0, 42, 2) < 5.0, "{}", odds(1.0, 42, 2));
        assert!(odds(6.0, 252, 12) > 5.0, "{}", odds(6.0, 252, 12));
    }

    #[test]
    fn a_second_without_loss_is_clear_and_one_burst_takes_the_clearness_away() {
        assert!(odds(1.04, 0, 0) < -4.6, "{}", odds(1.04, 0, 0));
        assert!(odds(1.04, 20, 1) > -1.0, "{}", odds(1.04, 20, 1));
        assert!(odds(6.0, 20, 1) < -2.5, "{}", odds(6.0, 20, 1));
    }

    #[test]
    fn no_count_makes_it_not_a_number() {
        for (lost, holes) in [(0, 0), (1, 1), (2_000, 1), (2_222, 1), (u32::MAX, u32::MAX)] {
            assert!(odds(1.04, lost, holes).is_finite(), "{lost} {holes}");
        }
    }
}
