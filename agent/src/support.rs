//! What whoever helps from afar needs to know of a room's agent, in one archive, and nothing that must stay secret.
//!
//! * [`Bundle::gather`] collects texts, each bounded; what can't be had says why;
//! * [`scrub`] takes out what looks like a key or a token, wherever it may have come from;
//! * [`Bundle::write`] packs them.
//!
//! Of the state directory only names and sizes are told, never a file's content.

mod scrub;
mod system;

use std::{
    io::{self, Write},
    path::Path,
};

use flate2::{Compression, write::GzEncoder};
use jiff::Timestamp;
use siaga_service::{config::drop_in_files, program::told};

use crate::{
    client,
    config::{DEFAULT_PATH, Own, Settings},
    doctor,
    text::{self, Language},
};

pub use scrub::scrub;

/// Texts, by the name that each has in the archive.
#[derive(Debug, Default)]
pub struct Bundle(Vec<(String, String)>);

impl Bundle {
    /// Collects. A configuration that is wrong is no obstacle: then more than ever.
    pub async fn gather(config: Option<&Path>, now: Timestamp) -> Self {
        let mut bundle = Self::default();
        bundle.add("about.txt", &format!("siaga-agent {} on {now:.0}\n{ABOUT}", env!("CARGO_PKG_VERSION")));
        let settings = bundle.configuration(config);
        let findings = doctor::examine(&settings, config).await;
        bundle.add("doctor.txt", &text::findings(&findings, Language::English));
        bundle.add_json("doctor.json", &findings);
        for (name, path) in ANSWERS {
            let answer = client::text(settings.http.listen, path).await;
            bundle.add(name, &answer.unwrap_or_else(|error| format!("{}\n", told(&error))));
        }
        for (name, command) in system::COMMANDS {
            bundle.add(name, &system::output(command).await);
        }
        for (name, path) in system::FILES {
            bundle.add(name, &system::file(Path::new(path)));
        }
        bundle.add("state-directory.txt", &system::listing(&settings.state_dir));
        bundle
    }

    /// As a compressed tar archive of one directory.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, to: impl Write, now: Timestamp) -> io::Result<()> {
        let mut archive = tar::Builder::new(GzEncoder::new(to, Compression::default()));
        for (name, text) in &self.0 {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o600);
            header.set_mtime(u64::try_from(now.as_second()).unwrap_or_default());
            archive.append_data(&mut header, format!("{DIRECTORY}/{name}"), text.as_bytes())?;
        }
        archive.into_inner()?.finish()?.flush()
    }

    /// The names of what is inside.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    fn configuration(&mut self, config: Option<&Path>) -> Settings {
        let file = config.unwrap_or(Path::new(DEFAULT_PATH));
        self.add("configuration/agent.toml", &system::file(file));
        // What else lies beside them may be a key or a password.
        let files = drop_in_files(file).unwrap_or_default();
        for path in files.into_iter().filter(|path| path.is_file()).take(MOST_DROP_INS) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.add(&format!("configuration/agent.d/{name}"), &system::file(&path));
        }
        match Own::load(config) {
            Ok(own) => {
                self.add("configuration/shown.toml", &own.show().unwrap_or_else(|error| error.to_string()));
                own.ruled_as_kept().0
            }
            Err(error) => {
                self.add("configuration/error.txt", &format!("{}\n", told(&error)));
                Settings::default()
            }
        }
    }

    fn add(&mut self, name: &str, text: &str) {
        self.0.push((name.to_owned(), scrub(text)));
    }

    fn add_json(&mut self, name: &str, it: &impl serde::Serialize) {
        self.add(name, &serde_json::to_string_pretty(it).unwrap_or_else(|error| error.to_string()));
    }
}

/// The directory that the archive holds.
const DIRECTORY: &str = "siaga-support";

const ABOUT: &str = "
What one needs to know of this machine's agent to help from afar. Keys, tokens and the content of the state directory
are not in it. Names are: of the room, of its devices and its programs, of servers, and addresses in the log.
Look through it before you hand it on.
";

/// What the running daemon is asked.
const ANSWERS: [(&str, &str); 5] = [
    ("daemon/status.json", "/v1/status"),
    ("daemon/readiness.json", "/v1/readiness"),
    ("daemon/devices.json", "/v1/devices"),
    ("daemon/trials.json", "/v1/trials"),
    ("daemon/metrics.txt", "/metrics"),
];

/// More than anybody has.
const MOST_DROP_INS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_broken_configuration_is_in_it_with_what_is_wrong_and_nothing_secret_is() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("agent.toml");
        let token = "0123456789abcdef0123456789abcdef01234567";
        let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHunter2\n-----END PRIVATE KEY-----";
        std::fs::write(&config, format!("# {token}\n# {}\nrom = 1\n", key.replace('\n', "\n# "))).unwrap();
        let bundle = Bundle::gather(Some(&config), Timestamp::UNIX_EPOCH).await;
        let part = |name: &str| &bundle.0.iter().find(|(it, _)| it == name).unwrap().1;
        assert!(part("configuration/error.txt").contains("did you mean `room`?"));
        assert!(part("configuration/agent.toml").contains("rom = 1"));
        assert!(part("daemon/status.json").contains("daemon"), "it does not run, or is another one");
        assert!(part("doctor.txt").contains("→"));
        for (name, text) in &bundle.0 {
            assert!(!text.contains(token) && !text.contains("Hunter2"), "{name}: {text}");
        }
        let mut packed = Vec::new();
        bundle.write(&mut packed, Timestamp::UNIX_EPOCH).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&packed[..]));
        let inside: Vec<_> =
            archive.entries().unwrap().map(|it| it.unwrap().path().unwrap().display().to_string()).collect();
        let names: Vec<_> = bundle.names().map(|name| format!("siaga-support/{name}")).collect();
        assert_eq!(inside, names);
    }

    #[test]
    fn only_what_counts_as_configuration_is_taken_and_nothing_waits_for_a_pipe() {
        let dir = tempfile::tempdir().unwrap();
        let (config, beside) = (dir.path().join("agent.toml"), dir.path().join("agent.d"));
        std::fs::create_dir_all(beside.join("directory.toml")).unwrap();
        for name in ["10-office.toml", "key.der", "password", ".10-office.toml", "10-office.toml.swp"] {
            std::fs::write(beside.join(name), "").unwrap();
        }
        std::fs::write(&config, "").unwrap();
        let pipe = |name: &str| {
            rustix::fs::mkfifoat(rustix::fs::CWD, beside.join(name), rustix::fs::Mode::RUSR).unwrap();
        };
        let taken = || {
            let mut bundle = Bundle::default();
            bundle.configuration(Some(&config));
            bundle.names().map(str::to_owned).collect::<Vec<_>>()
        };
        let files = ["configuration/agent.toml", "configuration/agent.d/10-office.toml"];
        let with_error = [&files[..], &["configuration/error.txt"]].concat();
        pipe("pipe");
        assert_eq!(taken(), with_error, "a directory is no configuration");
        std::fs::remove_dir(beside.join("directory.toml")).unwrap();
        assert_eq!(taken(), [&files[..], &["configuration/shown.toml"]].concat());
        pipe("20-pipe.toml");
        assert_eq!(taken(), with_error);
        let told = Own::load(Some(&config)).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(told.contains("20-pipe.toml: a pipe, a socket or a device, not a file"), "{told}");
    }
}
