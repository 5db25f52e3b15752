//! Rates that change by themselves: radios, satellites, other people's traffic. Piecewise constant, and a function of
//! the seed and the time alone, so that a probe and the ground truth meet the same link.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;
use siaga_probe::Bitrate;

use super::loss::exponential;

/// How the rate of a radio link moves around its nominal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Radio {
    /// The rate wanders by a fifth within 0.15 s; others on the channel stop it for 2 to 30 ms some ten times a second;
    /// packets leave in aggregates of 3 ms.
    WiFi,
    /// Climbs from below the mean to above it within 0.5 to 2.5 s, and falls back; by 25 to 45 %, as the seed has it.
    Lte,
    /// One rate for each 15 s, log-normal around the median; 10 ms of nothing at each step.
    Starlink,
}

/// Other people's traffic that does not care about ours: bursts of a fixed rate. The seed fixes their mean length within
/// a range; each burst and gap lasts for 0.2 to 1.8 times its mean.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bursts {
    /// Rate that they leave free in the mean.
    pub leaves: Bitrate,
    /// Share of the bottleneck that one burst takes, 0 to 1; at least the mean share.
    #[serde(default = "ordinary_peak")]
    pub peak: f64,
    /// Least mean length of a burst, ms.
    #[serde(default = "shortest_ms")]
    pub from_ms: f64,
    /// Greatest mean length of a burst, ms; in between, every ratio is as likely.
    #[serde(default = "longest_ms")]
    pub to_ms: f64,
}

fn ordinary_peak() -> f64 {
    1.0
}

fn shortest_ms() -> f64 {
    50.0
}

fn longest_ms() -> f64 {
    450.0
}

/// What makes the next step: its length (s) and its value (a share of the nominal rate).
#[derive(Debug, Clone, Copy)]
pub(super) enum Process {
    Constant(f64),
    WiFi { level: f64, stalls: bool },
    Lte { phase: f64, period_s: f64, swing: f64 },
    Starlink { gap: bool, first: bool },
    OnOff { load: f64, peak: f64, range_s: (f64, f64), mean_s: f64, on: bool },
}

/// Shape of the Wi-Fi process: spread of the logarithm of the rate, time in which it forgets, mean time between stalls.
const WIFI: (f64, f64, f64) = (0.2, 0.15, 0.08);
/// Shortest and longest stall of the channel, s.
const WIFI_STALL_S: (f64, f64) = (0.002, 0.030);
/// Step of the LTE ramp, s.
const LTE_STEP_S: f64 = 0.05;
/// Spread of the logarithm of a Starlink slot's rate.
const STARLINK_SPREAD: f64 = 0.4;

impl Process {
    pub(super) fn of(radio: Option<Radio>) -> Self {
        match radio {
            None => Self::Constant(1.0),
            Some(Radio::WiFi) => Self::WiFi { level: f64::NAN, stalls: false },
            Some(Radio::Lte) => Self::Lte { phase: f64::NAN, period_s: 1.0, swing: 0.0 },
            Some(Radio::Starlink) => Self::Starlink { gap: false, first: true },
        }
    }

    pub(super) fn bursts(bursts: &Bursts, bottleneck: Bitrate) -> Self {
        let load = 1.0 - bursts.leaves.bps_f64() / bottleneck.bps_f64();
        Self::OnOff {
            load,
            peak: bursts.peak.max(load),
            range_s: (bursts.from_ms / 1e3, bursts.to_ms / 1e3),
            mean_s: 0.0,
            on: false,
        }
    }

    fn next(&mut self, random: &mut Pcg64Mcg) -> (f64, f64) {
        match self {
            Self::Constant(value) => (f64::INFINITY, *value),
            Self::WiFi { level, stalls } => {
                let (spread, memory_s, every_s) = WIFI;
                *stalls = !*stalls;
                if !*stalls {
                    return (random.random_range(WIFI_STALL_S.0..WIFI_STALL_S.1), 0.0);
                }
                let length_s = exponential(every_s, random);
                let kept = if level.is_nan() { 0.0 } else { (-length_s / memory_s).exp() };
                let old = if level.is_nan() { 0.0 } else { *level };
                *level = kept * old + (1.0 - kept * kept).sqrt() * spread * normal(random);
                // What the stalls take is given back between them: the mean stays nominal.
                let open = every_s / (every_s + f64::midpoint(WIFI_STALL_S.0, WIFI_STALL_S.1));
                (length_s, (*level - spread * spread / 2.0).exp() / open)
            }
            Self::Lte { phase, period_s, swing } => {
                if phase.is_nan() || *phase >= 1.0 {
                    let begun = phase.is_nan();
                    *period_s = random.random_range(0.5..2.5);
                    if begun {
                        *swing = random.random_range(0.25..0.45);
                    }
                    *phase = if begun { random.random::<f64>() } else { 0.0 };
                }
                let value = 1.0 - *swing + 2.0 * *swing * *phase;
                *phase += LTE_STEP_S / *period_s;
                (LTE_STEP_S, value)
            }
            Self::Starlink { gap, first } => {
                *gap = !*gap && !*first;
                if *gap {
                    return (0.01, 0.0);
                }
                let length_s = if *first { random.random_range(0.0..15.0) } else { 14.99 };
                *first = false;
                (length_s, (STARLINK_SPREAD * normal(random)).exp())
            }
            Self::OnOff { load, peak, mean_s, on, .. } => {
                *on = !*on;
                let mean_s = if *on { *mean_s } else { *mean_s * (*peak / *load - 1.0) };
                let length_s = mean_s * random.random_range(0.2..1.8);
                (length_s, if *on { *peak } else { 0.0 })
            }
        }
    }
}

/// A piecewise constant function of time, made as far as it is asked for.
#[derive(Debug)]
pub(super) struct Steps {
    process: Process,
    random: Pcg64Mcg,
    /// End and value of each step.
    steps: Vec<(f64, f64)>,
    at: usize,
}

impl Steps {
    pub(super) fn new(mut process: Process, seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        if let Process::OnOff { load, peak, range_s, mean_s, on } = &mut process {
            *mean_s = range_s.0 * (range_s.1 / range_s.0).powf(random.random::<f64>());
            // In its long-run state from the start (`next` turns it round).
            *on = !random.random_bool((*load / *peak).clamp(0.0, 1.0));
        }
        Self { process, random, steps: Vec::new(), at: 0 }
    }

    /// The value at `at_s` and until when it holds.
    pub(super) fn value(&mut self, at_s: f64) -> (f64, f64) {
        while self.at > 0 && self.steps[self.at - 1].0 > at_s {
            self.at -= 1;
        }
        loop {
            match self.steps.get(self.at) {
                Some((until_s, value)) if *until_s > at_s => return (*value, *until_s),
                Some(_) => self.at += 1,
                None => {
                    let (length_s, value) = self.process.next(&mut self.random);
                    let from_s = self.steps.last().map_or(0.0, |step| step.0);
                    self.steps.push((from_s + length_s.max(1e-6), value));
                }
            }
        }
    }
}

/// Standard normal (Box and Muller).
fn normal(random: &mut Pcg64Mcg) -> f64 {
    let radius = (-2.0 * (1.0 - random.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.random::<f64>()).cos()
}
