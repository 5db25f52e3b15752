//! Who this room is to each of its servers: keys and certificates that it was enrolled with.
//!
//! In the state directory, one directory for each server: `identities/HOST:PORT` with `cert.pem` and `key.pem`.

mod renewal;

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use jiff::Timestamp;
use siaga_transport::{
    enrol::room::Enrolled,
    identity::{Identity, IdentityError},
    server_name::ServerName,
};
use siaga_vault::Vault;

use crate::config::{ServerSettings, Settings};

pub use renewal::{is_running_out, keep};

/// Where the identity that a room is enrolled with is kept.
#[must_use]
pub fn place(state_dir: &Path, server: &ServerName) -> PathBuf {
    state_dir.join(IDENTITIES).join(server.to_string().to_lowercase())
}

/// The identity that the room is enrolled with, if it is.
///
/// # Errors
/// There is one, and it can't be read or used.
pub fn enrolled(state_dir: &Path, server: &ServerName) -> Result<Option<Identity>, IdentityError> {
    let place = place(state_dir, server);
    match Identity::load_dir(&place) {
        Ok(identity) => Ok(Some(identity)),
        // One of two files that is missing is a fault; both are nobody.
        Err(IdentityError::Unreadable { cause, .. })
            if cause.kind() == io::ErrorKind::NotFound && !place.join(KEY).exists() =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Until when an identity counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// For which server.
    pub server: String,
    /// Until when.
    pub until: Timestamp,
}

/// Of all identities that this room has. What can't be read is not there.
fn expiries(settings: &Settings) -> Vec<Expiry> {
    let expiry = |server: &ServerSettings| {
        let identity = Identity::load_dir(&server.identity_dir(&settings.state_dir)).ok()?;
        Some(Expiry { server: server.address.to_string(), until: identity.validity()?.until })
    };
    settings.servers.iter().filter_map(expiry).collect()
}

const IDENTITIES: &str = "identities";
const CERTIFICATE: &str = "cert.pem";
/// What a renewal that was cut off leaves.
const CERTIFICATE_NEW: &str = "cert.pem.new";
const KEY: &str = "key.pem";

/// A place for a new identity, tried out before a token is used up for it. What was there before stays until
/// [`Self::keep`], and if nothing is kept, nothing is left.
#[derive(Debug)]
pub struct NewPlace {
    parent: Vault,
    name: String,
    path: PathBuf,
}

impl NewPlace {
    /// For a server, in the state directory.
    ///
    /// # Errors
    /// This user may not write there.
    pub fn enrolled(state_dir: &Path, server: &ServerName) -> anyhow::Result<Self> {
        let path = place(state_dir, server);
        let parent =
            std::fs::create_dir_all(state_dir).and_then(|()| Vault::open(state_dir)?.made(IDENTITIES));
        Self::within(parent, path)
    }

    /// A directory that somebody names.
    ///
    /// # Errors
    /// It can't be written, or holds something else than an identity.
    pub fn named(path: &Path) -> anyhow::Result<Self> {
        let parent = match path.parent() {
            Some(parent) if parent != Path::new("") => Vault::open(parent),
            _ => Vault::open(Path::new(".")),
        };
        Self::within(parent, path.to_owned())
    }

    fn within(parent: io::Result<Vault>, path: PathBuf) -> anyhow::Result<Self> {
        let shown = path.display();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .with_context(|| format!("{shown} is no name for a new directory; give one like …/identity"))?
            .to_owned();
        let parent = parent.with_context(|| {
            format!("cannot write {shown}; run this as root or as the agent's user, or give another --dir")
        })?;
        if let Ok(there) = parent.inner(&name) {
            let others = |name: &String| ![CERTIFICATE, KEY, CERTIFICATE_NEW].contains(&name.as_str());
            if let Some(other) = there.names()?.into_iter().find(others) {
                anyhow::bail!(
                    "{shown} holds {other}, which is no part of an identity; give a directory of its own"
                );
            }
        }
        let place = Self { parent, name, path };
        place.discard();
        let try_out = || {
            let staging = place.parent.made(&place.staging())?;
            staging.create(KEY, b"tried out")?;
            staging.remove(KEY)
        };
        try_out().with_context(|| {
            let shown = place.path.display();
            format!("cannot write {shown}; run this as root or as the agent's user, and look at the space on the disk")
        })?;
        Ok(place)
    }

    /// Where it will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a new identity there, as a whole or not at all.
    ///
    /// # Errors
    /// It can't be written.
    pub fn keep(self, enrolled: &Enrolled) -> anyhow::Result<()> {
        let write = || {
            let staging = self.parent.made(&self.staging())?;
            staging.create(KEY, enrolled.key.as_bytes())?;
            staging.create(CERTIFICATE, enrolled.given.chain.as_bytes())?;
            self.parent.exchange(&self.staging(), &self.name)
        };
        write().with_context(|| {
            format!(
                "cannot write {}; the token is used up: make room, and enrol with a new one",
                self.path.display()
            )
        })
    }

    fn staging(&self) -> String {
        format!("{}.new", self.name)
    }

    fn discard(&self) {
        let _ = self.parent.remove_dir(&self.staging());
    }
}

impl Drop for NewPlace {
    fn drop(&mut self) {
        self.discard();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use siaga_transport::enrol::room::Given;

    use super::*;

    fn server() -> ServerName {
        "Probe.Example:4433".parse().unwrap()
    }

    fn enrolled_with(key: &str) -> Enrolled {
        let at = |text: &str| text.parse().unwrap();
        let validity = siaga_transport::identity::Validity {
            from: at("2026-11-01T00:00:00Z"),
            until: at("2026-12-01T00:00:00Z"),
        };
        let given = Given { chain: format!("chain of {key}"), room: "r2".parse().unwrap(), validity };
        Enrolled { given, key: key.to_owned() }
    }

    #[test]
    fn a_second_identity_takes_the_first_one_s_place_only_when_it_is_there() {
        let state = tempfile::tempdir().unwrap();
        let files = |name: &str| fs::read_to_string(place(state.path(), &server()).join(name)).unwrap();
        NewPlace::enrolled(state.path(), &server()).unwrap().keep(&enrolled_with("one")).unwrap();
        assert_eq!((files("key.pem"), files("cert.pem")), ("one".into(), "chain of one".into()));
        drop(NewPlace::enrolled(state.path(), &server()).unwrap());
        assert_eq!(files("key.pem"), "one");
        NewPlace::enrolled(state.path(), &server()).unwrap().keep(&enrolled_with("two")).unwrap();
        assert_eq!((files("key.pem"), files("cert.pem")), ("two".into(), "chain of two".into()));
        let left = fs::read_dir(state.path().join("identities")).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside it");
    }

    #[test]
    fn where_nothing_is_kept_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        drop(NewPlace::named(&dir.path().join("identity")).unwrap());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        assert!(enrolled(dir.path(), &server()).unwrap().is_none());
    }

    #[test]
    fn a_directory_with_other_things_in_it_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("agent.toml"), "").unwrap();
        let refused = NewPlace::named(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("holds agent.toml"), "{refused}");
        for wrong in ["/", "..", "/no/such/parent/identity"] {
            assert!(NewPlace::named(Path::new(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn half_an_identity_is_a_fault() {
        let state = tempfile::tempdir().unwrap();
        let place = place(state.path(), &server());
        fs::create_dir_all(&place).unwrap();
        assert!(enrolled(state.path(), &server()).unwrap().is_none());
        fs::write(place.join("key.pem"), "").unwrap();
        assert!(enrolled(state.path(), &server()).is_err());
        fs::write(place.join("cert.pem"), "nonsense").unwrap();
        assert!(enrolled(state.path(), &server()).is_err());
    }
}
