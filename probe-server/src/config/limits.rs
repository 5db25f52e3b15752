//! `[limits]`: what one server gives, and to whom how much.

use serde::{Deserialize, Serialize};
use siaga_probe::{Bitrate, admission};
use siaga_service::config::BoundedBytes;

/// What one server gives.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// What the server's own line carries.
    pub uplink: Line,
    /// How much of it probes may take together, per cent, 1 to 100.
    pub share: Percent,
    /// Highest rate that may be asked about, per direction.
    #[serde(serialize_with = "Bitrate::serialize_as_written")]
    pub max_rate: Bitrate,
    /// Probes at the same time, whatever their rates, 1 to 1000.
    pub max_probes: MaxProbes,
    /// Rooms whose links stand at the same time, 1 to 100000.
    pub max_rooms: MaxRooms,
    /// Data that the probes of one room may cost within any 24 hours, both ways.
    pub daily_bytes: DailyBytes,
    /// Probes that one room may make within any 24 hours.
    pub daily_probes: DailyProbes,
}

/// Twice what the longest probe at 20 up and 20 down could cost, and more; a terabyte is no bound any more.
type DailyBytes = BoundedBytes<500_000_000, 1_000_000_000_000>;

impl Default for LimitSettings {
    fn default() -> Self {
        let rate = |bps| Bitrate::from_bps(bps).unwrap_or_else(|_| unreachable!());
        Self {
            // A small VM's port.
            uplink: Line::Both(rate(1_000_000_000)),
            share: Percent(80),
            max_rate: rate(100_000_000),
            max_probes: MaxProbes(100),
            max_rooms: MaxRooms(10_000),
            // Four times what a room takes by itself.
            daily_bytes: DailyBytes::constant::<1_000_000_000>(),
            // Quality streams each five minutes are 288, gate probes 48.
            daily_probes: DailyProbes(1_000),
        }
    }
}

impl LimitSettings {
    /// What the admission is to hold to.
    #[must_use]
    pub fn shares(&self) -> admission::Limits {
        let (uplink_up, uplink_down) = self.uplink.rates();
        admission::Limits {
            uplink_up,
            uplink_down,
            share_percent: self.share.0,
            max_rate: self.max_rate,
            max_probes: self.max_probes.0,
            daily_bytes: self.daily_bytes.bytes(),
            daily_probes: self.daily_probes.0,
        }
    }
}

/// What a line carries, bit/s at the IP layer: the same both ways, or each way for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a rate like \"1G\", or { from_rooms = \"100M\", to_rooms = \"1G\" }")]
pub enum Line {
    /// The same both ways.
    Both(#[serde(serialize_with = "Bitrate::serialize_as_written")] Bitrate),
    /// Each way for itself.
    Each(EachWay),
}

/// Seen from the server, whose rooms' uploads come in and whose rooms' downloads go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EachWay {
    /// What comes in.
    #[serde(serialize_with = "Bitrate::serialize_as_written")]
    pub from_rooms: Bitrate,
    /// What goes out.
    #[serde(serialize_with = "Bitrate::serialize_as_written")]
    pub to_rooms: Bitrate,
}

impl Line {
    /// Up and down, seen from the rooms.
    #[must_use]
    pub const fn rates(self) -> (Bitrate, Bitrate) {
        match self {
            Self::Both(rate) => (rate, rate),
            Self::Each(EachWay { from_rooms, to_rooms }) => (from_rooms, to_rooms),
        }
    }
}

/// 1 to 100 per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Percent(pub u8);

impl TryFrom<i64> for Percent {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        within(number, 1, 100).map(Self).ok_or("a share is 1 to 100 per cent")
    }
}

/// 1 to 1000 probes at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct MaxProbes(pub u32);

impl TryFrom<i64> for MaxProbes {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        within(number, 1, 1000).map(Self).ok_or("a server runs 1 to 1000 probes at the same time")
    }
}

/// 1 to 100,000 rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct MaxRooms(pub usize);

impl TryFrom<i64> for MaxRooms {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        within(number, 1, 100_000).map(Self).ok_or("a server holds 1 to 100000 rooms")
    }
}

/// 50 to 100 000 probes a day: fewer are not even the gate probes of a room that is always on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct DailyProbes(pub u32);

impl TryFrom<i64> for DailyProbes {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        within(number, 50, 100_000).map(Self).ok_or("a room may make 50 to 100000 probes a day")
    }
}

fn within<T: TryFrom<i64>>(number: i64, least: i64, most: i64) -> Option<T> {
    (least..=most).contains(&number).then(|| T::try_from(number).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<LimitSettings, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_line_may_be_narrower_one_way() {
        let rates = |text: &str| {
            let (up, down) = read(text).unwrap().uplink.rates();
            (up.bps() / 1_000_000, down.bps() / 1_000_000)
        };
        assert_eq!(rates(""), (1_000, 1_000));
        assert_eq!(rates("uplink = \"300M\""), (300, 300));
        assert_eq!(rates("uplink = { from_rooms = \"100M\", to_rooms = \"20M\" }"), (100, 20));
    }

    #[test]
    fn each_wrong_limit_is_told_with_what_would_be_right() {
        for (text, told) in [
            ("uplink = \"fast\"", "a rate like \"1G\""),
            ("uplink = { from_rooms = \"100M\" }", "a rate like \"1G\""),
            ("share = 0", "1 to 100 per cent"),
            ("share = 101", "1 to 100 per cent"),
            ("max_probes = 0", "1 to 1000 probes"),
            ("max_rooms = 0", "1 to 100000 rooms"),
            ("daily_probes = 10", "50 to 100000"),
            ("daily_bytes = \"1MB\"", "from 500MB to 1TB"),
            ("max_leases = 7", "unknown field"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
