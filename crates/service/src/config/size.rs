use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A quantity of data from `MIN` to `MAX` bytes, written like `250MB`, `1.5GB` or `800kB` (SI units).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundedBytes<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> BoundedBytes<MIN, MAX> {
    /// # Errors
    /// `bytes` is out of bounds.
    pub fn new(bytes: u64) -> Result<Self, SizeError> {
        if (MIN..=MAX).contains(&bytes) {
            Ok(Self(bytes))
        } else {
            Err(SizeError::OutOfBounds { min: MIN, max: MAX })
        }
    }

    /// A value known when the program is built, such as a default; does not compile if it is out of bounds.
    #[must_use]
    pub const fn constant<const BYTES: u64>() -> Self {
        const { assert!(MIN <= BYTES && BYTES <= MAX, "out of bounds") };
        Self(BYTES)
    }

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for BoundedBytes<MIN, MAX> {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim();
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit)))
            .ok_or(SizeError::NotASize)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits =
            |part: &str| !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(SizeError::NotASize);
        }
        let nanos: u64 = format!("{fraction:0<9}").parse().map_err(|_| SizeError::NotASize)?;
        let whole: u64 = whole.parse().map_err(|_| SizeError::NotASize)?;
        Self::new(whole.saturating_mul(unit).saturating_add(nanos * (unit / 1_000) / 1_000_000))
    }
}

/// The smallest last: “B” ends them all.
const UNITS: [(&str, u64); 5] =
    [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000)];

impl<const MIN: u64, const MAX: u64> fmt::Display for BoundedBytes<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self.0))
    }
}

impl<const MIN: u64, const MAX: u64> Serialize for BoundedBytes<MIN, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for BoundedBytes<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(SizeText)
    }
}

/// Why a text is not a usable quantity of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// Not a number with a unit.
    #[error("not a quantity of data; write a number with its unit, like \"250MB\" or \"1.5GB\"")]
    NotASize,
    /// Too little or too much.
    #[error("out of range; use a quantity of data from {} to {}", text(*min), text(*max))]
    OutOfBounds {
        /// The least that is accepted, bytes.
        min: u64,
        /// The most that is accepted, bytes.
        max: u64,
    },
}

/// In the largest unit that needs no fraction.
fn text(bytes: u64) -> String {
    UNITS
        .iter()
        .find(|(_, unit)| bytes >= *unit && bytes.is_multiple_of(*unit))
        .map_or_else(|| format!("{bytes} bytes"), |(name, unit)| format!("{}{name}", bytes / unit))
}

struct SizeText<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> de::Visitor<'_> for SizeText<MIN, MAX> {
    type Value = BoundedBytes<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a quantity of data with its unit, like \"250MB\" or \"1.5GB\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Budget = BoundedBytes<1_000_000, 1_000_000_000_000>;

    #[test]
    fn people_write_quantities_of_data_with_their_units() {
        for (text, bytes) in [
            ("250MB", 250_000_000),
            (" 250 MB ", 250_000_000),
            ("1.5GB", 1_500_000_000),
            ("1500kB", 1_500_000),
            ("1500KB", 1_500_000),
            ("1.000000001GB", 1_000_000_001),
            ("1TB", 1_000_000_000_000),
        ] {
            assert_eq!(text.parse::<Budget>().map(Budget::bytes), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn both_bounds_are_accepted_and_nothing_beyond_them() {
        assert!("1MB".parse::<Budget>().is_ok() && "1TB".parse::<Budget>().is_ok());
        for text in ["999kB", "0MB", "1.1TB", "999999999TB"] {
            let error = text.parse::<Budget>().unwrap_err();
            assert_eq!(error.to_string(), "out of range; use a quantity of data from 1MB to 1TB", "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_of_data_is_refused() {
        for text in
            ["", "250", "MB", "-1MB", "1e3MB", "1.MB", ".5GB", "250Mbit", "250mb", "1MiB", "9999999999MB"]
        {
            assert_eq!(text.parse::<Budget>(), Err(SizeError::NotASize), "{text}");
        }
    }

    #[test]
    fn it_is_shown_as_it_can_be_written() {
        assert_eq!(Budget::constant::<250_000_000>().to_string(), "250MB");
        assert_eq!(Budget::constant::<1_500_000_000>().to_string(), "1500MB");
    }
}
