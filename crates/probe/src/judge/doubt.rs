//! Whether a finding is near the border, and why: a pure function of the view that it was taken from.

use serde::{Deserialize, Serialize};

use super::{
    loss_odds::log_odds,
    queue_odds::queue,
    rule::{Finding, is_over, queue_stood},
    thresholds::Thresholds,
    view::View,
};
use crate::{Reason, Verdict};

/// What makes a finding doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Doubt {
    /// It passes, but a queue comes and goes and may be too high too often: the link has little to spare, or others
    /// use it.
    QueueSwings,
    /// It fails, but the queue had been empty before for a good part of the time: a burst of others' traffic may look
    /// like this.
    QueueDrained,
    /// It fails, but the queue grows so slowly that the train's own surplus over the target may explain it.
    SlowGrowth,
    /// The losses are neither those of a good link nor those of a bad one.
    LossNearLimit,
    /// The time was over before the evidence was clear.
    TimeIsUp,
    /// A doubt of a newer peer.
    #[serde(other)]
    Unknown,
}

/// The doubts about `finding`, taken from `view`; none about what is no statement about the link.
#[must_use]
pub fn doubts(view: &View, finding: Finding, thresholds: &Thresholds) -> Vec<Doubt> {
    let limit = &thresholds.doubt;
    let delay = &view.delay;
    let over = is_over(view, thresholds);
    // Once the time is over, what was seen counts as it is.
    let presumed_s = if over { 0.0 } else { limit.presumed_s };
    let queue = |depth_s| queue(delay, view.observed_s, presumed_s, depth_s);
    let at_worst = queue(limit.presumed_depth_s);
    let lag_s = view.sender.worst_lag_s;
    let swings =
        moved(view, thresholds) && (at_worst.high_share > limit.high_from || at_worst.share > limit.share);
    // While the sender stood still, any queue would have drained.
    let drained = (over || delay.drained_share * view.observed_s - lag_s >= limit.drained_s)
        && queue(0.0).high_share < limit.high_to;
    let slow = delay.recent_s.is_some_and(|growth| {
        growth < thresholds.growth.slope * view.observed_s && delay.bridge_s < limit.straight * growth
    });
    let odds = log_odds(&view.loss, &thresholds.loss);
    let all = match finding {
        (Verdict::Inconclusive, Reason::Undecided) => {
            vec![(true, Doubt::TimeIsUp), (swings, Doubt::QueueSwings)]
        }
        (Verdict::Inconclusive, _) => return Vec::new(),
        (Verdict::Pass, _) => {
            vec![(swings, Doubt::QueueSwings), (odds > -limit.loss_odds, Doubt::LossNearLimit)]
        }
        (Verdict::Fail, Reason::Loss) => vec![
            (odds < limit.loss_odds, Doubt::LossNearLimit),
            (drained && queue_stood(view, thresholds), Doubt::QueueDrained),
            (slow && queue_stood(view, thresholds), Doubt::SlowGrowth),
        ],
        (Verdict::Fail, _) => vec![(drained, Doubt::QueueDrained), (slow, Doubt::SlowGrowth)],
    };
    all.into_iter().filter_map(|(holds, doubt)| holds.then_some(doubt)).collect()
}

/// Whether the queue moved by more than the sender's own stalls explain.
pub(super) fn moved(view: &View, thresholds: &Thresholds) -> bool {
    let (delay, limit, lag_s) = (&view.delay, &thresholds.doubt, view.sender.worst_lag_s);
    delay.excursion_s - lag_s > limit.excursion_s
        || delay.bridge_s - lag_s > limit.bridge_s && delay.drained_share < limit.drained_share
}

/// Share of right ones among the verdicts with these doubts, over the simulated links with limits of error
/// (`docs/probing-results.md`); zero without a verdict.
#[must_use]
pub fn confidence(verdict: Verdict, doubts: &[Doubt]) -> f64 {
    match verdict {
        Verdict::Inconclusive => 0.0,
        _ if doubts.is_empty() => UNDOUBTED,
        Verdict::Pass => DOUBTED_PASS,
        Verdict::Fail => DOUBTED_FAIL,
    }
}

const UNDOUBTED: f64 = 0.98;
const DOUBTED_PASS: f64 = 0.92;
const DOUBTED_FAIL: f64 = 0.77;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::view::{DelayView, Ending, LossView, SenderView};

    fn after(change: impl FnOnce(&mut View), finding: Finding) -> Vec<Doubt> {
        let delay = DelayView {
            filled_bins: 52,
            recent_s: Some(0.0),
            excursion_s: 0.002,
            bridge_s: 0.002,
            standing_s: Some(0.0),
            standing_bins: 16,
            worst_window_s: 0.001,
            high_windows: 0.0,
            drained_share: 1.0,
            mean_s: 0.0005,
            plateau_spread_s: Some(0.001),
        };
        let loss =
            LossView { covered: 2_200, missing: 0, lost: 0, holes: 0, longest_hole: 0, gap_s: 0.000_468 };
        let sender = SenderView { passed_s: 1.04, sent_s: 1.04, worst_lag_s: 0.0 };
        let mut view = View {
            observed_s: 1.04,
            silence_s: 0.0,
            ending: Ending::Running,
            delivered: 1.05,
            delay,
            loss,
            sender,
        };
        change(&mut view);
        doubts(&view, finding, &Thresholds::default())
    }

    const PASS: Finding = (Verdict::Pass, Reason::Sustained);

    #[test]
    fn a_quiet_pass_is_not_doubted() {
        assert_eq!(after(|_| {}, PASS), []);
    }

    #[test]
    fn a_pass_whose_queue_moved_is_doubted() {
        let seldom = |view: &mut View| (view.delay.excursion_s, view.delay.drained_share) = (0.02, 0.3);
        assert_eq!(after(seldom, PASS), [Doubt::QueueSwings]);
        let bumpy = |view: &mut View| (view.delay.bridge_s, view.delay.drained_share) = (0.03, 0.8);
        assert_eq!(after(bumpy, PASS), [Doubt::QueueSwings]);
    }

    #[test]
    fn the_same_swings_are_doubted_after_a_second_and_no_more_after_seven() {
        let swings = |observed_s| {
            let change = |view: &mut View| {
                view.observed_s = observed_s;
                (view.delay.excursion_s, view.delay.drained_share, view.delay.mean_s) = (0.04, 0.8, 0.004);
            };
            after(change, PASS)
        };
        assert_eq!(swings(1.04), [Doubt::QueueSwings]);
        assert_eq!(swings(7.0), []);
    }

    #[test]
    fn swings_that_the_senders_own_stalls_explain_are_not_doubted() {
        let stalled = |view: &mut View| (view.delay.excursion_s, view.sender.worst_lag_s) = (0.04, 0.03);
        assert_eq!(after(stalled, PASS), []);
    }

    #[test]
    fn a_growth_after_a_time_of_emptiness_is_doubted_and_one_from_the_start_is_not() {
        let growth = (Verdict::Fail, Reason::QueueGrows);
        let grown = |drained_share| {
            after(|view| (view.delay.recent_s, view.delay.drained_share) = (Some(0.2), drained_share), growth)
        };
        assert_eq!(grown(0.3), [Doubt::QueueDrained]);
        assert_eq!(grown(0.03), []);
    }

    #[test]
    fn a_growth_that_the_trains_own_surplus_explains_is_doubted() {
        let slow = |view: &mut View| {
            (view.observed_s, view.delay.recent_s, view.delay.drained_share) = (4.5, Some(0.2), 0.01);
        };
        assert_eq!(after(slow, (Verdict::Fail, Reason::StandingQueue)), [Doubt::SlowGrowth]);
    }

    #[test]
    fn what_is_no_statement_about_the_link_is_not_doubted() {
        assert_eq!(after(|_| {}, (Verdict::Inconclusive, Reason::Outage)), []);
    }
}
