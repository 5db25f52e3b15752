//! The settings of the link.

use serde::{Deserialize, Serialize};
use siaga_probe::{
    Bitrate,
    schedule::{Hours, Window},
};
use siaga_readiness::{
    hours::{DailyWindow, OfficeHours},
    moment::Moment,
};
use siaga_service::config::BoundedBytes;

use super::{
    Interval,
    hours::{self, Zone},
};

/// What probes may cost a day: 1 MB to 1 TB.
pub type DailyBytes = BoundedBytes<1_000_000, 1_000_000_000_000>;

/// The link.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NetworkSettings {
    /// Between two gate probes, give or take a fifth.
    pub probe_interval: Interval,
    /// Between two quality streams, give or take a fifth.
    pub quality_interval: Interval,
    /// When the daily sustain probe is made.
    pub sustain_window: DailyWindow,
    /// Outside of these, gate and quality probes are not made and no device is tried; without any, all day is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office_hours: Option<OfficeHours>,
    /// The zone of both; the system's if none is given.
    #[serde(skip_serializing_if = "Zone::is_system")]
    pub time_zone: Zone,
    /// What probes may cost within any 24 hours.
    pub daily_bytes: DailyBytes,
    /// Whether data is paid for by volume.
    pub metered: Metered,
    /// What probes may cost within any 24 hours while it is.
    pub metered_daily_bytes: DailyBytes,
    /// Other traffic of this machine above this rate, in either direction, puts probes off.
    #[serde(serialize_with = "Bitrate::serialize_as_written")]
    pub quiet_above: Bitrate,
    /// A probe server in the office's own network is what the operator means.
    pub accept_internal_server: bool,
}

impl Default for NetworkSettings {
    fn default() -> Self {
        Self {
            probe_interval: Interval::constant::<1_800_000>(),
            quality_interval: Interval::constant::<300_000>(),
            sustain_window: hours::EARLY,
            office_hours: None,
            time_zone: Zone::SYSTEM,
            daily_bytes: DailyBytes::constant::<250_000_000>(),
            metered: Metered::Auto,
            metered_daily_bytes: DailyBytes::constant::<40_000_000>(),
            quiet_above: Bitrate::from_bps(1_000_000).expect("1 Mbit/s lies in a rate's range"),
            accept_internal_server: false,
        }
    }
}

impl NetworkSettings {
    /// The office's hours, as they are at `now`.
    #[must_use]
    pub fn hours(&self, now: Moment) -> Hours {
        let civil = self.time_zone.civil(now.wall);
        self.office_hours.as_ref().map_or(Hours::Unknown, |office| hours::at(office, &civil, now.since_boot))
    }

    /// When the daily sustain probe may be made: the window that is on at `now`, or the next one.
    #[must_use]
    pub fn early(&self, now: Moment) -> Option<Window> {
        hours::window(self.sustain_window, &self.time_zone.civil(now.wall), now.since_boot)
    }
}

/// Whether data on the link is paid for by volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metered {
    /// By the kind of the interface with the default route.
    Auto,
    /// It is.
    Yes,
    /// It is not.
    No,
}

#[cfg(test)]
mod tests {
    use siaga_service::config;

    use super::super::Settings;

    fn refused(text: &str) -> String {
        let source = config::Source::File("agent.toml".into());
        config::parse::<Settings>(text, &source).unwrap_err().to_string()
    }

    #[test]
    fn wrong_hours_are_refused_with_the_place_and_an_example() {
        assert_eq!(
            refused("[network]\noffice_hours = \"Mon-Fri 16:00-07:30\"\n"),
            "agent.toml, line 2, column 16: `network.office_hours`: not the hours of an office; write days in \
             English and times from 00:00 to 23:59, the earlier one first, like \"Mon-Fri 07:30-16:00\" or \
             \"Mon-Thu 07:30-16:00, Fri 07:30-16:30\""
        );
        assert_eq!(
            refused("[network]\nsustain_window = \"early\"\n"),
            "agent.toml, line 2, column 18: `network.sustain_window`: not a part of a day; write times from 00:00 to \
             23:59, the earlier one first, like \"05:00-07:00\""
        );
    }

    #[test]
    fn an_unknown_zone_and_an_unknown_word_for_metered_are_refused() {
        assert_eq!(
            refused("[network]\ntime_zone = \"Asia/Makasar\"\n"),
            "agent.toml, line 2, column 13: `network.time_zone`: not a time zone that this machine knows; use a name \
             of the IANA database, like \"Asia/Makassar\""
        );
        let metered = refused("[network]\nmetered = \"maybe\"\n");
        assert!(metered.contains("`network.metered`"), "{metered}");
    }
}
