//! Where the booking system is told what happens to its bookings without its doing.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use siaga_booking::webhook::{Secret, SecretError, Sender, Target, post::TrustError};
use thiserror::Error;

/// `[webhook]`. Without an address nothing is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WebhookSettings {
    /// Over https; over http on this machine only.
    pub url: Option<WebhookUrl>,
    /// Holds the secret that signs letters: a file in the server's directory unless it is named with a path.
    #[serde(deserialize_with = "not_the_secret_itself")]
    pub secret_file: PathBuf,
    /// Holds the certificates (PEM) of whom the receiver has to be vouched for by, over https.
    pub ca_file: PathBuf,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        let ca_file = "/etc/ssl/certs/ca-certificates.crt".into();
        Self { url: None, secret_file: "webhook.secret".into(), ca_file }
    }
}

impl WebhookSettings {
    /// Who hands letters over, if anybody is to get them.
    ///
    /// # Errors
    /// The secret or the certificates can't be read.
    pub fn sender(&self, dir: &Path) -> Result<Option<Sender>, WebhookError> {
        let Some(WebhookUrl(target)) = &self.url else { return Ok(None) };
        let secret = Secret::load(&dir.join(&self.secret_file))?;
        Ok(Some(Sender::new(target.clone(), secret, &dir.join(&self.ca_file))?))
    }
}

/// What is taken for a path is shown in messages.
fn not_the_secret_itself<'de, D: Deserializer<'de>>(input: D) -> Result<PathBuf, D::Error> {
    let path = String::deserialize(input)?;
    if path.trim_start().starts_with("whsec_") {
        return Err(de::Error::custom(
            "this is a secret, not the name of a file; put it into a file that the server's user alone can read, and name that file here",
        ));
    }
    Ok(path.into())
}

/// A receiver's address.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WebhookUrl(pub Target);

impl TryFrom<String> for WebhookUrl {
    type Error = siaga_booking::webhook::TargetError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Without what follows the host, which may hold a secret: nobody's screen needs it.
impl Serialize for WebhookUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/…", self.0))
    }
}

/// Why letters can't be sent.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum WebhookError {
    #[error("[webhook] secret_file: {0}")]
    Secret(#[from] SecretError),
    #[error("[webhook] ca_file: {0}")]
    Trust(#[from] TrustError),
}

impl WebhookError {
    /// The key of `[webhook]` that names what is wrong.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Secret(_) => "secret_file",
            Self::Trust(_) => "ca_file",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<WebhookSettings, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn without_an_address_nothing_is_sent_and_nothing_is_needed() {
        assert!(parse("").unwrap().sender(Path::new("/nowhere")).unwrap().is_none());
    }

    #[test]
    fn an_address_needs_its_secret_and_over_tls_certificates() {
        let dir = tempfile::tempdir().unwrap();
        let said = |text: &str| parse(text).unwrap().sender(dir.path()).map_err(|error| error.to_string());
        let plain = "url = \"http://127.0.0.1:8000/hook\"";
        assert!(said(plain).unwrap_err().starts_with("[webhook] secret_file: cannot read"));
        std::fs::write(dir.path().join("webhook.secret"), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n")
            .unwrap();
        assert!(said(plain).unwrap().is_some());
        let over_tls = "url = \"https://booking.example/hook\"\nca_file = \"absent.pem\"";
        assert!(said(over_tls).unwrap_err().starts_with("[webhook] ca_file: cannot read"));
    }

    #[test]
    fn a_secret_in_the_place_of_its_file_is_refused_and_not_repeated() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[webhook]\nsecret_file = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\"\n";
        std::fs::write(dir.path().join(super::super::FILE), text).unwrap();
        let loaded = super::super::load(dir.path(), &super::super::Overrides::default()).unwrap_err();
        for said in [loaded.to_string(), super::super::show(dir.path()).unwrap_err().to_string()] {
            assert!(said.contains("line 2") && said.contains("put it into a file"), "{said}");
            assert!(!said.contains("MDEy"), "{said}");
        }
    }

    #[test]
    fn an_address_is_checked_when_it_is_read_and_not_repeated() {
        let said = parse("url = \"http://booking.example/?token=hunter2\"").unwrap_err().message().to_owned();
        assert_eq!(
            said,
            "letters go to other machines over https only; plain http is for 127.0.0.1, [::1] and localhost"
        );
    }
}
