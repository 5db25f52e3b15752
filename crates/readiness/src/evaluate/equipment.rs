//! The checks on what the room must have, whatever the profile: its configuration says how many of each kind.

use crate::{
    answer::CheckCode,
    inventory::{Absent, DeviceRef, Inventory, Kind, Standing},
    moment::Moment,
    reasons::Code,
    snapshot::Snapshot,
    state::CheckState,
};

use super::{
    devices::{self, fresh_scan},
    statement::Statement,
};

/// One check for each kind of which devices are required.
pub(super) fn statements(snapshot: &Snapshot, now: Moment) -> impl Iterator<Item = Statement> {
    let required = snapshot.setup.policy.required;
    Kind::ALL.into_iter().filter(move |kind| required.of(*kind) > 0).map(move |kind| {
        match fresh_scan(snapshot, now) {
            Ok((inventory, seen)) => {
                let there: Vec<DeviceRef<'_>> = inventory
                    .devices()
                    .filter(|it| it.kind == kind && (snapshot.setup.policy.accept_virtual || !it.is_virtual))
                    .collect();
                let judged = judge(inventory, kind, &there, required.of(kind), now).seen(Some(seen));
                let each = devices::each(snapshot, inventory, kind, seen, now);
                if judged.state.grants() { usable(judged, &each, required.of(kind)) } else { judged }
            }
            Err(missing) => missing.statement(code(kind)),
        }
    })
}

/// Too few fail at once. Enough, but other ones than those that were found good, or in other places, are a warning.
fn judge(inventory: &Inventory, kind: Kind, there: &[DeviceRef<'_>], required: u8, now: Moment) -> Statement {
    let statement = |state, reason| Statement::new(code(kind), state, reason);
    let count = u8::try_from(there.len()).unwrap_or(u8::MAX);
    if count < required {
        let missing = statement(CheckState::Failed, too_few(kind));
        return missing.measured(Some(count.into()), required.into(), "devices");
    }
    let gone = inventory.missing.iter().find(|absent| absent.kind == kind);
    let standing = |wanted| there.iter().find(|it| it.known.is_some_and(|known| known.standing == wanted));
    let is_quiet =
        |reason| matches!(reason, Code::SpeakerMuted | Code::SpeakerVolumeZero | Code::SpeakerMuteUnknown);
    let quiet = there.iter().find(|it| is_quiet(it.reason));
    if let Some(absent) = gone {
        let mut gone = statement(CheckState::Warning, Code::DeviceGone).named(&absent.name);
        gone.words.value = Some(days_since(absent, now));
        gone.unit = Some("d");
        return gone;
    }
    for (reason, device) in [
        (Code::DeviceSwapped, standing(Standing::Swapped)),
        (quiet.map_or(Code::SpeakerMuted, |it| it.reason), quiet),
        (Code::DeviceMoved, standing(Standing::MovedPort)),
    ] {
        if let Some(device) = device {
            return statement(CheckState::Warning, reason).named(device.name);
        }
    }
    statement(CheckState::Ok, Code::EquipmentComplete).measured(
        Some(count.into()),
        required.into(),
        "devices",
    )
}

/// Enough are there; what is said of `each` must leave enough that are usable, as far as is known. What stands in the way
/// is told as it is of the device.
fn usable(judged: Statement, each: &[Statement], required: u8) -> Statement {
    let in_state = |state| each.iter().filter(move |it| it.state == state);
    let spare = each.len().saturating_sub(required.into());
    let failed = in_state(CheckState::Failed).count();
    let unknown = in_state(CheckState::Unknown).count();
    let against = if failed > spare {
        in_state(CheckState::Failed).next()
    } else if failed + unknown > spare {
        in_state(CheckState::Unknown).next()
    } else {
        None
    };
    match against {
        Some(device) => Statement { code: judged.code, ..device.clone() },
        None => judged.no_longer_than(each.iter().filter_map(|it| it.grants_for).min()),
    }
}

/// Whole days.
fn days_since(absent: &Absent, now: Moment) -> f64 {
    let hours = now.wall.duration_since(absent.good_at).as_hours().max(0);
    f64::from(u32::try_from(hours / 24).unwrap_or(u32::MAX))
}

fn code(kind: Kind) -> CheckCode {
    match kind {
        Kind::Camera => CheckCode::Cameras,
        Kind::Microphone => CheckCode::Microphones,
        Kind::Speaker => CheckCode::Speakers,
        Kind::Display => CheckCode::Displays,
    }
}

fn too_few(kind: Kind) -> Code {
    match kind {
        Kind::Camera => Code::CamerasTooFew,
        Kind::Microphone => Code::MicrophonesTooFew,
        Kind::Speaker => Code::SpeakersTooFew,
        Kind::Display => Code::DisplaysTooFew,
    }
}
