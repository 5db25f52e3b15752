//! Whether a finding is near the border, and why: a pure function of the view that it was taken from.

use serde::{Deserialize, Serialize};

use super::{loss_odds::log_odds, rule::Finding, thresholds::Thresholds, view::View};
use crate::{Reason, Verdict};

/// What makes a finding doubtful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Doubt {
    /// It passes, but a queue stood for a while, or was seldom empty: the link has little to spare, or others use it.
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
    let swings = delay.excursion_s > limit.excursion_s
        && (delay.drained_share < limit.drained_share || delay.worst_window_s >= limit.window_s);
    let drained = delay.drained_share >= limit.drained_before;
    let slow = delay.recent_s.is_some_and(|growth| growth < thresholds.growth.slope * view.observed_s);
    let odds = log_odds(&view.loss, &thresholds.loss);
    let time_is_up = view.observed_s >= thresholds.settle.after_s;
    let all = match finding.0 {
        Verdict::Inconclusive if finding.1 != Reason::Undecided => return Vec::new(),
        Verdict::Inconclusive => vec![(time_is_up, Doubt::TimeIsUp), (swings, Doubt::QueueSwings)],
        Verdict::Pass => vec![
            (swings, Doubt::QueueSwings),
            (odds > -limit.loss_odds, Doubt::LossNearLimit),
            (time_is_up, Doubt::TimeIsUp),
        ],
        Verdict::Fail => match finding.1 {
            Reason::Loss => vec![(odds < limit.loss_odds, Doubt::LossNearLimit)],
            _ => {
                vec![(drained, Doubt::QueueDrained), (slow, Doubt::SlowGrowth), (time_is_up, Doubt::TimeIsUp)]
            }
        },
    };
    all.into_iter().filter_map(|(holds, doubt)| holds.then_some(doubt)).collect()
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
const DOUBTED_PASS: f64 = 0.90;
const DOUBTED_FAIL: f64 = 0.94;

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
            plateau_spread_s: Some(0.001),
        };
        let loss = LossView { covered: 2_200, lost: 0, holes: 0, longest_hole: 0, gap_s: 0.000_468 };
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
    fn a_pass_whose_queue_was_seldom_empty_or_stood_is_doubted() {
        let seldom = |view: &mut View| (view.delay.excursion_s, view.delay.drained_share) = (0.02, 0.3);
        assert_eq!(after(seldom, PASS), [Doubt::QueueSwings]);
        let stood = |view: &mut View| (view.delay.excursion_s, view.delay.worst_window_s) = (0.05, 0.04);
        assert_eq!(after(stood, PASS), [Doubt::QueueSwings]);
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
            (view.observed_s, view.delay.recent_s, view.delay.drained_share) = (4.5, Some(0.2), 0.03);
        };
        assert_eq!(after(slow, (Verdict::Fail, Reason::StandingQueue)), [Doubt::SlowGrowth]);
    }

    #[test]
    fn what_is_no_statement_about_the_link_is_not_doubted() {
        assert_eq!(after(|_| {}, (Verdict::Inconclusive, Reason::Outage)), []);
    }
}
