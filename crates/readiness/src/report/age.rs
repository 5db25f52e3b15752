//! How old something is: what needs no clock that two machines agree on.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;

/// How long ago something was seen to begin, in whole milliseconds, rounded up: an age never flatters. There is none
/// below zero, so nothing can be reported from the future.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Age {
    age_ms: u64,
}

impl Age {
    /// Just now.
    pub const ZERO: Self = Self { age_ms: 0 };

    /// How old what was seen `at` is at `now`; `None` where that can't be told.
    #[must_use]
    pub fn of(at: Moment, now: Moment) -> Option<Self> {
        at.age_at(&now).map(Self::from)
    }

    /// When another `elapsed` has passed.
    #[must_use]
    pub fn after(self, elapsed: Duration) -> Self {
        Self { age_ms: self.age_ms.saturating_add(Self::from(elapsed).age_ms) }
    }

    /// As a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.age_ms)
    }
}

impl From<Duration> for Age {
    fn from(age: Duration) -> Self {
        let up = age.saturating_add(Duration::from_nanos(999_999));
        Self { age_ms: u64::try_from(up.as_millis()).unwrap_or(u64::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_rounded_up_and_never_overflows() {
        assert_eq!(Age::from(Duration::from_nanos(1)).duration(), Duration::from_millis(1));
        assert_eq!(Age::from(Duration::from_millis(7)).duration(), Duration::from_millis(7));
        assert_eq!(Age::from(Duration::MAX).after(Duration::MAX), Age::from(Duration::MAX));
        assert!(serde_json::from_str::<Age>(r#"{"age_ms":-1}"#).is_err());
        assert!(serde_json::from_str::<Age>(r#"{"age_ms":1.5}"#).is_err());
    }
}
