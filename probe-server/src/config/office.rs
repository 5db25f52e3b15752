//! `[office]`: by which rules bookings are decided.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use siaga_readiness::hours::OfficeHours;

/// By which rules bookings are decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OfficeSettings {
    /// The procedure: a shipped one by its name, or a file in the server's directory.
    pub policy: String,
    /// The office's time zone, by its name in the IANA database.
    pub zone: String,
    /// When the office is open.
    pub hours: OfficeHours,
    /// Where its holidays are: a directory with one file per year.
    pub holidays: PathBuf,
}

impl Default for OfficeSettings {
    fn default() -> Self {
        Self {
            policy: "kalbar-98-2021".to_owned(),
            zone: "Asia/Pontianak".to_owned(),
            hours: usual_hours(),
            holidays: "holidays".into(),
        }
    }
}

#[allow(clippy::expect_used)] // A constant; the test of the defaults reads it.
fn usual_hours() -> OfficeHours {
    "Mon-Fri 07:30-16:00".parse().expect("these are hours")
}
