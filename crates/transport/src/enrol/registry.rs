//! What a server knows of tokens, keys and revocations: small files in its directory, one for each.
//!
//! The command line and a running server work on them at the same time, and nothing is locked: what must happen once is
//! a rename, and what must not be missed is written before its counterpart is looked at.

mod keys;
mod tokens;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use siaga_readiness::RoomId;
use siaga_vault::Vault;
use thiserror::Error;

use super::TokenError;

pub use keys::{Revocation, RoomKeyRecord};
pub(super) use tokens::Claim;

/// The files of a server's directory.
#[derive(Debug, Clone)]
pub struct Registry {
    dir: PathBuf,
}

impl Registry {
    /// Of the server in `dir`.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// To write in. Made when it is first needed: the directory of a server whose rooms have another authority may be
    /// read-only.
    fn made(&self, kind: Kind) -> Result<Vault, RegistryError> {
        let made = || Vault::open(&self.dir)?.made(PLACE)?.made(kind.name());
        made().map_err(|cause| self.failed(kind, cause))
    }

    /// To read from; `None` where nothing was ever written.
    fn there(&self, kind: Kind) -> Result<Option<Vault>, RegistryError> {
        let open = || Vault::open(&self.dir)?.inner(PLACE)?.inner(kind.name());
        match open() {
            Ok(vault) => Ok(Some(vault)),
            // Without the server's directory itself, nobody knows what was written.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.dir.is_dir() => Ok(None),
            Err(cause) => Err(self.failed(kind, cause)),
        }
    }

    fn failed(&self, kind: Kind, cause: io::Error) -> RegistryError {
        RegistryError::File { path: self.dir.join(PLACE).join(kind.name()), cause }
    }
}

/// Where the files are in a server's directory.
const PLACE: &str = "enrolment";

/// Bytes of one of them.
const LARGEST: u64 = 4096;

const ENDING: &str = ".json";

/// What a file is about.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Tokens,
    Keys,
    Revoked,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Keys => "keys",
            Self::Revoked => "revoked",
        }
    }
}

/// `None` if there is no such file.
fn read<T: DeserializeOwned>(vault: &Vault, name: &str) -> io::Result<Option<T>> {
    match vault.read(name, LARGEST) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            io::Error::other(format!("{name} is damaged ({error}); remove it if it can't be mended"))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn written(what: &impl Serialize) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(what)?)
}

/// Why something of the registry can't be read or written.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum RegistryError {
    #[error("cannot use {}: {cause}; check that this user may, and that there is space", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error(
        "{0} has no key that could be revoked: see “siaga-probe-server rooms list”; a room with a certificate of your \
         own authority is revoked by its key (--key), which the server's log tells when the room comes"
    )]
    NoSuchRoom(RoomId),
    #[error(transparent)]
    Token(#[from] TokenError),
}
