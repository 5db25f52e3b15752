//! The checks on the link.

mod link;
mod sustain;

use siaga_probe::{Bitrate, Direction, Reason, Verdict};

use crate::{
    answer::CheckCode,
    moment::Moment,
    observation::ServerPlace,
    profile::NetworkRequirement,
    reasons::{Code, blames_link},
    snapshot::{Conclusion, Findings, NetworkEvidence, ProbeAttempt, Snapshot},
    state::CheckState,
};

use super::statement::{Seen, Statement};
use link::{Link, Standing};

/// `NET_SERVER`, `NET_UP`, `NET_DOWN` and `NET_SUSTAIN`.
pub(super) fn checks(snapshot: &Snapshot, required: &NetworkRequirement, now: Moment) -> Vec<Statement> {
    let Some(server) = &snapshot.setup.probe_server else {
        return [CheckCode::NetServer, CheckCode::NetUp, CheckCode::NetDown, CheckCode::NetSustain]
            .map(|code| Statement::new(code, CheckState::Unknown, Code::NetNoServer))
            .into();
    };
    let link = Link::new(snapshot, now);
    let gate = &snapshot.network.gate;
    let up = link.standing(&gate.up, required.up);
    let down = link.standing(&gate.down, required.down);
    let statements = [
        server_check(&link, &snapshot.network, [up, down]),
        direction_check(&link, Direction::Up, required.up, &gate.up, up),
        direction_check(&link, Direction::Down, required.down, &gate.down, down),
        sustain::check(&link, &snapshot.network, required, [up, down]),
    ];
    // Of several, the one that was asked last.
    let server = link.attempt.map_or(server, |(attempt, _)| &attempt.evidence.result.server);
    let mut statements: Vec<_> = statements.map(|statement| statement.named(server)).into();
    statements.extend(clock_check(&link, &snapshot.network));
    statements
}

/// Told only where it is wrong: the server says its time in every grant. A wrong clock makes certificates fail and meetings begin
/// late; no evidence is dated by it.
fn clock_check(link: &Link, evidence: &NetworkEvidence) -> Option<Statement> {
    let NetworkEvidence { gate, sustain, quality, .. } = evidence;
    let probes = [&gate.attempt, &gate.measured, &sustain.measured, quality].into_iter().flatten();
    let told = probes.filter_map(|probe| {
        let seen = Seen::of(probe.at, link.now, link.policy.gate_probe).filter(Seen::is_fresh)?;
        Some((probe.evidence.clock_offset_s?, seen))
    });
    let (offset, seen) = told.min_by_key(|(_, seen)| seen.age)?;
    (offset.abs() > CLOCK_TOLERANCE_S).then(|| {
        Statement::new(CheckCode::Clock, CheckState::Warning, Code::ClockWrong)
            .measured(Some((offset.abs()).round()), CLOCK_TOLERANCE_S, "s")
            .aged(Some(seen))
    })
}

/// Nobody misses a meeting by a minute, and the measurement itself is off by no more than a second.
const CLOCK_TOLERANCE_S: f64 = 60.0;

fn direction_check(
    link: &Link,
    direction: Direction,
    required: Bitrate,
    findings: &Findings,
    standing: Standing,
) -> Statement {
    let code = match direction {
        Direction::Up => CheckCode::NetUp,
        Direction::Down => CheckCode::NetDown,
    };
    let new = |state, reason, seen, value| {
        Statement::new(code, state, reason).measured(value, required.mbps(), "Mbit/s").seen(seen)
    };
    if let Standing::Decided(finding, seen) = standing {
        return match finding.conclusion {
            Conclusion::Pass => {
                let value = Some(finding.target_bps.mbps());
                let (state, reason) = if link.is_held(&seen) {
                    (CheckState::InUse, Code::NetInUse)
                } else if let Some(reason) = fruitless_since(link, direction, &seen) {
                    (CheckState::Warning, reason)
                } else if link.is_borderline(findings, required, &seen) {
                    let reasons = [Code::NetUpBorderline, Code::NetDownBorderline];
                    (CheckState::Warning, reasons[usize::from(direction == Direction::Down)])
                } else {
                    (CheckState::Ok, Code::of_probe(Reason::Sustained, direction))
                };
                new(state, reason, Some(seen), value)
            }
            Conclusion::Fail { reason, delivered_bps } => {
                let value = delivered_bps.map(megabits);
                new(CheckState::Failed, Code::of_probe(reason, direction), Some(seen), value)
            }
        };
    }
    let (reason, seen) = match link.attempt {
        Some((attempt, Some(seen))) if seen.is_fresh() => {
            let result = attempt.direction(direction);
            let inconclusive = result.verdict == Verdict::Inconclusive;
            let reason =
                if inconclusive { attempt.code(result.reason, direction) } else { Code::NetRateNotProbed };
            (reason, Some(seen))
        }
        tried => link.nothing_since(tried),
    };
    new(CheckState::Unknown, reason, seen, None)
}

/// Why the last attempt told nothing about this direction, if it began after what stands. Where it was turned
/// away as a whole, `NET_SERVER` says so.
fn fruitless_since(link: &Link, direction: Direction, standing: &Seen) -> Option<Code> {
    let (attempt, Some(tried)) = link.attempt? else { return None };
    let result = attempt.direction(direction);
    let reason = attempt.code(result.reason, direction);
    let fruitless = result.verdict == Verdict::Inconclusive && turned_away(attempt) != Some(reason);
    (fruitless && tried.age < standing.age).then_some(reason)
}

/// Bit/s in Mbit/s, rounded down to 10 kbit/s: a rate just short of the requirement must not read as met.
#[allow(clippy::cast_precision_loss)]
fn megabits(bps: u64) -> f64 {
    (bps / 10_000) as f64 / 100.0
}

/// Whether the server answers, and whether what it answers says something about the internet.
fn server_check(link: &Link, evidence: &NetworkEvidence, standing: [Standing; 2]) -> Statement {
    let new = |state, reason, seen| Statement::new(CheckCode::NetServer, state, reason).seen(seen);

    let fresh_attempt = match link.attempt {
        Some((attempt, Some(seen))) if seen.is_fresh() => Some((attempt, seen)),
        _ => None,
    };
    let turned_away = fresh_attempt
        .and_then(|(attempt, seen)| Some((turned_away(attempt)?, seen)))
        .or_else(|| turned_away_since(link, evidence));
    let decided = standing.iter().filter_map(|standing| match standing {
        Standing::Decided(finding, seen) if seen.is_fresh() => Some((finding.server_place, *seen)),
        _ => None,
    });
    let answered = fresh_attempt
        .filter(|(attempt, _)| reached_server(attempt))
        .map(|(attempt, seen)| (attempt.evidence.server_place, seen));

    // What the directions stand on; failing that, that the server took part in the last attempt.
    let mut basis: Vec<(ServerPlace, Seen)> = decided.collect();
    if basis.is_empty() {
        basis.extend(answered);
    }
    let newest = basis.iter().map(|(_, seen)| *seen).min_by_key(|seen| seen.age);
    let public = basis.iter().all(|(place, _)| *place == ServerPlace::Public);
    match (newest, turned_away) {
        (None, Some((reason, seen))) => new(CheckState::Unknown, reason, Some(seen)),
        (None, None) => {
            let (reason, seen) = link.nothing_since(link.attempt);
            new(CheckState::Unknown, reason, seen)
        }
        (newest, _) if !public && !link.policy.accept_internal_server => {
            new(CheckState::Unknown, Code::NetServerInternal, newest)
        }
        (_, Some((reason, seen))) => new(CheckState::Warning, reason, Some(seen)),
        (newest, None) if public => new(CheckState::Ok, Code::NetServerAnswers, newest),
        (newest, None) => new(CheckState::Ok, Code::NetServerInternalAccepted, newest),
    }
}

/// Why an attempt ended before it saw anything of the link, if it did.
fn turned_away(attempt: &ProbeAttempt) -> Option<Code> {
    let reason = attempt.evidence.result.reason;
    // Reasons that don't blame the link have one code for both directions.
    (is_fruitless(attempt) && !blames_link(reason)).then(|| attempt.code(reason, Direction::Up))
}

/// Why no server served a sustain or quality probe, if none has served any probe since. A room that was revoked, or whose
/// server is gone, is to hear of it before its next gate probe.
fn turned_away_since(link: &Link, evidence: &NetworkEvidence) -> Option<(Code, Seen)> {
    let NetworkEvidence { gate, sustain, quality, turned_away, .. } = evidence;
    let seen = |attempt: &ProbeAttempt| Seen::of(attempt.at, link.now, link.accepted_for);
    let attempt = turned_away.as_ref()?;
    let tried = seen(attempt).filter(Seen::is_fresh)?;
    let probes = [&gate.attempt, &gate.measured, &sustain.attempt, &sustain.measured, quality];
    let mut served = probes.into_iter().flatten().filter(|other| reached_server(other)).filter_map(seen);
    let still = served.all(|later| later.age > tried.age);
    still.then(|| (attempt.code(attempt.evidence.result.reason, Direction::Up), tried))
}

fn reached_server(attempt: &ProbeAttempt) -> bool {
    let shook_hands = attempt.evidence.result.rtt_ms.idle.is_some();
    !is_fruitless(attempt) || (shook_hands && blames_link(attempt.evidence.result.reason))
}

fn is_fruitless(attempt: &ProbeAttempt) -> bool {
    [Direction::Up, Direction::Down]
        .iter()
        .all(|direction| attempt.direction(*direction).verdict == Verdict::Inconclusive)
}
