//! Rates in SI bits per second at the IP layer (RFC 9097), and the sizes that tie them to packets.

use std::{fmt, str::FromStr, time::Duration};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use thiserror::Error;

/// The UDP payload that a train's packets stay within, in bytes: QUIC's guaranteed minimum (RFC 9000, 14.1),
/// so that no path has to be searched for a larger one.
pub const UDP_PAYLOAD: u32 = 1200;

/// Room left free in each train packet, so that an acknowledgement rides along instead of costing a packet of its own.
const ACK_ROOM: u32 = 40;

/// The UDP payload of a train's packet that carries no acknowledgement, in bytes.
pub const TRAIN_PAYLOAD: u32 = UDP_PAYLOAD - ACK_ROOM;

/// IP and UDP header bytes in front of a UDP payload.
#[must_use]
pub const fn ip_overhead(ipv6: bool) -> u32 {
    if ipv6 { 48 } else { 28 }
}

/// A bit rate at the IP layer, 1 kbit/s to 10 Gbit/s.
///
/// Written as `10M`, `2.5M`, `800k`, `1G` or a plain number of bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "u64")]
pub struct Bitrate(u64);

impl Bitrate {
    pub(crate) const MIN_BPS: u64 = 1_000;
    const MAX_BPS: u64 = 10_000_000_000;

    /// # Errors
    /// Outside 1 kbit/s to 10 Gbit/s.
    pub fn from_bps(bps: u64) -> Result<Self, BitrateError> {
        if (Self::MIN_BPS..=Self::MAX_BPS).contains(&bps) {
            Ok(Self(bps))
        } else {
            Err(BitrateError::OutOfRange)
        }
    }

    /// Bits per second.
    #[must_use]
    pub const fn bps(self) -> u64 {
        self.0
    }

    /// Megabits per second.
    #[must_use]
    pub fn mbps(self) -> f64 {
        self.bps_f64() / 1e6
    }

    /// Bits per second, for arithmetic (exact: the range lies far below 2^53).
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn bps_f64(self) -> f64 {
        self.0 as f64
    }

    /// Bytes that pass in `time` at this rate.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn bytes_in(self, time: Duration) -> u64 {
        (self.bps_f64() * time.as_secs_f64() / 8.0) as u64
    }

    /// Time that `bytes` need at this rate.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn time_for(self, bytes: u64) -> Duration {
        Duration::from_secs_f64(bytes as f64 * 8.0 / self.bps_f64())
    }

    /// This rate times `factor`, kept inside the range.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn scaled(self, factor: f64) -> Self {
        Self(((self.bps_f64() * factor) as u64).clamp(Self::MIN_BPS, Self::MAX_BPS))
    }
}

impl Bitrate {
    /// As a person writes it in a configuration, such as `10M`; for `serialize_with`.
    ///
    /// # Errors
    /// Those of `serializer`.
    pub fn serialize_as_written<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            bps if bps.is_multiple_of(1_000_000) => {
                serializer.collect_str(&format_args!("{}M", bps / 1_000_000))
            }
            bps if bps.is_multiple_of(1_000) => serializer.collect_str(&format_args!("{}k", bps / 1_000)),
            bps => serializer.serialize_u64(bps),
        }
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} Mbit/s", self.mbps())
    }
}

impl FromStr for Bitrate {
    type Err = BitrateError;

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (number, unit) = match text.char_indices().last() {
            Some((at, 'k' | 'K')) => (&text[..at], 1e3),
            Some((at, 'M' | 'm')) => (&text[..at], 1e6),
            Some((at, 'G' | 'g')) => (&text[..at], 1e9),
            _ => (text, 1.0),
        };
        let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let value: f64 = number
            .parse()
            .ok()
            .filter(|_| plain)
            .ok_or_else(|| BitrateError::NotARate(text.chars().take(40).collect()))?;
        Self::from_bps((value * unit).round() as u64)
    }
}

impl From<Bitrate> for u64 {
    fn from(rate: Bitrate) -> Self {
        rate.0
    }
}

/// Why a text or number is not a [`Bitrate`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BitrateError {
    /// Not a number with an optional unit.
    #[error("“{0}” is not a rate; write it like 10M, 2.5M or 800k (bits per second)")]
    NotARate(String),
    /// Below 1 kbit/s or above 10 Gbit/s.
    #[error("a rate lies between 1k and 10G bits per second")]
    OutOfRange,
}

impl<'de> Deserialize<'de> for Bitrate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOrNumber)
    }
}

struct TextOrNumber;

impl Visitor<'_> for TextOrNumber {
    type Value = Bitrate;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rate like \"10M\", \"2.5M\" or \"800k\" (bits per second)")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bitrate, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, bps: u64) -> Result<Bitrate, E> {
        Bitrate::from_bps(bps).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, bps: i64) -> Result<Bitrate, E> {
        u64::try_from(bps)
            .map_err(|_| E::custom(BitrateError::OutOfRange))
            .and_then(|bps| self.visit_u64(bps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_as_people_write_them() {
        let bps = |text: &str| text.parse::<Bitrate>().map(Bitrate::bps);
        assert_eq!(bps("10M"), Ok(10_000_000));
        assert_eq!(bps("2.5m"), Ok(2_500_000));
        assert_eq!(bps("800k"), Ok(800_000));
        assert_eq!(bps("1G"), Ok(1_000_000_000));
        assert_eq!(bps("1500"), Ok(1_500));
        assert_eq!(bps("0"), Err(BitrateError::OutOfRange));
        assert_eq!(bps("11G"), Err(BitrateError::OutOfRange));
        for wrong in ["", "M", "-1M", "inf", "NaN", "1e3", "10 Mbit"] {
            assert!(matches!(bps(wrong), Err(BitrateError::NotARate(_))), "{wrong}");
        }
    }

    #[test]
    fn bytes_and_time_agree() {
        let rate = Bitrate::from_bps(8_000_000).unwrap();
        assert_eq!(rate.bytes_in(Duration::from_secs(1)), 1_000_000);
        assert_eq!(rate.time_for(1_000_000), Duration::from_secs(1));
    }
}
