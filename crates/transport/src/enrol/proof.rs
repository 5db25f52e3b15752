//! That a room has a key of which it can show no certificate that still counts: TLS takes none that has run out.

use quinn::Connection;
use rustls::{SignatureScheme, crypto::ring::sign::any_ecdsa_type, pki_types::CertificateDer};
use serde::{Deserialize, Serialize};

use crate::identity::{Identity, Peer, RoomKey, hex, unhex};

/// What only the two ends of one connection have (RFC 8446, 7.5): a signature over it is good on no other, and nobody who was
/// shown it can show it to somebody else.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Channel([u8; 32]);

impl Channel {
    /// Of a connection whose handshake is over.
    pub(crate) fn of(connection: &Connection) -> Option<Self> {
        let mut bytes = [0; 32];
        connection.export_keying_material(&mut bytes, EXPORTER, b"").ok()?;
        Some(Self(bytes))
    }

    fn to_sign(&self) -> Vec<u8> {
        [SIGNED, &self.0].concat()
    }
}

const EXPORTER: &[u8] = b"EXPORTER-siaga-renewal";

/// In front of what is signed: nothing else that the key signs begins like this.
const SIGNED: &[u8] = b"siaga-enrol/1 renewal\0";

/// A key's signature.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// The room's last certificate: DER in hexadecimal digits.
    pub(crate) certificate: String,
    /// ECDSA P-256 with SHA-256: DER in hexadecimal digits.
    pub(crate) signature: String,
}

impl Proof {
    /// By the key of `identity`.
    pub(crate) fn new(identity: &Identity, channel: &Channel) -> Result<Self, rustls::Error> {
        let certificate = identity.chain.first().ok_or(rustls::Error::NoCertificatesPresented)?;
        let key = any_ecdsa_type(&identity.key)?;
        let signer = key.choose_scheme(&[SignatureScheme::ECDSA_NISTP256_SHA256]);
        let signer = signer.ok_or_else(|| rustls::Error::General("the key is no ECDSA P-256".to_owned()))?;
        let signature = hex(&signer.sign(&channel.to_sign())?);
        Ok(Self { certificate: hex(certificate), signature })
    }

    /// Who has made it for this connection. Whether the room is one of this server's is another matter: anybody can write a
    /// certificate.
    pub(crate) fn by(&self, channel: &Channel) -> Option<Peer> {
        let peer = Peer::in_certificate(CertificateDer::from(unhex(&self.certificate)?))?;
        let key = RoomKey::certified(&peer.certificate).ok()?;
        key.has_signed(&channel.to_sign(), &unhex(&self.signature)?).then_some(peer)
    }
}

#[cfg(test)]
impl Channel {
    /// One that no connection has.
    pub(crate) const fn made_up(byte: u8) -> Self {
        Self([byte; 32])
    }
}
