//! Whether the link holds its rates for longer than a gate probe looks.

use siaga_probe::{Bitrate, Direction, Reason};

use crate::{
    answer::CheckCode,
    evaluate::statement::{Seen, Statement},
    profile::NetworkRequirement,
    reasons::Code,
    snapshot::{Conclusion, Finding, Findings, RateEvidence},
    state::CheckState,
};

use super::{
    link::{Link, Standing},
    megabits,
};

/// `NET_SUSTAIN`, over both directions; `gate` is what gate probes say of them.
///
/// What passed makes it ok, what failed denies, and what is missing is a warning only: a sustain probe costs too much to
/// ask for before every meeting. That is why a failure must not become a gap by growing old: the gap would grant. It
/// leaves the link unknown until a gate probe that began after its time has passed, or a newer sustain probe.
pub(super) fn check(
    link: &Link,
    evidence: &RateEvidence,
    required: &NetworkRequirement,
    gate: [Standing; 2],
) -> Statement {
    let [gate_up, gate_down] = gate;
    let directions = [
        (Direction::Up, required.up, endurance(link, &evidence.up, required.up, gate_up)),
        (Direction::Down, required.down, endurance(link, &evidence.down, required.down, gate_down)),
    ];
    let new = |state, reason| Statement::new(CheckCode::NetSustain, state, reason);

    for (direction, required, endurance) in directions {
        if let Endurance::Failed { reason, delivered_bps, seen } = endurance {
            let mut failed = new(CheckState::Failed, Code::of_probe(reason, direction))
                .measured(delivered_bps.map(megabits), required.mbps(), "Mbit/s")
                .aged(Some(seen));
            failed.words.in_sustain = true;
            return failed;
        }
    }
    for (_, required, endurance) in directions {
        if let Endurance::Doubted(reason, seen) = endurance {
            return new(CheckState::Unknown, reason)
                .measured(None, required.mbps(), "Mbit/s")
                .aged(Some(seen));
        }
    }
    match directions.map(|(_, _, endurance)| endurance) {
        [Endurance::Passed(up), Endurance::Passed(down)] => {
            let older = if up.age > down.age { up } else { down };
            new(CheckState::Ok, Code::NetSustainPassed).aged(Some(older))
        }
        _ => {
            let tried = evidence.attempt.as_ref();
            let seen = tried.and_then(|tried| Seen::of(tried.at, link.now, link.policy.sustain_probe));
            new(CheckState::Warning, Code::NetSustainMissing).aged(seen)
        }
    }
}

/// What is known of one direction at its required rate.
#[derive(Clone, Copy)]
enum Endurance {
    Passed(Seen),
    Missing,
    /// It failed, but at a lower rate or too long ago to say so still.
    Doubted(Code, Seen),
    Failed {
        reason: Reason,
        delivered_bps: Option<u64>,
        seen: Seen,
    },
}

fn endurance(link: &Link, findings: &Findings, required: Bitrate, gate: Standing) -> Endurance {
    let life = link.policy.sustain_probe;
    let mut seen: Vec<(&Finding, Seen)> = findings
        .iter()
        .filter(|finding| link.counts(finding))
        .filter_map(|finding| Some((finding, Seen::of(finding.at, link.now, life)?)))
        .collect();
    seen.sort_by_key(|(_, seen)| seen.age);
    let passes = || seen.iter().filter(|(finding, _)| finding.is_pass());

    // A link that does not hold a rate does not hold a higher one.
    let failures = || {
        seen.iter().filter(|(failure, seen)| {
            let refuted =
                passes().any(|(pass, later)| pass.target_bps >= failure.target_bps && later.age < seen.age);
            !failure.is_pass() && failure.target_bps <= required && !refuted
        })
    };
    for (failure, seen) in failures().filter(|(_, seen)| seen.is_fresh()) {
        if let Conclusion::Fail { reason, delivered_bps } = failure.conclusion
            && failure.target_bps == required
        {
            return Endurance::Failed { reason, delivered_bps, seen: *seen };
        }
    }
    if let Some((_, seen)) = failures().find(|(_, seen)| seen.is_fresh()) {
        return Endurance::Doubted(Code::NetRateNotProbed, *seen);
    }
    // What is left of the failures is over its time.
    let outlived = |failure: &Seen| match gate {
        Standing::Decided(gate, later) if gate.is_pass() => {
            failure.age.checked_sub(later.age).is_some_and(|between| life.left_at(between).is_none())
        }
        _ => false,
    };
    if let Some((_, seen)) = failures().find(|(_, seen)| !outlived(seen)) {
        return Endurance::Doubted(Code::EvidenceStale, *seen);
    }
    let accepted_for = link.policy.accepted_for(life);
    let accepted =
        passes().find(|(pass, seen)| pass.target_bps >= required && accepted_for.left_at(seen.age).is_some());
    match (accepted, seen.first()) {
        // What may have been forgotten is older.
        (Some((_, seen)), _) => Endurance::Passed(*seen),
        (None, Some((_, seen))) if findings.may_have_forgotten() => {
            Endurance::Doubted(Code::NetRateNotProbed, *seen)
        }
        (None, _) => Endurance::Missing,
    }
}
