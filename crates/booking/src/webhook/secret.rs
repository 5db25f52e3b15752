//! The secret that the server and the receiver share, and what is signed with it.

use std::{fmt, fs, io, path::Path, path::PathBuf, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::hmac;
use thiserror::Error;

/// A key of 24 to 64 bytes, written as `whsec_` and its base64. Never shown.
#[derive(Clone)]
pub struct Secret(hmac::Key);

impl Secret {
    /// From a file that holds nothing else.
    ///
    /// # Errors
    /// The file can't be read, or holds no secret.
    pub fn load(path: &Path) -> Result<Self, SecretError> {
        let text = fs::read_to_string(path)
            .map_err(|cause| SecretError::Unreadable { path: path.to_owned(), cause })?;
        text.trim().parse().map_err(|NotASecret| SecretError::NotASecret { path: path.to_owned() })
    }

    /// The value of the header `webhook-signature`.
    #[must_use]
    pub fn sign(&self, id: &str, seconds: i64, body: &str) -> String {
        let tag = hmac::sign(&self.0, format!("{id}.{seconds}.{body}").as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

impl FromStr for Secret {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Self, NotASecret> {
        let encoded = text.strip_prefix("whsec_").ok_or(NotASecret)?;
        let key = STANDARD.decode(encoded).map_err(|_| NotASecret)?;
        if (24..=64).contains(&key.len()) {
            Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
        } else {
            Err(NotASecret)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The text is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a secret is “whsec_” and the base64 of 24 to 64 random bytes")]
pub struct NotASecret;

/// Why there is no secret.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum SecretError {
    #[error(
        "cannot read the webhook's secret in {}: {cause}; make one with \
         “(umask 077; echo whsec_$(head -c32 /dev/urandom | base64) > {})”", path.display(), path.display()
    )]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} holds no secret: it is “whsec_” and the base64 of 24 to 64 random bytes, on one line", path.display())]
    NotASecret { path: PathBuf },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_signed_as_openssl_would() {
        // printf %s 'evt_1.1790000000.{"a":1}' | openssl dgst -sha256 -hmac 0123456789abcdef01234567 -binary | base64
        let secret: Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".parse().unwrap();
        assert_eq!(
            secret.sign("evt_1", 1_790_000_000, r#"{"a":1}"#),
            "v1,6SbFcJB6TRIgw2PFnsAjfaKBJFnsVqDH1CN4Vup/ybI="
        );
    }

    #[test]
    fn a_secret_is_long_enough_or_none() {
        let encoded = |bytes| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for bytes in [24, 32, 64] {
            assert!(encoded(bytes).parse::<Secret>().is_ok(), "{bytes}");
        }
        for wrong in [encoded(23), encoded(65), STANDARD.encode([7; 32]), "whsec_ü".into(), String::new()] {
            assert_eq!(wrong.parse::<Secret>().unwrap_err(), NotASecret, "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_never_shown() {
        let secret: Secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[test]
    fn a_missing_file_is_told_with_the_way_to_make_one() {
        let error = Secret::load(Path::new("/nowhere/webhook.secret")).unwrap_err().to_string();
        assert!(error.contains("/nowhere/webhook.secret") && error.contains("whsec_$(head"), "{error}");
    }
}
