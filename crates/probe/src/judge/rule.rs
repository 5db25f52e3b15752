//! The decision: a pure function of the evidence and the thresholds.

use super::{
    Thresholds,
    thresholds::Sender,
    view::{DelayView, Ending, LossView, SenderView, View},
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
    let limit = &thresholds.loss;
    let fails =
        view.loss.lost >= limit.fail_packets && log_likelihood(&view.loss, thresholds) >= limit.fail_llr;
    fails.then(|| loss_or_outage(&view.loss, thresholds))
}

/// Too much was lost: all over the train, or in one hole?
fn loss_or_outage(loss: &LossView, thresholds: &Thresholds) -> Finding {
    let hole = f64::from(loss.longest_hole);
    if hole * loss.gap_s >= thresholds.outage.hole_s && hole > 0.5 * f64::from(loss.lost) {
        (Verdict::Inconclusive, Reason::Outage)
    } else {
        (Verdict::Fail, Reason::Loss)
    }
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
        && log_likelihood(&view.loss, thresholds) <= -limit.clear_llr
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
    let llr = log_likelihood(&view.loss, thresholds);
    if drained && llr <= -limit.clear_llr && view.observed_s >= limit.excursions * view.delay.excursion_s {
        (Verdict::Pass, Reason::Sustained)
    } else if growth >= thresholds.growth.delay_s
        && growth >= thresholds.growth.slope * view.observed_s
        && growth >= limit.bridge * bridge(&view.delay, thresholds)
    {
        (Verdict::Fail, Reason::QueueGrows)
    } else if llr >= limit.fail_llr && view.loss.lost >= thresholds.loss.fail_packets {
        loss_or_outage(&view.loss, thresholds)
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

/// Log-likelihood ratio of a bad link against a good one, per event rather than per packet.
fn log_likelihood(loss: &LossView, thresholds: &Thresholds) -> f64 {
    let limit = &thresholds.loss;
    let lost = f64::from(loss.lost);
    let came = f64::from(loss.covered) - lost;
    let ratio = lost * (limit.bad / limit.good).ln() + came * ((1.0 - limit.bad) / (1.0 - limit.good)).ln();
    ratio / dispersion(loss, thresholds)
}

/// How many lost packets make one event: variance over mean of the losses per block, starting from a presumption.
fn dispersion(loss: &LossView, thresholds: &Thresholds) -> f64 {
    let limit = &thresholds.loss;
    let presumed = (limit.presumed_burst_s / loss.gap_s).max(1.0);
    let lost = f64::from(loss.lost);
    let weight = limit.presumption_weight;
    let seen = (weight * presumed + loss.sum_of_squares) / (weight + lost);
    (seen - lost / (f64::from(loss.blocks) + 1.0)).max(1.0)
}

#[cfg(test)]
mod tests;
