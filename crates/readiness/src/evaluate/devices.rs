//! The checks on devices.

use crate::{
    answer::CheckCode,
    inventory::{AudioDevice, Camera, Inventory, Kind},
    moment::Moment,
    profile::CameraRequirement,
    reasons::Code,
    snapshot::{DeviceEvidence, Snapshot},
    state::CheckState,
    trial::DeviceKind,
};

use super::{
    camera,
    statement::{Seen, Statement},
    trial::{self, Device},
};

/// `CAMERA` and the properties required of it, told of the camera that comes closest to what is required.
pub(super) fn camera(snapshot: &Snapshot, required: &CameraRequirement, now: Moment) -> Vec<Statement> {
    let codes = camera::codes(required);
    let (inventory, seen) = match fresh_scan(snapshot, now) {
        Ok(fresh) => fresh,
        Err(missing) => return codes.map(|code| missing.statement(code)).collect(),
    };
    let accept_virtual = snapshot.setup.policy.accept_virtual;
    let counts = |camera: &&Camera| accept_virtual || !camera.is_virtual;
    let microphones: Vec<_> = microphones(snapshot, inventory, seen, now).collect();

    let best = inventory
        .cameras
        .iter()
        .filter(counts)
        .map(|camera| {
            let device = Device { kind: DeviceKind::Camera, id: &camera.id, bus: &camera.bus };
            camera::statements(camera, &microphones, required, seen)
                .into_iter()
                .map(|statement| trial::refine(statement, snapshot, inventory, device, now))
                .collect()
        })
        .min_by_key(|statements: &Vec<Statement>| distance(statements));
    best.unwrap_or_else(|| {
        let reason = if inventory.cameras.is_empty() { Code::CameraMissing } else { Code::CameraOnlyVirtual };
        codes.map(|code| Statement::new(code, CheckState::Failed, reason).seen(Some(seen))).collect()
    })
}

/// `MICROPHONE`, told of the one that is closest to usable.
pub(super) fn microphone(snapshot: &Snapshot, now: Moment) -> Statement {
    let (inventory, seen) = match fresh_scan(snapshot, now) {
        Ok(fresh) => fresh,
        Err(missing) => return missing.statement(CheckCode::Microphone),
    };
    let best = microphones(snapshot, inventory, seen, now)
        .map(|(_, statement)| statement)
        .min_by_key(|statement| distance(std::slice::from_ref(statement)));
    best.unwrap_or_else(|| {
        let reason = if inventory.microphones.is_empty() {
            Code::MicrophoneMissing
        } else {
            Code::MicrophoneOnlyVirtual
        };
        Statement::new(CheckCode::Microphone, CheckState::Failed, reason).seen(Some(seen))
    })
}

/// What `CAMERA` or `MICROPHONE` would say of each device of a kind that counts; devices of other kinds can't be tried.
pub(super) fn each(
    snapshot: &Snapshot,
    inventory: &Inventory,
    kind: Kind,
    seen: Seen,
    now: Moment,
) -> Vec<Statement> {
    let accept_virtual = snapshot.setup.policy.accept_virtual;
    let of_camera = |camera: &Camera| {
        let statement = camera::usable(camera).named(&camera.name).seen(Some(seen));
        let device = Device { kind: DeviceKind::Camera, id: &camera.id, bus: &camera.bus };
        trial::refine(statement, snapshot, inventory, device, now)
    };
    let cameras = inventory.cameras.iter().filter(|camera| accept_virtual || !camera.is_virtual);
    match kind {
        Kind::Camera => cameras.map(of_camera).collect(),
        Kind::Microphone => microphones(snapshot, inventory, seen, now).map(|(_, said)| said).collect(),
        Kind::Speaker | Kind::Display => Vec::new(),
    }
}

/// What `MICROPHONE` would say of each microphone that counts.
fn microphones<'a>(
    snapshot: &'a Snapshot,
    inventory: &'a Inventory,
    seen: Seen,
    now: Moment,
) -> impl Iterator<Item = (&'a AudioDevice, Statement)> {
    let accept_virtual = snapshot.setup.policy.accept_virtual;
    let counts = move |device: &&AudioDevice| accept_virtual || !device.is_virtual;
    inventory.microphones.iter().filter(counts).map(move |device| {
        let (state, reason) = microphone_presence(device);
        let statement =
            Statement::new(CheckCode::Microphone, state, reason).named(&device.name).seen(Some(seen));
        let it = Device { kind: DeviceKind::Microphone, id: &device.id, bus: &device.bus };
        (device, trial::refine(statement, snapshot, inventory, it, now))
    })
}

/// What a scan lets a check say of a camera.
pub(super) fn camera_presence(camera: &Camera) -> (CheckState, Code) {
    let was_read = !camera.modes.is_empty();
    presence(camera.state, camera.reason, was_read, [Code::CameraNotTried, Code::CameraInUse])
}

/// What a scan lets a check say of a microphone.
fn microphone_presence(device: &AudioDevice) -> (CheckState, Code) {
    let was_read = !device.rates.is_empty();
    presence(device.state, device.reason, was_read, [Code::MicrophoneNotTried, Code::MicrophoneInUse])
}

/// That its capabilities were read is not yet that a device works; that it can't be opened is not yet that it is broken.
/// One that another program has held since before it could be read is not known to be anything but there.
fn presence(
    state: CheckState,
    reason: Code,
    was_read: bool,
    [not_tried, in_use]: [Code; 2],
) -> (CheckState, Code) {
    match (state, reason) {
        (CheckState::Ok, _) => (CheckState::Warning, not_tried),
        (CheckState::InUse, _) if was_read => (CheckState::InUse, in_use),
        (CheckState::InUse, _) => (CheckState::Unknown, Code::DeviceNeverRead),
        (CheckState::Warning, _) => (CheckState::Warning, reason),
        (
            CheckState::Failed,
            Code::DeviceNoFormats | Code::DeviceUsbSlow | Code::MicrophoneMuted | Code::MicrophoneVolumeZero,
        ) => (CheckState::Failed, reason),
        (CheckState::Failed | CheckState::Unknown, _) => (CheckState::Unknown, reason),
    }
}

/// How far a device is from being granted: failures first, then what is unknown, then what another program
/// holds, then warnings.
pub(super) fn distance(statements: &[Statement]) -> [usize; 4] {
    [CheckState::Failed, CheckState::Unknown, CheckState::InUse, CheckState::Warning]
        .map(|state| statements.iter().filter(|statement| statement.state == state).count())
}

/// The scan to judge by, or why there is none.
pub(super) fn fresh_scan(snapshot: &Snapshot, now: Moment) -> Result<(&Inventory, Seen), Missing> {
    let DeviceEvidence { since, scan, attempt, .. } = &snapshot.devices;
    let policy = snapshot.setup.policy;
    let seen = |at| Seen::of(at, now, policy.accepted_for(policy.device_scan));
    if let Some(scan) = scan
        && let Some(fresh) = seen(scan.at).filter(Seen::is_fresh)
    {
        return Ok((&scan.inventory, fresh));
    }
    let tried = attempt.as_ref().map(|attempt| (attempt, seen(attempt.at)));
    Err(match tried {
        Some((attempt, Some(tried))) if tried.is_fresh() && attempt.fault.is_some() => {
            let reason = attempt.fault.as_ref().map_or(Code::EvidenceStale, |fault| fault.reason);
            Missing { reason, seen: Some(tried) }
        }
        Some((_, tried)) => Missing { reason: Code::EvidenceStale, seen: tried },
        None => Missing { reason: since.cause.code(), seen: None },
    })
}

/// Why there is no scan to judge by.
pub(super) struct Missing {
    reason: Code,
    seen: Option<Seen>,
}

impl Missing {
    pub(super) fn statement(&self, code: CheckCode) -> Statement {
        Statement::new(code, CheckState::Unknown, self.reason).seen(self.seen)
    }
}
