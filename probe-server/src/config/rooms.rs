//! `[rooms]`: what every room goes by unless its own configuration says otherwise.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use siaga_readiness::{
    hours::{DailyWindow, OfficeHours},
    policy::TimeToLive,
    profile::{ProfileName, Requirements},
    report::rules::{FreshnessRules, Rules, ScheduleHints, ZoneName},
};

/// What every room goes by. The names are those of a room's own configuration.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RoomSettings {
    /// The profile that a room is held against unless another is asked for.
    pub profile: Option<ProfileName>,
    /// How long evidence counts.
    pub freshness: FreshnessSettings,
    /// When rooms probe.
    pub network: NetworkSettings,
}

/// How long evidence counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct FreshnessSettings {
    pub device_scan: Option<TimeToLive>,
    pub gate_probe: Option<TimeToLive>,
    pub sustain_probe: Option<TimeToLive>,
    pub device_check: Option<TimeToLive>,
    pub host: Option<TimeToLive>,
}

/// When rooms probe.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct NetworkSettings {
    pub office_hours: Option<OfficeHours>,
    pub sustain_window: Option<DailyWindow>,
    pub time_zone: Option<ZoneName>,
    pub probe_interval: Option<TimeToLive>,
    pub quality_interval: Option<TimeToLive>,
}

impl RoomSettings {
    /// As rooms are told it, with the office's own profiles.
    #[must_use]
    pub fn rules(&self, profiles: &BTreeMap<ProfileName, Requirements>) -> Rules {
        let Self { profile, freshness, network } = self.clone();
        let FreshnessSettings { device_scan, gate_probe, sustain_probe, device_check, host } = freshness;
        let NetworkSettings { office_hours, sustain_window, time_zone, probe_interval, quality_interval } =
            network;
        Rules {
            profile,
            profiles: profiles.clone(),
            freshness: FreshnessRules { device_scan, gate_probe, sustain_probe, device_check, host },
            network: ScheduleHints {
                office_hours,
                sustain_window,
                time_zone,
                probe_interval,
                quality_interval,
            },
        }
    }
}
