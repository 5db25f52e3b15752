//! Every number of the rule, in one place. They are policy: a server's configuration may change them.
//!
//! Where no other source is named, a number was chosen by simulation, so that over clean, lossy, policed, shaped, Wi-Fi
//! and LTE-like links the rule agrees with what a train of 30 s at exactly the target rate finds (delivered at ≥ 98 %,
//! loss ≤ 1 %, standing queue ≤ 100 ms in ≥ 95 % of its 300 ms windows).

use serde::{Deserialize, Serialize};

use super::{effort::Effort, limits};

/// The rule's numbers. Times are in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// When nothing arrives (line 1 of the rule).
    pub outage: Outage,
    /// When the losses decide (lines 2, 5, 6).
    pub loss: Loss,
    /// When a growing delay decides (lines 3, 6).
    pub growth: Growth,
    /// When a high delay decides (line 4).
    pub standing: Standing,
    /// What a pass needs (line 5).
    pub pass: Pass,
    /// What decides when the time for careful waiting is over (line 6).
    pub settle: Settle,
    /// What makes a finding doubtful.
    pub doubt: DoubtLimits,
    /// What the sender's own stamps must show before anything is said about the link.
    pub sender: Sender,
}

impl Thresholds {
    /// The numbers of an effort; [`Effort::Normal`]'s are the default.
    #[must_use]
    pub fn of(effort: Effort) -> Self {
        let normal = Self::default();
        match effort {
            Effort::Normal => normal,
            Effort::Light => Self {
                pass: Pass { after_s: 0.4, after_single_s: 0.4, clear_odds: 2.0, ..normal.pass },
                settle: Settle { after_s: 2.0, ..normal.settle },
                ..normal
            },
            Effort::Careful => Self {
                pass: Pass {
                    after_s: 2.5,
                    after_single_s: 2.5,
                    clear_odds: 5.5,
                    excursions: 40.0,
                    ..normal.pass
                },
                growth: Growth { bridge_s: 6.0, ..normal.growth },
                settle: Settle { after_s: 8.0, ..normal.settle },
                ..normal
            },
        }
    }
}

/// What makes a finding doubtful (see [`doubt`](super::doubt)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoubtLimits {
    /// A pass with no larger excursion of the delay,
    pub excursion_s: f64,
    /// and no larger distance from the straight line,
    pub bridge_s: f64,
    /// unless the queue was empty in at least this share of the time, is not doubted for its queue.
    pub drained_share: f64,
    /// A pass with a larger one is doubted where too high a queue may stand for more than this share of the time,
    pub high_from: f64,
    /// or any queue for more than this share,
    pub share: f64,
    /// and a failure where too high a queue may stand for less than this. After 8 s over Wi-Fi, cross traffic and LTE
    /// of many rates, 99 % of the trains that found less than 0.02 were on links that hold, half of those at 0.18,
    /// and 1 % from 0.5 on.
    pub high_to: f64,
    /// While there is time left, a queue is presumed beside what was seen: for how long,
    pub presumed_s: f64,
    /// and how deep.
    pub presumed_depth_s: f64,
    /// A growing or standing queue is doubted if it was empty for at least this long,
    pub drained_s: f64,
    /// or if it grew by less than `growth.slope` says, with a distance from the straight line below this share of it.
    pub straight: f64,
    /// Losses are doubted while the log-odds lie within this of even.
    pub loss_odds: f64,
}

impl Default for DoubtLimits {
    fn default() -> Self {
        Self {
            excursion_s: 0.015,
            bridge_s: 0.018,
            drained_share: 0.85,
            high_from: 0.02,
            share: 0.45,
            high_to: 0.43,
            presumed_s: 1.0,
            presumed_depth_s: 0.06,
            drained_s: 0.09,
            straight: 0.25,
            loss_odds: 1.0,
        }
    }
}

/// When nothing arrives.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outage {
    /// Nothing for this long after the first packet is an outage.
    pub silence_s: f64,
    /// … or for this long once a queue stood: others' bursts may fill it to the brim.
    pub silence_queue_s: f64,
    /// A hole in the train of at least this length that holds most of its losses is one too, and no loss ratio.
    pub hole_s: f64,
    /// … unless a queue stood this high: then it overflowed.
    pub queue_s: f64,
    /// Nothing for this long from the expected start is an outage.
    pub first_packet_s: f64,
}

impl Default for Outage {
    fn default() -> Self {
        Self {
            silence_s: 0.25,
            silence_queue_s: 0.5,
            hole_s: limits::HOLE_S,
            queue_s: limits::QUEUE_S,
            first_packet_s: limits::FIRST_PACKET.as_secs_f64(),
        }
    }
}

/// A sequential test between the losses of a good link and of a bad one, single or in bursts (see
/// [`loss_odds`](super::loss_odds)).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Loss {
    /// Highest loss ratio of a link that is good enough; half of the 1 % that a video conference bears
    /// (Microsoft Teams' published limit).
    pub good: f64,
    /// Lowest loss ratio of a link that is not.
    pub bad: f64,
    /// Fail from these log-odds on (5 = ln 150: one wrong fail in a hundred and fifty).
    pub fail_odds: f64,
    /// … but only with at least this many lost packets.
    pub fail_packets: u32,
}

impl Default for Loss {
    fn default() -> Self {
        Self { good: 0.005, bad: 0.015, fail_odds: 5.3, fail_packets: 3 }
    }
}

/// A delay that has grown by `S` after `t` seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Growth {
    /// No judgement on growth before this.
    pub after_s: f64,
    /// Nor with fewer bins that hold a packet.
    pub bins: usize,
    /// Smallest growth that counts; above the noise of schedulers and radio slots.
    pub delay_s: f64,
    /// Smallest growth per time that counts (a sender at 1.05 × the target grows the queue of a link at 0.985 × the
    /// target by this).
    pub slope: f64,
    /// Before this time only a growth of `sure_s` counts: half a second of somebody's cross traffic looks just like a
    /// slow link.
    pub patience_s: f64,
    /// See `patience_s`.
    pub sure_s: f64,
    /// `S·t` must be at least this many seconds times the bridge deviation: growth since the start against one burst.
    pub bridge_s: f64,
    /// Smallest bridge deviation assumed.
    pub bridge_floor_s: f64,
}

impl Default for Growth {
    fn default() -> Self {
        Self {
            after_s: 0.1,
            bins: 5,
            delay_s: 0.012,
            slope: 0.06,
            patience_s: 0.58,
            sure_s: 0.180,
            bridge_s: 3.6,
            bridge_floor_s: 0.004,
        }
    }
}

/// A delay that stays high.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Standing {
    /// No judgement before this.
    pub after_s: f64,
    /// The smallest delay of the last 320 ms is at least this: twice the standing queue that a conference bears.
    pub delay_s: f64,
    /// At least this many of these 16 bins hold a packet.
    pub bins: usize,
}

impl Default for Standing {
    fn default() -> Self {
        Self { after_s: 0.4, delay_s: 0.2, bins: 11 }
    }
}

/// What a pass needs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pass {
    /// Observed for at least this long, whatever else is changed. Policers with an ordinary bucket need it: 0.6 s lets
    /// one in four of them pass.
    pub after_s: f64,
    /// Delivered at least at this share of the target, by the receiver's clock.
    pub delivered: f64,
    /// No more than this share of the windows of 300 ms had a standing queue above 100 ms. The ground truth allows 5 %
    /// of 30 s; over a few seconds that left 17 % of the runs on LTE at 1.2 times the target without a verdict.
    pub high_windows: f64,
    /// The delay is within this of its minimum, or on a plateau.
    pub drained_s: f64,
    /// The log-odds of the losses are at most minus this,
    pub clear_odds: f64,
    /// or minus this if there were several, each by itself: bursts would not come like that.
    pub clear_single_odds: f64,
    /// With several single losses the time may be as short as this.
    pub after_single_s: f64,
    /// Observed for this many times the largest excursion of the delay: patience grows with the variance seen.
    pub excursions: f64,
    /// A plateau (after a change of route) starts no earlier than this,
    pub plateau_after_s: f64,
    /// is no higher than this,
    pub plateau_s: f64,
    /// and its four minima over 100 ms each differ by no more than this.
    pub plateau_spread_s: f64,
}

impl Default for Pass {
    fn default() -> Self {
        Self {
            after_s: 1.04,
            delivered: limits::DELIVERED,
            high_windows: 0.15,
            drained_s: 0.006,
            clear_odds: 4.6,
            clear_single_odds: 1.8,
            after_single_s: 1.0,
            excursions: 30.0,
            plateau_after_s: 0.5,
            plateau_s: 0.040,
            plateau_spread_s: 0.003,
        }
    }
}

/// What decides in the end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settle {
    /// The end of careful waiting.
    pub after_s: f64,
    /// Pass: too high a queue stands for less than this share of the time,
    pub high_pass: f64,
    /// and the log-odds of the losses are at most minus this.
    pub clear_odds: f64,
    /// Fail: it stands for more than this share of the time,
    pub high_fail: f64,
    /// or the log-odds are at least this.
    pub fail_odds: f64,
}

impl Default for Settle {
    fn default() -> Self {
        Self { after_s: 6.0, high_pass: 0.19, clear_odds: 1.5, high_fail: 0.24, fail_odds: 0.8 }
    }
}

/// What the sender's own stamps must show.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sender {
    /// It sent at least this share of the granted rate,
    pub share: f64,
    /// not counting this much time at the end (a timer tick, a stall that is being made good).
    pub slack_s: f64,
    /// A sender that is behind may catch up until this time; then the train is inconclusive.
    pub patience_s: f64,
}

impl Default for Sender {
    fn default() -> Self {
        Self { share: limits::ON_SCHEDULE, slack_s: 0.010, patience_s: 2.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_only_what_it_changes() {
        let policy: Thresholds = serde_json::from_str(r#"{"pass": {"after_s": 2.0}}"#).unwrap();
        let pass = Pass { after_s: 2.0, ..Pass::default() };
        assert_eq!(policy, Thresholds { pass, ..Thresholds::default() });
    }

    #[test]
    fn single_losses_never_make_an_effort_less_patient_than_it_says() {
        for (effort, at_least) in [(Effort::Light, 0.4), (Effort::Normal, 1.0), (Effort::Careful, 2.5)] {
            let pass = Thresholds::of(effort).pass;
            assert!(pass.after_single_s >= at_least && pass.after_single_s <= pass.after_s, "{pass:?}");
        }
    }

    #[test]
    fn a_misspelt_threshold_is_refused() {
        assert!(serde_json::from_str::<Thresholds>(r#"{"pass": {"after": 2.0}}"#).is_err());
        assert!(serde_json::from_str::<Thresholds>(r#"{"passs": {}}"#).is_err());
    }
}
