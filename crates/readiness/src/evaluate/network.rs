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
    snapshot::{Conclusion, ProbeAttempt, Snapshot},
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
    let up = link.standing(&snapshot.network.gate.up, required.up);
    let down = link.standing(&snapshot.network.gate.down, required.down);
    let statements = [
        server_check(&link, [up, down]),
        direction_check(&link, Direction::Up, required.up, up),
        direction_check(&link, Direction::Down, required.down, down),
        sustain::check(&link, &snapshot.network, required, [up, down]),
    ];
    // Of several, the one that was asked last.
    let server = link.attempt.map_or(server, |(attempt, _)| &attempt.evidence.result.server);
    statements.map(|statement| statement.named(server)).into()
}

fn direction_check(link: &Link, direction: Direction, required: Bitrate, standing: Standing) -> Statement {
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
                match fruitless_since(link, direction, &seen) {
                    Some(reason) => new(CheckState::Warning, reason, Some(seen), value),
                    None => {
                        let reason = Code::of_probe(Reason::Sustained, direction);
                        new(CheckState::Ok, reason, Some(seen), value)
                    }
                }
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
                if inconclusive { Code::of_probe(result.reason, direction) } else { Code::NetRateNotProbed };
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
    let reason = Code::of_probe(result.reason, direction);
    let fruitless = result.verdict == Verdict::Inconclusive && turned_away(attempt) != Some(reason);
    (fruitless && tried.age < standing.age).then_some(reason)
}

/// Bit/s in Mbit/s, rounded down to 10 kbit/s: a rate just short of the requirement must not read as met.
#[allow(clippy::cast_precision_loss)]
fn megabits(bps: u64) -> f64 {
    (bps / 10_000) as f64 / 100.0
}

/// Whether the server answers, and whether what it answers says something about the internet.
fn server_check(link: &Link, standing: [Standing; 2]) -> Statement {
    let new = |state, reason, seen| Statement::new(CheckCode::NetServer, state, reason).seen(seen);

    let fresh_attempt = match link.attempt {
        Some((attempt, Some(seen))) if seen.is_fresh() => Some((attempt, seen)),
        _ => None,
    };
    let turned_away = fresh_attempt.and_then(|(attempt, seen)| Some((turned_away(attempt)?, seen)));
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
    (is_fruitless(attempt) && !blames_link(reason)).then(|| Code::of_probe(reason, Direction::Up))
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
