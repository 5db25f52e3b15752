//! Programs that profiles can ask for: what they are called and where they are found.

use std::{collections::BTreeMap, fmt, str::FromStr, sync::LazyLock};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::profile::{Profile, ProfileName, Profiles, SoftwareRequirement};

/// As profiles name a program: 1 to 32 of `a`–`z`, `0`–`9`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProgramId(String);

impl ProgramId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProgramId {
    type Err = ProgramError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.to_owned())).ok_or_else(|| ProgramError::Id(shortened(text)))
    }
}

impl TryFrom<String> for ProgramId {
    type Error = ProgramError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ProgramId> for String {
    fn from(id: ProgramId) -> Self {
        id.0
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A program, and the places of which one is enough: a `[programs.NAME]` table in the agent's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawProgram")]
pub struct Program {
    /// As people know it.
    pub name: String,
    /// Executables: a file's name, looked for in the system's usual directories, or an absolute path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub executables: Vec<String>,
    /// Desktop entries, without `.desktop`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub desktop_entries: Vec<String>,
    /// Flatpak applications that are installed for all users.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flatpaks: Vec<String>,
    /// Snaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub snaps: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProgram {
    name: String,
    #[serde(default)]
    executables: Vec<String>,
    #[serde(default)]
    desktop_entries: Vec<String>,
    #[serde(default)]
    flatpaks: Vec<String>,
    #[serde(default)]
    snaps: Vec<String>,
}

impl TryFrom<RawProgram> for Program {
    type Error = ProgramError;

    fn try_from(raw: RawProgram) -> Result<Self, Self::Error> {
        let RawProgram { name, executables, desktop_entries, flatpaks, snaps } = raw;
        if !(1..=64).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(ProgramError::Name);
        }
        let names = || desktop_entries.iter().chain(&flatpaks).chain(&snaps);
        if executables.is_empty() && names().next().is_none() {
            return Err(ProgramError::Nowhere(name));
        }
        if let Some(wrong) = executables.iter().find(|it| !is_file_name(it) && !is_absolute_path(it)) {
            return Err(ProgramError::Executable(shortened(wrong)));
        }
        if let Some(wrong) = names().find(|it| !is_file_name(it)) {
            return Err(ProgramError::Place(shortened(wrong)));
        }
        Ok(Self { name, executables, desktop_entries, flatpaks, snaps })
    }
}

fn is_file_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-+".contains(&b);
    (1..=200).contains(&text.len()) && !text.starts_with('.') && text.bytes().all(allowed)
}

fn is_absolute_path(text: &str) -> bool {
    text.len() <= 1000 && text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_file_name))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// All programs that profiles can ask for: the shipped ones and the office's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Programs(BTreeMap<ProgramId, Program>);

impl Programs {
    /// The shipped programs and `own` ones; one of these that is named like a shipped one takes its place: an office knows
    /// best where it installs what it uses.
    #[must_use]
    pub fn with(own: BTreeMap<ProgramId, Program>) -> Self {
        let mut all = Self::default();
        all.0.extend(own);
        all
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&ProgramId, &Program)> {
        self.0.iter()
    }

    /// Holds that profiles ask for nothing else: nobody would ever look for it.
    ///
    /// # Errors
    /// A profile asks for a program that is not defined; the error lists those that are.
    pub fn serve(&self, profiles: &Profiles) -> Result<(), ProgramError> {
        for Profile { name, requirements } in profiles.iter() {
            let asked = requirements.software.iter().flat_map(SoftwareRequirement::programs);
            if let Some(unknown) = asked.into_iter().find(|id| !self.0.contains_key(id)) {
                return Err(ProgramError::NotDefined {
                    profile: name.clone(),
                    program: unknown.clone(),
                    known: self.0.keys().map(ProgramId::as_str).collect::<Vec<_>>().join(", "),
                });
            }
        }
        Ok(())
    }
}

impl Default for Programs {
    /// The shipped programs.
    fn default() -> Self {
        static SHIPPED: LazyLock<BTreeMap<ProgramId, Program>> = LazyLock::new(|| {
            toml::from_str(include_str!("../programs.toml")).expect("the shipped programs are tested")
        });
        Self(SHIPPED.clone())
    }
}

/// What is wrong with a program's definition or use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProgramError {
    /// Not an id.
    #[error("“{0}” can't name a program; use 1 to 32 of a–z, 0–9, - and _")]
    Id(String),
    /// Not a name for people.
    #[error("a program's name for people has 1 to 64 characters")]
    Name,
    /// It could never be found.
    #[error("{0} is found nowhere; give it executables, desktop_entries, flatpaks or snaps")]
    Nowhere(String),
    /// Neither a file's name nor an absolute path.
    #[error("“{0}” is no executable; write a file's name like zoom or an absolute path like /opt/zoom/zoom")]
    Executable(String),
    /// Not the name of a desktop entry, a Flatpak or a snap.
    #[error("“{0}” can't name a desktop entry, a Flatpak application or a snap; write it like us.zoom.Zoom")]
    Place(String),
    /// A profile asks for what nobody looks for.
    #[error(
        "profile {profile} asks for the program {program}, which is not defined; there are: {known}; define yours \
         under [programs.{program}]"
    )]
    NotDefined {
        /// Which profile.
        profile: ProfileName,
        /// What it asks for.
        program: ProgramId,
        /// Those there are.
        known: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        toml::from_str::<Program>(text).unwrap_err().to_string()
    }

    #[test]
    fn zoom_is_shipped_with_the_places_where_it_is_found() {
        let zoom = &Programs::default().0[&"zoom".parse().unwrap()];
        assert_eq!(zoom.name, "Zoom");
        assert_eq!(zoom.executables, ["zoom", "/opt/zoom/zoom"]);
        assert_eq!(
            (zoom.flatpaks.as_slice(), zoom.snaps.as_slice()),
            (&["us.zoom.Zoom".to_owned()][..], &["zoom-client".to_owned()][..])
        );
    }

    #[test]
    fn every_program_that_a_shipped_profile_asks_for_is_shipped() {
        assert_eq!(Programs::default().serve(&Profiles::default()), Ok(()));
    }

    #[test]
    fn an_office_adds_a_program_and_says_where_it_keeps_a_shipped_one() {
        let own = |text: &str| toml::from_str::<BTreeMap<ProgramId, Program>>(text).unwrap();
        let programs =
            Programs::with(own("[jitsi]\nname = \"Jitsi Meet\"\nflatpaks = [\"org.jitsi.jitsi-meet\"]\n\
             [zoom]\nname = \"Zoom\"\nexecutables = [\"/srv/zoom/bin/zoom\"]\n"));
        let names: Vec<&str> = programs.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(names, ["jitsi", "zoom"]);
        assert_eq!(programs.0[&"zoom".parse().unwrap()].executables, ["/srv/zoom/bin/zoom"]);
    }

    #[test]
    fn each_mistake_in_a_program_is_named() {
        assert!(refusal("executables = [\"x\"]").contains("missing field `name`"));
        assert!(refusal("name = \"X\"\nexecutable = [\"x\"]").contains("unknown field `executable`"));
        assert!(refusal("name = \"X\"").contains("X is found nowhere; give it executables"));
        assert!(refusal("name = \"\"\nsnaps = [\"x\"]").contains("1 to 64 characters"));
        for wrong in ["../x", "bin/x", "/opt/../x", "/", ""] {
            let told = refusal(&format!("name = \"X\"\nexecutables = [\"{wrong}\"]"));
            assert!(told.contains(&format!("“{wrong}” is no executable")), "{told}");
        }
        assert!(refusal("name = \"X\"\nsnaps = [\"a/b\"]").contains("“a/b” can't name a desktop entry"));
        assert!("Zoom".parse::<ProgramId>().unwrap_err().to_string().contains("“Zoom” can't name a program"));
    }

    #[test]
    fn a_profile_that_asks_for_a_program_that_nobody_knows_is_refused() {
        let requirements = toml::from_str("microphone = {}\nsoftware = { any_of = [\"zom\"] }\n").unwrap();
        let profiles = Profiles::with(BTreeMap::from([("training".parse().unwrap(), requirements)])).unwrap();
        let refused = Programs::default().serve(&profiles).unwrap_err().to_string();
        assert_eq!(
            refused,
            "profile training asks for the program zom, which is not defined; there are: zoom; define yours under \
             [programs.zom]"
        );
    }
}
