//! A new server's directory.

use std::{fs, path::Path};

use anyhow::Context;
use jiff::{Timestamp, civil::Date};
use siaga_booking::evidence::Key;
use siaga_readiness::booking::Calendar;
use siaga_transport::identity;

use crate::config::{self, OfficeSettings};

/// The configuration that a new server starts with.
const CONFIGURATION: &str = include_str!("../probe-server.toml");

/// Makes `dir` with a private CA, a server identity for `names`, a key to sign evidence with, a configuration, and the holidays that are
/// known.
///
/// # Errors
/// The directory already holds a CA or can't be written, or a name can't stand in a certificate.
pub fn init(dir: &Path, names: &[String], today: Date) -> anyhow::Result<()> {
    identity::create(dir, names, today)?;
    let file = dir.join(config::FILE);
    if !file.exists() {
        fs::write(&file, CONFIGURATION).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let holidays = dir.join(OfficeSettings::default().holidays);
    fs::create_dir_all(&holidays).with_context(|| format!("cannot make {}", holidays.display()))?;
    for (name, text) in Calendar::SHIPPED_FILES {
        let file = holidays.join(name);
        if !file.exists() {
            fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        }
    }
    Key::open(dir)?;
    Ok(())
}

/// The server's next certificate, and what to say of it. Without `names` it is for those of the one before.
///
/// # Errors
/// See [`identity::renew_server`].
pub fn renew(dir: &Path, names: &[String], now: Timestamp) -> anyhow::Result<String> {
    let renewal = identity::renew_server(dir, names, now)?;
    let (names, until) = (renewal.names.join(", "), renewal.validity.until);
    Ok(format!(
        "Made {}: for {names}, until {until:.0}. A running server takes it over within seconds; rooms notice nothing.\n",
        dir.join("server.pem").display()
    ))
}

/// What to do with it.
#[must_use]
pub fn next_steps(dir: &Path, names: &[String]) -> String {
    let dir = dir.display();
    let name = names.first().map_or("HOST", String::as_str);
    let host = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
    format!(
        "Made {dir}: a private CA (ca.pem, ca.key), this server's identity and probe-server.toml.\n\
         Keep ca.key secret; rooms need a copy of ca.pem. Enter your region's holidays in holidays/.\n\
         \n\
         Try it:\n  \
         siaga-probe-server run --dir {dir} --open\n  \
         siaga-agent probe --server {host}:4433 --ca {dir}/ca.pem --up 10M --down 20M\n\
         \n\
         Then enrol your rooms and leave --open out:\n  \
         siaga-probe-server token --dir {dir} --room ROOM\n  \
         siaga-agent enroll --server {host}:4433 --ca ca.pem --token -\n"
    )
}

#[cfg(test)]
mod tests {
    use siaga_readiness::booking::calendar::Day;

    use super::*;
    use crate::{
        config::{Overrides, load},
        office::Office,
    };

    #[test]
    fn a_new_server_can_start_with_the_configuration_it_gets() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path(), &["probe.example".into()], jiff::civil::date(2026, 11, 22)).unwrap();
        let settings = load(dir.path(), &Overrides::default()).unwrap();
        assert!(!settings.open, "never open unless asked for");
        assert!(settings.http.ip().is_loopback());
        let office = Office::load(dir.path(), &settings).unwrap();
        assert_eq!(office.policy.name, "kalbar-98-2021");
        let proclaimed = jiff::civil::date(2026, 8, 17);
        assert!(matches!(office.calendar.day(proclaimed, office.calendar.hours()), Day::Holiday(_)));
    }
}
