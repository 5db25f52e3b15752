//! What a desk tells its rooms to go by, so that it is edited once. Each key stands where it stands in a room's own
//! configuration, and means the same there.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    hours::{DailyWindow, OfficeHours},
    policy::TimeToLive,
    profile::{ProfileName, Requirements},
};

/// What a desk tells its rooms to go by. What is left out is as the room has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// The profile that a room is held against unless another is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// The office's own profiles.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<ProfileName, Requirements>,
    /// How long evidence counts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub freshness: FreshnessRules,
    /// When to probe.
    #[serde(default, skip_serializing_if = "is_default")]
    pub network: ScheduleHints,
}

/// How long evidence counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)]
pub struct FreshnessRules {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_scan: Option<TimeToLive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate_probe: Option<TimeToLive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sustain_probe: Option<TimeToLive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_check: Option<TimeToLive>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<TimeToLive>,
}

/// When to probe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScheduleHints {
    /// Outside of these nothing is probed or tried unless somebody asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office_hours: Option<OfficeHours>,
    /// When the daily sustain probe is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sustain_window: Option<DailyWindow>,
    /// The zone of both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<ZoneName>,
    /// Between two gate probes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_interval: Option<TimeToLive>,
    /// Between two quality streams.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_interval: Option<TimeToLive>,
}

fn is_default<T: Default + PartialEq>(part: &T) -> bool {
    *part == T::default()
}

/// The name of a zone in the IANA database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ZoneName(String);

impl TryFrom<String> for ZoneName {
    type Error = NoZone;

    fn try_from(name: String) -> Result<Self, NoZone> {
        TimeZone::get(&name).map(|_| Self(name)).map_err(|_| NoZone)
    }
}

impl From<ZoneName> for String {
    fn from(ZoneName(name): ZoneName) -> Self {
        name
    }
}

/// Not a known time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a time zone that this machine knows; use a name of the IANA database, like \"Asia/Makassar\"")]
pub struct NoZone;
