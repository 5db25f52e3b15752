//! From a snapshot to the answer.

mod asked;
mod camera;
mod devices;
mod equipment;
mod host;
mod network;
mod statement;
mod trial;

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    answer::{Check, Level, Readiness, RoomVerdict},
    moment::{Moment, whole_milliseconds},
    profile::Profile,
    reasons::Code,
    snapshot::Snapshot,
    state::CheckState,
};
pub use asked::AskedTrials;
pub(crate) use camera::codes as camera_checks;
use statement::Statement;

/// Whether the room meets `profile` at `now`.
///
/// Ready only if every check that the profile requires is fresh and lets it be; failed beats unknown. Take
/// `now` after the snapshot: evidence that would lie in the future counts as none. A caller who wants
/// younger evidence than the room's policy does tightens the snapshot first ([`Snapshot::no_older_than`]).
#[must_use]
pub fn evaluate(snapshot: &Snapshot, profile: &Profile, now: Moment) -> Readiness {
    let statements = statements(snapshot, profile, now);
    let verdict = verdict(&statements);
    Readiness {
        room: snapshot.setup.room.clone(),
        profile: profile.name.to_string(),
        verdict,
        level: level(snapshot, now),
        valid_until: if verdict == RoomVerdict::Ready { lapses_at(&statements, now) } else { None },
        reasons: reasons(&statements, verdict),
        checks: statements.into_iter().map(Check::from).collect(),
    }
}

fn statements(snapshot: &Snapshot, profile: &Profile, now: Moment) -> Vec<Statement> {
    let required = &profile.requirements;
    let mut statements = Vec::new();
    if let Some(camera) = &required.camera {
        statements.extend(devices::camera(snapshot, camera, now));
    }
    if required.microphone.is_some() {
        statements.push(devices::microphone(snapshot, now));
    }
    statements.extend(equipment::statements(snapshot, now));
    if let Some(network) = &required.network {
        statements.extend(network::checks(snapshot, network, now));
    }
    statements.extend(host::checks(snapshot, required, now));
    statements
}

fn verdict(statements: &[Statement]) -> RoomVerdict {
    if statements.iter().any(|statement| statement.state == CheckState::Failed) {
        RoomVerdict::NotReady
    } else if statements.is_empty() || statements.iter().any(|statement| !statement.state.grants()) {
        RoomVerdict::Unknown
    } else {
        RoomVerdict::Ready
    }
}

fn level(snapshot: &Snapshot, now: Moment) -> Level {
    let verdict = |profile| verdict(&statements(snapshot, profile, now));
    if verdict(Profile::recommended()) == RoomVerdict::Ready {
        return Level::Recommended;
    }
    match verdict(Profile::minimum()) {
        RoomVerdict::Ready => Level::Minimum,
        RoomVerdict::NotReady => Level::None,
        RoomVerdict::Unknown => Level::Unknown,
    }
}

/// Told by the wall clock of `now`, whatever that clock said when the evidence was taken.
fn lapses_at(statements: &[Statement], now: Moment) -> Option<Timestamp> {
    let left: Duration = statements.iter().filter_map(|statement| statement.grants_for).min()?;
    now.wall.checked_add(left).ok().map(whole_milliseconds)
}

fn reasons(statements: &[Statement], verdict: RoomVerdict) -> Vec<Code> {
    let tells = |state| match verdict {
        RoomVerdict::Ready => state != CheckState::Ok,
        RoomVerdict::NotReady => state == CheckState::Failed,
        RoomVerdict::Unknown => state == CheckState::Unknown,
    };
    let mut reasons = Vec::new();
    for statement in statements.iter().filter(|statement| tells(statement.state)) {
        if !reasons.contains(&statement.reason) {
            reasons.push(statement.reason);
        }
    }
    reasons
}
