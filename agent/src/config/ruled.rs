//! A room's own configuration, and over what it leaves out, what its desk tells.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use siaga_readiness::report::Rules;
use siaga_service::config::{self, Layers, lay_over};
use toml::{Table, Value};
use tracing::warn;

use super::{DEFAULT_PATH, Misfit, Settings, SettingsError};
use crate::keep;

/// The file's name in the state directory.
const FILE: &str = "rules.json";

/// The version of its form.
const FORM: u32 = 1;

/// A room's own configuration.
#[derive(Debug, Clone)]
pub struct Own {
    layers: Layers,
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
    /// The configuration at `path`, or at the usual place; there, none at all is fine. Then the drop-in directory beside it, and the
    /// environment.
    ///
    /// # Errors
    /// A part of it is wrong, or `path` was given and is not there.
    pub fn load(path: Option<&Path>) -> Result<Self, SettingsError> {
        Self::with(path, env::vars_os())
    }

    fn with(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let place = path.unwrap_or(Path::new(DEFAULT_PATH));
        let mut layers = Layers::default();
        match layers.add_file::<Settings>(place) {
            Err(error) if path.is_none() && error.is_absent() => {}
            added => added?,
        }
        layers.add_drop_ins::<Settings>(place)?;
        layers.add_environment::<Settings>(ENVIRONMENT, environment)?;
        Self::of(layers)
    }

    fn of(layers: Layers) -> Result<Self, SettingsError> {
        let own = Self { settings: layers.settings()?, layers };
        own.settings.check().map_err(|Misfit { key, cause }| own.placed(&[key], *cause))?;
        Ok(own)
    }

    /// An error with the place at which its cause was set; as it is where nobody set it.
    #[must_use]
    pub fn placed(&self, path: &[&str], cause: SettingsError) -> SettingsError {
        match self.layers.place(path) {
            Some(place) => SettingsError::Placed { place, key: in_one(path), cause: Box::new(cause) },
            None => cause,
        }
    }

    /// The files and variables that say something, in the order in which they are read.
    #[must_use]
    pub fn sources(&self) -> String {
        self.layers.sources().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Every key that has a value, with the value that counts and where it has it from.
    ///
    /// # Errors
    /// There is none: settings can be written.
    pub fn show(&self) -> Result<String, toml::ser::Error> {
        let (settings, rules) = self.ruled_as_kept();
        let rules = Table::try_from(&rules)?;
        Ok(config::show(&Table::try_from(&settings)?, |path| {
            let is_told = || says(&rules, path);
            match (self.layers.place(path), path) {
                (_, ["profiles", ..]) if is_told() => DESK.to_owned(),
                (Some(place), _) => place.to_string(),
                _ if is_told() => DESK.to_owned(),
                _ => "default".to_owned(),
            }
        }))
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
        lay_over(&mut merged, self.layers.table());
        if let (Some(Value::Table(all)), Some(Value::Table(told))) = (merged.get_mut("profiles"), profiles) {
            all.extend(told);
        }
        let settings: Settings =
            merged.try_into().map_err(|error| SettingsError::Rules(error.message().to_owned()))?;
        settings.check().map_err(|misfit| *misfit.cause)?;
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

/// `SIAGA_AGENT__NETWORK__PROBE_INTERVAL` is `network.probe_interval`.
const ENVIRONMENT: &str = "SIAGA_AGENT__";

const DESK: &str = "the room's desk";

/// Like `servers[0].ca`.
fn in_one(path: &[&str]) -> String {
    path.iter().fold(String::new(), |all, step| match step.parse::<usize>() {
        Ok(index) => format!("{all}[{index}]"),
        Err(_) if all.is_empty() => (*step).to_owned(),
        Err(_) => format!("{all}.{step}"),
    })
}

fn says(table: &Table, path: &[&str]) -> bool {
    match path {
        [] => true,
        [key, rest @ ..] => match table.get(*key) {
            Some(Value::Table(inner)) => says(inner, rest),
            Some(_) => rest.is_empty(),
            None => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::{policy::TimeToLive, profile::Requirements};

    use super::*;

    fn own(text: &str) -> Own {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.toml");
        std::fs::write(&path, text).unwrap();
        Own::with(Some(&path), []).unwrap()
    }

    fn rules(text: &str) -> Rules {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn what_is_shown_says_where_it_is_from_and_is_a_configuration_itself() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.toml");
        let server = "[[servers]]\naddress = \"a.example:4433\"\nca = \"ca.pem\"\n";
        let state = dir.path().join("state");
        std::fs::write(
            &path,
            format!("state_dir = {state:?}\nroom = \"r1\"\n[network]\nmetered = \"no\"\n{server}"),
        )
        .unwrap();
        std::fs::create_dir(dir.path().join("agent.d")).unwrap();
        std::fs::write(
            dir.path().join("agent.d/10-office.toml"),
            "# of the office\nsite = \"s1\"\nroom = \"r2\"\n",
        )
        .unwrap();
        let environment = [("SIAGA_AGENT__HOST__UPS".into(), "true".into())];
        let own = Own::with(Some(&path), environment).unwrap();
        own.keep(&rules(TOLD)).unwrap();
        let shown = own.show().unwrap();
        let from = |key: &str| {
            let line = shown
                .lines()
                .find(|line| line.starts_with(&format!("{key} = ")))
                .unwrap_or_else(|| panic!("{shown}"));
            let (value, source) = line.split_once("  # ").unwrap();
            (value.trim_end().to_owned(), source.replace(&format!("{}/", dir.path().display()), ""))
        };
        let is = |value: &str, source: &str| (value.to_owned(), source.to_owned());
        assert_eq!(from("room"), is("room = \"r2\"", "agent.d/10-office.toml, line 3"));
        assert_eq!(from("network.metered"), is("network.metered = \"no\"", "agent.toml, line 4"));
        assert_eq!(from("network.probe_interval"), is("network.probe_interval = \"1h\"", DESK));
        assert_eq!(from("profile"), is("profile = \"training\"", DESK));
        assert_eq!(from("host.ups"), is("host.ups = true", "environment variable SIAGA_AGENT__HOST__UPS"));
        assert_eq!(from("network.quiet_above"), is("network.quiet_above = \"1M\"", "default"));
        assert_eq!(from("profiles.training.network.up").1, DESK);
        let again = self::own(&shown);
        assert_eq!(
            Table::try_from(again.settings()).unwrap(),
            Table::try_from(own.ruled_as_kept().0).unwrap()
        );
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
        let file = dir.path().join("state").join(FILE);
        let newer = std::fs::read_to_string(&file).unwrap().replace("\"version\":1", "\"version\":2");
        for no_use in ["{", &newer] {
            std::fs::write(&file, no_use).unwrap();
            assert_eq!(write("a.example").ruled_as_kept().0.profile.as_str(), "minimum");
            assert_eq!(std::fs::read_to_string(&file).unwrap(), no_use, "it stays until the desk tells anew");
        }
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
