//! `DIR/probe-server.toml`, and what the command line changes of it.

mod check;
mod limits;
mod office;
mod rooms;
mod webhook;

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::{Deserialize, Deserializer, Serialize, de};
use siaga_readiness::{
    profile::{ProfileError, ProfileName, Profiles, Requirements},
    report::Rules,
};
use siaga_service::{
    config::{self, BoundedBytes, ConfigError, Layers, Place},
    http::{CertificateError, Certificates, parse_address},
};
use thiserror::Error;
use toml::Table;

pub use check::check;
pub use limits::{LimitSettings, Line};
pub use office::OfficeSettings;
pub use rooms::RoomSettings;
pub use webhook::{WebhookError, WebhookSettings, WebhookUrl};

/// The configuration's file name in a server's directory.
pub const FILE: &str = "probe-server.toml";

/// What the operator sets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// UDP address of the probes.
    #[serde(deserialize_with = "address_of_probes")]
    pub listen: SocketAddr,
    /// TCP address of the HTTP API: plain on loopback; else TLS, for those who have a token.
    #[serde(deserialize_with = "address_of_http")]
    pub http: SocketAddr,
    /// The unix socket that answers like loopback: a file in the server's directory unless it is named with a path.
    pub socket: PathBuf,
    /// What it shows itself with where it speaks TLS.
    pub https: HttpsSettings,
    /// Clients without an identity may probe.
    pub open: bool,
    /// What one server gives.
    pub limits: LimitSettings,
    /// What it keeps of rooms.
    pub store: StoreSettings,
    /// By which rules it decides on bookings.
    pub office: OfficeSettings,
    /// Where the booking system is told what happens to its bookings.
    pub webhook: WebhookSettings,
    /// What rooms go by unless their own configuration says otherwise.
    pub rooms: RoomSettings,
    /// The office's own profiles, by name, beside the shipped ones.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<ProfileName, Requirements>,
}

fn address_of_probes<'de, D: Deserializer<'de>>(input: D) -> Result<SocketAddr, D::Error> {
    address(input, "0.0.0.0:PORT or [::]:PORT, which rooms can reach")
}

fn address_of_http<'de, D: Deserializer<'de>>(input: D) -> Result<SocketAddr, D::Error> {
    address(input, "127.0.0.1:PORT for this machine alone, or 0.0.0.0:PORT for others too")
}

/// Written as a text; a wrong one is not repeated.
fn address<'de, D: Deserializer<'de>>(input: D, right: &str) -> Result<SocketAddr, D::Error> {
    String::deserialize(input)?.parse().map_err(|_| {
        de::Error::custom(format!(
            "not an address with a port; write it like {right}, without http:// and without a name"
        ))
    })
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: ([0, 0, 0, 0], 4433).into(),
            http: ([127, 0, 0, 1], 9871).into(),
            socket: "server.sock".into(),
            https: HttpsSettings::default(),
            open: false,
            limits: LimitSettings::default(),
            store: StoreSettings::default(),
            office: OfficeSettings::default(),
            webhook: WebhookSettings::default(),
            rooms: RoomSettings::default(),
            profiles: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The shipped profiles and the office's own.
    ///
    /// # Errors
    /// One of the office's is named like a shipped one.
    pub fn profiles(&self) -> Result<Profiles, ProfileError> {
        Profiles::with(self.profiles.clone())
    }

    /// What rooms are told to go by.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.rooms.rules(&self.profiles)
    }

    /// What probes it admits.
    #[must_use]
    pub fn probe_limits(&self) -> siaga_transport::server::Limits {
        siaga_transport::server::Limits { open: self.open, shares: self.limits.shares() }
    }

    /// Others than this machine can reach it.
    #[must_use]
    pub const fn speaks_tls(&self) -> bool {
        !self.http.ip().is_loopback()
    }
}

/// The certificate for HTTPS and its key: files in the server's directory unless they are named with a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpsSettings {
    /// Certificate chain (PEM).
    pub certificate: PathBuf,
    /// Its key (PEM).
    pub key: PathBuf,
}

impl Default for HttpsSettings {
    fn default() -> Self {
        Self { certificate: "server.pem".into(), key: "server.key".into() }
    }
}

impl HttpsSettings {
    /// As they are in `dir` now.
    ///
    /// # Errors
    /// A file can't be read or used.
    pub fn certificates(&self, dir: &Path) -> Result<Certificates, CertificateError> {
        Certificates::load(&dir.join(&self.certificate), &dir.join(&self.key))
    }
}

/// What is kept of rooms.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// The largest that `rooms.sqlite` may become.
    pub max_size: StoreSize,
}

/// 100 MB to 10 TB.
pub type StoreSize = BoundedBytes<100_000_000, 10_000_000_000_000>;

impl Default for StoreSettings {
    fn default() -> Self {
        Self { max_size: StoreSize::constant::<16_000_000_000>() }
    }
}

/// What the command line sets instead.
#[derive(Debug, Clone, Default, Args)]
pub struct Overrides {
    /// UDP address to serve probes on, instead of the configuration's.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub listen: Option<SocketAddr>,
    /// TCP address of the HTTP API, instead of the configuration's: plain on loopback, else HTTPS with tokens.
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    pub http: Option<SocketAddr>,
    /// Let clients without an identity probe. For trials and labs: anyone who reaches the port may then use this server's bandwidth.
    #[arg(long)]
    pub open: bool,
}

/// `SIAGA_PROBE_SERVER__LIMITS__SHARE` is `limits.share`.
const ENVIRONMENT: &str = "SIAGA_PROBE_SERVER__";

/// Whether a directory is a server's, however broken its configuration may be.
///
/// # Errors
/// It is none.
pub fn check_place(dir: &Path) -> Result<(), SettingsError> {
    if dir.join(FILE).exists() { Ok(()) } else { Err(SettingsError::NoServer { dir: dir.to_owned() }) }
}

/// The settings of a server's directory.
///
/// # Errors
/// A file is absent or wrong; the message says where and what to do.
pub fn load(dir: &Path, overrides: &Overrides) -> Result<Settings, SettingsError> {
    let mut settings = settings(&layers(dir, env::vars_os())?)?;
    settings.listen = overrides.listen.unwrap_or(settings.listen);
    settings.http = overrides.http.unwrap_or(settings.http);
    settings.open |= overrides.open;
    Ok(settings)
}

/// Every key that has a value, with the value that counts and where it has it from.
///
/// # Errors
/// As [`load`].
pub fn show(dir: &Path) -> Result<String, SettingsError> {
    shown(dir, env::vars_os())
}

fn shown(
    dir: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<String, SettingsError> {
    let layers = layers(dir, environment)?;
    let settings = Table::try_from(settings(&layers)?)?;
    Ok(config::show(&settings, |path| {
        layers.place(path).map_or_else(|| "default".to_owned(), |place| place.to_string())
    }))
}

/// Where the key at `path` is set now, if somebody has.
fn place(dir: &Path, path: &[&str]) -> Option<Place> {
    layers(dir, env::vars_os()).ok()?.place(path)
}

fn layers(
    dir: &Path,
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Layers, SettingsError> {
    if dir.is_file() {
        return Err(SettingsError::NoDirectory { dir: dir.to_owned() });
    }
    let file = dir.join(FILE);
    let mut layers = Layers::default();
    match layers.add_file::<Settings>(&file) {
        Err(error) if error.is_absent() => return Err(SettingsError::NoServer { dir: dir.to_owned() }),
        added => added?,
    }
    layers.add_drop_ins::<Settings>(&file)?;
    layers.add_environment::<Settings>(ENVIRONMENT, environment)?;
    Ok(layers)
}

fn settings(layers: &Layers) -> Result<Settings, SettingsError> {
    let settings: Settings = layers.settings()?;
    // Said now, and not when somebody first asks.
    let profiles = settings.profiles().map_err(|cause| misfit(layers, &["profiles"], cause))?;
    if let Some(profile) = &settings.rooms.profile {
        profiles.named(profile.as_str()).map_err(|cause| misfit(layers, &["rooms", "profile"], cause))?;
    }
    Ok(settings)
}

fn misfit(layers: &Layers, path: &[&str], cause: ProfileError) -> SettingsError {
    let place = layers.place(path).map(|place| format!("{place}: ")).unwrap_or_default();
    SettingsError::Profile { place, key: path.join("."), cause }
}

/// Why there are no settings.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum SettingsError {
    #[error(
        "{dir} holds no {FILE}: it is no probe server's directory; \
         make one with “siaga-probe-server init --dir {dir} --name HOST”", dir = dir.display()
    )]
    NoServer { dir: PathBuf },
    #[error("{} is a file; --dir names the directory that holds {FILE}", dir.display())]
    NoDirectory { dir: PathBuf },
    #[error("{place}`{key}`: {cause}")]
    Profile { place: String, key: String, cause: ProfileError },
    #[error(transparent)]
    File(#[from] ConfigError),
    #[error("what counts can't be written as TOML: {0}")]
    Unwritable(#[from] toml::ser::Error),
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_in_the_place_of_the_directory_and_a_profile_that_is_none_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(FILE);
        fs::write(&file, "[rooms]\nprofile = \"recomended\"\n").unwrap();
        let wrong = |dir: &Path| load(dir, &Overrides::default()).unwrap_err().to_string();
        let told = wrong(dir.path());
        assert!(
            told.contains("probe-server.toml, line 2: `rooms.profile`") && told.contains("recomended"),
            "{told}"
        );
        fs::create_dir(dir.path().join("probe-server.d")).unwrap();
        fs::write(dir.path().join("probe-server.d/10-office.toml"), "[rooms]\nprofil = \"x\"\n").unwrap();
        let told = wrong(dir.path());
        assert!(
            told.contains("10-office.toml, line 2") && told.contains("did you mean `profile`?"),
            "{told}"
        );
        fs::write(
            dir.path().join("probe-server.d/10-office.toml"),
            "open = true\n[rooms]\nprofile = \"recommended\"\n",
        )
        .unwrap();
        assert!(
            load(dir.path(), &Overrides::default()).unwrap().open,
            "and what it says counts over the file"
        );
        let told = wrong(&file);
        assert!(told.contains("is a file") && told.contains("--dir") && !told.contains("--config"), "{told}");
    }

    #[test]
    fn an_address_that_is_none_is_told_with_one_that_rooms_can_reach() {
        let dir = tempfile::tempdir().unwrap();
        for (key, right) in
            [("listen", "like 0.0.0.0:PORT or [::]:PORT"), ("http", "0.0.0.0:PORT for others")]
        {
            fs::write(dir.path().join(FILE), format!("{key} = \"4433\"\n")).unwrap();
            let told = load(dir.path(), &Overrides::default()).unwrap_err().to_string();
            assert!(
                told.contains(&format!("line 1, column {}", key.len() + 4)) && told.contains(right),
                "{told}"
            );
        }
    }

    #[test]
    fn a_link_to_nothing_among_the_drop_ins_is_told_with_a_remedy_that_there_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "").unwrap();
        fs::create_dir(dir.path().join("probe-server.d")).unwrap();
        let link = dir.path().join("probe-server.d/10-office.toml");
        std::os::unix::fs::symlink("/nonexistent/office.toml", &link).unwrap();
        let told = load(dir.path(), &Overrides::default()).unwrap_err().to_string();
        assert!(told.starts_with(&link.display().to_string()), "{told}");
        assert!(told.contains("a link to nothing; remove it") && !told.contains("--config"), "{told}");
    }

    #[test]
    fn what_is_shown_says_where_it_is_from_and_keeps_what_may_be_secret() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
        write(FILE, "open = true\n[webhook]\nurl = \"https://booking.example/hook?key=hunter2\"\n");
        fs::create_dir(dir.path().join("probe-server.d")).unwrap();
        write(
            "probe-server.d/10-office.toml",
            "[limits]\nuplink = { from_rooms = \"1G\", to_rooms = \"300M\" }\n",
        );
        let environment = [("SIAGA_PROBE_SERVER__LIMITS__SHARE".into(), "50".into())];
        let shown = shown(dir.path(), environment).unwrap();
        let says = |value: &str, source: &str| {
            let is_it = |line: &str| line.starts_with(&format!("{value} ")) && line.ends_with(source);
            assert!(shown.lines().any(is_it), "{value}, {source}: {shown}");
        };
        says("open = true", "/probe-server.toml, line 1");
        says("limits.uplink.to_rooms = \"300M\"", "/probe-server.d/10-office.toml, line 2");
        says("limits.share = 50", "# environment variable SIAGA_PROBE_SERVER__LIMITS__SHARE");
        says("limits.daily_bytes = \"1GB\"", "# default");
        says("office.policy = \"kalbar-98-2021\"", "# default");
        says("webhook.url = \"https://booking.example/…\"", "/probe-server.toml, line 3");
        assert!(!shown.contains("rooms.profile"), "nobody has set it, and it has no default: {shown}");
    }
}
