//! The checks on one camera.

use crate::{
    answer::CheckCode,
    inventory::{AudioDevice, Camera, FovAxis},
    profile::{CameraRequirement, Degrees, PictureRequirement},
    reasons::Code,
    state::CheckState,
};

use super::{
    devices::{camera_presence, distance},
    statement::{Seen, Statement},
};

/// The checks that are made, in their order.
pub(crate) fn codes(required: &CameraRequirement) -> impl Iterator<Item = CheckCode> + use<> {
    [
        Some(CheckCode::Camera),
        required.external.then_some(CheckCode::CameraExternal),
        required.own_microphone.then_some(CheckCode::CameraMicrophone),
        required.picture.as_ref().map(|_| CheckCode::CameraResolution),
        required.min_diagonal_fov.map(|_| CheckCode::CameraFieldOfView),
    ]
    .into_iter()
    .flatten()
}

/// What they say of `camera` as it was `seen`, beside what is said of the microphones.
pub(super) fn statements(
    camera: &Camera,
    microphones: &[(&AudioDevice, Statement)],
    required: &CameraRequirement,
    seen: Seen,
) -> Vec<Statement> {
    let of_camera = |statement: Statement| statement.named(&camera.name).seen(Some(seen));
    [
        Some(of_camera(usable(camera))),
        required.external.then(|| of_camera(external(camera))),
        required.own_microphone.then(|| match own_microphone(camera, microphones) {
            Some(own) if is_in_question(own) => {
                Statement { code: CheckCode::CameraMicrophone, ..own.clone() }
            }
            own => of_camera(has_microphone(own.is_some())).no_longer_than(own.and_then(|it| it.grants_for)),
        }),
        required.picture.as_ref().map(|picture| of_camera(resolution(camera, picture))),
        required.min_diagonal_fov.map(|least| of_camera(field_of_view(camera, least))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What a scan lets `CAMERA` say.
pub(super) fn usable(camera: &Camera) -> Statement {
    let (state, reason) = camera_presence(camera);
    let statement = Statement::new(CheckCode::Camera, state, reason);
    match reason {
        Code::DeviceUsbSlow => statement.measured(camera.usb_mbits, Camera::NEEDED_USB_MBITS, "Mbit/s"),
        _ => statement,
    }
}

fn external(camera: &Camera) -> Statement {
    let (state, reason) = match camera.external {
        Some(true) => (CheckState::Ok, Code::CameraExternal),
        Some(false) => (CheckState::Failed, Code::CameraBuiltIn),
        None => (CheckState::Unknown, Code::CameraPlaceUnknown),
    };
    Statement::new(CheckCode::CameraExternal, state, reason)
}

/// What is said of the microphone that sits in the same USB device.
fn own_microphone<'a>(
    camera: &Camera,
    microphones: &'a [(&AudioDevice, Statement)],
) -> Option<&'a Statement> {
    let is_own = |microphone: &AudioDevice| {
        camera.usb_id.is_some() && microphone.usb_id == camera.usb_id && microphone.bus == camera.bus
    };
    let own = microphones.iter().filter(|(microphone, _)| is_own(microphone)).map(|(_, statement)| statement);
    own.min_by_key(|statement| distance(std::slice::from_ref(*statement)))
}

/// Whether more is to be said of it than where it sits. That it was never tried is told by `MICROPHONE`.
fn is_in_question(own: &Statement) -> bool {
    own.state != CheckState::Ok && own.reason != Code::MicrophoneNotTried
}

fn has_microphone(is_there: bool) -> Statement {
    let (state, reason) = if is_there {
        (CheckState::Ok, Code::CameraMicrophonePresent)
    } else {
        (CheckState::Failed, Code::CameraMicrophoneMissing)
    };
    Statement::new(CheckCode::CameraMicrophone, state, reason)
}

fn resolution(camera: &Camera, required: &PictureRequirement) -> Statement {
    let sizes = required.sizes.as_slice();
    let fastest = camera
        .modes
        .iter()
        .filter(|mode| sizes.iter().any(|size| (size.width, size.height) == (mode.width, mode.height)))
        .map(|mode| mode.fps)
        .max_by(f64::total_cmp);
    let (state, reason) = match fastest {
        _ if camera.modes.is_empty() => (CheckState::Unknown, Code::CameraResolutionUnknown),
        None => (CheckState::Failed, Code::CameraResolutionMissing),
        Some(fps) if required.min_fps.is_met_by(fps) => (CheckState::Ok, Code::CameraResolutionOffered),
        Some(_) => (CheckState::Failed, Code::CameraFrameRateLow),
    };
    let mut statement = Statement::new(CheckCode::CameraResolution, state, reason).measured(
        fastest,
        required.min_fps.fps(),
        "fps",
    );
    let names: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    statement.words.sizes = Some(names.join(", "));
    statement
}

/// The diagonal is at least as wide as either side, so a side that is wide enough settles it; a side that
/// is not does not.
fn field_of_view(camera: &Camera, least: Degrees) -> Statement {
    let (state, reason) = match &camera.fov {
        None => (CheckState::Unknown, Code::CameraFieldOfViewUnknown),
        Some(fov) if fov.degrees >= least.get() => (CheckState::Ok, Code::CameraFieldOfViewWide),
        Some(fov) if fov.axis == FovAxis::Diagonal => (CheckState::Failed, Code::CameraFieldOfViewNarrow),
        Some(_) => (CheckState::Unknown, Code::CameraFieldOfViewNotDiagonal),
    };
    let degrees = camera.fov.as_ref().map(|fov| fov.degrees);
    Statement::new(CheckCode::CameraFieldOfView, state, reason).measured(degrees, least.get(), "°")
}
