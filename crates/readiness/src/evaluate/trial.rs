//! What trying a device adds to having seen it.

use crate::{
    answer::CheckCode,
    catalogue::Words,
    inventory::Inventory,
    moment::Moment,
    reasons::Code,
    snapshot::{Snapshot, Trials, TriedDevice, When},
    state::CheckState,
    trial::{DeviceKind, Judgement},
};

use super::statement::{Seen, Statement};

/// A device of a scan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Device<'a> {
    pub(super) kind: DeviceKind,
    pub(super) id: &'a str,
    pub(super) bus: &'a str,
}

/// Adds what is known from trials of the device to a statement about it that stands on the scan alone.
///
/// What spoke against a device last takes away what the scan grants, whether or not another program holds the device now,
/// and whether or not it was unplugged since. A finding that has run out grants nothing more and nothing less than
/// before: of one that spoke for the device remains that it was not tried lately, and one that spoke against it leaves
/// its check unknown. The former is also what a caller is told who wants younger evidence; what spoke against the device
/// counts for its whole life.
///
/// Of a microphone of which the scan can't tell whether it is muted, sound that it delivered says that it is not, for as
/// long as the finding counts.
pub(super) fn refine(
    statement: Statement,
    snapshot: &Snapshot,
    inventory: &Inventory,
    device: Device,
    now: Moment,
) -> Statement {
    let is_about_it = matches!(statement.code, CheckCode::Camera | CheckCode::Microphone);
    let can_change = statement.state.grants()
        || matches!(statement.reason, Code::DeviceNeverRead | Code::MicrophoneMuteUnknown);
    if !is_about_it || !can_change {
        return statement;
    }
    let trials = &snapshot.devices.trials;
    let policy = snapshot.setup.policy;
    let life = policy.device_check;
    let accepted_for = policy.accepted_for(life);
    let tried = trials.of(device.kind, device.id);
    let as_found = tried.filter(|tried| tried.is_as_found()).and_then(|tried| tried.found);

    match as_found.or_else(|| found_elsewhere(trials, inventory, device)) {
        Some(finding) if !finding.what.state.grants() => {
            let seen = Seen::of(finding.at, now, life);
            let judgement = match seen {
                _ if as_found.is_none() => Judgement::new(CheckState::Unknown, Code::DeviceReplugged),
                Some(seen) if seen.is_fresh() => finding.what,
                _ => Judgement::new(CheckState::Unknown, Code::EvidenceStale),
            };
            return against(statement, judgement, seen);
        }
        // What gave way may have spoken against it.
        None if trials.may_have_forgotten() => {
            return against(statement, Judgement::new(CheckState::Unknown, Code::NotCheckedYet), None);
        }
        _ => {}
    }
    let fresh = |at| Seen::of(at, now, accepted_for).filter(Seen::is_fresh);
    let found = as_found.and_then(|it| Some((it.what, fresh(it.at)?)));
    // What was found later than a trial could not be done says more than that.
    let is_newest = |at: Moment| as_found.is_none_or(|found| at.age_at(&found.at).is_none());
    let not_done = tried.and_then(|it| it.not_done).filter(|it| is_newest(it.at));
    let not_done = not_done.and_then(|it| Some((it.what, fresh(it.at)?)));
    match (statement.reason, found, not_done) {
        (Code::CameraInUse | Code::MicrophoneInUse, Some((judgement, seen)), _) => {
            let name = statement.words.name.clone();
            let words = Words { name, ..words(judgement) };
            Statement { also: Some((judgement.reason, words)), ..as_old_as(statement, seen) }
        }
        (Code::MicrophoneMuteUnknown, Some((judgement, seen)), None) if is_heard(judgement) => {
            told(statement, judgement, Some(seen)).no_longer_than(seen.left)
        }
        (Code::CameraNotTried | Code::MicrophoneNotTried, _, Some((reason, seen))) => {
            told(statement, Judgement::new(CheckState::Warning, reason), Some(seen))
        }
        (Code::CameraNotTried | Code::MicrophoneNotTried, Some((judgement, seen)), None) => {
            told(statement, judgement, Some(seen))
        }
        _ => statement,
    }
}

/// Some cards deliver faint noise while they are muted.
fn is_heard(judgement: Judgement) -> bool {
    judgement.reason != Code::MicrophoneLow
}

/// What was found last about a device that was plugged in anew: at this port, or about one of its model, and with its
/// serial number where it has one, at a port where nothing is now. Remedies say to try another port.
fn found_elsewhere(trials: &Trials, inventory: &Inventory, device: Device) -> Option<When<Judgement>> {
    let Device { kind, id, bus } = device;
    let model = id.strip_suffix(bus).filter(|model| !model.is_empty());
    let is_gone = |id: &str| match kind {
        DeviceKind::Camera => inventory.cameras.iter().all(|camera| camera.id != id),
        DeviceKind::Microphone => inventory.microphones.iter().all(|device| device.id != id),
    };
    let is_it = |other: &&TriedDevice| {
        other.kind == kind
            && (other.id == id
                || model.is_some_and(|model| other.id.starts_with(model)) && is_gone(&other.id))
    };
    trials.iter().filter(is_it).filter_map(|other| other.found).max_by_key(|found| found.at.since_boot)
}

/// That another program holds it is still to be told: Siaga won't try it before it is free.
fn against(statement: Statement, judgement: Judgement, tried: Option<Seen>) -> Statement {
    let in_use =
        matches!(statement.reason, Code::CameraInUse | Code::MicrophoneInUse | Code::DeviceNeverRead);
    let also = in_use.then(|| (statement.reason, statement.words.clone()));
    Statement { also, ..told(statement, judgement, tried) }
}

fn told(mut statement: Statement, judgement: Judgement, tried: Option<Seen>) -> Statement {
    statement.state = judgement.state;
    statement.reason = judgement.reason;
    statement.words = Words { name: statement.words.name, ..words(judgement) };
    statement.unit = judgement.value.and(unit(judgement.reason));
    match tried {
        Some(tried) => as_old_as(statement, tried),
        None => statement,
    }
}

/// As old as the older of scan and trial. It still stands on the scan: the trial's end alone withdraws nothing.
fn as_old_as(statement: Statement, tried: Seen) -> Statement {
    let seen = statement.seen.into_iter().chain([tried]).max_by_key(|seen| seen.age);
    statement.aged(seen)
}

fn words(judgement: Judgement) -> Words {
    Words { value: judgement.value, required: judgement.required, ..Words::default() }
}

/// In which the words of a reason give their numbers.
fn unit(reason: Code) -> Option<&'static str> {
    match reason {
        Code::CameraWorks | Code::CameraSlow => Some("fps"),
        Code::CameraLate => Some("s"),
        Code::CameraBrokenFrames | Code::MicrophoneGaps => Some("%"),
        Code::MicrophoneWorks | Code::MicrophoneLow => Some("dBFS"),
        _ => None,
    }
}
