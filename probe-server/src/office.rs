//! By which rules the office goes: its policy, its calendar and its profiles, as they are in the server's directory.
//!
//! They change together, so that no answer is made of old ones and new ones.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;
use siaga_booking::audit::Hash;
use siaga_readiness::{
    booking::{
        BookingPolicy, Calendar,
        calendar::{CalendarError, HolidayYear, Zone},
        rules::PolicyError,
    },
    profile::{ProfileError, Profiles},
};
use siaga_service::config::LARGEST_FILE;
use thiserror::Error;

use crate::config::{OfficeSettings, Settings};

/// By which rules the office goes.
#[derive(Debug, Clone)]
pub struct Office {
    /// What is asked for.
    pub policy: BookingPolicy,
    /// Tells one text of the policy from another: SHA-256 of its canonical text, hexadecimal.
    pub digest: String,
    /// Hours, zone and holidays.
    pub calendar: Calendar,
    /// What rooms are held against: the shipped ones and its own.
    pub profiles: Arc<Profiles>,
}

impl Office {
    /// The rules that `settings` name, read from files in `dir` unless they are shipped.
    ///
    /// # Errors
    /// A file can't be read, or is not what it should be; the message names key and file.
    pub fn load(dir: &Path, settings: &Settings) -> Result<Self, OfficeError> {
        let policy = policy(dir, &settings.office.policy)?;
        let digest = Hash::of(&[&policy.canonical()]).to_string();
        let calendar = calendar(dir, &settings.office)?;
        Ok(Self { policy, digest, calendar, profiles: Arc::new(settings.profiles()?) })
    }
}

/// Shipped under that name, or a file: what ends in `.toml` is one.
fn policy(dir: &Path, name: &str) -> Result<BookingPolicy, OfficeError> {
    if Path::new(name).extension().is_none_or(|extension| extension != "toml") {
        return BookingPolicy::shipped(name).cloned().map_err(OfficeError::NoPolicy);
    }
    let path = dir.join(name);
    let text = read("policy", &path)?;
    BookingPolicy::from_toml(&text, jiff::tz::db()).map_err(|cause| OfficeError::Policy { path, cause })
}

fn calendar(dir: &Path, settings: &OfficeSettings) -> Result<Calendar, OfficeError> {
    let zone = Zone::named(&settings.zone, jiff::tz::db()).map_err(OfficeError::Zone)?;
    let mut calendar = Calendar::new(zone, settings.hours.clone());
    let folder = dir.join(&settings.holidays);
    let mut files = match fs::read_dir(&folder) {
        Ok(files) => files
            .filter_map(|file| file.ok().map(|file| file.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .collect(),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(cause) => return Err(OfficeError::Read { key: "holidays", path: folder, cause }),
    };
    files.sort();
    for path in files {
        let text = read("holidays", &path)?;
        let year = HolidayYear::from_toml(&text).map_err(|cause| OfficeError::Holidays { path, cause })?;
        calendar = calendar.with(year);
    }
    Ok(calendar)
}

fn read(key: &'static str, path: &Path) -> Result<String, OfficeError> {
    let failed = |cause| OfficeError::Read { key, path: path.to_owned(), cause };
    if fs::metadata(path).map_err(failed)?.len() > LARGEST_FILE {
        return Err(failed(std::io::Error::other(format!("larger than {LARGEST_FILE} bytes"))));
    }
    fs::read_to_string(path).map_err(failed)
}

/// What is wrong with the office's rules.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum OfficeError {
    #[error("[office] policy: {0}; or name a file in the server's directory that ends in .toml")]
    NoPolicy(PolicyError),
    #[error("[office] policy, in {}: {cause}", path.display())]
    Policy { path: PathBuf, cause: PolicyError },
    #[error("[office] zone: {0}")]
    Zone(CalendarError),
    #[error("[office] holidays, in {}: {cause}", path.display())]
    Holidays { path: PathBuf, cause: CalendarError },
    #[error(
        "[office] {key}: {} cannot be read: {cause}; name the right one, or let this user read it",
        path.display()
    )]
    Read { key: &'static str, path: PathBuf, cause: std::io::Error },
    #[error(transparent)]
    Profiles(#[from] ProfileError),
}

impl OfficeError {
    /// The key of `[office]` that it is about.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NoPolicy(_) | Self::Policy { .. } => "policy",
            Self::Zone(_) => "zone",
            Self::Holidays { .. } => "holidays",
            Self::Read { key, .. } => key,
            Self::Profiles(_) => "profiles",
        }
    }
}

/// The rules, as they are told.
#[derive(Debug, Serialize)]
pub struct Rules<'a> {
    /// Its name.
    name: &'a str,
    /// What decisions name it by.
    digest: &'a str,
    policy: &'a BookingPolicy,
    calendar: Told<'a>,
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    zone: &'a str,
    hours: &'a siaga_readiness::hours::OfficeHours,
}

impl<'a> From<&'a Office> for Rules<'a> {
    fn from(Office { policy, digest, calendar, .. }: &'a Office) -> Self {
        let told = Told { zone: calendar.zone().name(), hours: calendar.hours() };
        Self { name: &policy.name, digest, policy, calendar: told }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(write: &[(&str, &str)], change: impl FnOnce(&mut OfficeSettings)) -> String {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("holidays")).unwrap();
        for (name, text) in write {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let mut settings = Settings::default();
        change(&mut settings.office);
        Office::load(dir.path(), &settings).unwrap_err().to_string()
    }

    #[test]
    fn without_any_file_there_is_a_policy_and_no_day_is_known_to_be_a_working_day() {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::load(dir.path(), &Settings::default()).unwrap();
        assert_eq!((office.policy.name.as_str(), office.digest.len()), ("kalbar-98-2021", 64));
        let day = office.calendar.day(jiff::civil::date(2026, 11, 26), office.calendar.hours());
        assert!(matches!(day, siaga_readiness::booking::calendar::Day::Unknown(_)));
    }

    #[test]
    fn a_policy_of_the_office_s_own_is_read_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            BookingPolicy::shipped("kipp-2020").unwrap().canonical().replace("\"kipp-2020\"", "\"ours\"");
        fs::write(dir.path().join("ours.toml"), text).unwrap();
        let office = OfficeSettings { policy: "ours.toml".into(), ..OfficeSettings::default() };
        let settings = Settings { office, ..Settings::default() };
        assert_eq!(Office::load(dir.path(), &settings).unwrap().policy.name, "ours");
    }

    #[test]
    fn what_is_wrong_is_told_with_key_and_file() {
        for (told, error) in [
            (["[office] policy", "kipp-2020"], wrong(&[], |it| it.policy = "sop-99".into())),
            (["[office] policy", "ours.toml"], wrong(&[], |it| it.policy = "ours.toml".into())),
            (
                ["[office] policy", "ours.toml"],
                wrong(&[("ours.toml", "name = 1")], |it| it.policy = "ours.toml".into()),
            ),
            (["[office] zone", "Asia/Pontianac"], wrong(&[], |it| it.zone = "Asia/Pontianac".into())),
            (["[office] holidays", "2026.toml"], wrong(&[("holidays/2026.toml", "year = \"x\"")], |_| {})),
        ] {
            assert!(told.iter().all(|told| error.contains(told)), "{error}");
        }
    }
}
