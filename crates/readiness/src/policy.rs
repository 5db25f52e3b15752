//! How a room's evidence counts: what its operator declared, and how long evidence lives.

use std::{fmt, str::FromStr, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::inventory::Kind;

/// The room's policy. It travels inside the [`Snapshot`](crate::snapshot::Snapshot), so that whoever
/// evaluates a room's evidence does so by the room's own declarations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Devices made by software count.
    #[serde(default)]
    pub accept_virtual: bool,
    /// A probe server on an internal address is what the operator means.
    #[serde(default)]
    pub accept_internal_server: bool,
    /// How many devices the room must have, whatever the profile.
    #[serde(default)]
    pub required: Equipment,
    /// How long a device scan counts.
    pub device_scan: TimeToLive,
    /// How long a gate probe counts.
    pub gate_probe: TimeToLive,
    /// How long a sustain probe counts.
    #[serde(default = "TimeToLive::a_day")]
    pub sustain_probe: TimeToLive,
    /// How long it counts that a device was tried.
    #[serde(default = "TimeToLive::a_day")]
    pub device_check: TimeToLive,
    /// How long a look at the machine itself counts.
    #[serde(default = "TimeToLive::five_minutes")]
    pub host: TimeToLive,
    /// What is older than this is not accepted as good: a caller's wish, and none of the room's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<TimeToLive>,
    /// The same, of gate probes alone: of a caller who has had the link measured.
    #[serde(skip)]
    pub max_gate_age: Option<TimeToLive>,
}

impl Policy {
    /// Nothing is accepted that was not declared; evidence lives for as long as `freshness` says.
    #[must_use]
    pub const fn strict(freshness: Freshness) -> Self {
        Self {
            accept_virtual: false,
            accept_internal_server: false,
            required: Equipment::NONE,
            device_scan: freshness.device_scan,
            gate_probe: freshness.gate_probe,
            sustain_probe: freshness.sustain_probe,
            device_check: freshness.device_check,
            host: freshness.host,
            max_age: None,
            max_gate_age: None,
        }
    }

    /// The same declarations, but nothing is accepted as good for longer than `max_age`.
    #[must_use]
    pub fn no_older_than(self, max_age: TimeToLive) -> Self {
        Self { max_age: Some(self.accepted_for(max_age)), ..self }
    }

    /// The same declarations, but no gate probe is accepted as good that began longer ago than `age`, however short that is.
    #[must_use]
    pub fn no_gate_older_than(self, age: Duration) -> Self {
        let age = TimeToLive(age);
        Self { max_gate_age: Some(self.max_gate_age.map_or(age, |held| held.min(age))), ..self }
    }

    /// The caller's limit for gate probes, if there is one.
    pub(crate) fn gate_limit(&self) -> Option<TimeToLive> {
        self.max_age.into_iter().chain(self.max_gate_age).min()
    }

    /// For how long evidence that counts for `life` is accepted as good. That a probe or a device's trial failed counts
    /// for all of `life`: who wants younger evidence must not be told that less is wrong.
    #[must_use]
    pub fn accepted_for(&self, life: TimeToLive) -> TimeToLive {
        self.max_age.map_or(life, |max_age| life.min(max_age))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::strict(Freshness::default())
    }
}

/// How many devices of each kind a room must have; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Equipment {
    pub cameras: u8,
    pub microphones: u8,
    pub speakers: u8,
    pub displays: u8,
}

impl Equipment {
    const NONE: Self = Self { cameras: 0, microphones: 0, speakers: 0, displays: 0 };

    /// How many of a kind.
    #[must_use]
    pub const fn of(self, kind: Kind) -> u8 {
        match kind {
            Kind::Camera => self.cameras,
            Kind::Microphone => self.microphones,
            Kind::Speaker => self.speakers,
            Kind::Display => self.displays,
        }
    }
}

/// How long evidence counts, for all profiles alike: a table of the agent's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Freshness {
    /// A device scan; 2 minutes if not said.
    pub device_scan: TimeToLive,
    /// A gate probe; 60 minutes if not said.
    pub gate_probe: TimeToLive,
    /// A sustain probe; 24 hours if not said.
    pub sustain_probe: TimeToLive,
    /// That a device was tried; 24 hours if not said.
    pub device_check: TimeToLive,
    /// A look at the machine itself; 5 minutes if not said.
    pub host: TimeToLive,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            device_scan: TimeToLive(Duration::from_secs(2 * 60)),
            gate_probe: TimeToLive(Duration::from_secs(60 * 60)),
            sustain_probe: TimeToLive::a_day(),
            device_check: TimeToLive::a_day(),
            host: TimeToLive::five_minutes(),
        }
    }
}

/// How long evidence counts: 1 second to 24 hours.
///
/// Written as `90s`, `2m`, `60m`, `1h 30m` or in ISO 8601 (`PT1H`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeToLive(Duration);

impl TimeToLive {
    const MIN: Duration = Duration::from_secs(1);
    const MAX: Duration = Duration::from_secs(24 * 60 * 60);

    /// # Errors
    /// Outside 1 second to 24 hours.
    pub fn new(duration: Duration) -> Result<Self, TimeToLiveError> {
        if (Self::MIN..=Self::MAX).contains(&duration) {
            Ok(Self(duration))
        } else {
            Err(TimeToLiveError::OutOfRange)
        }
    }

    const fn a_day() -> Self {
        Self(Self::MAX)
    }

    const fn five_minutes() -> Self {
        Self(Duration::from_secs(5 * 60))
    }

    /// As a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }

    /// What is left for evidence of this age; `None` once there is nothing left.
    #[must_use]
    pub fn left_at(self, age: Duration) -> Option<Duration> {
        self.0.checked_sub(age).filter(|left| !left.is_zero())
    }
}

impl fmt::Display for TimeToLive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The range lies far within a signed duration's.
        write!(f, "{:#}", SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX))
    }
}

impl FromStr for TimeToLive {
    type Err = TimeToLiveError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let signed: SignedDuration = text
            .trim()
            .parse()
            .map_err(|_| TimeToLiveError::NotADuration(text.chars().take(40).collect()))?;
        Self::new(Duration::try_from(signed).map_err(|_| TimeToLiveError::OutOfRange)?)
    }
}

impl TryFrom<String> for TimeToLive {
    type Error = TimeToLiveError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TimeToLive> for String {
    fn from(ttl: TimeToLive) -> Self {
        ttl.to_string()
    }
}

/// Why a text or duration is not a [`TimeToLive`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TimeToLiveError {
    /// Not a duration.
    #[error("“{0}” is not a duration; write it like 90s, 2m or 1h")]
    NotADuration(String),
    /// Below 1 second or above 24 hours.
    #[error("evidence lives between 1s and 24h")]
    OutOfRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_written_as_people_write_it() {
        let seconds = |text: &str| text.parse::<TimeToLive>().map(|ttl| ttl.duration().as_secs());
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("60m"), Ok(3600));
        assert_eq!(seconds("1h 30m"), Ok(5400));
        assert_eq!(seconds("PT2M"), Ok(120));
        for outside in ["0s", "500ms", "25h", "-5m"] {
            assert_eq!(seconds(outside), Err(TimeToLiveError::OutOfRange), "{outside}");
        }
        for wrong in ["", "60", "soon"] {
            assert!(matches!(seconds(wrong), Err(TimeToLiveError::NotADuration(_))), "{wrong}");
        }
    }

    #[test]
    fn a_time_to_live_is_printed_as_it_can_be_read() {
        for seconds in [1, 59, 120, 3600, 5400, 86_400] {
            let ttl = TimeToLive::new(Duration::from_secs(seconds)).unwrap();
            assert_eq!(ttl.to_string().parse(), Ok(ttl));
        }
    }

    #[test]
    fn an_office_changes_one_time_and_keeps_the_other() {
        let freshness: Freshness = toml::from_str("gate_probe = \"30m\"").unwrap();
        assert_eq!(freshness.gate_probe.duration(), Duration::from_secs(1800));
        assert_eq!(freshness.device_scan, Freshness::default().device_scan);
        assert_eq!(freshness.sustain_probe.to_string(), "24h");
    }

    #[test]
    fn a_misspelt_or_impossible_time_is_refused_with_its_reason() {
        let error = |text: &str| toml::from_str::<Freshness>(text).unwrap_err().to_string();
        assert!(error("gate_prob = \"30m\"").contains("unknown field `gate_prob`"));
        assert!(error("gate_probe = \"0s\"").contains("evidence lives between 1s and 24h"));
        assert!(error("device_scan = \"often\"").contains("“often” is not a duration"));
    }
}
