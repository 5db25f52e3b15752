//! What a public key is called.

use std::{fmt, str::FromStr};

use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use x509_parser::parse_x509_certificate;

/// A public key by its SHA-256 (of the `SubjectPublicKeyInfo`), written as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; 32]);

impl KeyId {
    /// Of a key in DER form.
    pub(crate) fn of(public_key: &[u8]) -> Self {
        Self(sha256(public_key))
    }

    /// Of the key that a certificate is about; `None` if it is none.
    pub(crate) fn in_certificate(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = parse_x509_certificate(certificate).ok()?;
        Some(Self::of(certificate.public_key().raw))
    }
}

/// The SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
    hash
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is written in hexadecimal digits, two for each byte; `None` for anything else.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |c: u8| char::from(c).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, KeyIdError> {
        unhex(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(KeyIdError)
    }
}

impl TryFrom<String> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: String) -> Result<Self, KeyIdError> {
        text.parse()
    }
}

impl From<KeyId> for String {
    fn from(key: KeyId) -> Self {
        key.to_string()
    }
}

/// Not a key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a key is named by 64 hexadecimal digits, as “siaga-probe-server rooms list” prints them")]
pub struct KeyIdError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_and_read_alike() {
        let key = KeyId::of(b"key");
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.to_string().to_uppercase().parse(), Ok(key));
        for wrong in ["", "00", &"g".repeat(64), &"0".repeat(63), &"0".repeat(66), &"ü".repeat(32)] {
            assert_eq!(wrong.parse::<KeyId>(), Err(KeyIdError), "{wrong}");
        }
    }
}
