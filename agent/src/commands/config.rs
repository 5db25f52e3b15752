//! `siaga-agent config`: look at the configuration.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use siaga_service::{
    http::{check_address, check_socket},
    program::{print, told},
};

use crate::{
    config::{DEFAULT_PATH, DEFAULT_STATE_DIR, Own, Settings, SettingsError},
    doctor::{self, Level},
};

/// Look at the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration and the files that it names.
    Check,
    /// Print each value that counts and where it is from: a line of a file, a variable, the room's desk, or the default.
    Show,
}

/// Checks and tells.
///
/// # Errors
/// The configuration, or a file that it names, is wrong.
pub fn check(path: Option<&Path>) -> anyhow::Result<u8> {
    let own = Own::load(path)?;
    let settings = own.ruled_as_kept().0;
    let placed = |path: &[&str], error: &(dyn std::error::Error + 'static)| {
        own.placed(path, SettingsError::Value(told(error)))
    };
    state_dir(&settings.state_dir)
        .map_err(|words| own.placed(&["state_dir"], SettingsError::Value(words)))?;
    check_address(settings.http.listen).map_err(|error| placed(&["http", "listen"], &error))?;
    match check_socket(&settings.socket()) {
        Err(error) if settings.http.socket.is_some() => {
            return Err(placed(&["http", "socket"], &error).into());
        }
        Err(error) => eprintln!("warning: {error}; nobody can ask for probes and trials"),
        Ok(()) => {}
    }
    for (number, server) in settings.servers.iter().enumerate() {
        let number = number.to_string();
        server
            .check(&settings.state_dir)
            .map_err(|(key, error)| placed(&["servers", &number, key], &error))?;
    }
    for server in settings.servers.iter().filter(|server| server.is_shown_to_the_service_alone()) {
        eprintln!(
            "warning: the identity for {} is shown to the service alone: it was not looked at",
            server.address
        );
    }
    for warning in settings.warnings() {
        eprintln!("warning: {warning}");
    }
    let place = path.unwrap_or(Path::new(DEFAULT_PATH));
    for warning in misspelt(env::vars_os()).chain(missing(place, &own.sources())) {
        eprintln!("warning: {warning}");
    }
    tell_of_unit(path);
    let state = doctor::state_directory(&settings.state_dir);
    if state.level == Level::Problem {
        let detail = state.detail.unwrap_or_default();
        eprintln!("warning: {} ({detail}) {}", state.text.en, state.remedy.en);
    }
    let from = match own.sources() {
        from if from.is_empty() => format!("no file at {DEFAULT_PATH}; the default configuration"),
        from => from,
    };
    let Settings { room, profile, .. } = &settings;
    print(&format!("{from} is in order: room {room}, profile {profile}, {}\n", servers(&settings)))?;
    Ok(0)
}

/// What can be none, whoever looks: whether the service may write to it is another question.
fn state_dir(path: &Path) -> Result<(), String> {
    let shown = path.display();
    if path.is_relative() {
        return Err(format!("“{shown}” does not begin at the root: write it like {DEFAULT_STATE_DIR}"));
    }
    match path.ancestors().find(|at| at.exists()) {
        Some(at) if !at.is_dir() => Err(format!(
            "{} is a file, and {shown} is to be a directory: name another one, like {DEFAULT_STATE_DIR}",
            at.display()
        )),
        _ => Ok(()),
    }
}

/// Shows every value that counts.
///
/// # Errors
/// The configuration is wrong, or nobody reads what is printed.
pub fn show(path: Option<&Path>) -> anyhow::Result<u8> {
    print(&Own::load(path)?.show()?)?;
    tell_of_unit(path);
    Ok(0)
}

/// A variable that looks like one of the agent's, and is none.
fn misspelt(variables: impl Iterator<Item = (OsString, OsString)>) -> impl Iterator<Item = String> {
    variables.filter_map(|(name, _)| {
        let name = name.into_string().ok()?;
        let rest = name.strip_prefix("SIAGA_AGENT_").filter(|rest| !rest.starts_with('_'))?;
        Some(format!(
            "the environment variable {name} counts for nothing; parts of a name are set apart by two underscores, \
             like SIAGA_AGENT__{rest}"
        ))
    })
}

fn missing(place: &Path, sources: &str) -> Option<String> {
    (!sources.is_empty() && !place.exists() && place.with_extension("d").is_dir()).then(|| {
        format!(
            "there is no {}, only what is beside it: what that does not set has its default",
            place.display()
        )
    })
}

/// What the service's unit sets in its environment counts for the service alone, and over all files.
fn tell_of_unit(path: Option<&Path>) {
    if path.is_some_and(|path| path != Path::new(DEFAULT_PATH)) {
        return;
    }
    let names: Vec<_> = UNITS.iter().flat_map(|unit| variables_of(Path::new(unit))).collect();
    for (name, file) in names.into_iter().filter(|(name, _)| env::var_os(name).is_none()) {
        eprintln!(
            "warning: {} sets {name} for the service, and over all files: it is not seen here; \
             `systemctl show --property=Environment,EnvironmentFiles siaga-agent` shows what sets it",
            file.display()
        );
    }
}

const UNITS: [&str; 3] = [
    "/usr/lib/systemd/system/siaga-agent.service",
    "/etc/systemd/system/siaga-agent.service",
    "/run/systemd/system/siaga-agent.service",
];

/// The agent's variables that a unit, or a file that is added to it, sets by `Environment=` or by an `EnvironmentFile=`; with the
/// file that sets it. Patterns in the name of such a file are not followed.
fn variables_of(unit: &Path) -> Vec<(String, PathBuf)> {
    let mut files = vec![unit.to_owned()];
    let added = fs::read_dir(format!("{}.d", unit.display())).into_iter().flatten().flatten();
    files.extend(
        added.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|it| it == "conf")),
    );
    files.sort();
    let mut found = vec![];
    for file in files {
        let text = text_of(&file);
        let values = |key| text.lines().filter_map(move |line| line.trim().strip_prefix(key));
        let words = values("Environment=").flat_map(|set| set.split([' ', '"', '\'']));
        found.extend(ours(words.filter_map(|word| Some(word.split_once('=')?.0)), &file));
        for named in values("EnvironmentFile=") {
            let named = Path::new(named.trim().trim_start_matches('-'));
            let text = text_of(named);
            let names = text.lines().filter_map(|line| Some(line.split_once('=')?.0.trim()));
            found.extend(ours(names, named));
        }
    }
    found
}

fn ours<'a>(names: impl Iterator<Item = &'a str>, file: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    names.filter(|name| name.starts_with("SIAGA_AGENT__")).map(|name| (name.to_owned(), file.to_owned()))
}

/// Nothing of what can't be read, and half of one that is too large for an administrator to have written.
fn text_of(file: &Path) -> String {
    let mut text = String::new();
    let mut read = || File::open(file)?.take(LARGEST_UNIT).read_to_string(&mut text);
    if file.is_file() && read().is_ok() { text } else { String::new() }
}

/// Bytes.
const LARGEST_UNIT: u64 = 64 * 1024;

fn servers(settings: &Settings) -> String {
    let addresses: Vec<_> = settings.servers.iter().map(|server| server.address.to_string()).collect();
    match addresses.as_slice() {
        [] => "no probe server: the network stays unknown".into(),
        [one] => format!("probe server {one}"),
        several => format!("probe servers {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_with_one_underscore_is_warned_of() {
        let of = |name: &str| misspelt([(name.into(), "x".into())].into_iter()).collect::<Vec<_>>();
        assert!(of("SIAGA_AGENT_PROFILE")[0].contains("like SIAGA_AGENT__PROFILE"));
        assert_eq!(of("SIAGA_AGENT__PROFILE"), [""; 0]);
        assert_eq!(of("PATH"), [""; 0]);
    }

    #[test]
    fn what_the_unit_sets_is_known_by_its_name_and_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let unit = dir.path().join("siaga-agent.service");
        assert_eq!(variables_of(&unit), []);
        fs::create_dir(dir.path().join("siaga-agent.service.d")).unwrap();
        let added = dir.path().join("siaga-agent.service.d/room.conf");
        let text =
            "[Service]\n#Environment=SIAGA_AGENT__SITE=x\nEnvironment=\"SIAGA_AGENT__ROOM=r1\" LANG=C\n";
        fs::write(&added, text).unwrap();
        assert_eq!(variables_of(&unit), [("SIAGA_AGENT__ROOM".to_owned(), added.clone())]);
        let named = dir.path().join("siaga");
        fs::write(
            &named,
            "# SIAGA_AGENT__SITE=x\nSIAGA_AGENT__PROFILE = \"minimum\"\nLABEL=\"a SIAGA_AGENT__ROOM=x\"\n",
        )
        .unwrap();
        fs::write(&added, format!("EnvironmentFile=-{}\nEnvironmentFile=/not/there\n", named.display()))
            .unwrap();
        assert_eq!(variables_of(&unit), [("SIAGA_AGENT__PROFILE".to_owned(), named)]);
    }

    #[test]
    fn files_beside_one_that_is_missing_are_warned_of() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("agent.toml");
        fs::create_dir(dir.path().join("agent.d")).unwrap();
        assert_eq!(missing(&place, ""), None);
        assert!(missing(&place, "agent.d/50.toml").is_some_and(|it| it.contains("there is no ")));
        fs::write(&place, "").unwrap();
        assert_eq!(missing(&place, "agent.d/50.toml"), None);
    }
}
