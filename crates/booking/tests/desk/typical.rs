//! What is known of a room, by how it is called.

/// What a room is asked under the profile that asks most, and that it was online.
pub(crate) const CHECKS: [&str; 14] = [
    "ONLINE",
    "CAMERA",
    "CAMERA_EXTERNAL",
    "CAMERA_MICROPHONE",
    "CAMERA_RESOLUTION",
    "CAMERA_FIELD_OF_VIEW",
    "MICROPHONE",
    "NET_SERVER",
    "NET_UP",
    "NET_DOWN",
    "NET_SUSTAIN",
    "POWER",
    "MACHINE",
    "SOFTWARE",
];

/// What is measured of it every hour.
pub(crate) const MEASURES: [&str; 7] = [
    "gate.up",
    "gate.down",
    "quality.up.loss",
    "quality.down.loss",
    "quality.up.jitter",
    "quality.down.jitter",
    "quality.rtt",
];
