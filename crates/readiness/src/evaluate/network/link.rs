//! Which finding counts for a required rate.

use siaga_probe::{Bitrate, Direction, DirectionResult};

use crate::{
    evaluate::statement::Seen,
    moment::Moment,
    observation::ServerPlace,
    policy::Policy,
    reasons::Code,
    snapshot::{Conclusion, Finding, Findings, ProbeAttempt, Since, Snapshot},
};

/// What is known of the link, seen from one moment.
pub(super) struct Link<'a> {
    pub(super) policy: Policy,
    /// The last attempt, and how old it is where that can be told.
    pub(super) attempt: Option<(&'a ProbeAttempt, Option<Seen>)>,
    pub(super) now: Moment,
    since: Since,
}

/// What stands for a required rate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing {
    /// This finding: a failure that still counts, or a pass that is still accepted.
    Decided(Finding, Seen),
    /// Nothing does.
    Open,
}

impl<'a> Link<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, now: Moment) -> Self {
        let policy = snapshot.setup.policy;
        let attempt = snapshot.network.gate.attempt.as_ref();
        let accepted_for = policy.accepted_for(policy.gate_probe);
        Self {
            policy,
            attempt: attempt.map(|attempt| (attempt, Seen::of(attempt.at, now, accepted_for))),
            now,
            since: snapshot.network.since,
        }
    }

    /// The finding that stands for `required`.
    ///
    /// What an internal server found is shown only where nothing else is known: a pass there says nothing
    /// about the internet and must not take the place of one that does. Its failures count: a link that
    /// can't carry the rate inside the house can't carry it further.
    pub(super) fn standing(&self, findings: &Findings, required: Bitrate) -> Standing {
        match self.newest(findings, required, |finding| self.counts(finding)) {
            Standing::Open => self.newest(findings, required, |_| true),
            decided @ Standing::Decided(..) => decided,
        }
    }

    /// Whether a finding says something about the internet.
    pub(super) fn counts(&self, finding: &Finding) -> bool {
        !finding.is_pass()
            || finding.server_place == ServerPlace::Public
            || self.policy.accept_internal_server
    }

    /// A pass counts for every lower rate, a failure for its own rate only. But a pass does not outlive a
    /// newer failure at a lower rate: whether the link still carries the higher one is open then. A pass that is too
    /// old for the caller is not accepted, but still refutes the failures before it.
    fn newest(&self, findings: &Findings, required: Bitrate, counts: impl Fn(&Finding) -> bool) -> Standing {
        let life = self.policy.gate_probe;
        let accepted_for = self.policy.accepted_for(life);
        let fresh = || {
            findings.iter().filter(|finding| counts(finding)).filter_map(|finding| {
                let seen = Seen::of(finding.at, self.now, accepted_for)?;
                life.left_at(seen.age).is_some().then_some((finding, seen))
            })
        };
        let decisive = fresh()
            .filter(|(finding, _)| match finding.conclusion {
                Conclusion::Pass => finding.target_bps >= required,
                Conclusion::Fail { .. } => finding.target_bps == required,
            })
            .min_by_key(|(finding, seen)| (seen.age, finding.is_pass()));
        match decisive {
            None => Standing::Open,
            Some((finding, seen)) => {
                let outlived = finding.is_pass()
                    && fresh().any(|(other, later)| {
                        !other.is_pass() && other.target_bps < required && later.age <= seen.age
                    });
                let accepted = !finding.is_pass() || seen.is_fresh();
                if outlived || !accepted { Standing::Open } else { Standing::Decided(*finding, seen) }
            }
        }
    }

    /// Why nothing is known although no attempt was made in time.
    pub(super) fn nothing_since(
        &self,
        attempt: Option<(&ProbeAttempt, Option<Seen>)>,
    ) -> (Code, Option<Seen>) {
        attempt.map_or((self.since.cause.code(), None), |(_, seen)| (Code::EvidenceStale, seen))
    }
}

impl ProbeAttempt {
    pub(super) const fn direction(&self, direction: Direction) -> &DirectionResult {
        match direction {
            Direction::Up => &self.evidence.result.up,
            Direction::Down => &self.evidence.result.down,
        }
    }
}
