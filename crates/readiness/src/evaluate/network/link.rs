//! Which finding counts for a required rate.

use std::time::Duration;

use siaga_probe::{Bitrate, Direction, DirectionResult, Reason};

use crate::{
    evaluate::statement::Seen,
    moment::Moment,
    observation::{Gateway, ServerPlace},
    policy::{Policy, TimeToLive},
    reasons::Code,
    snapshot::{Conclusion, Finding, Findings, ProbeAttempt, Since, Snapshot},
};

/// What is known of the link, seen from one moment.
pub(super) struct Link<'a> {
    pub(super) policy: Policy,
    /// For how long a gate probe is accepted as good.
    pub(super) accepted_for: TimeToLive,
    /// The last attempt, and how old it is where that can be told.
    pub(super) attempt: Option<(&'a ProbeAttempt, Option<Seen>)>,
    pub(super) now: Moment,
    /// Since when a meeting is on, and for how long that counts.
    meeting: Option<(Moment, Duration)>,
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
        let accepted_for =
            policy.gate_limit().map_or(policy.gate_probe, |limit| policy.gate_probe.min(limit));
        Self {
            policy,
            accepted_for,
            attempt: attempt.map(|attempt| (attempt, Seen::of(attempt.at, now, accepted_for))),
            now,
            meeting: snapshot.meeting_since(now),
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
        let fresh = || {
            let counted = findings.iter().filter(|finding| counts(finding));
            counted.filter_map(|finding| Some((finding, self.seen(finding)?)))
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
                // What failed before a meeting is not told as a failure for longer than it counts.
                let accepted = if finding.is_pass() { seen.is_fresh() } else { !self.is_held(&seen) };
                if outlived || !accepted { Standing::Open } else { Standing::Decided(*finding, seen) }
            }
        }
    }

    /// A finding, if it counts: it is young enough, or it was when a meeting began that is still on. No probe is made in a
    /// meeting, and so what was known of the link before stands until it ends. A caller who wants younger evidence is told of
    /// none that is older.
    fn seen(&self, finding: &Finding) -> Option<Seen> {
        let life = self.policy.gate_probe;
        let mut seen = Seen::of(finding.at, self.now, self.accepted_for)?;
        let held = self.meeting.and_then(|(began, left)| {
            life.left_at(finding.at.age_at(&began).unwrap_or_default())?;
            let wanted = self.policy.gate_limit().map_or(Some(left), |most| most.left_at(seen.age));
            Some(wanted.map(|wanted| wanted.min(left)))
        });
        seen.left = seen.left.max(held.flatten());
        (life.left_at(seen.age).is_some() || held.is_some()).then_some(seen)
    }

    /// Whether evidence counts for the sake of a meeting alone.
    pub(super) fn is_held(&self, seen: &Seen) -> bool {
        self.policy.gate_probe.left_at(seen.age).is_none()
    }

    /// Whether the link failed at this very rate within the time that a probe counts, before it passed.
    pub(super) fn is_borderline(&self, findings: &Findings, required: Bitrate, passed: &Seen) -> bool {
        findings.iter().any(|finding| {
            let at_rate = !finding.is_pass() && finding.target_bps == required;
            at_rate
                && finding
                    .at
                    .age_at(&self.now)
                    .is_some_and(|age| age >= passed.age && self.policy.gate_probe.left_at(age).is_some())
        })
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

    /// The code for a reason of this attempt. Where nothing came back, the gateway tells on which side of it the fault is.
    pub(super) fn code(&self, reason: Reason, direction: Direction) -> Code {
        match self.evidence.gateway.filter(|_| reason.is_silence()) {
            Some(Gateway::Silent) => Code::NetGatewaySilent,
            // A name that could not be resolved says more: the fault may be with the names alone.
            Some(Gateway::Answers) if reason != Reason::NameNotResolved => Code::NetBeyondGateway,
            _ => Code::of_probe(reason, direction),
        }
    }
}
