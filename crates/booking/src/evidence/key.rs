use std::{
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pem::Pem;
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use serde::{Deserialize, Serialize};
use siaga_vault::Vault;
use thiserror::Error;

/// The key's file name in a server's directory.
pub const FILE: &str = "evidence.key";

/// The file beside it with the public halves of those before.
const FORMER: &str = "evidence.former.json";

/// What evidence is signed with.
#[derive(Debug)]
pub struct Key {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl Key {
    /// The key in `dir`; one is made if there is none, for its owner only.
    ///
    /// # Errors
    /// It can't be read, is no such key, or can't be made.
    pub fn open(dir: &Path) -> Result<Self, KeyError> {
        match Self::load(dir) {
            Err(KeyError::File { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
                let add = || Vault::open(dir)?.add(FILE, made()?.as_bytes());
                add().map_err(|cause| KeyError::File { path: dir.join(FILE), cause })?;
                Self::load(dir)
            }
            loaded => loaded,
        }
    }

    /// Puts a new key in the place of the one in `dir`; what the former one has signed still verifies by [`PublicKeys::of`].
    ///
    /// # Errors
    /// There is none, or a file can't be read or written. Nothing that was signed is lost by that.
    pub fn renew(dir: &Path) -> Result<Self, KeyError> {
        let keys = PublicKeys::of(dir)?;
        let text =
            serde_json::to_string_pretty(&keys).map_err(|error| KeyError::NoKeys(error.to_string()))?;
        let write = |name, text: &str| Vault::open(dir)?.replace(name, text.as_bytes());
        let failed = |name: &str| {
            let path = dir.join(name);
            move |cause| KeyError::File { path, cause }
        };
        write(FORMER, &text).map_err(failed(FORMER))?;
        made().and_then(|key| write(FILE, &key)).map_err(failed(FILE))?;
        Self::load(dir)
    }

    /// The key in `dir`.
    ///
    /// # Errors
    /// It is absent, can't be read, or is no such key.
    pub fn load(dir: &Path) -> Result<Self, KeyError> {
        let path = dir.join(FILE);
        let text = fs::read_to_string(&path).map_err(|cause| KeyError::File { path: path.clone(), cause })?;
        let pair = pem::parse(text).ok().filter(|pem| pem.tag() == TAG);
        let pair = pair.and_then(|pem| Ed25519KeyPair::from_pkcs8(pem.contents()).ok());
        let pair = pair.ok_or(KeyError::NoKey { path })?;
        let mut public = [0; 32];
        public.copy_from_slice(pair.public_key().as_ref());
        Ok(Self { pair, public: PublicKey(public) })
    }

    /// What verifies it.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn signature(&self, message: &[u8]) -> impl AsRef<[u8]> + use<> {
        self.pair.sign(message)
    }
}

const TAG: &str = "PRIVATE KEY";

/// A new key, as it is written.
fn made() -> io::Result<String> {
    let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
        .map_err(|_| io::Error::other("no random numbers"))?;
    Ok(pem::encode(&Pem::new(TAG, made.as_ref())))
}

/// Why there is no key.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum KeyError {
    #[error(
        "{}: {cause}; evidence is signed with it. It has to be the server's own, as its directory is: \
         chown --reference={} {}", path.display(), path.parent().unwrap_or(Path::new(".")).display(), path.display()
    )]
    File { path: PathBuf, cause: io::Error },
    #[error(
        "{} is no Ed25519 key (PKCS #8 in PEM); put the right one back, or move it away and a new one is made: evidence signed \
         with the old one is then verified with its own public key",
        path.display()
    )]
    NoKey { path: PathBuf },
    #[error(
        "these are no keys: {0}; give what the server’s /v1/keys or “siaga-probe-server evidence key” prints"
    )]
    NoKeys(String),
}

/// What evidence is verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Names it: its thumbprint (RFC 7638).
    #[must_use]
    pub fn id(&self) -> String {
        let members =
            format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{}\"}}", URL_SAFE_NO_PAD.encode(self.0));
        URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }

    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

/// Some of them; read and written as a JWK set (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    /// The one of the key in `dir`, and those of the keys before it.
    ///
    /// # Errors
    /// There is no key, or a file can't be read or has no keys in it.
    pub fn of(dir: &Path) -> Result<Self, KeyError> {
        let path = dir.join(FORMER);
        let mut keys = vec![Key::load(dir)?.public];
        match fs::read_to_string(&path) {
            Ok(text) => {
                let former = text.parse::<Self>()?.0;
                keys.extend(former.into_iter().filter(|it| *it != keys[0]).collect::<Vec<_>>());
            }
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(KeyError::File { path, cause }),
        }
        Ok(Self(keys))
    }

    pub(super) fn get(&self, id: &str) -> Option<&PublicKey> {
        self.0.iter().find(|key| key.id() == id)
    }
}

impl From<PublicKey> for PublicKeys {
    fn from(key: PublicKey) -> Self {
        Self(vec![key])
    }
}

impl Serialize for PublicKeys {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keys = self.0.iter().map(|key| Jwk {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: URL_SAFE_NO_PAD.encode(key.0),
            kid: Some(key.id()),
            alg: Some("EdDSA".into()),
            purpose: Some("sig".into()),
        });
        JwkSet { keys: keys.collect() }.serialize(serializer)
    }
}

impl FromStr for PublicKeys {
    type Err = KeyError;

    /// Keys of other kinds are passed over, as a set may hold some.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let set: JwkSet = serde_json::from_str(text).map_err(|error| KeyError::NoKeys(error.to_string()))?;
        let ours = |jwk: &Jwk| {
            let bytes = URL_SAFE_NO_PAD.decode(&jwk.x).ok()?;
            (jwk.kty == "OKP" && jwk.crv == "Ed25519").then_some(PublicKey(bytes.try_into().ok()?))
        };
        let keys: Vec<_> = set.keys.iter().filter_map(ours).collect();
        if keys.is_empty() {
            Err(KeyError::NoKeys("no Ed25519 key is among them".into()))
        } else {
            Ok(Self(keys))
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    purpose: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(Key::load(dir.path()), Err(KeyError::File { .. })));
        let key = Key::open(dir.path()).unwrap();
        assert_eq!(Key::open(dir.path()).unwrap().public(), key.public());
        let files: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|file| file.unwrap()).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_former_keys_have_signed_still_verifies_with_those_that_are_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Key::renew(dir.path()).is_err(), "there is none to renew");
        let mut signed = Vec::new();
        for _ in 0..3 {
            let key = if signed.is_empty() { Key::open(dir.path()) } else { Key::renew(dir.path()) }.unwrap();
            signed.push(super::super::sign(&key, "{}"));
        }
        let keys = PublicKeys::of(dir.path()).unwrap();
        assert_eq!(keys.0.len(), 3);
        assert_eq!(keys.0[0], *Key::load(dir.path()).unwrap().public(), "the one that signs comes first");
        for jws in &signed {
            super::super::verify(jws, &keys).unwrap();
        }
        let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(FILE), 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left aside");
    }

    #[test]
    fn what_root_makes_is_the_server_s() {
        let dir = tempfile::tempdir().unwrap();
        if chown(dir.path(), Some(12_345), Some(12_346)).is_err() {
            return eprintln!("skipped: only root can give files away");
        }
        Key::open(dir.path()).unwrap();
        for renewed in [false, true] {
            if renewed {
                Key::renew(dir.path()).unwrap();
            }
            for file in fs::read_dir(dir.path()).unwrap() {
                let file = file.unwrap();
                let owner = file.metadata().unwrap();
                assert_eq!((owner.uid(), owner.gid()), (12_345, 12_346), "{file:?}, renewed: {renewed}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE), "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
            .unwrap();
        assert!(matches!(Key::open(dir.path()), Err(KeyError::NoKey { .. })));
        assert!(fs::read_to_string(dir.path().join(FILE)).unwrap().contains("AAAA"));
    }

    #[test]
    fn public_keys_are_read_as_they_are_written_and_others_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        let keys = PublicKeys::from(Key::open(dir.path()).unwrap().public().clone());
        let text = serde_json::to_string(&keys).unwrap();
        assert_eq!(text.parse::<PublicKeys>().unwrap(), keys);
        let with_another = text.replace("[{", "[{\"kty\":\"RSA\",\"n\":\"AQAB\"},{");
        assert_eq!(with_another.parse::<PublicKeys>().unwrap(), keys);
        for wrong in
            ["", "{}", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}"]
        {
            assert!(wrong.parse::<PublicKeys>().is_err(), "{wrong}");
        }
    }
}
