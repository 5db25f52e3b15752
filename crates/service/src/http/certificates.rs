use std::fs;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

use crate::tokens::Stamp;

/// A server's certificate and key, from files that may be replaced while it runs.
///
/// Each handshake takes what the files hold then; connections that are open go on. A pair that can't be used is told in the
/// log, and the one before stays.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    held: Mutex<Held>,
}

#[derive(Debug)]
struct Held {
    pair: Arc<CertifiedKey>,
    stamps: [Stamp; 2],
    refused: u64,
}

impl Certificates {
    /// Reads a certificate chain and its key (PEM).
    ///
    /// # Errors
    /// A file can't be read or holds none, or the two don't belong together.
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let stamps = [Stamp::of(&certificate), Stamp::of(&key)];
        let pair = Arc::new(read(&certificate, &key)?);
        Ok(Self { certificate, key, held: Mutex::new(Held { pair, stamps, refused: 0 }) })
    }

    /// How often new files could not be used and the old ones stayed.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).refused
    }

    /// Whether the certificate was made for a host, given as in a URL.
    pub(super) fn names(&self, host: &str) -> bool {
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let pair = self.current();
        let named = || {
            let certificate = ParsedCertificate::try_from(pair.end_entity_cert().ok()?).ok()?;
            let name = ServerName::try_from(host).ok()?;
            verify_server_name(&certificate, &name).ok()
        };
        named().is_some()
    }

    /// All hosts that the certificate was made for, as in a URL; none of one that can't be read.
    pub(super) fn hosts(&self) -> Vec<String> {
        let pair = self.current();
        let named = || {
            let (_, certificate) = parse_x509_certificate(pair.cert.first()?).ok()?;
            let names = certificate.subject_alternative_name().ok()??;
            Some(names.value.general_names.iter().filter_map(host).collect())
        };
        named().unwrap_or_default()
    }

    fn current(&self) -> Arc<CertifiedKey> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        // Before they are read: what changes in between is read again.
        let stamps = [Stamp::of(&self.certificate), Stamp::of(&self.key)];
        if held.stamps != stamps {
            held.stamps = stamps;
            match read(&self.certificate, &self.key) {
                Ok(pair) => {
                    tracing::info!(certificate = %self.certificate.display(), "took over a new certificate for HTTPS");
                    held.pair = Arc::new(pair);
                }
                Err(error) => {
                    held.refused += 1;
                    tracing::error!(%error, "cannot take over the new certificate for HTTPS; the old one stays");
                }
            }
        }
        held.pair.clone()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _client: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = || <[u8; 4]>::try_from(*bytes).map(|it| Ipv4Addr::from(it).to_string());
            let v6 = || <[u8; 16]>::try_from(*bytes).map(|it| format!("[{}]", Ipv6Addr::from(it)));
            v4().or_else(|_| v6()).ok()
        }
        _ => None,
    }
}

/// TLS 1.2 and 1.3: a booking system on an older PHP may have no more than 1.2.
pub(super) fn tls(certificates: Arc<Certificates>) -> Result<ServerConfig, CertificateError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn read(certificate: &Path, key: &Path) -> Result<CertifiedKey, CertificateError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain
        .ok_or_else(|| CertificateError::NoneInside { path: certificate.to_owned(), what: "certificate" })?;
    let secret = PrivateKeyDer::from_pem_slice(&bytes(key)?)
        .map_err(|_| CertificateError::NoneInside { path: key.to_owned(), what: "private key" })?;
    let provider: CryptoProvider = ring::default_provider();
    CertifiedKey::from_der(chain, secret, &provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            CertificateError::NoPair { certificate: certificate.to_owned(), key: key.to_owned() }
        }
        error => error.into(),
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|cause| CertificateError::Unreadable { path: path.to_owned(), cause })
}

/// Why a certificate for HTTPS can't be used.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum CertificateError {
    #[error("cannot read {}: {cause}; check the path and that this user may read it", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} holds no {what} in PEM form; expected a block like -----BEGIN …-----", path.display())]
    NoneInside { path: PathBuf, what: &'static str },
    #[error("{} does not belong to the key in {}; both have to be of one making", certificate.display(), key.display())]
    NoPair { certificate: PathBuf, key: PathBuf },
    #[error("the certificate for HTTPS cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}
