//! For how much of the time too high a queue would stand on a line whose rate moves.
//!
//! The ground truth allows it 100 ms and more in 5 % of the time. A train of seconds can't count to 5 %: it saw a few
//! swings of the queue, and most often none as high. But two things it does see well: for which share of the time the
//! queue was not empty, and how deep it was then on average. Where rate or load move at random, the depth of a queue
//! that is not empty is about exponentially distributed (Kingman's law of heavy traffic), so
//!
//! > share above 100 ms ≈ share not empty × exp(−100 ms / mean depth).
//!
//! It is an estimate of the link, where the share of high windows is only a count of what happened to be seen.

use super::{limits::QUEUE_S, view::DelayView};

/// For how much of the time a queue stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueueShares {
    /// Any queue, 0 to 1.
    pub share: f64,
    /// More than 100 ms, 0 to 1.
    pub high_share: f64,
}

/// After `observed_s`. A queue of `presumed_depth_s` is presumed to have stood for `presumed_s` beside what was seen,
/// so that a short train is not taken for a proof.
#[must_use]
pub fn queue(delay: &DelayView, observed_s: f64, presumed_s: f64, presumed_depth_s: f64) -> QueueShares {
    let busy_s = (1.0 - delay.drained_share) * observed_s + presumed_s;
    let depth_s = (delay.mean_s * observed_s + presumed_depth_s * presumed_s) / busy_s.max(1e-9);
    let share = busy_s / (observed_s + presumed_s).max(1e-9);
    QueueShares { share, high_share: share * (-QUEUE_S / depth_s.max(1e-9)).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::delays::{BIN, Delays};

    /// A queue that is empty and then `depth_s` deep, in turns of 10 bins (200 ms), for 8 s.
    fn swinging(depth_s: f64) -> DelayView {
        let mut delays = Delays::new(400);
        for at in 0..400 {
            delays.on_packet(BIN * at, if at % 20 < 10 { 0.0 } else { depth_s }, at);
        }
        delays.view(400)
    }

    #[test]
    fn half_of_the_time_e_fold_deep_is_half_of_one_over_e() {
        let found = queue(&swinging(0.1), 8.0, 0.0, 0.0);
        assert!((found.share - 0.5).abs() < 1e-9, "{found:?}");
        assert!((found.high_share - 0.5 * (-1.0_f64).exp()).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_is_presumed_matters_less_the_more_was_seen() {
        let presumed = |observed_s| queue(&swinging(0.02), observed_s, 1.0, 0.06).high_share;
        let seen = queue(&swinging(0.02), 8.0, 0.0, 0.0).high_share;
        assert!(presumed(1.0) > 5.0 * presumed(8.0), "{} {}", presumed(1.0), presumed(8.0));
        assert!(presumed(8.0) > seen, "{} {seen}", presumed(8.0));
    }

    #[test]
    fn nothing_seen_and_no_queue_are_finite() {
        let empty = Delays::new(10).view(0);
        assert!(queue(&empty, 0.0, 0.0, 0.0).high_share.abs() < 1e-9);
        assert!(queue(&swinging(0.0), 8.0, 0.0, 0.0).high_share.abs() < 1e-9);
    }
}
