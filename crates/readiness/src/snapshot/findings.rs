//! Conclusive findings about one direction of the link.

use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, DirectionResult, Reason, Verdict};

use crate::{moment::Moment, observation::ServerPlace};

/// The newest pass and the newest failure for each rate, by where the server was; at most 32 in all.
///
/// A pass counts for every lower rate too, a failure for its own rate only. That findings for other rates
/// are kept is what lets two profiles be judged from one link. A failure stays beside a newer pass at its
/// rate, because that pass does not make good what the failure says of higher rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Findings<T = Moment>(Vec<Finding<T>>);

impl<T> Default for Findings<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Findings<T> {
    pub(super) fn retimed<U>(self, to: &impl Fn(T) -> Option<U>) -> Findings<U> {
        let retimed = |Finding { at, server_place, target_bps, conclusion }| {
            Some(Finding { at: to(at)?, server_place, target_bps, conclusion })
        };
        Findings(self.0.into_iter().filter_map(retimed).collect())
    }
}

impl Findings {
    /// More rates than an office has profiles. Past it the oldest finding gives way, which must only ever turn
    /// an answer to unknown.
    const MAX: usize = 32;

    /// The findings, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Whether findings older than those held may have given way.
    pub(crate) fn may_have_forgotten(&self) -> bool {
        self.0.len() >= Self::MAX
    }

    /// Keeps `new` unless a newer one of its kind is held.
    pub(crate) fn record(&mut self, new: Finding) {
        match self.0.iter_mut().find(|old| old.kind() == new.kind()) {
            Some(old) if old.at.age_at(&new.at).is_some() => *old = new,
            Some(_) => {}
            None => self.0.push(new),
        }
        if self.0.len() > Self::MAX {
            let oldest = self.0.iter().enumerate().min_by_key(|(_, finding)| finding.at.since_boot);
            if let Some((index, _)) = oldest {
                self.0.swap_remove(index);
            }
        }
    }
}

/// One conclusive finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding<T = Moment> {
    /// When its probe began.
    pub at: T,
    /// Where the server was.
    pub server_place: ServerPlace,
    /// The rate that was asked about, IP layer.
    pub target_bps: Bitrate,
    /// Whether the link sustains it.
    pub conclusion: Conclusion,
}

impl Finding {
    /// The finding in a direction's result, if it came to one.
    pub(crate) fn of(at: Moment, server_place: ServerPlace, result: &DirectionResult) -> Option<Self> {
        let conclusion = match result.verdict {
            Verdict::Pass => Conclusion::Pass,
            Verdict::Fail => Conclusion::Fail { reason: result.reason, delivered_bps: result.delivered_bps },
            Verdict::Inconclusive => return None,
        };
        Some(Self { at, server_place, target_bps: result.target_bps, conclusion })
    }

    /// Whether it says that the link sustains the rate.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        self.conclusion == Conclusion::Pass
    }

    fn kind(&self) -> (Bitrate, ServerPlace, bool) {
        (self.target_bps, self.server_place, self.is_pass())
    }
}

/// What a finding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// The link sustains the rate.
    Pass,
    /// It does not.
    Fail {
        /// Why.
        reason: Reason,
        /// What arrived, bit/s, where it was measured.
        delivered_bps: Option<u64>,
    },
}
