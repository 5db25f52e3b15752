use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::fmt::friendly::{SpanParser, SpanPrinter};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of time from `MIN_MS` to `MAX_MS` milliseconds, written like `30s`, `60m` or `1h 30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoundedDuration<const MIN_MS: u64, const MAX_MS: u64>(Duration);

impl<const MIN_MS: u64, const MAX_MS: u64> BoundedDuration<MIN_MS, MAX_MS> {
    /// The shortest that is accepted.
    pub const MIN: Duration = Duration::from_millis(MIN_MS);
    /// The longest that is accepted.
    pub const MAX: Duration = Duration::from_millis(MAX_MS);

    /// # Errors
    /// `duration` is out of bounds.
    pub fn new(duration: Duration) -> Result<Self, DurationError> {
        if (Self::MIN..=Self::MAX).contains(&duration) {
            Ok(Self(duration))
        } else {
            Err(DurationError::OutOfBounds { min: Self::MIN, max: Self::MAX })
        }
    }

    /// A value known when the program is built, such as a default; does not compile if it is out of bounds.
    #[must_use]
    pub const fn constant<const MS: u64>() -> Self {
        const { assert!(MIN_MS <= MS && MS <= MAX_MS, "out of bounds") };
        Self(Duration::from_millis(MS))
    }

    /// The span of time.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl<const MIN_MS: u64, const MAX_MS: u64> From<BoundedDuration<MIN_MS, MAX_MS>> for Duration {
    fn from(bounded: BoundedDuration<MIN_MS, MAX_MS>) -> Self {
        bounded.0
    }
}

impl<const MIN_MS: u64, const MAX_MS: u64> FromStr for BoundedDuration<MIN_MS, MAX_MS> {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        let duration =
            SpanParser::new().parse_unsigned_duration(text).map_err(|_| DurationError::NotADuration)?;
        Self::new(duration)
    }
}

impl<const MIN_MS: u64, const MAX_MS: u64> fmt::Display for BoundedDuration<MIN_MS, MAX_MS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self.0))
    }
}

impl<'de, const MIN_MS: u64, const MAX_MS: u64> Deserialize<'de> for BoundedDuration<MIN_MS, MAX_MS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(DurationText)
    }
}

impl<const MIN_MS: u64, const MAX_MS: u64> Serialize for BoundedDuration<MIN_MS, MAX_MS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why a text is not a usable span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Not a number with a unit.
    #[error("not a span of time; write a number with its unit, like \"30s\", \"60m\" or \"1h 30m\"")]
    NotADuration,
    /// Too short or too long.
    #[error("out of range; use a span of time from {} to {}", text(*min), text(*max))]
    OutOfBounds {
        /// The shortest that is accepted.
        min: Duration,
        /// The longest that is accepted.
        max: Duration,
    },
}

fn text(duration: Duration) -> String {
    SpanPrinter::new().unsigned_duration_to_string(&duration)
}

struct DurationText<const MIN_MS: u64, const MAX_MS: u64>;

impl<const MIN_MS: u64, const MAX_MS: u64> de::Visitor<'_> for DurationText<MIN_MS, MAX_MS> {
    type Value = BoundedDuration<MIN_MS, MAX_MS>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a span of time with its unit, like \"30s\", \"60m\" or \"1h 30m\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Interval = BoundedDuration<1_000, 3_600_000>;

    #[test]
    fn people_write_spans_of_time_as_they_like() {
        for (text, seconds) in
            [("30s", 30), ("60m", 3600), ("1h", 3600), ("1m 30s", 90), ("1.5m", 90), ("2 minutes", 120)]
        {
            assert_eq!(text.parse::<Interval>().unwrap().duration(), Duration::from_secs(seconds), "{text}");
        }
    }

    #[test]
    fn both_bounds_are_accepted_and_nothing_beyond_them() {
        let out_of_bounds = Err(DurationError::OutOfBounds { min: Interval::MIN, max: Interval::MAX });
        assert!("1s".parse::<Interval>().is_ok() && "3600s".parse::<Interval>().is_ok());
        assert_eq!("999ms".parse::<Interval>(), out_of_bounds);
        assert_eq!("3600001ms".parse::<Interval>(), out_of_bounds);
    }

    #[test]
    fn what_is_no_span_of_time_is_refused() {
        for text in ["", "30", "s", "-30s", "30s ago", "thirty seconds", "1mo", "99999999999999999999h"] {
            assert_eq!(text.parse::<Interval>(), Err(DurationError::NotADuration), "{text}");
        }
    }

    #[test]
    fn a_span_of_time_is_shown_as_it_can_be_written() {
        let interval = Interval::constant::<90_000>();
        assert_eq!(interval.to_string(), "1m 30s");
        assert_eq!(interval.to_string().parse(), Ok(interval));
        let json = serde_json::to_string(&interval).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).ok()), ("\"1m 30s\"", Some(interval)));
    }
}
