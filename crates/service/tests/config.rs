//! Stories of configuration files: what a person reads when one of them is wrong.
//!
//! Each `tests/config/NAME.toml` breaks one rule; `NAME.expected` holds the exact message.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use siaga_service::config::{self, BoundedDuration, ConfigError, LARGEST_FILE};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    room: String,
    #[serde(default = "an_hour")]
    interval: Interval,
    port: Option<NonZeroU16>,
    mode: Option<Mode>,
    #[serde(default)]
    servers: Vec<Server>,
    reserved: Option<Reserved>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Server {
    address: SocketAddr,
    #[serde(default)]
    weight: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Gate,
    Sustain,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserved {}

/// One second to one day.
type Interval = BoundedDuration<1_000, 86_400_000>;

fn an_hour() -> Interval {
    Interval::constant::<3_600_000>()
}

#[test]
fn each_bad_file_is_explained_word_for_word() {
    let mut files: Vec<_> =
        fs::read_dir("tests/config").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    assert!(files.len() > 30, "the test data is missing");
    for path in files {
        let message = config::load::<Settings>(&path).unwrap_err().to_string();
        let expected = fs::read_to_string(path.with_extension("expected")).unwrap_or_else(|_| {
            panic!("{} has no .expected file; its message is\n{message}", path.display())
        });
        assert_eq!(message, expected.trim_end(), "{}", path.display());
        assert!(!message.contains("hunter2"), "a value, which could be a secret, is repeated: {message}");
    }
}

#[test]
fn a_good_file_becomes_checked_types() {
    let settings: Settings = load_text(
        "room = \"hall\"\ninterval = \"1h 30m\"\nport = 9870\nmode = \"gate\"\n\
         [[servers]]\naddress = \"192.0.2.1:4433\"\nweight = 2\n",
    )
    .unwrap();
    assert_eq!(settings.interval.duration(), Duration::from_secs(5400));
    assert_eq!(settings.port.map(NonZeroU16::get), Some(9870));
    assert_eq!(settings.mode, Some(Mode::Gate));
    assert_eq!(settings.servers, [Server { address: "192.0.2.1:4433".parse().unwrap(), weight: 2 }]);
    assert_eq!(load_text("room = \"hall\"").unwrap().interval, an_hour());
}

#[test]
fn an_absent_file_is_named_and_can_be_told_from_a_bad_one() {
    let absent = config::load::<Settings>(Path::new("/nonexistent/agent.toml")).unwrap_err();
    assert_eq!(
        absent.to_string(),
        "/nonexistent/agent.toml: no such file; create it, or name the right one with --config FILE"
    );
    assert!(absent.is_absent());
    assert!(!load_text("room = 12").unwrap_err().is_absent());
}

#[test]
fn a_directory_is_not_taken_for_a_file() {
    let error = config::load::<Settings>(Path::new("tests/config")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tests/config: a directory, not a file; name the TOML file itself with --config FILE"
    );
}

#[test]
fn an_endless_file_is_refused_without_reading_it_to_its_end() {
    let error = config::load::<Settings>(Path::new("/dev/zero")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "/dev/zero: larger than 1048576 bytes, so hardly a configuration; name the right file with --config FILE"
    );
}

#[test]
fn a_file_of_exactly_the_largest_size_is_read() {
    let mut text = "room = \"hall\"\n#".to_owned();
    let filling = usize::try_from(LARGEST_FILE).unwrap() - text.len();
    text.push_str(&"-".repeat(filling));
    assert!(load_text(&text).is_ok());
    text.push('-');
    assert!(load_text(&text).is_err());
}

#[test]
fn a_key_with_thousands_of_dots_is_refused_like_any_other() {
    let path = vec!["a"; 200_000].join(".");
    assert!(load_text(&format!("{path} = 1")).is_err());
    assert!(load_text(&format!("[{path}]")).is_err());
}

fn load_text(text: &str) -> Result<Settings, ConfigError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.toml");
    fs::write(&path, text).unwrap();
    config::load(&path)
}
