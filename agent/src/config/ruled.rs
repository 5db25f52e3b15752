//! A room's own configuration, and over what it leaves out, what its desk tells.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use siaga_readiness::report::Rules;
use siaga_service::config;
use toml::{Table, Value};
use tracing::warn;

use super::{DEFAULT_PATH, Settings, SettingsError};
use crate::keep;

/// The file's name in the state directory.
const FILE: &str = "rules.json";

/// The version of its form.
const FORM: u32 = 1;

/// A room's own configuration.
#[derive(Debug, Clone)]
pub struct Own {
    /// As it is written.
    table: Table,
    settings: Settings,
}

/// What the desk told last.
#[derive(Serialize, Deserialize)]
struct KeptRules {
    version: u32,
    /// The server that told it, as it is configured: another desk's rules don't count.
    server: String,
    rules: Rules,
}

impl Own {
    /// The configuration at `path`, or at the usual place; there, none at all is fine.
    ///
    /// # Errors
    /// The file is wrong, or `path` was given and is not there.
    pub fn load(path: Option<&Path>) -> Result<Self, SettingsError> {
        let place = path.unwrap_or(Path::new(DEFAULT_PATH));
        let settings: Settings = match (path, config::load(place)) {
            (None, Err(error)) if error.is_absent() => {
                return Ok(Self { table: Table::new(), settings: Settings::default() });
            }
            (_, loaded) => loaded?,
        };
        settings.check()?;
        Ok(Self { table: config::load(place)?, settings })
    }

    /// What it says by itself.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// With what the desk told last, as far as that is kept and fits.
    #[must_use]
    pub fn ruled_as_kept(&self) -> (Settings, Rules) {
        let rules = self.kept().unwrap_or_default();
        match self.ruled_by(&rules) {
            Ok(settings) => (settings, rules),
            Err(error) => {
                warn!(%error, "what the room's desk tells can't be used here; the room's own configuration counts");
                (self.settings.clone(), Rules::default())
            }
        }
    }

    /// With what `rules` tell. What the room's own configuration says itself counts, except that a profile is what the desk says it
    /// is: the desk answers by it.
    ///
    /// # Errors
    /// Together they make no configuration.
    pub fn ruled_by(&self, rules: &Rules) -> Result<Settings, SettingsError> {
        let told = Table::try_from(rules).map_err(|error| SettingsError::Rules(error.to_string()))?;
        let profiles = told.get("profiles").cloned();
        let mut merged = told;
        lay_over(&mut merged, self.table.clone());
        if let (Some(Value::Table(all)), Some(Value::Table(told))) = (merged.get_mut("profiles"), profiles) {
            all.extend(told);
        }
        let settings: Settings =
            merged.try_into().map_err(|error| SettingsError::Rules(error.message().to_owned()))?;
        settings.check()?;
        Ok(settings)
    }

    /// Keeps what the desk told for the next start. Blocks.
    ///
    /// # Errors
    /// The state directory can't be written to.
    pub fn keep(&self, rules: &Rules) -> std::io::Result<()> {
        let Some(server) = self.desk() else { return Ok(()) };
        keep::write(&self.file(), &KeptRules { version: FORM, server, rules: rules.clone() })
    }

    fn kept(&self) -> Option<Rules> {
        match keep::peek::<KeptRules>(&self.file(), FORM) {
            Ok(kept) => kept.filter(|kept| Some(&kept.server) == self.desk().as_ref()).map(|kept| kept.rules),
            Err(error) => {
                warn!(%error, file = %self.file().display(), "what the room's desk told can't be read");
                None
            }
        }
    }

    fn desk(&self) -> Option<String> {
        self.settings.servers.first().map(|server| server.address.to_string())
    }

    fn file(&self) -> PathBuf {
        self.settings.state_dir.join(FILE)
    }
}

fn lay_over(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => lay_over(under, over),
            (_, value) => drop(under.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{policy::TimeToLive, profile::Requirements};

    use super::*;

    fn own(text: &str) -> Own {
        let table: Table = toml::from_str(text).unwrap();
        Own { settings: table.clone().try_into().unwrap(), table }
    }

    fn rules(text: &str) -> Rules {
        toml::from_str(text).unwrap()
    }

    const TOLD: &str = "profile = \"training\"\n[freshness]\ngate_probe = \"2h\"\n[network]\nprobe_interval = \"1h\"\n\
                        office_hours = \"Mon-Fri 07:30-16:00\"\ntime_zone = \"Asia/Pontianak\"\n\
                        [profiles.training]\nnetwork = { up = \"5M\", down = \"5M\" }\n";

    #[test]
    fn what_a_room_leaves_out_is_the_desk_s_and_what_it_says_is_its_own() {
        let ruled = own("").ruled_by(&rules(TOLD)).unwrap();
        assert_eq!(ruled.profile.as_str(), "training");
        assert_eq!(ruled.freshness.gate_probe.duration().as_secs(), 7200);
        assert_eq!(ruled.network.probe_interval.duration().as_secs(), 3600);
        assert!(ruled.network.office_hours.is_some());
        let itself =
            "profile = \"recommended\"\n[network]\nprobe_interval = \"20m\"\n[freshness]\nhost = \"1m\"\n";
        let ruled = own(itself).ruled_by(&rules(TOLD)).unwrap();
        assert_eq!(ruled.profile.as_str(), "recommended");
        assert_eq!(ruled.network.probe_interval.duration().as_secs(), 1200);
        assert_eq!(ruled.freshness.gate_probe.duration().as_secs(), 7200, "of one table both are heard");
        assert_eq!(ruled.freshness.host.duration().as_secs(), 60);
    }

    #[test]
    fn a_profile_is_what_the_desk_says_it_is() {
        let itself =
            "profile = \"own\"\n[profiles.training]\nmicrophone = {}\n[profiles.own]\nmicrophone = {}\n";
        let ruled = own(itself).ruled_by(&rules(TOLD)).unwrap();
        let training: &Requirements = &ruled.profiles[&"training".parse().unwrap()];
        assert!(training.network.is_some() && training.microphone.is_none());
        assert_eq!(ruled.profile.as_str(), "own");
        assert_eq!(ruled.profiles.len(), 2);
    }

    #[test]
    fn rules_that_fit_nowhere_change_nothing() {
        let unknown = rules("profile = \"training\"\n");
        let error = own("").ruled_by(&unknown).unwrap_err().to_string();
        assert!(error.starts_with("there is no profile “training”"), "{error}");
        let nobody_s = rules("[profiles.x]\nmicrophone = {}\nsoftware = { any_of = [\"jitsi\"] }\n");
        assert!(own("").ruled_by(&nobody_s).is_err());
    }

    #[test]
    fn what_was_told_outlasts_the_program_and_counts_for_that_desk_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.toml");
        let write = |server: &str| {
            let text = format!(
                "state_dir = {:?}\n[[servers]]\naddress = \"{server}:4433\"\nca = \"ca.pem\"\n",
                dir.path().join("state")
            );
            std::fs::write(&path, text).unwrap();
            Own::load(Some(&path)).unwrap()
        };
        let own = write("a.example");
        assert_eq!(own.ruled_as_kept().1, Rules::default());
        own.keep(&rules(TOLD)).unwrap();
        let (settings, kept) = write("a.example").ruled_as_kept();
        assert_eq!((settings.profile.as_str(), kept), ("training", rules(TOLD)));
        assert_eq!(
            Settings::load(Some(&path)).unwrap().profile.as_str(),
            "training",
            "commands go by it too"
        );
        assert_eq!(write("b.example").ruled_as_kept().0.profile.as_str(), "minimum");
        std::fs::write(dir.path().join("state").join(FILE), "{").unwrap();
        assert_eq!(write("a.example").ruled_as_kept().0.profile.as_str(), "minimum");
    }

    #[test]
    fn a_rule_is_written_as_in_a_room_s_own_file() {
        let told = rules(TOLD);
        assert_eq!(told.freshness.gate_probe, Some(TimeToLive::try_from("2h".to_owned()).unwrap()));
        let again: Rules = serde_json::from_value(serde_json::to_value(&told).unwrap()).unwrap();
        assert_eq!(again, told);
        assert!(toml::from_str::<Rules>("[network]\ntime_zone = \"Mars/Olympus\"\n").is_err());
    }
}
