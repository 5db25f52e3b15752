//! `api-tokens.toml`: hashes, for their owner only.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use siaga_vault::Vault;

use super::{Holder, Scopes, hash};

/// Makes a token for `name` and answers with it; it can't be read again.
///
/// # Errors
/// There is one of that name, there are too many, or the file can't be read or written.
pub fn add(path: &Path, name: &TokenName, scopes: Scopes, now: Timestamp) -> Result<String, TokenError> {
    let mut secret = [0; 32];
    SystemRandom::new().fill(&mut secret).map_err(|_| TokenError::NoRandomness)?;
    // The word in front lets people and scanners of leaked secrets know one when they see it.
    let token = format!("siaga_{}", hexadecimal(&secret));
    change(path, |tokens| {
        if tokens.iter().any(|kept| kept.name == *name) {
            return Err(TokenError::Exists { name: name.clone() });
        }
        if tokens.len() >= MOST {
            return Err(TokenError::TooMany);
        }
        let sha256 = Hash(hash(&token));
        tokens.push(Kept { name: name.clone(), scopes, created: now, sha256 });
        Ok(())
    })?;
    Ok(token)
}

/// Each question is compared with all of them.
const MOST: usize = 1000;

/// The tokens that there are.
///
/// # Errors
/// The file can't be read.
pub fn list(path: &Path) -> Result<Vec<Listed>, TokenError> {
    let listed = |kept: Kept| Listed { name: kept.name, scopes: kept.scopes, created: kept.created };
    Ok(load(path)?.into_iter().map(listed).collect())
}

/// Makes the token of `name` worthless.
///
/// # Errors
/// There is none of that name, or the file can't be read or written.
pub fn revoke(path: &Path, name: &TokenName) -> Result<(), TokenError> {
    change(path, |tokens| {
        let before = tokens.len();
        tokens.retain(|kept| kept.name != *name);
        if tokens.len() < before { Ok(()) } else { Err(TokenError::Unknown { name: name.clone() }) }
    })
}

/// One token, without what would let anyone in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Whose it is.
    pub name: TokenName,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it was made.
    pub created: Timestamp,
}

/// Whose a token is: 1 to 64 letters, digits, `.`, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenName(String);

impl FromStr for TokenName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a token is named with 1 to 64 letters, digits, “.”, “-” and “_”, e.g. prometheus")
        }
    }
}

impl std::fmt::Display for TokenName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TokenName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TokenName> for String {
    fn from(name: TokenName) -> Self {
        name.0
    }
}

/// A token as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    name: TokenName,
    scopes: Scopes,
    created: Timestamp,
    sha256: Hash,
}

impl Kept {
    pub(super) fn holder(&self) -> Holder {
        Holder { name: self.name.clone(), scopes: self.scopes }
    }

    pub(super) const fn hash(&self) -> &[u8; 32] {
        &self.sha256.0
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    token: Vec<Kept>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
struct Hash([u8; 32]);

impl TryFrom<String> for Hash {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let mut hash = [0; 32];
        let digits = text.as_bytes().chunks(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2);
            pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        let bytes: Option<Vec<u8>> = digits.collect();
        let bytes =
            bytes.filter(|bytes| bytes.len() == hash.len()).ok_or("a SHA-256 has 64 hexadecimal digits")?;
        hash.copy_from_slice(&bytes);
        Ok(Self(hash))
    }
}

impl From<Hash> for String {
    fn from(hash: Hash) -> Self {
        hexadecimal(&hash.0)
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tokens of a file; none if there is no file.
pub(super) fn load(path: &Path) -> Result<Vec<Kept>, TokenError> {
    let told = match fs::metadata(path) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        told => told.map_err(|cause| TokenError::Read { path: path.to_owned(), cause })?,
    };
    let mode = told.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(TokenError::OpenToOthers { path: path.to_owned(), mode });
    }
    let text = fs::read_to_string(path).map_err(|cause| TokenError::Read { path: path.to_owned(), cause })?;
    let document: Document = toml::from_str(&text)
        .map_err(|cause| TokenError::Wrong { path: path.to_owned(), cause: cause.message().to_owned() })?;
    Ok(document.token)
}

/// One change at a time, and the file is the old one or the new one at every moment.
fn change(
    path: &Path,
    change: impl FnOnce(&mut Vec<Kept>) -> Result<(), TokenError>,
) -> Result<(), TokenError> {
    let failed = |cause: io::Error| TokenError::Write { path: path.to_owned(), cause };
    let name = path.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidFilename);
    let name = name.map_err(|kind| failed(kind.into()))?;
    let dir = path.parent().filter(|dir| *dir != Path::new("")).unwrap_or(Path::new("."));
    let vault = Vault::open(dir).map_err(failed)?;
    let _lock = vault.lock(&format!("{name}.lock")).map_err(failed)?;
    let mut tokens = load(path)?;
    change(&mut tokens)?;
    let text =
        toml::to_string(&Document { token: tokens }).map_err(|cause| failed(io::Error::other(cause)))?;
    vault.replace(name, text.as_bytes()).map_err(failed)
}

/// Why tokens could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum TokenError {
    #[error("there is a token named {name} already; revoke it first, or choose another name")]
    Exists { name: TokenName },
    #[error("there is no token named {name}; “api-token list” shows those that there are")]
    Unknown { name: TokenName },
    #[error("there are {MOST} tokens, and no more fit; revoke those that nobody uses")]
    TooMany,
    #[error("the system gives no random numbers; nothing was made")]
    NoRandomness,
    #[error(
        "{} may be read or written by others than its owner (mode {mode:o}); \
         look who has read it, then: chmod 600 {}", path.display(), path.display()
    )]
    OpenToOthers { path: PathBuf, mode: u32 },
    #[error("cannot read {}: {cause}; it has to belong to the server's user", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("{} is no file of tokens: {cause}; move it away and make new tokens", path.display())]
    Wrong { path: PathBuf, cause: String },
    #[error("cannot write {}: {cause}; run this as the server's user or as root", path.display())]
    Write { path: PathBuf, cause: io::Error },
}
