//! TLS 1.3 by the private CA alone.

use std::sync::Arc;

use rustls::{
    ClientConfig, InconsistentKeys, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::CertifiedKey,
    version::TLS13,
};

use super::{ENROL_ALPN, Identity, IdentityError, PROBE_ALPN, ROOM_ALPN, Trust};

/// The room's side, with its identity if it has one, for what `alpn` names.
pub(crate) fn client(
    trust: &Trust,
    identity: Option<&Identity>,
    alpn: &[u8],
) -> Result<ClientConfig, IdentityError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(trust.roots.clone());
    let mut config = match identity {
        Some(identity) => builder.with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    Ok(config)
}

/// The server's side. A client without a certificate gets through the handshake, so that it can be told in words
/// why it is refused; a certificate that is presented must be one of the CA's.
pub(crate) fn server(trust: &Trust, identity: &Identity) -> Result<ServerConfig, IdentityError> {
    let verifier = verifier(trust)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())?;
    config.alpn_protocols = vec![PROBE_ALPN.to_vec(), ENROL_ALPN.to_vec(), ROOM_ALPN.to_vec()];
    // No early data, which could be replayed, and no resumption, which would let a room in by a certificate that has
    // expired since.
    config.max_early_data_size = 0;
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

/// Whether a server of this CA would accept a room's certificate at that time.
pub(crate) fn verify_room(
    trust: &Trust,
    chain: &[CertificateDer<'_>],
    at: UnixTime,
) -> Result<(), rustls::Error> {
    let (own, others) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
    verifier(trust)?.verify_client_cert(own, others, at).map(drop)
}

/// Whether a room that trusts this CA would take a server that asks to be called `name` for one, at that time.
pub(super) fn verify_server(
    trust: &Trust,
    chain: &[CertificateDer<'_>],
    name: &str,
    at: UnixTime,
) -> Result<(), rustls::Error> {
    let (own, others) = chain.split_first().ok_or(rustls::Error::NoCertificatesPresented)?;
    let name = ServerName::try_from(name).map_err(|error| rustls::Error::General(error.to_string()))?;
    let verifier = WebPkiServerVerifier::builder_with_provider(trust.roots.clone(), provider()).build();
    let verifier = verifier.map_err(|error| rustls::Error::General(error.to_string()))?;
    verifier.verify_server_cert(own, others, &name, &[], at).map(drop)
}

/// Whether a key is that of the first certificate.
pub(super) fn belongs_to(
    chain: &[CertificateDer<'static>],
    key: &PrivateKeyDer<'static>,
) -> Result<bool, rustls::Error> {
    let key = ring::sign::any_supported_type(key)?;
    match CertifiedKey::new(chain.to_vec(), key).keys_match() {
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Ok(false),
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) | Ok(()) => Ok(true),
        Err(error) => Err(error),
    }
}

fn verifier(trust: &Trust) -> Result<Arc<dyn ClientCertVerifier>, rustls::Error> {
    WebPkiClientVerifier::builder_with_provider(trust.roots.clone(), provider())
        .allow_unauthenticated()
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
