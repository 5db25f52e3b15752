//! Stories of configuration files: what a person reads when one of them is wrong.
//!
//! Each `tests/config/NAME.toml` breaks one rule; `NAME.expected` holds the exact message.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use siaga_service::config::{self, BoundedDuration, ConfigError, LARGEST_FILE, Layers};

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
        "tests/config: a directory, not a file; remove or move it, or name the TOML file itself"
    );
}

#[test]
fn an_endless_file_is_refused_without_reading_it_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("agent.toml");
    // A terabyte, of which nothing is on the disk.
    fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let told = config::load::<Settings>(&path).unwrap_err().to_string();
    assert!(told.contains("larger than 1048576 bytes, so hardly a configuration"), "{told}");
    assert_eq!(
        config::load::<Settings>(Path::new("/dev/zero")).unwrap_err().to_string(),
        "/dev/zero: a pipe, a socket or a device, not a file; remove or move it"
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

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Layered {
    room: String,
    ups: bool,
    network: Network,
    servers: Vec<Server>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Network {
    every: Option<Interval>,
    most: Option<u8>,
}

fn variables(all: &[(&str, &str)]) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    all.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn of_variables(all: &[(&str, &str)]) -> Result<Layered, String> {
    let mut layers = Layers::default();
    layers.add_environment::<Layered>("X__", variables(all)).map_err(|error| error.to_string())?;
    layers.settings().map_err(|error| error.to_string())
}

#[test]
fn a_later_layer_counts_and_of_a_table_all_are_heard() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.toml");
    let drop_in = |name: &str, text: &str| fs::write(directory.path().join("a.d").join(name), text).unwrap();
    fs::write(
        &file,
        "room = \"one\"\n[network]\nevery = \"1m\"\nmost = 1\n[[servers]]\naddress = \"[::1]:1\"\n",
    )
    .unwrap();
    fs::create_dir(directory.path().join("a.d")).unwrap();
    drop_in("20.toml", "room = \"three\"\n");
    drop_in("10.toml", "room = \"two\"\n\n[network]\nevery = \"2m\"\n");
    drop_in("30.toml.dpkg-old", "nonsense");
    drop_in(".30.toml", "nonsense");
    let mut layers = Layers::default();
    layers.add_file::<Layered>(&file).unwrap();
    layers.add_drop_ins::<Layered>(&file).unwrap();
    layers.add_environment::<Layered>("X__", variables(&[("X__NETWORK__MOST", "2"), ("Y", "z")])).unwrap();
    let settings: Layered = layers.settings().unwrap();
    assert_eq!(settings.room, "three");
    assert_eq!(settings.network, Network { every: Some("2m".parse().unwrap()), most: Some(2) });
    let place = |path: &[&str]| layers.place(path).map(|place| place.to_string()).unwrap_or_default();
    assert!(place(&["room"]).ends_with("/a.d/20.toml, line 1"));
    assert!(place(&["network", "every"]).ends_with("/a.d/10.toml, line 4"));
    assert!(place(&["servers", "0", "address"]).ends_with("/a.toml, line 6"));
    assert_eq!(place(&["network", "most"]), "environment variable X__NETWORK__MOST");
    assert_eq!(place(&["ups"]), "");
    // What is wrong with a part is told as that part's.
    drop_in("20.toml", "\nrom = \"three\"\n");
    let wrong = Layers::default().add_drop_ins::<Layered>(&file).unwrap_err().to_string();
    assert!(
        wrong.ends_with("/a.d/20.toml, line 2, column 1: `rom`: unknown key; did you mean `room`?"),
        "{wrong}"
    );
}

#[test]
fn a_file_in_the_place_of_the_drop_in_directory_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.toml");
    Layers::default().add_drop_ins::<Layered>(&file).unwrap();
    fs::write(directory.path().join("a.d"), "").unwrap();
    let wrong = Layers::default().add_drop_ins::<Layered>(&file).unwrap_err();
    assert!(wrong.to_string().contains("/a.d: not a directory") && !wrong.is_absent(), "{wrong}");
}

#[test]
fn a_variable_is_a_text_where_a_text_fits_and_else_what_toml_says() {
    assert_eq!(of_variables(&[("X__ROOM", "12")]).unwrap().room, "12");
    assert_eq!(of_variables(&[("X__ROOM", "a \"b\"\n")]).unwrap().room, "a \"b\"\n");
    assert!(of_variables(&[("X__UPS", "true")]).unwrap().ups);
    let servers = of_variables(&[("X__SERVERS", "[{ address = '[::1]:1' }]")]).unwrap().servers;
    assert_eq!(servers.len(), 1);
    for (name, value, told) in [
        ("X__ROM", "r", "environment variable X__ROM: `rom`: unknown key; did you mean `room`?"),
        ("X__", "r", "environment variable X__: `"),
        ("X__NETWORK__MOST", "300", "environment variable X__NETWORK__MOST: `network.most`: "),
        ("X__NETWORK__EVERY", "0s", "environment variable X__NETWORK__EVERY: `network.every`: "),
        ("X__UPS", "true\nroom = \"r\"", "environment variable X__UPS: `ups`: "),
    ] {
        let wrong = of_variables(&[(name, value)]).unwrap_err();
        assert!(wrong.starts_with(told), "{wrong}");
    }
}
