//! What keeps this machine's agent from doing its work: looked at once, by whoever runs `siaga-agent doctor`.
//!
//! * [`daemon`]: whether one answers, and what it knows that whoever runs this can't see;
//! * [`files`]: those of the configuration that root can read and the service can't;
//! * [`devices`]: locked, busy and broken ones, and drivers that are missing;
//! * [`machine`]: groups, confinement, the in-use helper, the clock, the state directory;
//! * [`servers`]: names, ways and certificates.

mod daemon;
mod devices;
mod files;
mod machine;
mod servers;

pub(crate) use machine::state_directory;

use std::path::Path;

use serde::Serialize;
use siaga_devices::Roots;
use siaga_readiness::{
    catalogue::{Text, Words, entry},
    reasons::Code,
};

use crate::config::{DEFAULT_PATH, Settings};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What was found.
    pub code: Code,
    /// How bad it is.
    pub level: Level,
    /// What it is about: a device, a group, a directory, a server.
    pub about: Option<String>,
    /// The system's own words.
    pub detail: Option<String>,
    /// What was looked at, and what was seen there.
    pub text: Text,
    /// What to do about it; empty where nothing need be done.
    pub remedy: Text,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Something is less good than it could be.
    Warning,
    /// Something does not work.
    Problem,
}

/// Looks at everything; `config` is the file that was named, if one was. Takes some seconds for each probe server: it is asked
/// for a quality probe, of 0.1 MB at most.
pub async fn examine(settings: &Settings, config: Option<&Path>) -> Vec<Finding> {
    let roots = Roots::default();
    let mut findings = daemon::daemon(settings).await;
    if config.is_none_or(|named| named == Path::new(DEFAULT_PATH)) && machine::own_groups().is_none() {
        findings.extend(files::of_service(settings, Path::new(DEFAULT_PATH), &roots));
    }
    findings.extend(machine::groups(Path::new(machine::GROUPS), machine::own_groups().as_deref(), &roots));
    findings.extend(devices::devices(settings).await);
    findings.extend(devices::drivers(&roots));
    findings.push(machine::confinement().await);
    findings.push(machine::helper(&roots).await);
    findings.push(machine::state_directory(&settings.state_dir));
    let (servers, offset_s) = servers::servers(settings).await;
    findings.push(machine::clock(&roots, offset_s));
    findings.extend(servers);
    findings
}

/// 0 nothing wrong, 1 warnings, 2 problems.
#[must_use]
pub fn exit_code(findings: &[Finding]) -> u8 {
    match findings.iter().map(|finding| finding.level).max() {
        None | Some(Level::Ok) => 0,
        Some(Level::Warning) => 1,
        Some(Level::Problem) => 2,
    }
}

impl Finding {
    fn new(level: Level, code: Code, words: &Words, detail: Option<String>) -> Self {
        let remedy = if level == Level::Ok { Text::default() } else { words.fill(&entry(code).remedy) };
        let about = words.name.clone().filter(|name| !name.is_empty());
        Self { code, level, text: entry(code).found(words), remedy, about, detail }
    }

    fn ok(code: Code) -> Self {
        Self::new(Level::Ok, code, &Words::default(), None)
    }

    fn of(level: Level, code: Code, about: &str) -> Self {
        Self::new(level, code, &Words { name: Some(about.to_owned()), ..Words::default() }, None)
    }

    fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_is_the_exit_status() {
        let of = |levels: &[Level]| {
            let findings: Vec<_> =
                levels.iter().map(|level| Finding::of(*level, Code::DoctorGroupMissing, "video")).collect();
            exit_code(&findings)
        };
        assert_eq!(of(&[]), 0);
        assert_eq!(of(&[Level::Ok, Level::Ok]), 0);
        assert_eq!(of(&[Level::Ok, Level::Warning]), 1);
        assert_eq!(of(&[Level::Problem, Level::Warning, Level::Ok]), 2);
    }

    #[test]
    fn a_finding_names_what_it_is_about_in_both_languages() {
        let finding = Finding::of(Level::Problem, Code::DoctorGroupMissing, "video");
        for words in [&finding.text.id, &finding.text.en, &finding.remedy.id, &finding.remedy.en] {
            assert!(words.contains("video"), "{words}");
        }
    }
}
