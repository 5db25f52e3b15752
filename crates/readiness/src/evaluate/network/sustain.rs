//! Whether the link holds its rates for longer than a gate probe looks.

use siaga_probe::{Bitrate, Direction, Reason, network::Failure};

use crate::{
    answer::CheckCode,
    evaluate::statement::{Seen, Statement},
    moment::Moment,
    observation::ServerPlace,
    profile::NetworkRequirement,
    reasons::Code,
    snapshot::{Conclusion, Finding, NetworkEvidence},
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
/// leaves the link unknown until a gate probe that began after its time has passed, or a newer sustain probe. Nor must it
/// become one by a restart: failures that are remembered of this network stand beside those that were seen.
pub(super) fn check(
    link: &Link,
    evidence: &NetworkEvidence,
    required: &NetworkRequirement,
    gate: [Standing; 2],
) -> Statement {
    let [gate_up, gate_down] = gate;
    let directions = [
        (Direction::Up, required.up, endurance(link, evidence, Direction::Up, required.up, gate_up)),
        (
            Direction::Down,
            required.down,
            endurance(link, evidence, Direction::Down, required.down, gate_down),
        ),
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
            let tried = evidence.sustain.attempt.as_ref();
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

fn endurance(
    link: &Link,
    evidence: &NetworkEvidence,
    direction: Direction,
    required: Bitrate,
    gate: Standing,
) -> Endurance {
    let life = link.policy.sustain_probe;
    let findings = match direction {
        Direction::Up => &evidence.sustain.up,
        Direction::Down => &evidence.sustain.down,
    };
    let mut seen: Vec<(Finding, Seen)> = findings
        .iter()
        .filter(|finding| link.counts(finding))
        .filter_map(|finding| Some((*finding, Seen::of(finding.at, link.now, life)?)))
        .chain(remembered(link, evidence, direction))
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

/// As findings. Their moment tells the time of day only: the boot clock may have been another one.
fn remembered(
    link: &Link,
    evidence: &NetworkEvidence,
    direction: Direction,
) -> impl Iterator<Item = (Finding, Seen)> {
    let (now, life) = (link.now, link.policy.sustain_probe);
    evidence.remembered.failures(direction, now).map(move |(failure, age)| {
        let Failure { target_bps, reason, delivered_bps, .. } = *failure;
        let wall = now.wall.checked_sub(age).unwrap_or(now.wall);
        let at = Moment { wall, ..now };
        let conclusion = Conclusion::Fail { reason, delivered_bps };
        let finding = Finding { at, server_place: ServerPlace::Unknown, target_bps, conclusion };
        (finding, Seen { at, age, left: life.left_at(age) })
    })
}
