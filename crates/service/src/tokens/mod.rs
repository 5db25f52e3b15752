//! API tokens: who may ask what over the network.
//!
//! A token is shown once, when it is made. Kept is its SHA-256, which is enough for 256 random bits: there is nothing to guess.
//! Changes count at once, also in a running server: it looks at the file's stamp with every question.

mod file;
mod scope;

use std::{
    fs,
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use self::file::Kept;

pub use file::{Listed, TokenError, TokenName, add, list, revoke};
pub use scope::{Scope, Scopes};

/// The tokens of a file, as it is now.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    stamp: Option<Stamp>,
    tokens: Option<Vec<Kept>>,
}

impl Tokens {
    /// The tokens of `path`; without the file there are none.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), held: Mutex::default() }
    }

    /// Whose this token is, and what whoever shows it may do; `None` if it is no token, or no longer.
    ///
    /// # Errors
    /// The file can't be read, is wrong, or others than its owner may read it: nobody may do anything.
    pub fn holder(&self, token: &str) -> Result<Option<Holder>, Unreadable> {
        self.holder_of(&hash(token))
    }

    /// The same of a token that was shown before.
    pub(crate) fn holder_of(&self, shown: &[u8; 32]) -> Result<Option<Holder>, Unreadable> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&self.path);
        if held.stamp != Some(stamp) {
            *held = Held { stamp: Some(stamp), tokens: self.load() };
        }
        let tokens = held.tokens.as_ref().ok_or(Unreadable)?;
        // All are compared, each in constant time: how long it takes says nothing.
        let same = |kept: &&Kept| bool::from(kept.hash().ct_eq(shown));
        Ok(tokens.iter().filter(same).fold(None, |_, kept| Some(kept.holder())))
    }

    fn load(&self) -> Option<Vec<Kept>> {
        match file::load(&self.path) {
            Ok(tokens) => {
                tracing::info!(tokens = tokens.len(), "API tokens are as in {}", self.path.display());
                Some(tokens)
            }
            Err(error) => {
                tracing::error!(%error, "no API token counts until this is mended");
                None
            }
        }
    }
}

/// Who shows a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Whose it is.
    pub name: TokenName,
    /// What it is good for.
    pub scopes: Scopes,
}

/// The tokens can't be read; the log says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server cannot read its API tokens; its log says why")]
pub struct Unreadable;

/// Tells one state of a file from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(u64, u64, u32, SystemTime)>);

impl Stamp {
    pub(crate) fn of(path: &Path) -> Self {
        let told = fs::metadata(path).ok();
        Self(told.map(|told| {
            let changed = told.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            (told.ino(), told.len(), told.mode(), changed)
        }))
    }
}

pub(crate) fn hash(token: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    // A SHA-256 is that long.
    let _ = digest(&SHA256, token.as_bytes()).as_ref().read_exact(&mut hash);
    hash
}
