//! The languages of the reason catalogue, and the words around its texts.

use std::{env, time::Duration};

use siaga_readiness::{answer::RoomVerdict, catalogue::Text, state::CheckState};

use crate::doctor::Level;

/// The languages of the reason catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Language {
    Indonesian,
    English,
}

impl Language {
    /// As the environment's locale says; English if it says anything but Indonesian.
    #[must_use]
    pub fn of_user() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()))
            .unwrap_or_default();
        if locale.starts_with("id") { Self::Indonesian } else { Self::English }
    }

    /// No daemon answers, so this program looks itself.
    #[must_use]
    pub fn looking_alone(self) -> &'static str {
        self.either(
            "layanan Siaga tidak berjalan: program ini memeriksa sendiri, beberapa detik …",
            "no daemon is running: this program looks itself, for some seconds …",
        )
    }

    /// A device is being tried.
    #[must_use]
    pub fn trying(self, device: &str, which: usize, of: usize) -> String {
        match self {
            Self::Indonesian => format!("mencoba {device} ({which} dari {of}) …"),
            Self::English => format!("trying {device} ({which} of {of}) …"),
        }
    }

    /// Devices are not tried before that time has passed.
    #[must_use]
    pub fn waiting(self, wait: Duration) -> String {
        let seconds = wait.as_secs();
        match self {
            Self::Indonesian => format!("perangkat baru saja dicoba; menunggu {seconds} detik …"),
            Self::English => format!("the devices were tried a moment ago; waiting for {seconds} s …"),
        }
    }

    pub(super) fn of(self, text: &Text) -> &str {
        self.either(&text.id, &text.en)
    }

    pub(super) fn either<'a>(self, indonesian: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Indonesian => indonesian,
            Self::English => english,
        }
    }

    pub(super) fn verdict(self, verdict: RoomVerdict) -> &'static str {
        match verdict {
            RoomVerdict::Ready => self.either("SIAP", "READY"),
            RoomVerdict::NotReady => self.either("TIDAK SIAP", "NOT READY"),
            RoomVerdict::Unknown => self.either("BELUM DIKETAHUI", "UNKNOWN"),
        }
    }

    pub(super) fn state(self, state: CheckState) -> &'static str {
        match state {
            CheckState::Ok => self.either("baik", "ok"),
            CheckState::Warning => self.either("peringatan", "warning"),
            CheckState::Failed => self.either("gagal", "failed"),
            CheckState::InUse => self.either("dipakai", "in use"),
            CheckState::Unknown => self.either("belum diketahui", "unknown"),
        }
    }

    pub(super) fn level(self, level: Level) -> &'static str {
        match level {
            Level::Ok => self.either("baik", "ok"),
            Level::Warning => self.either("peringatan", "warning"),
            Level::Problem => self.either("masalah", "problem"),
        }
    }

    /// How old something is, as exactly as a person wants it.
    pub(super) fn age(self, seconds: f64) -> String {
        const MINUTE: f64 = 60.0;
        const HOUR: f64 = 60.0 * MINUTE;
        const DAY: f64 = 24.0 * HOUR;
        let (length, indonesian, english) = match seconds {
            ..=120.0 => (1.0, "detik", "s"),
            ..=7_200.0 => (MINUTE, "menit", "min"),
            ..=172_800.0 => (HOUR, "jam", "h"),
            _ => (DAY, "hari", "days"),
        };
        format!("{:.0} {}", (seconds / length).floor(), self.either(indonesian, english))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_the_largest_unit_of_which_there_are_at_least_two() {
        let english = |seconds| Language::English.age(seconds);
        for (seconds, told) in [
            (0.0, "0 s"),
            (41.9, "41 s"),
            (121.0, "2 min"),
            (3_600.0, "60 min"),
            (7_201.0, "2 h"),
            (86_400.0, "24 h"),
            (200_000.0, "2 days"),
        ] {
            assert_eq!(english(seconds), told);
        }
        assert_eq!(Language::Indonesian.age(3_599.0), "59 menit");
    }
}
