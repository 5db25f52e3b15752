//! Certificates and keys, read from PEM files once and checked.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
};
use siaga_readiness::RoomId;
use thiserror::Error;
use x509_parser::parse_x509_certificate;

use super::{KeyId, Validity, name::room_in, renew, tls};

/// The certification authority that is trusted, and no other: the system's roots are never used.
#[derive(Debug, Clone)]
pub struct Trust {
    pub(crate) roots: Arc<RootCertStore>,
}

impl Trust {
    /// Reads a CA file (PEM, one or more certificates).
    ///
    /// # Errors
    /// The file can't be read, or holds no certificate that can be used as a CA.
    pub fn load(path: &Path) -> Result<Self, IdentityError> {
        let mut roots = RootCertStore::empty();
        let certificates = certificates(path)?;
        if !certificates.iter().any(may_vouch) {
            return Err(IdentityError::NoAuthority { path: path.to_owned() });
        }
        for certificate in certificates {
            roots.add(certificate).map_err(|error| IdentityError::Unusable {
                path: path.to_owned(),
                what: "CA certificate",
                cause: error.to_string(),
            })?;
        }
        Ok(Self { roots: Arc::new(roots) })
    }
}

/// Whether it can be an authority's: it says so, or has been signed by nobody else. What can't be parsed is told otherwise.
fn may_vouch(certificate: &CertificateDer<'_>) -> bool {
    parse_x509_certificate(certificate).map_or(true, |(_, it)| it.is_ca() || it.subject() == it.issuer())
}

/// Whether servers take it from a room: it says nothing of what it is for, or that.
fn is_for_clients(certificate: &CertificateDer<'_>) -> bool {
    parse_x509_certificate(certificate).map_or(true, |(_, it)| {
        let purpose = it.extended_key_usage().ok().flatten();
        purpose.is_none_or(|purpose| purpose.value.client_auth || purpose.value.any)
    })
}

/// A certificate chain with its private key.
#[derive(Debug)]
pub struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

impl Identity {
    /// Reads a certificate chain and its key (PEM).
    ///
    /// # Errors
    /// A file can't be read, or holds no certificate or no private key; the two don't belong together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, IdentityError> {
        let chain = certificates(certificate)?;
        let private = PrivateKeyDer::from_pem_slice(&read(key)?)
            .map_err(|_| IdentityError::NoneInside { path: key.to_owned(), what: "private key" })?;
        match tls::belongs_to(&chain, &private) {
            Ok(true) => Ok(Self { chain, key: private }),
            Ok(false) => {
                let (certificate, key) = (certificate.to_owned(), key.to_owned());
                Err(IdentityError::OtherKey { certificate, key })
            }
            Err(cause) => Err(IdentityError::Unusable {
                path: key.to_owned(),
                what: "private key",
                cause: cause.to_string(),
            }),
        }
    }

    /// The room that it is made for; `None` if it names none.
    #[must_use]
    pub fn room(&self) -> Option<RoomId> {
        room_in(self.chain.first()?)
    }

    /// What its key is called.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        KeyId::in_certificate(self.chain.first()?)
    }

    /// How long its certificate counts.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        Validity::of(self.chain.first()?)
    }

    /// Whether a server can show itself with this.
    ///
    /// # Errors
    /// Key and certificate don't belong together.
    pub fn check_as_server(&self, trust: &Trust) -> Result<(), IdentityError> {
        super::server(trust, self).map(drop)
    }

    /// Whether rooms that trust this CA take a server with this identity for one.
    ///
    /// # Errors
    /// They don't: another authority has signed it, it is not for servers, it does not count now, or it names none.
    pub fn check_trusted(&self, trust: &Trust, now: Timestamp) -> Result<(), IdentityError> {
        let names = renew::names_in(&self.chain);
        let name = names.first().map_or("", String::as_str);
        let at = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().max(0).unsigned_abs()));
        tls::verify_server(trust, &self.chain, name, at).map_err(IdentityError::NotTrusted)
    }

    /// The room's identity that a directory holds: `cert.pem` and `key.pem`.
    ///
    /// # Errors
    /// As [`Self::load`], or it is not for rooms.
    pub fn load_dir(dir: &Path) -> Result<Self, IdentityError> {
        let path = dir.join("cert.pem");
        let identity = Self::load(&path, &dir.join("key.pem"))?;
        if identity.chain.first().is_some_and(is_for_clients) {
            Ok(identity)
        } else {
            Err(IdentityError::NotForRooms { path })
        }
    }
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, IdentityError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(path)?).collect();
    match found {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(IdentityError::NoneInside { path: path.to_owned(), what: "certificate" }),
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    fs::read(path).map_err(|cause| IdentityError::Unreadable { path: path.to_owned(), cause })
}

/// Why a certificate or key can't be used.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum IdentityError {
    #[error("cannot read {}: {cause}; check the path and that this user may read it", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} holds no {what} in PEM form; expected a block like -----BEGIN …-----", path.display())]
    NoneInside { path: PathBuf, what: &'static str },
    #[error("the {what} in {} cannot be used: {cause}", path.display())]
    Unusable { path: PathBuf, what: &'static str, cause: String },
    #[error(
        "{} is not the key of the certificate in {}; put the pair there that belongs together",
        key.display(), certificate.display()
    )]
    OtherKey { certificate: PathBuf, key: PathBuf },
    #[error(
        "{} holds no certificate of an authority; give the CA's, which is ca.pem in the server's directory",
        path.display()
    )]
    NoAuthority { path: PathBuf },
    #[error(
        "the certificate in {} is not for rooms but for servers or others; give a room's, such as “siaga-agent enroll” makes",
        path.display()
    )]
    NotForRooms { path: PathBuf },
    #[error("it does not verify: {0}")]
    NotTrusted(rustls::Error),
    #[error("certificate and key do not fit together or cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

#[cfg(test)]
mod tests {
    use super::{super::create, *};

    #[test]
    fn a_server_s_certificate_is_no_authority_s_and_no_room_s() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &["probe.example".into()], jiff::civil::date(2026, 11, 22)).unwrap();
        let file = |name: &str| dir.path().join(name);
        let told = Trust::load(&file("server.pem")).unwrap_err().to_string();
        assert!(told.contains("server.pem holds no certificate of an authority; give the CA's"), "{told}");
        let both =
            [file("server.pem"), file("ca.pem")].map(|file| fs::read_to_string(file).unwrap()).concat();
        fs::write(file("chain.pem"), both).unwrap();
        Trust::load(&file("chain.pem")).unwrap();
        fs::copy(file("server.pem"), file("cert.pem")).unwrap();
        fs::copy(file("server.key"), file("key.pem")).unwrap();
        let told = Identity::load_dir(dir.path()).unwrap_err().to_string();
        assert!(told.contains("cert.pem is not for rooms") && told.contains("enroll"), "{told}");
    }
}
