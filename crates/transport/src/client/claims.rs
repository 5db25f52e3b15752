//! What a server may say and be believed. It has shown its certificate; it may still be broken, or of another release.

use std::time::Duration;

use siaga_probe::{
    Bitrate, Direction, DirectionResult, Mode, Percentiles, Reason, Verdict,
    control::{Grant, TrainGrant, VERSION},
    credit,
    judge::{self, Effort, LeastOfPass},
};

use super::ProbeRequest;
use crate::failure::Failure;

/// A grant above what was asked for would flood the link; one below it could not answer the question.
pub(super) fn check_grant(grant: &Grant, request: &ProbeRequest) -> Result<(), Failure> {
    let server = &request.server;
    if grant.version != VERSION {
        let words = format!(
            "{server} chose version {} of the probe protocol, this room speaks version {VERSION}; bring both to the \
             same release",
            grant.version
        );
        return Err(Failure::new(Reason::VersionMismatch, words));
    }
    for (direction, train, asked) in
        [(Direction::Up, &grant.up, request.up), (Direction::Down, &grant.down, request.down)]
    {
        if let Some(what) = unfit(train, request.mode, asked, request.mode.time_limit()) {
            let words = format!("{server} granted {what} than was asked for ({direction})");
            return Err(Failure::new(Reason::PeerFailed, words));
        }
    }
    let pre_trains = grant.pre_trains.map(|both| [(both.up, request.up), (both.down, request.down)]);
    for (train, asked) in pre_trains.into_iter().flatten() {
        if let Some(what) = unfit(&train, request.mode, asked, credit::PRE_TRAIN) {
            let words = format!("{server} granted a pre-train with {what} than is allowed");
            return Err(Failure::new(Reason::PeerFailed, words));
        }
    }
    if Duration::from_millis(grant.window_ms.into()) > credit::WIDEST {
        let words = format!("{server} granted more credit than any way needs");
        return Err(Failure::new(Reason::PeerFailed, words));
    }
    Ok(())
}

fn unfit(train: &TrainGrant, mode: Mode, asked: Bitrate, time_limit: Duration) -> Option<&'static str> {
    let rate = mode.sending_rate(asked);
    let least = if mode.loads() { asked } else { rate };
    let time = Duration::from_millis(train.max_ms.into());
    if train.rate_bps > rate.scaled(RATE_TOLERANCE) {
        Some("a higher rate")
    } else if train.rate_bps < least {
        Some("a lower rate")
    } else if time > time_limit {
        Some("a longer train")
    } else if train.max_bytes > train.rate_bps.bytes_in(time) {
        Some("more bytes")
    } else {
        None
    }
}

/// A server of another release may send a little faster than this one.
const RATE_TOLERANCE: f64 = 1.045;

/// What this side knows of a train that the server reports on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Kind of probe.
    pub(super) mode: Mode,
    /// What the server was asked to judge with.
    pub(super) effort: Effort,
    /// The rate asked about.
    pub(super) target: Bitrate,
    /// IP bytes that this side has sent since it asked.
    pub(super) sent: u64,
    /// Time since then.
    pub(super) elapsed: Duration,
}

impl Known {
    /// A quality probe is about its own stream.
    fn reported_target(&self) -> Bitrate {
        if self.mode.loads() { self.target } else { self.mode.sending_rate(self.target) }
    }

    fn pass(&self) -> Reason {
        if self.mode.loads() { Reason::Sustained } else { Reason::Measured }
    }
}

/// The report, if it can be true; otherwise what is wrong with it.
pub(super) fn check_report(report: DirectionResult, known: &Known) -> Result<DirectionResult, &'static str> {
    if report.target_bps != known.reported_target() {
        return Err("a report about another rate");
    }
    let fits = match report.verdict {
        Verdict::Pass => report.reason == known.pass(),
        Verdict::Fail => matches!(
            report.reason,
            Reason::QueueGrows | Reason::StandingQueue | Reason::Loss | Reason::Shaped | Reason::Unsteady
        ),
        Verdict::Inconclusive => !report.reason.is_postponement(),
    };
    if !fits {
        return Err("a report whose verdict and reason contradict each other");
    }
    if !has_possible_numbers(&report, known) {
        return Err("a report with impossible numbers");
    }
    if report.verdict == Verdict::Pass {
        is_a_pass(&report, known)?;
    }
    Ok(report)
}

fn has_possible_numbers(report: &DirectionResult, known: &Known) -> bool {
    let within = |value: f64, most: f64| (0.0..=most).contains(&value);
    let optional = |value: Option<f64>, most: f64| value.is_none_or(|value| within(value, most));
    let elapsed_s = known.elapsed.as_secs_f64() * CLOCKS + 0.1;
    optional(report.loss_ratio, 1.0)
        && optional(report.burst_loss_ratio, 1.0)
        && optional(report.standing_queue_ms, MOST_MS)
        && optional(report.jitter_ms, MOST_MS)
        && report.delay_ms.is_none_or(|Percentiles { p50, p95, p99, max }| {
            [p50, p95, p99, max].iter().all(|delay| within(*delay, MOST_MS))
        })
        && within(report.observed_s, elapsed_s)
        && report.delivered_bps.is_none_or(|bps| bps <= MOST_BPS)
        && report.sustain.as_ref().is_none_or(|found| {
            within(found.longest_bad_s, elapsed_s)
                && within(found.slow_share, 1.0)
                && found.bad_windows <= found.windows
        })
}

/// Whether it rests on as much as this side's own judge asks for, and on no more than this side has sent.
#[allow(clippy::cast_precision_loss)]
fn is_a_pass(report: &DirectionResult, known: &Known) -> Result<(), &'static str> {
    let LeastOfPass { observed, delivered: share } = judge::least_of_pass(known.mode, known.effort);
    // It is told to the microsecond.
    if report.observed_s + 1e-6 < observed.as_secs_f64() {
        return Err("a pass after less time than a pass takes");
    }
    let least_bps = share * known.reported_target().bps_f64();
    let Some(delivered_bps) = report.delivered_bps.map(|bps| bps as f64).filter(|bps| *bps >= least_bps)
    else {
        return Err("a pass with less delivered than a pass needs");
    };
    // From the last arrival to the verdict there may be some time, but not within the least.
    let counted_s = (report.observed_s - 0.2).max(observed.as_secs_f64());
    if delivered_bps * counted_s / 8.0 > known.sent as f64 * CLOCKS {
        return Err("a pass for more than was sent");
    }
    Ok(())
}

/// Two machines' clocks and two ways of counting headers differ by less than this.
const CLOCKS: f64 = 1.05;

/// No delay of a train is longer: its time limit and a minute.
const MOST_MS: f64 = 75e3;

/// The highest rate that can be asked about, and a burst on its way (bit/s).
const MOST_BPS: u64 = 100_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(bps: u64) -> Bitrate {
        Bitrate::from_bps(bps).unwrap()
    }

    /// What is known after a second of a train for 10 Mbit/s.
    fn known() -> Known {
        Known {
            mode: Mode::Gate,
            effort: Effort::Normal,
            target: rate(10_000_000),
            sent: 1_320_000,
            elapsed: Duration::from_millis(1_030),
        }
    }

    fn pass() -> DirectionResult {
        DirectionResult {
            verdict: Verdict::Pass,
            delivered_bps: Some(10_490_000),
            loss_ratio: Some(0.0),
            burst_loss_ratio: Some(0.0),
            delay_ms: Some(Percentiles { p50: 0.3, p95: 1.2, p99: 2.4, max: 5.6 }),
            standing_queue_ms: Some(0.2),
            jitter_ms: Some(0.1),
            observed_s: 1.0,
            ..DirectionResult::unmeasured(rate(10_000_000), Reason::Sustained)
        }
    }

    #[test]
    fn an_honest_report_is_taken_as_it_is() {
        assert_eq!(check_report(pass(), &known()), Ok(pass()));
        let fail =
            DirectionResult { verdict: Verdict::Fail, reason: Reason::Loss, loss_ratio: Some(1.0), ..pass() };
        assert_eq!(check_report(fail.clone(), &known()), Ok(fail));
        let nothing = DirectionResult::unmeasured(rate(10_000_000), Reason::Outage);
        assert_eq!(check_report(nothing.clone(), &known()), Ok(nothing));
    }

    #[test]
    fn a_pass_needs_packets_that_were_sent() {
        let too_little = "a pass with less delivered than a pass needs";
        let too_soon = "a pass after less time than a pass takes";
        for (lie, known, told) in [
            (pass(), Known { sent: 900_000, ..known() }, "a pass for more than was sent"),
            (DirectionResult { delivered_bps: Some(9_700_000), ..pass() }, known(), too_little),
            (DirectionResult { delivered_bps: None, ..pass() }, known(), too_little),
            (DirectionResult { observed_s: 0.0, ..pass() }, known(), too_soon),
            (DirectionResult { observed_s: 0.3, ..pass() }, known(), too_soon),
        ] {
            assert_eq!(check_report(lie, &known), Err(told));
        }
        let early = Known { elapsed: Duration::from_millis(500), ..known() };
        assert_eq!(check_report(pass(), &early), Err("a report with impossible numbers"));
    }

    #[test]
    fn each_kind_of_probe_and_each_effort_takes_its_time() {
        // As much was sent as any of them could need.
        let known = |mode, effort| Known {
            mode,
            effort,
            sent: 60_000_000,
            elapsed: Duration::from_secs(40),
            target: rate(10_000_000),
        };
        for (mode, effort, least_s) in [
            (Mode::Gate, Effort::Light, 0.4),
            (Mode::Gate, Effort::Normal, 1.0),
            (Mode::Gate, Effort::Careful, 2.5),
            (Mode::Sustain, Effort::Normal, 21.0),
            (Mode::Quality, Effort::Normal, 4.0),
        ] {
            let known = known(mode, effort);
            let told = |observed_s| {
                let target_bps = known.reported_target();
                let delivered_bps = Some(target_bps.bps());
                check_report(
                    DirectionResult { observed_s, target_bps, delivered_bps, reason: known.pass(), ..pass() },
                    &known,
                )
            };
            assert!(told(least_s).is_ok(), "{mode} {effort}");
            let too_soon = Err("a pass after less time than a pass takes");
            assert_eq!(told(least_s - 0.01), too_soon, "{mode} {effort}");
        }
    }

    #[test]
    fn no_number_may_be_what_numbers_can_t_be() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1e300] {
            let delay = Percentiles { p50: 0.0, p95: 0.0, p99: 0.0, max: value };
            for lie in [
                DirectionResult { loss_ratio: Some(value), ..pass() },
                DirectionResult { burst_loss_ratio: Some(value), ..pass() },
                DirectionResult { delay_ms: Some(delay), ..pass() },
                DirectionResult { standing_queue_ms: Some(value), ..pass() },
                DirectionResult { jitter_ms: Some(value), ..pass() },
                DirectionResult { observed_s: value, ..pass() },
            ] {
                assert_eq!(check_report(lie, &known()), Err("a report with impossible numbers"), "{value}");
            }
        }
    }
}
