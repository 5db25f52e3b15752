//! What trying a device adds to having seen it.

use crate::{
    catalogue::Words,
    moment::Moment,
    reasons::Code,
    snapshot::{Snapshot, TriedDevice},
    state::CheckState,
    trial::{DeviceKind, Judgement},
};

use super::statement::{Seen, Statement};

/// Adds what is known from trials of the device to a statement that stands on the scan alone. Only one that says
/// that the device is there and was not tried can change.
///
/// A finding that has run out grants nothing more and nothing less than before: of one that spoke for the device
/// remains that it was not tried lately, and one that spoke against it leaves its check unknown. The former is also
/// what a caller is told who wants younger evidence; what spoke against the device counts for its whole life.
pub(super) fn refine(
    statement: Statement,
    snapshot: &Snapshot,
    (kind, id): (DeviceKind, &str),
    now: Moment,
) -> Statement {
    if !matches!(statement.reason, Code::CameraNotTried | Code::MicrophoneNotTried) {
        return statement;
    }
    let trials = &snapshot.devices.trials;
    let Some(TriedDevice { found, not_done, .. }) = trials.of(kind, id) else {
        // What gave way may have spoken against it.
        let unknown = Judgement::new(CheckState::Unknown, Code::NotCheckedYet);
        return if trials.may_have_forgotten() { told(statement, unknown, None) } else { statement };
    };
    let policy = snapshot.setup.policy;
    let life = policy.device_check;
    let accepted_for = policy.accepted_for(life);
    if let Some((finding, Some(judgement))) = found.map(|it| (it, it.what)) {
        let grants = judgement.state.grants();
        match Seen::of(finding.at, now, if grants { accepted_for } else { life }) {
            Some(seen) if seen.is_fresh() => return told(statement, judgement, Some(seen)),
            stale if !grants => {
                let unknown = Judgement::new(CheckState::Unknown, Code::EvidenceStale);
                return told(statement, unknown, stale);
            }
            _ => {}
        }
    }
    match not_done.map(|it| (it.what, Seen::of(it.at, now, accepted_for))) {
        Some((reason, Some(seen))) if seen.is_fresh() => {
            told(statement, Judgement::new(CheckState::Warning, reason), Some(seen))
        }
        _ => statement,
    }
}

/// As old as the older of scan and trial. It still stands on the scan: the trial's end alone withdraws nothing.
fn told(mut statement: Statement, judgement: Judgement, tried: Option<Seen>) -> Statement {
    let Judgement { state, reason, value, required } = judgement;
    statement.state = state;
    statement.reason = reason;
    statement.words = Words { value, required, ..statement.words };
    statement.unit = value.and(unit(reason));
    let seen = statement.seen.into_iter().chain(tried).max_by_key(|seen| seen.age);
    statement.aged(seen)
}

/// In which the words of a reason give their numbers.
fn unit(reason: Code) -> Option<&'static str> {
    match reason {
        Code::CameraWorks | Code::CameraSlow => Some("fps"),
        Code::CameraLate => Some("s"),
        Code::CameraBrokenFrames => Some("%"),
        Code::MicrophoneWorks | Code::MicrophoneLow => Some("dBFS"),
        _ => None,
    }
}
