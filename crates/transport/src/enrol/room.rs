//! The room's side: its first certificate, and the next.

use std::time::Duration;

use quinn::{ClientConfig, Connection};
use rcgen::{CertificateParams, KeyPair, PublicKeyData};
use rustls::pki_types::{CertificateDer, UnixTime, pem::PemObject};
use siaga_probe::Reason;
use siaga_readiness::RoomId;
use thiserror::Error;
use tokio::time::timeout;

use super::{
    Refusal, Token,
    message::{Deny, Enrol, FromRoom, FromServer, Renew, VERSION},
    proof::{Channel, Proof},
};
use crate::{
    client::{
        Meter,
        port::{self, Port},
    },
    control::{self, ControlError},
    failure::{self, Failure, printable},
    identity::{self, ENROL_ALPN, Identity, IdentityError, KeyId, Peer, Trust, Validity},
    patience::Patience,
    quic,
    server_name::ServerName,
};

/// A certificate that a server has given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// PEM, the room's own certificate first.
    pub chain: String,
    /// Which room it is for.
    pub room: RoomId,
    /// How long it counts.
    pub validity: Validity,
}

/// A new key, known to nobody else, with its certificate.
pub struct Enrolled {
    /// The certificate.
    pub given: Given,
    /// The private key, PEM.
    pub key: String,
}

/// Makes a key and gets a certificate for it with a token, which is used up by that.
///
/// # Errors
/// The server can't be reached, refuses, or answers with something that is no certificate for that key by its CA.
pub async fn enrol(server: &ServerName, trust: &Trust, token: &Token) -> Result<Enrolled, EnrolError> {
    enrol_within(server, trust, token, Patience::default()).await
}

/// [`enrol`] with other times.
pub(crate) async fn enrol_within(
    server: &ServerName,
    trust: &Trust,
    token: &Token,
    patience: Patience,
) -> Result<Enrolled, EnrolError> {
    let key = KeyPair::generate()?;
    // Who signs it looks at the key alone; the room's name is the token's.
    let csr = CertificateParams::default().serialize_request(&key)?.pem()?;
    let message = FromRoom::Enrol(Enrol { version: VERSION, token: token.secret().to_owned(), csr });
    let config = quic::client(trust, None, ENROL_ALPN)?;
    let chain = ask(server, config, |_| Ok(message), patience).await?;
    let given = Given::check(chain, KeyId::of(&key.subject_public_key_info()), trust, server)?;
    Ok(Enrolled { given, key: key.serialize_pem() })
}

/// Gets the next certificate for the key of `identity`. Where the one that it has is not accepted, because it has run out by either
/// side's clock, the key is proved.
///
/// # Errors
/// As [`enrol`].
pub async fn renew(server: &ServerName, trust: &Trust, identity: &Identity) -> Result<Given, EnrolError> {
    renew_within(server, trust, identity, Patience::default()).await
}

/// [`renew`] with other times.
pub(crate) async fn renew_within(
    server: &ServerName,
    trust: &Trust,
    identity: &Identity,
    patience: Patience,
) -> Result<Given, EnrolError> {
    let plain = |_: &Connection| Ok(FromRoom::Renew(Renew { version: VERSION, proof: None }));
    let with_proof = |connection: &Connection| {
        let channel = Channel::of(connection).ok_or(rustls::Error::HandshakeNotComplete)?;
        let proof = Some(Proof::new(identity, &channel)?);
        Ok(FromRoom::Renew(Renew { version: VERSION, proof }))
    };
    let shown = quic::client(trust, Some(identity), ENROL_ALPN)?;
    let chain = match ask(server, shown, plain, patience).await {
        Err(EnrolError::NotAccepted(_)) => {
            let nothing = quic::client(trust, None, ENROL_ALPN)?;
            ask(server, nothing, with_proof, patience).await?
        }
        chain => chain?,
    };
    let key = identity.key_id().ok_or_else(|| wrong(server, "this room's own certificate names no key"))?;
    Given::check(chain, key, trust, server)
}

impl Given {
    /// Nothing is kept that would not be accepted later.
    fn check(chain: String, key: KeyId, trust: &Trust, server: &ServerName) -> Result<Self, EnrolError> {
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(chain.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|_| wrong(server, "something that is no certificate"))?;
        let own = certificates.first().ok_or_else(|| wrong(server, "no certificate"))?;
        let peer = Peer::in_certificate(own.clone())
            .ok_or_else(|| wrong(server, "a certificate that names no room"))?;
        if peer.key != key {
            return Err(wrong(server, "a certificate for another key"));
        }
        let validity = Validity::of(own).ok_or_else(|| wrong(server, "a certificate without an end"))?;
        // By the time at which the server says that it begins to count: this machine's clock may be wrong.
        let at = u64::try_from(validity.from.as_second()).unwrap_or(0);
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
        identity::verify_room(trust, &certificates, at)
            .map_err(|error| wrong(server, &format!("a certificate that its CA has not signed ({error})")))?;
        Ok(Self { chain, room: peer.room, validity })
    }
}

/// One question on a connection of its own, and the certificate that is the answer.
async fn ask(
    server: &ServerName,
    config: ClientConfig,
    message: impl FnOnce(&Connection) -> Result<FromRoom, rustls::Error>,
    patience: Patience,
) -> Result<String, EnrolError> {
    let address = port::resolve(server).await?;
    let port = Port::open(address, &Meter::default())?;
    let answer = async {
        let connection = port.connect(config, server, patience.handshake).await?;
        let message = message(&connection).map_err(IdentityError::from)?;
        let answer = timeout(patience.answer, exchange(&connection, &message)).await.map_err(|_| {
            let waited = patience.answer.as_secs_f64();
            let words = format!("{server} did not answer within {waited} s; look at its log and load");
            Failure::new(Reason::PeerFailed, words)
        })?;
        answer.map_err(|error| EnrolError::from(failure::of_control(&error, server)))
    };
    let answer = answer.await;
    port.close().await;
    match answer? {
        FromServer::Certificate(certificate) => Ok(certificate.chain),
        FromServer::Busy(busy) => {
            Err(EnrolError::Busy { server: server.clone(), wait: Duration::from_millis(busy.retry_after_ms) })
        }
        FromServer::Deny(Deny { reason, message }) => {
            Err(EnrolError::Refused { server: server.clone(), reason, message: printable(&message) })
        }
        FromServer::Unknown => Err(wrong(server, "something that this release does not know")),
    }
}

async fn exchange(connection: &Connection, message: &FromRoom) -> Result<FromServer, ControlError> {
    let (mut to_server, mut from_server) = connection.open_bi().await.map_err(ControlError::Lost)?;
    control::send(&mut to_server, message).await?;
    let _ = to_server.finish();
    control::receive(&mut from_server).await
}

fn wrong(server: &ServerName, what: &str) -> EnrolError {
    EnrolError::Wrong { server: server.clone(), what: what.to_owned() }
}

/// Why there is no certificate.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum EnrolError {
    #[error("{server} gives no certificate: {message}")]
    Refused { server: ServerName, reason: Refusal, message: String },
    #[error("{server} gives no certificate now; ask again in {} s", wait.as_secs().max(1))]
    Busy { server: ServerName, wait: Duration },
    #[error("{0}")]
    NotReached(String),
    #[error("{0}")]
    NotAccepted(String),
    #[error("{server} answered with {what}; look at its CA and its release")]
    Wrong { server: ServerName, what: String },
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("this machine could not make a key: {0}")]
    Key(#[from] rcgen::Error),
}

impl From<Failure> for EnrolError {
    fn from(failure: Failure) -> Self {
        match failure.reason {
            Reason::IdentityRefused => Self::NotAccepted(failure.words),
            _ => Self::NotReached(failure.words),
        }
    }
}
