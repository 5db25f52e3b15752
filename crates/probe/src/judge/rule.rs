//! The decision: a pure function of the evidence and the thresholds.

use super::{
    Thresholds,
    loss_odds::log_odds,
    thresholds::Sender,
    view::{DelayView, Ending, SenderView, View},
};
use crate::{Reason, Verdict};

/// A verdict and its reason.
pub type Finding = (Verdict, Reason);

/// What the evidence says, or `None` while it has to be looked at again.
#[must_use]
pub fn decide(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    if view.silence_s >= thresholds.outage.silence_s {
        return Some((Verdict::Inconclusive, Reason::Outage));
    }
    let last = view.ending == Ending::LastLook;
    if sender_is_late(&view.sender, &thresholds.sender) {
        let patience_is_over = last || view.observed_s >= thresholds.sender.patience_s;
        return patience_is_over.then_some((Verdict::Inconclusive, Reason::SenderLate));
    }
    losses_decide(view, thresholds)
        .or_else(|| growth_fails(view, thresholds))
        .or_else(|| standing_queue_fails(view, thresholds))
        .or_else(|| passes(view, thresholds))
        .or_else(|| (last || view.observed_s >= thresholds.settle.after_s).then(|| settle(view, thresholds)))
}

fn losses_decide(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let (loss, limit) = (&view.loss, &thresholds.loss);
    // Most of what was lost was lost in one long hole: that is no loss ratio, good or bad.
    let hole = f64::from(loss.longest_hole);
    if hole * loss.gap_s >= thresholds.outage.hole_s && hole > 0.5 * f64::from(loss.lost) {
        return Some((Verdict::Inconclusive, Reason::Outage));
    }
    let fails = loss.lost >= limit.fail_packets && log_odds(loss, limit) >= limit.fail_odds;
    fails.then_some((Verdict::Fail, Reason::Loss))
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
        && growth * t >= limit.bridge_s * bridge(&view.delay, thresholds);
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

fn passes(view: &View, thresholds: &Thresholds) -> Option<Finding> {
    let limit = &thresholds.pass;
    let passes = sustained(view, thresholds, limit.drained_s)?
        && log_odds(&view.loss, &thresholds.loss) <= -limit.clear_odds
        && view.observed_s >= limit.excursions * view.delay.excursion_s;
    passes.then_some((Verdict::Pass, Reason::Sustained))
}

fn settle(view: &View, thresholds: &Thresholds) -> Finding {
    let limit = &thresholds.settle;
    if view.observed_s < thresholds.pass.after_s {
        return (Verdict::Inconclusive, Reason::Undecided);
    }
    let (Some(drained), Some(growth)) = (sustained(view, thresholds, limit.drained_s), growth(view)) else {
        return (Verdict::Inconclusive, Reason::Outage);
    };
    let odds = log_odds(&view.loss, &thresholds.loss);
    if drained && odds <= -limit.clear_odds && view.observed_s >= limit.excursions * view.delay.excursion_s {
        (Verdict::Pass, Reason::Sustained)
    } else if growth >= thresholds.growth.delay_s
        && growth >= thresholds.growth.slope * view.observed_s
        && growth >= limit.bridge * bridge(&view.delay, thresholds)
    {
        (Verdict::Fail, Reason::QueueGrows)
    } else if odds >= limit.fail_odds && view.loss.lost >= thresholds.loss.fail_packets {
        (Verdict::Fail, Reason::Loss)
    } else {
        (Verdict::Inconclusive, Reason::Undecided)
    }
}

/// What both ways to a pass share: long enough, at the rate, and the queue is empty again or has settled.
/// `None` if silent.
fn sustained(view: &View, thresholds: &Thresholds, drained_s: f64) -> Option<bool> {
    let limit = &thresholds.pass;
    let recent = view.delay.recent_s?;
    let plateau = view.observed_s >= limit.plateau_after_s
        && recent <= limit.plateau_s
        && view.delay.plateau_spread_s.is_some_and(|spread| spread <= limit.plateau_spread_s);
    Some(
        view.observed_s >= limit.after_s
            && view.delivered >= limit.delivered
            && view.delay.high_windows <= limit.high_windows
            && (recent <= drained_s || plateau),
    )
}

/// The growth of the delay that the sender's own stalls can't explain.
fn growth(view: &View) -> Option<f64> {
    Some(view.delay.recent_s? - view.sender.worst_lag_s)
}

fn bridge(delay: &DelayView, thresholds: &Thresholds) -> f64 {
    delay.bridge_s.max(thresholds.growth.bridge_floor_s)
}

fn sender_is_late(sender: &SenderView, limit: &Sender) -> bool {
    sender.sent_s < limit.share * (sender.passed_s - limit.slack_s)
}

#[cfg(test)]
mod tests;
