//! What room and server say on the enrolment stream, in the frames of `control`.

use serde::{Deserialize, Serialize};

use super::proof::Proof;

/// Version of these messages.
pub(crate) const VERSION: u16 = 1;

/// From the room, first and once.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FromRoom {
    /// A token is all I have.
    Enrol(Enrol),
    /// I have a certificate, or had one, and need the next.
    Renew(Renew),
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Enrol {
    /// Version that the room speaks.
    pub(crate) version: u16,
    /// The one-time token.
    pub(crate) token: String,
    /// PKCS #10, PEM. Only its public key is taken.
    pub(crate) csr: String,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Renew {
    /// Version that the room speaks.
    pub(crate) version: u16,
    /// Of a room whose certificate is accepted no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Proof>,
}

/// From the server, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FromServer {
    /// The room's certificate.
    Certificate(Certificate),
    /// Not now.
    Busy(Busy),
    /// Not so.
    Deny(Deny),
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Certificate {
    /// PEM, the room's own certificate first.
    pub(crate) chain: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Busy {
    /// Ask again after this.
    pub(crate) retry_after_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Deny {
    pub(crate) reason: Refusal,
    /// For a person.
    pub(crate) message: String,
}

/// Why a server gives no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    /// It speaks another version.
    VersionMismatch,
    /// The message or the certificate request is damaged.
    BadRequest,
    /// It never made the token, or has forgotten it.
    TokenUnknown,
    /// The token's time is over.
    TokenExpired,
    /// Somebody has used the token.
    TokenUsed,
    /// A certificate is renewed only for who shows the one before, or proves to have its key.
    IdentityRequired,
    /// The server did not enrol that key: its certificate is the office's own authority's to renew.
    NotEnrolledHere,
    /// The key is revoked.
    Revoked,
    /// The server can't sign: it has no CA key, or something in its directory is broken.
    CannotSign,
    /// A reason of a newer version.
    #[serde(other)]
    Unknown,
}

impl Refusal {
    /// All that this release says.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 9] = [
        Self::VersionMismatch,
        Self::BadRequest,
        Self::TokenUnknown,
        Self::TokenExpired,
        Self::TokenUsed,
        Self::IdentityRequired,
        Self::NotEnrolledHere,
        Self::Revoked,
        Self::CannotSign,
    ];
}
