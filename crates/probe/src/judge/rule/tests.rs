//! The rule over views made by hand: one number is changed, and the verdict with it.

use super::*;
use crate::judge::{
    thresholds::{Loss, Pass},
    view::{DelayView, LossView, SenderView},
};

/// A second of a train at 21 Mbit/s over a link that has no trouble with it.
fn good() -> View {
    View {
        observed_s: 1.04,
        silence_s: 0.0,
        ending: Ending::Running,
        delivered: 1.05,
        delay: DelayView {
            filled_bins: 50,
            recent_s: Some(0.001),
            excursion_s: 0.002,
            bridge_s: 0.002,
            standing_s: Some(0.0),
            standing_bins: 16,
            plateau_spread_s: Some(0.001),
            worst_window_s: 0.0,
            high_windows: 0.0,
            drained_share: 1.0,
            mean_s: 0.001,
        },
        loss: LossView { covered: 2_090, missing: 0, lost: 0, holes: 0, longest_hole: 0, gap_s: 0.000_468 },
        sender: SenderView { passed_s: 1.0, sent_s: 1.0, worst_lag_s: 0.002 },
    }
}

fn changed(change: impl FnOnce(&mut View)) -> Option<Finding> {
    let mut view = good();
    change(&mut view);
    decide(&view, &Thresholds::default())
}

const PASS: Option<Finding> = Some((Verdict::Pass, Reason::Sustained));

fn fail(reason: Reason) -> Option<Finding> {
    Some((Verdict::Fail, reason))
}

fn unknown(reason: Reason) -> Option<Finding> {
    Some((Verdict::Inconclusive, reason))
}

fn grown(view: &mut View, by_s: f64) {
    view.delay.recent_s = Some(by_s);
    view.delay.standing_s = Some(by_s / 2.0);
    view.delay.excursion_s = by_s;
    view.delay.plateau_spread_s = Some(by_s / 2.0);
}

#[test]
fn a_second_without_loss_and_queue_is_a_pass() {
    assert_eq!(changed(|_| {}), PASS);
}

#[test]
fn a_shorter_look_is_never_a_pass_not_even_the_last() {
    assert_eq!(changed(|view| view.observed_s = 1.02), None);
    let last = |view: &mut View| (view.observed_s, view.ending) = (1.02, Ending::LastLook);
    assert_eq!(changed(last), unknown(Reason::Undecided));
}

#[test]
fn what_was_not_delivered_at_the_target_rate_never_passes() {
    assert_eq!(changed(|view| view.delivered = 0.97), None);
    assert_eq!(changed(|view| (view.delivered, view.observed_s) = (0.97, 6.0)), unknown(Reason::Undecided));
}

#[test]
fn a_queue_that_is_not_drained_does_not_pass_unless_it_has_settled() {
    let undrained =
        |view: &mut View| (view.delay.recent_s, view.delay.plateau_spread_s) = (Some(0.008), Some(0.004));
    assert_eq!(changed(undrained), None);
    let settled =
        |view: &mut View| (view.delay.recent_s, view.delay.plateau_spread_s) = (Some(0.008), Some(0.002));
    assert_eq!(changed(settled), PASS);
}

#[test]
fn patience_grows_with_the_excursions_seen() {
    let after = |observed_s| changed(|view| (view.delay.excursion_s, view.observed_s) = (0.05, observed_s));
    assert_eq!(after(1.48), None);
    assert_eq!(after(1.5), PASS);
}

#[test]
fn a_queue_that_stood_too_high_for_too_long_does_not_pass_even_when_it_is_gone() {
    assert_eq!(changed(|view| view.delay.high_windows = 0.16), None);
    assert_eq!(changed(|view| view.delay.high_windows = 0.14), PASS);
}

#[test]
fn few_packets_are_not_enough_to_exclude_loss() {
    assert_eq!(changed(|view| view.loss.covered = 1_000), None);
}

#[test]
fn steady_growth_fails_at_0_58_s_and_not_before() {
    let after = |observed_s| {
        changed(|view| {
            grown(view, 0.05);
            view.observed_s = observed_s;
        })
    };
    assert_eq!(after(0.56), None);
    assert_eq!(after(0.58), fail(Reason::QueueGrows));
}

#[test]
fn a_growth_that_nothing_else_explains_fails_early() {
    let early = |view: &mut View| {
        grown(view, 0.19);
        (view.observed_s, view.delay.bridge_s) = (0.3, 0.004);
    };
    assert_eq!(changed(early), fail(Reason::QueueGrows));
}

#[test]
fn one_burst_is_not_growth_since_the_start() {
    let burst = |view: &mut View| {
        grown(view, 0.05);
        view.delay.bridge_s = 0.03;
    };
    assert_eq!(changed(burst), None);
}

#[test]
fn a_queue_that_the_senders_own_stall_explains_is_not_the_links() {
    let stalled = |view: &mut View| {
        grown(view, 0.08);
        view.sender.worst_lag_s = 0.07;
    };
    assert_eq!(changed(stalled), None);
    assert_eq!(changed(|view| grown(view, 0.08)), fail(Reason::QueueGrows));
}

#[test]
fn a_queue_that_stands_fails_even_when_it_does_not_grow() {
    let standing = |view: &mut View| {
        grown(view, 0.2);
        (view.delay.standing_s, view.delay.bridge_s) = (Some(0.2), 0.2);
    };
    assert_eq!(changed(standing), fail(Reason::StandingQueue));
    let half_empty = |view: &mut View| {
        standing(view);
        view.delay.standing_bins = 10;
    };
    assert_eq!(changed(half_empty), None);
}

#[test]
fn two_per_cent_of_single_losses_fail_and_the_same_in_one_burst_does_not() {
    let single = |view: &mut View| (view.loss.lost, view.loss.longest_hole, view.loss.holes) = (42, 1, 42);
    assert_eq!(changed(single), fail(Reason::Loss));
    let burst = |view: &mut View| {
        (view.loss.lost, view.loss.longest_hole, view.loss.holes) = (42, 42, 1);
    };
    assert_eq!(changed(burst), None);
}

#[test]
fn one_long_hole_is_an_outage_and_several_are_a_loss_ratio() {
    let holes = |longest| {
        changed(|view| {
            (view.loss.lost, view.loss.longest_hole, view.loss.holes) = (430, longest, 10);
        })
    };
    assert_eq!(holes(430), unknown(Reason::Outage));
    assert_eq!(holes(200), fail(Reason::Loss));
}

#[test]
fn a_hole_after_a_queue_that_stood_high_is_its_overflow() {
    let overflow = |view: &mut View| {
        view.delay.worst_window_s = 0.25;
        (view.loss.lost, view.loss.longest_hole, view.loss.holes) = (430, 430, 1);
    };
    assert_ne!(changed(overflow), unknown(Reason::Outage));
    let silence = |view: &mut View| (view.delay.worst_window_s, view.silence_s) = (0.25, 0.4);
    assert_ne!(changed(silence), unknown(Reason::Outage));
    let longer = |view: &mut View| (view.delay.worst_window_s, view.silence_s) = (0.25, 0.5);
    assert_eq!(changed(longer), unknown(Reason::Outage));
}

#[test]
fn several_single_losses_are_sooner_clear_than_one_or_two_in_a_row() {
    let after_a_second =
        |lost, holes| changed(|view| (view.observed_s, view.loss.lost, view.loss.holes) = (1.0, lost, holes));
    assert_eq!(after_a_second(8, 8), PASS);
    assert_eq!(after_a_second(1, 1), None);
    assert_eq!(after_a_second(8, 7), None);
}

#[test]
fn nothing_passes_while_a_packet_is_missing() {
    assert_eq!(changed(|view| view.loss.missing = 1), None);
}

#[test]
fn silence_is_an_outage_whatever_else_is_known() {
    assert_eq!(changed(|view| view.silence_s = 0.25), unknown(Reason::Outage));
    assert_eq!(changed(|view| view.delay.recent_s = None), None);
    assert_eq!(changed(|view| (view.delay.recent_s, view.observed_s) = (None, 6.0)), unknown(Reason::Outage));
}

#[test]
fn a_late_sender_gets_two_seconds_and_then_nothing_is_said_about_the_link() {
    let late = |observed_s, bad_link: bool| {
        changed(|view| {
            view.observed_s = observed_s;
            (view.sender.passed_s, view.sender.sent_s) = (observed_s, 0.95 * observed_s);
            if bad_link {
                (view.loss.lost, view.loss.holes) = (200, 200);
            }
        })
    };
    for bad_link in [false, true] {
        assert_eq!(late(1.98, bad_link), None);
        assert_eq!(late(2.0, bad_link), unknown(Reason::SenderLate));
    }
}

#[test]
fn the_last_look_settles_with_milder_limits() {
    let last = |change: &dyn Fn(&mut View)| {
        changed(|view| {
            view.observed_s = 6.0;
            change(view);
        })
    };
    let undrained =
        |view: &mut View| (view.delay.recent_s, view.delay.plateau_spread_s) = (Some(0.009), Some(0.01));
    assert_eq!(last(&undrained), PASS);
    let queue = |mean_s| {
        last(&|view| {
            (view.delay.drained_share, view.delay.mean_s, view.delay.worst_window_s) = (0.4, mean_s, 0.2);
        })
    };
    assert_eq!(queue(0.04), PASS);
    assert_eq!(queue(0.058), unknown(Reason::Undecided));
    assert_eq!(queue(0.08), fail(Reason::StandingQueue));
    let lossy = |view: &mut View| {
        (view.loss.covered, view.loss.lost, view.loss.holes) = (12_000, 160, 16);
    };
    assert_eq!(last(&lossy), fail(Reason::Loss));
    let between = |view: &mut View| {
        lossy(view);
        (view.loss.lost, view.loss.holes) = (90, 9);
    };
    assert_eq!(last(&between), unknown(Reason::Undecided));
}

#[test]
fn another_policy_gives_another_verdict() {
    let patient = Thresholds { pass: Pass { after_s: 2.0, ..Pass::default() }, ..Thresholds::default() };
    assert_eq!(decide(&good(), &patient), None);
    let strict =
        Thresholds { loss: Loss { good: 0.0002, bad: 0.0005, ..Loss::default() }, ..Thresholds::default() };
    assert_eq!(decide(&good(), &strict), None);
}

#[test]
fn a_policy_of_nonsense_numbers_passes_nothing() {
    let nonsense = Pass { drained_s: f64::NAN, clear_odds: f64::NAN, after_s: f64::NAN, ..Pass::default() };
    assert_eq!(decide(&good(), &Thresholds { pass: nonsense, ..Thresholds::default() }), None);
}
