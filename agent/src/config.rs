//! The agent's configuration: raw text in, checked types out, once.

mod host;
pub mod hours;
mod network;
mod ruled;
mod site;
mod warnings;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use siaga_devices::{DeclarationError, DeclaredFov};
use siaga_probe::schedule::{Costs, Plan};
use siaga_readiness::{
    inventory::FovAxis,
    moment::BootId,
    policy::{Equipment, Freshness, Policy},
    profile::{NetworkRequirement, ProfileError, ProfileName, Profiles, Requirements},
    room::RoomId,
    snapshot::Setup,
    software::{Program, ProgramError, ProgramId, Programs},
};
use siaga_service::{
    config::{BoundedDuration, ConfigError, Place},
    systemd,
};
use siaga_transport::{
    identity::{Identity, IdentityError, Trust},
    server_name::ServerName,
};
use thiserror::Error;

use crate::identities;

pub use host::{DeclaredMachine, HostSettings};
pub use network::{DailyBytes, Metered, NetworkSettings};
pub use ruled::Own;
pub use site::SiteId;

/// Where the configuration is looked for unless `--config` says otherwise.
pub const DEFAULT_PATH: &str = "/etc/siaga/agent.toml";

/// Where state is kept unless the configuration says otherwise.
pub const DEFAULT_STATE_DIR: &str = "/var/lib/siaga-agent";

/// Where the daemon's unix socket is, unless the configuration says otherwise.
pub const DEFAULT_SOCKET: &str = "/run/siaga-agent/agent.sock";

/// Between two looks of one kind: 1 second to 24 hours.
pub type Interval = BoundedDuration<1_000, 86_400_000>;

/// What the office sets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The room's identifier; the machine's name if none is given.
    pub room: RoomId,
    /// The site whose uplink the room shares with others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The profile that the room is held against unless another is asked for.
    pub profile: ProfileName,
    /// The local HTTP server.
    pub http: HttpSettings,
    /// Probe servers, at most 8: the nearest that serves is probed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ServerSettings>,
    /// The link.
    pub network: NetworkSettings,
    /// The devices.
    pub devices: DeviceSettings,
    /// The machine itself.
    pub host: HostSettings,
    /// How long evidence counts.
    pub freshness: Freshness,
    /// Where the agent keeps what it must know after a restart.
    pub state_dir: PathBuf,
    /// The office's own profiles, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<ProfileName, Requirements>,
    /// The office's own programs, by the name that profiles ask for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub programs: BTreeMap<ProgramId, Program>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            room: RoomId::of_machine(&crate::host::name()),
            site: None,
            profile: siaga_readiness::profile::Profile::minimum().name.clone(),
            http: HttpSettings::default(),
            servers: Vec::new(),
            network: NetworkSettings::default(),
            devices: DeviceSettings::default(),
            host: HostSettings::default(),
            freshness: Freshness::default(),
            state_dir: DEFAULT_STATE_DIR.into(),
            profiles: BTreeMap::new(),
            programs: BTreeMap::new(),
        }
    }
}

/// The local HTTP server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Loopback address and port.
    pub listen: SocketAddr,
    /// The unix socket over which the daemon does what it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { listen: ([127, 0, 0, 1], 9870).into(), socket: None }
    }
}

/// A probe server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSettings {
    /// `HOST:PORT`, UDP.
    pub address: ServerName,
    /// Its CA, a PEM file.
    pub ca: PathBuf,
    /// This room's identity for it: a directory with `cert.pem` and `key.pem`. Without it, the one that the room was
    /// enrolled with, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<PathBuf>,
}

impl ServerSettings {
    /// Reads the CA and the identity. They are read each time that they are needed: what an administrator mends, and
    /// what is renewed, counts from the next connection on.
    ///
    /// # Errors
    /// A file can't be read or used.
    pub fn load(&self, state_dir: &Path) -> Result<(Trust, Option<Identity>), IdentityError> {
        Ok((Trust::load(&self.ca)?, self.own_identity(state_dir)?))
    }

    /// Whether they can be read now.
    ///
    /// # Errors
    /// The key that names what can't be, and why not.
    pub fn check(&self, state_dir: &Path) -> Result<(), (&'static str, IdentityError)> {
        Trust::load(&self.ca).map_err(|error| ("ca", error))?;
        if self.is_shown_to_the_service_alone() {
            return Ok(());
        }
        self.own_identity(state_dir).map_err(|error| ("identity", error))?;
        Ok(())
    }

    /// Whether systemd hands the identity over, and not to this process.
    #[must_use]
    pub fn is_shown_to_the_service_alone(&self) -> bool {
        self.identity.as_ref().is_some_and(|it| systemd::is_for_the_service_alone(&it.join("cert.pem")))
    }

    fn own_identity(&self, state_dir: &Path) -> Result<Option<Identity>, IdentityError> {
        match &self.identity {
            Some(dir) => Identity::load_dir(dir).map(Some),
            None => identities::enrolled(state_dir, &self.address),
        }
    }

    /// Where the identity is, if there is one.
    #[must_use]
    pub fn identity_dir(&self, state_dir: &Path) -> PathBuf {
        self.identity.clone().unwrap_or_else(|| identities::place(state_dir, &self.address))
    }
}

/// The devices.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeviceSettings {
    /// Between two scans.
    pub scan_interval: Interval,
    /// Devices made by software count.
    pub accept_virtual: bool,
    /// Devices are tried when nobody uses them: a camera's light goes on for some seconds.
    pub active_checks: bool,
    /// How many devices of each kind the room must have.
    pub required: Equipment,
    /// Fields of view that the office knows and no driver tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub field_of_view: Vec<FieldOfViewSettings>,
}

impl Default for DeviceSettings {
    fn default() -> Self {
        Self {
            scan_interval: Interval::constant::<30_000>(),
            accept_virtual: false,
            active_checks: true,
            required: Equipment::default(),
            field_of_view: Vec::new(),
        }
    }
}

/// A camera's field of view as the office declares it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "RawFieldOfView")]
pub struct FieldOfViewSettings(pub DeclaredFov);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFieldOfView {
    /// USB id, name or id, as “siaga-agent devices” prints them.
    camera: String,
    degrees: f64,
    /// The figure on a camera's box is the diagonal.
    #[serde(default = "diagonal")]
    axis: FovAxis,
}

fn diagonal() -> FovAxis {
    FovAxis::Diagonal
}

impl TryFrom<RawFieldOfView> for FieldOfViewSettings {
    type Error = DeclarationError;

    fn try_from(raw: RawFieldOfView) -> Result<Self, Self::Error> {
        DeclaredFov::new(&raw.camera, raw.degrees, raw.axis).map(Self)
    }
}

impl Settings {
    /// The settings at `path`, or at the usual place; there, none at all is fine and gives the defaults. Where they leave
    /// something out, what the room's desk told last.
    ///
    /// # Errors
    /// The file is wrong, or `path` was given and is not there.
    pub fn load(path: Option<&Path>) -> Result<Self, SettingsError> {
        Ok(Own::load(path)?.ruled_as_kept().0)
    }

    /// What only fits or not as a whole is said now and not when it is first needed.
    fn check(&self) -> Result<(), Misfit> {
        let of = |key| move |cause: SettingsError| Misfit { key, cause: Box::new(cause) };
        if self.servers.len() > MOST_SERVERS {
            return Err(of("servers")(SettingsError::TooManyServers(self.servers.len())));
        }
        let same = |a: &ServerSettings, b: &ServerSettings| {
            a.address.to_string().eq_ignore_ascii_case(&b.address.to_string())
        };
        for (number, server) in self.servers.iter().enumerate() {
            if self.servers[..number].iter().any(|before| same(before, server)) {
                return Err(of("servers")(SettingsError::TwiceTheServer(server.address.clone())));
            }
        }
        let profiles = self.profiles().map_err(|error| of("profiles")(error.into()))?;
        profiles.named(self.profile.as_str()).map_err(|error| of("profile")(error.into()))?;
        self.programs().serve(&profiles).map_err(|error| of("profiles")(error.into()))
    }

    /// Where the daemon's unix socket is. Agents with a state directory of their own have it there: there may be several on a
    /// machine.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.http.socket.clone().unwrap_or_else(|| {
            if self.state_dir == Path::new(DEFAULT_STATE_DIR) {
                DEFAULT_SOCKET.into()
            } else {
                self.state_dir.join("agent.sock")
            }
        })
    }

    /// The shipped profiles and the office's own.
    ///
    /// # Errors
    /// One of the office's is named like a shipped one.
    pub fn profiles(&self) -> Result<Profiles, ProfileError> {
        Profiles::with(self.profiles.clone())
    }

    /// The shipped programs and the office's own.
    #[must_use]
    pub fn programs(&self) -> Programs {
        Programs::with(self.programs.clone())
    }

    /// What is in order by itself and yet can't work well together, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        warnings::warnings(self)
    }

    /// When to probe at `rates`. Rooms differ from each other, and a room from one boot to the next.
    #[must_use]
    pub fn plan(&self, rates: NetworkRequirement, boot: BootId) -> Plan {
        let mut seed = DefaultHasher::new();
        (self.room.as_str(), boot.0).hash(&mut seed);
        Plan {
            interval: self.network.probe_interval.duration(),
            quality_interval: self.network.quality_interval.duration(),
            gate_life: self.freshness.gate_probe.duration(),
            daily_bytes: self.network.daily_bytes.bytes(),
            metered_daily_bytes: self.network.metered_daily_bytes.bytes(),
            costs: Costs::at(rates.up, rates.down),
            seed: seed.finish(),
        }
    }

    /// What a tracker must know.
    #[must_use]
    pub fn setup(&self) -> Setup {
        Setup {
            room: self.room.to_string(),
            probe_server: self.servers.first().map(|server| server.address.to_string()),
            policy: Policy {
                accept_virtual: self.devices.accept_virtual,
                accept_internal_server: self.network.accept_internal_server,
                required: self.devices.required,
                ..Policy::strict(self.freshness)
            },
        }
    }
}

/// Where none answers each takes some seconds to say so, and a probe must not take minutes.
const MOST_SERVERS: usize = 8;

/// What is wrong with a configuration.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum SettingsError {
    #[error(transparent)]
    File(#[from] ConfigError),
    #[error("there are {0} [[servers]]; at most {MOST_SERVERS} can be asked in time: keep the nearest ones")]
    TooManyServers(usize),
    #[error("{0} is there twice among [[servers]]; keep the one with the right ca")]
    TwiceTheServer(ServerName),
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("what the room's desk tells does not fit: {0}; bring both to the same release")]
    Rules(String),
    #[error("{place}: `{key}`: {cause}")]
    Placed { place: Place, key: String, cause: Box<SettingsError> },
    #[error("{0}")]
    Value(String),
}

/// What is wrong with a configuration as a whole, and the key that is best changed.
struct Misfit {
    key: &'static str,
    cause: Box<SettingsError>,
}

#[cfg(test)]
mod tests {
    use siaga_service::config;

    use super::*;

    pub(super) fn settings(text: &str) -> Settings {
        config::parse(text, &config::Source::File("agent.toml".into())).unwrap()
    }

    #[test]
    fn without_any_setting_the_agent_can_start() {
        let settings = settings("");
        assert_eq!(settings.profile.as_str(), "minimum");
        assert!(settings.setup().probe_server.is_none());
        assert!(settings.warnings().is_empty());
    }

    #[test]
    fn a_machine_is_declared_by_a_kind_that_there_is() {
        let source = config::Source::File("agent.toml".into());
        let refused = |text: &str| config::parse::<Settings>(text, &source).unwrap_err().to_string();
        assert!(refused("[host]\nmachine = \"pc\"\n").contains("“pc” is no kind of machine; use laptop"));
        assert!(refused("[host]\nup = true\n").contains("did you mean `ups`?"));
        assert!(refused("[programs.x]\nname = \"X\"\n").contains("X is found nowhere"));
        assert!(settings("[host]\nmachine = \"desktop\"\nups = true\n").host.ups);
    }

    #[test]
    fn a_profile_that_asks_for_a_program_that_nobody_looks_for_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.toml");
        let profile = "[profiles.training]\nmicrophone = {}\nsoftware = { any_of = [\"jitsi\"] }\n";
        std::fs::write(&path, profile).unwrap();
        let refused = Settings::load(Some(&path)).unwrap_err().to_string();
        let expected =
            "agent.toml, line 1: `profiles`: profile training asks for the program jitsi, which is not";
        assert!(refused.contains(expected), "{refused}");
        let program = "[programs.jitsi]\nname = \"Jitsi Meet\"\nflatpaks = [\"org.jitsi.jitsi-meet\"]\n";
        std::fs::write(&path, format!("{profile}{program}")).unwrap();
        assert_eq!(Settings::load(Some(&path)).unwrap().programs().iter().count(), 2);
    }

    #[test]
    fn a_room_has_a_handful_of_servers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.toml");
        let named = |name: &str| format!("[[servers]]\naddress = \"{name}.example:4433\"\nca = \"ca.pem\"\n");
        let servers = |count| (1..=count).map(|number| named(&format!("probe{number}"))).collect::<String>();
        std::fs::write(&path, servers(8)).unwrap();
        assert_eq!(Settings::load(Some(&path)).unwrap().servers.len(), 8);
        std::fs::write(&path, servers(9)).unwrap();
        let refused = Settings::load(Some(&path)).unwrap_err().to_string();
        assert!(
            refused.contains("agent.toml, line 1: `servers`: there are 9 [[servers]]; at most 8"),
            "{refused}"
        );
        std::fs::write(&path, named("probe") + &named("Probe")).unwrap();
        let refused = Settings::load(Some(&path)).unwrap_err().to_string();
        assert!(refused.contains("line 1: `servers`") && refused.contains("is there twice"), "{refused}");
    }

    #[test]
    fn nothing_is_accepted_that_was_not_declared() {
        let policy = settings("").setup().policy;
        assert!(!policy.accept_virtual && !policy.accept_internal_server);
    }

    #[test]
    fn nothing_is_required_that_was_not_declared() {
        assert_eq!(settings("").setup().policy.required, Equipment::default());
        let required = settings("[devices.required]\ncameras = 2\n").setup().policy.required;
        assert_eq!(required, Equipment { cameras: 2, ..Equipment::default() });
    }
}
