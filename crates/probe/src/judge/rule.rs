//! The decision: a pure function of the evidence and the thresholds.

use super::{
    Thresholds,
    doubt::moved,
    loss_odds::log_odds,
    queue_odds::queue,
    view::{Ending, View},
};
use crate::{Reason, Verdict};

/// A verdict and its reason.
pub type Finding = (Verdict, Reason);

/// What the evidence says, or `None` while it has to be looked at again.
#[must_use]
pub fn decide(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let patience_s = if queue_stood(view, thresholds) {
        thresholds.outage.silence_queue_s
    } else {
        thresholds.outage.silence_s
    };
    if view.silence_s >= patience_s {
        return Some((Verdict::Inconclusive, Reason::Outage));
    }
    let last = view.ending == Ending::LastLook;
    if view.sender.is_behind(thresholds.sender.share, thresholds.sender.slack_s) {
        let patience_is_over = last || view.observed_s >= thresholds.sender.patience_s;
        return patience_is_over.then_some((Verdict::Inconclusive, Reason::SenderLate));
    }
    if let Some(found) = losses_decide(view, thresholds) {
        return Some(found);
    }
    if view.observed_s >= thresholds.settle.after_s {
        return Some(settle(view, thresholds));
    }
    growth_fails(view, thresholds)
        .or_else(|| standing_queue_fails(view, thresholds))
        .or_else(|| passes(view, thresholds))
        .or_else(|| last.then(|| settle(view, thresholds)))
}

/// Whether the time for waiting is over, or the train.
pub(super) fn is_over(view: &View, thresholds: &Thresholds) -> bool {
    view.ending == Ending::LastLook || view.observed_s >= thresholds.settle.after_s
}

/// Whether nothing so far may keep the link from passing as soon as the time is over.
pub(super) fn is_quiet(view: &View, thresholds: &Thresholds) -> bool {
    view.loss.lost == 0
        && view.delay.recent_s.is_some_and(|recent| recent <= thresholds.pass.drained_s)
        && !moved(view, thresholds)
}

fn losses_decide(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let (loss, limit) = (&view.loss, &thresholds.loss);
    // Most of what was lost was lost in one long hole, and not by a queue that overflowed: that is no loss ratio, good
    // or bad.
    let hole = f64::from(loss.longest_hole);
    if hole * loss.gap_s >= thresholds.outage.hole_s
        && hole > 0.5 * f64::from(loss.lost)
        && !queue_stood(view, thresholds)
    {
        return Some((Verdict::Inconclusive, Reason::Outage));
    }
    let fails = loss.lost >= limit.fail_packets && log_odds(loss, limit) >= limit.fail_odds;
    fails.then_some((Verdict::Fail, Reason::Loss))
}

/// Whether a queue that the sender's own stalls can't explain ever stood so high that it may have overflowed.
pub(super) fn queue_stood(view: &View, thresholds: &Thresholds) -> bool {
    view.delay.worst_window_s - view.sender.worst_lag_s >= thresholds.outage.queue_s
}

fn growth_fails(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let limit = &thresholds.growth;
    let growth = growth(view)?;
    let t = view.observed_s;
    let fails = t >= limit.after_s
        && view.delay.filled_bins >= limit.bins
        && growth >= limit.delay_s
        && growth >= limit.slope * t
        && (t >= limit.patience_s || growth >= limit.sure_s)
        && growth * t >= limit.bridge_s * bridge(view, thresholds);
    fails.then_some((Verdict::Fail, Reason::QueueGrows))
}

fn standing_queue_fails(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let limit = &thresholds.standing;
    view.delay.recent_s?;
    let fails = view.observed_s >= limit.after_s
        && view.delay.standing_bins >= limit.bins
        && view.delay.standing_s? >= limit.delay_s;
    fails.then_some((Verdict::Fail, Reason::StandingQueue))
}

/// Line 5 of the rule; without all of the evidence it may pass later.
pub(super) fn passes(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let limit = &thresholds.pass;
    let singles = view.loss.lost >= 2 && view.loss.holes == view.loss.lost;
    let (after_s, clear_odds) = if singles {
        (limit.after_single_s, limit.clear_single_odds)
    } else {
        (limit.after_s, limit.clear_odds)
    };
    let passes = view.observed_s >= after_s
        && view.loss.missing == 0
        && is_drained(view, thresholds)?
        && view.delivered >= limit.delivered
        && view.delay.high_windows <= limit.high_windows
        && log_odds(&view.loss, &thresholds.loss) <= -clear_odds
        && view.observed_s >= limit.excursions * view.delay.excursion_s;
    passes.then_some((Verdict::Pass, Reason::Sustained))
}

fn settle(view: &View, thresholds: &Thresholds) -> Finding {
    let limit = &thresholds.settle;
    if view.observed_s < thresholds.pass.after_s {
        return (Verdict::Inconclusive, Reason::Undecided);
    }
    if view.delay.recent_s.is_none() {
        return (Verdict::Inconclusive, Reason::Outage);
    }
    let odds = log_odds(&view.loss, &thresholds.loss);
    let high = queue(&view.delay, view.observed_s, 0.0, 0.0).high_share;
    if odds >= limit.fail_odds && view.loss.lost >= thresholds.loss.fail_packets {
        (Verdict::Fail, Reason::Loss)
    } else if high > limit.high_fail && queue_stood(view, thresholds) {
        (Verdict::Fail, Reason::StandingQueue)
    } else if high < limit.high_pass
        && odds <= -limit.clear_odds
        && view.delivered >= thresholds.pass.delivered
    {
        (Verdict::Pass, Reason::Sustained)
    } else {
        (Verdict::Inconclusive, Reason::Undecided)
    }
}

/// Whether the queue is empty again or has settled; `None` if silent.
fn is_drained(view: &View, thresholds: &Thresholds) -> Option<bool> {
    let limit = &thresholds.pass;
    let recent = view.delay.recent_s?;
    let plateau = view.observed_s >= limit.plateau_after_s
        && recent <= limit.plateau_s
        && view.delay.plateau_spread_s.is_some_and(|spread| spread <= limit.plateau_spread_s);
    Some(recent <= limit.drained_s || plateau)
}

/// The growth of the delay that the sender's own stalls can't explain.
fn growth(view: &View) -> Option<f64> {
    Some(view.delay.recent_s? - view.sender.worst_lag_s)
}

/// The distance from steady growth, likewise.
fn bridge(view: &View, thresholds: &Thresholds) -> f64 {
    (view.delay.bridge_s - view.sender.worst_lag_s).max(thresholds.growth.bridge_floor_s)
}

#[cfg(test)]
mod tests;
