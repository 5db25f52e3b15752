//! Keys of a server that outlast it, so that it is the same to rooms when it was started anew.
//!
//! With the reset key it tells rooms at once that it has forgotten their connections (RFC 9000, 10.3), instead of being
//! silent until they notice; with the token key it knows the tokens that it gave for their addresses.

use std::{fmt, io, path::Path, sync::Arc};

use quinn::EndpointConfig;
use ring::{
    hkdf,
    hmac::{self, HMAC_SHA256},
    rand::{SecureRandom, SystemRandom},
};
use siaga_vault::Vault;
use thiserror::Error;

/// Such keys.
#[derive(Clone)]
pub struct Keys {
    reset: [u8; LENGTH],
    token: [u8; LENGTH],
}

/// Bytes of a key.
const LENGTH: usize = 64;

const RESET_FILE: &str = "reset.key";
const TOKEN_FILE: &str = "address-tokens.key";

impl Keys {
    /// New ones, which end with the program.
    ///
    /// # Errors
    /// The system has no random numbers.
    pub fn random() -> Result<Self, KeysError> {
        Ok(Self { reset: random()?, token: random()? })
    }

    /// Those that are kept in a server's directory; what is not there, or is no key of this user's alone, is made anew.
    ///
    /// # Errors
    /// The directory can't be read or written to.
    pub fn kept(dir: &Path) -> Result<Self, KeysError> {
        let failed = |cause| KeysError::Kept { dir: dir.display().to_string(), cause };
        let vault = Vault::open(dir).map_err(failed)?;
        let key = |name| match read(&vault, name) {
            Some(key) => Ok(key),
            None => {
                let key = random()?;
                vault.replace(name, &key).map_err(failed)?;
                Ok(key)
            }
        };
        Ok(Self { reset: key(RESET_FILE)?, token: key(TOKEN_FILE)? })
    }

    /// Gives an endpoint the one with which it tells rooms of connections that it has forgotten.
    pub(crate) fn for_endpoint(&self, config: &mut EndpointConfig) {
        let key = hmac::Key::new(HMAC_SHA256, &self.reset);
        config.reset_key(Arc::new(key));
    }

    /// The one for address tokens.
    pub(crate) fn for_tokens(&self) -> Arc<hkdf::Prk> {
        Arc::new(hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&self.token))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

fn read(vault: &Vault, name: &str) -> Option<[u8; LENGTH]> {
    if !vault.holds(name) {
        return None;
    }
    // What others have read is no secret any more.
    let key = vault.read_secret(name, LENGTH as u64).ok().and_then(|key| key.try_into().ok());
    if key.is_none() {
        tracing::warn!(file = name, "it is no key that only this user can read: another one is made");
    }
    key
}

fn random() -> Result<[u8; LENGTH], KeysError> {
    let mut key = [0; LENGTH];
    SystemRandom::new().fill(&mut key).map_err(|_| KeysError::NoRandom)?;
    Ok(key)
}

/// Why there are no keys.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum KeysError {
    #[error("the system gives no random numbers; is /dev/urandom there?")]
    NoRandom,
    #[error("the server's keys can't be kept in {dir}: {cause}; give the directory to the server's user")]
    Kept { dir: String, cause: io::Error },
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt,
    };

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn keys_are_made_once_and_are_their_owner_s_alone() {
        let dir = tempdir().unwrap();
        let first = Keys::kept(dir.path()).unwrap();
        let again = Keys::kept(dir.path()).unwrap();
        assert!(first.reset == again.reset && first.token == again.token && first.reset != first.token);
        for file in [RESET_FILE, TOKEN_FILE] {
            let mode = fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn what_is_no_key_or_was_readable_by_others_is_made_anew() {
        let dir = tempdir().unwrap();
        let first = Keys::kept(dir.path()).unwrap();
        fs::set_permissions(dir.path().join(RESET_FILE), Permissions::from_mode(0o644)).unwrap();
        fs::write(dir.path().join(TOKEN_FILE), "short").unwrap();
        let second = Keys::kept(dir.path()).unwrap();
        assert!(first.reset != second.reset && first.token != second.token);
        let third = Keys::kept(dir.path()).unwrap();
        assert!(third.reset == second.reset && third.token == second.token);
    }

    #[test]
    fn where_nothing_can_be_kept_it_is_said_with_the_remedy() {
        let error = Keys::kept(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.starts_with("the server's keys can't be kept in /nowhere"), "{error}");
    }
}
