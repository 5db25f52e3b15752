//! Requirement profiles: what a room is held against.

mod parts;

use std::{collections::BTreeMap, fmt, str::FromStr, sync::LazyLock};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use parts::{
    CameraRequirement, Degrees, FrameRate, MachineKinds, MachineRequirement, MicrophoneRequirement,
    NetworkRequirement, PartError, PictureRequirement, PictureSize, PictureSizes, PowerRequirement,
    ProgramIds, SoftwareRequirement,
};

/// A named set of requirements.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What it is called in answers, metrics and on the command line.
    pub name: ProfileName,
    /// What it asks for.
    pub requirements: Requirements,
}

impl Profile {
    /// Reads the requirements of a profile from the text of a TOML file.
    ///
    /// # Errors
    /// Not TOML, an unknown key, a value out of range, or nothing required at all.
    pub fn from_toml(name: ProfileName, text: &str) -> Result<Self, ProfileError> {
        match toml::from_str(text) {
            Ok(requirements) => Ok(Self { name, requirements }),
            Err(cause) => Err(ProfileError::Toml { name, cause: Box::new(cause) }),
        }
    }

    /// `minimum`: the least a room must have.
    #[must_use]
    pub fn minimum() -> &'static Self {
        static PROFILE: LazyLock<Profile> =
            LazyLock::new(|| shipped(include_str!("../profiles/minimum.toml"), MINIMUM));
        &PROFILE
    }

    /// `recommended`: what a room should have.
    #[must_use]
    pub fn recommended() -> &'static Self {
        static PROFILE: LazyLock<Profile> =
            LazyLock::new(|| shipped(include_str!("../profiles/recommended.toml"), RECOMMENDED));
        &PROFILE
    }

    /// `kipp-2020`: `minimum` as the ministry's procedure has it, which asks for the Zoom client.
    #[must_use]
    pub fn kipp_2020() -> &'static Self {
        static PROFILE: LazyLock<Profile> =
            LazyLock::new(|| shipped(include_str!("../profiles/kipp-2020.toml"), KIPP_2020));
        &PROFILE
    }
}

const KIPP_2020: &str = "kipp-2020";
const MINIMUM: &str = "minimum";
const RECOMMENDED: &str = "recommended";

fn shipped(text: &str, name: &str) -> Profile {
    Profile::from_toml(ProfileName(name.to_owned()), text).expect("the shipped profiles are tested")
}

/// What a profile asks for. A part that is left out is not required, and not checked.
///
/// This is the shape of a profile's file and of a `[profiles.NAME]` table in the agent's configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "parts::RawRequirements")]
pub struct Requirements {
    /// Rates that the link must sustain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkRequirement>,
    /// At least one camera, with these properties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraRequirement>,
    /// At least one microphone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub microphone: Option<MicrophoneRequirement>,
    /// What the machine runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power: Option<PowerRequirement>,
    /// What the machine is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<MachineRequirement>,
    /// Programs that are installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<SoftwareRequirement>,
}

/// A profile's name: 1 to 32 of `a`–`z`, `0`–`9`, `-` and `_`, fit for a metric's label and an address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProfileName(String);

impl ProfileName {
    const MAX_LENGTH: usize = 32;

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProfileName {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
        if (1..=Self::MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ProfileError::Name(text.chars().take(40).collect()))
        }
    }
}

impl TryFrom<String> for ProfileName {
    type Error = ProfileError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ProfileName> for String {
    fn from(name: ProfileName) -> Self {
        name.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All profiles that a room can be held against: the shipped ones and the office's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Profiles(BTreeMap<ProfileName, Profile>);

impl Profiles {
    /// The shipped profiles and `own` ones, as a configuration's `[profiles.NAME]` tables give them.
    ///
    /// # Errors
    /// One of `own` is named like a shipped profile: those have the procedure's numbers, everywhere.
    pub fn with(own: BTreeMap<ProfileName, Requirements>) -> Result<Self, ProfileError> {
        let mut all = Self::default();
        for (name, requirements) in own {
            if all.0.contains_key(&name) {
                return Err(ProfileError::Shipped(name));
            }
            all.0.insert(name.clone(), Profile { name, requirements });
        }
        Ok(all)
    }

    /// The profile of that name.
    ///
    /// # Errors
    /// There is none; the error lists those there are.
    pub fn named(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.iter().find(|profile| profile.name.as_str() == name).ok_or_else(|| ProfileError::NotDefined {
            name: name.chars().take(40).collect(),
            known: self.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.0.values()
    }
}

impl Default for Profiles {
    /// The shipped profiles.
    fn default() -> Self {
        let shipped = [Profile::kipp_2020(), Profile::minimum(), Profile::recommended()];
        Self(shipped.map(|profile| (profile.name.clone(), profile.clone())).into())
    }
}

/// What is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ProfileError {
    /// The text does not describe requirements.
    #[error("profile {name}: {cause}")]
    Toml {
        /// Which profile.
        name: ProfileName,
        /// What is wrong, and where.
        cause: Box<toml::de::Error>,
    },
    /// Not a name.
    #[error("“{0}” can't name a profile; use 1 to 32 of a–z, 0–9, - and _")]
    Name(String),
    /// The office's profile is named like a shipped one.
    #[error("profile {0} is shipped and has the same numbers everywhere; give yours another name")]
    Shipped(ProfileName),
    /// No such profile.
    #[error("there is no profile “{name}”; there are: {known}")]
    NotDefined {
        /// What was asked for.
        name: String,
        /// Those there are.
        known: String,
    },
}

#[cfg(test)]
mod tests;
