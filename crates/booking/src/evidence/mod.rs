//! Evidence that can be taken elsewhere: a decision as the log tells it, signed (compact JWS, RFC 7515, with Ed25519, RFC 8037).

mod key;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::audit::{Entry, canonical};

pub use key::{FILE, Key, KeyError, PublicKey, PublicKeys};

/// What is signed of an entry: enough to compute its hash again.
///
/// # Errors
/// Its body is no JSON: it is not as it was written.
pub fn statement(entry: &Entry) -> serde_json::Result<String> {
    let body: serde_json::Value = serde_json::from_str(&entry.body)?;
    canonical(&serde_json::json!({
        "iss": ISSUER,
        "sub": entry.reference,
        "iat": entry.at.as_second(),
        "entry": { "seq": entry.seq, "at": entry.at, "kind": entry.kind, "prev": entry.prev, "hash": entry.hash },
        "body": body,
    }))
}

const ISSUER: &str = "siaga-probe-server";

/// Signs a statement.
#[must_use]
pub fn sign(key: &Key, statement: &str) -> String {
    let header = format!("{{\"alg\":\"EdDSA\",\"kid\":\"{}\"}}", key.public().id());
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(statement));
    let signature = URL_SAFE_NO_PAD.encode(key.signature(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// What was signed, if it was by one of `keys`.
///
/// # Errors
/// It was not, or it is no JWS of ours.
pub fn verify(jws: &str, keys: &PublicKeys) -> Result<String, EvidenceError> {
    let jws = jws.trim();
    if jws.len() > LONGEST {
        return Err(EvidenceError::TooLong);
    }
    let (signed, signature) = jws.rsplit_once('.').ok_or(EvidenceError::NotCompact)?;
    let (header, payload) = signed.split_once('.').ok_or(EvidenceError::NotCompact)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| EvidenceError::NotCompact);
    // A member twice, or one that we don't know, as `crit` and `jwk` would be: not what we write.
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| EvidenceError::Header)?;
    if header.alg != "EdDSA" {
        return Err(EvidenceError::Header);
    }
    let key = keys.get(&header.kid).ok_or(EvidenceError::OtherKey { id: header.kid })?;
    if !key.has_signed(signed.as_bytes(), &decoded(signature)?) {
        return Err(EvidenceError::NotSigned);
    }
    String::from_utf8(decoded(payload)?).map_err(|_| EvidenceError::NotCompact)
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
}

/// Bytes; a hundred times what a decision takes.
const LONGEST: usize = 1 << 20;

/// Why evidence is not to be believed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum EvidenceError {
    #[error(
        "this is no compact JWS: three parts of base64url with a “.” between them, as /v1/bookings/REF/evidence gives it"
    )]
    NotCompact,
    #[error("this is longer than {LONGEST} bytes, and no evidence of ours")]
    TooLong,
    #[error("its header is not the one of our evidence, {{\"alg\":\"EdDSA\",\"kid\":…}}")]
    Header,
    #[error(
        "it was signed with the key {id}, which is none of those given; use those of the server that it came from, as its /v1/keys gives them"
    )]
    OtherKey { id: String },
    #[error("its signature does not fit: it was changed, or not signed by this key")]
    NotSigned,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> (tempfile::TempDir, Key) {
        let dir = tempfile::tempdir().unwrap();
        let key = Key::open(dir.path()).unwrap();
        (dir, key)
    }

    #[test]
    fn what_was_signed_verifies_and_nothing_else_does() {
        let (_dir, key) = key();
        let keys = PublicKeys::from(key.public().clone());
        let jws = sign(&key, "{\"a\":1}");
        assert_eq!(verify(&format!("{jws}\n"), &keys).unwrap(), "{\"a\":1}");
        let [header, payload, signature] = jws.split('.').collect::<Vec<_>>()[..] else { panic!("{jws}") };
        let b64 = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let kid = key.public().id();
        let with_header = |text: String| format!("{}.{payload}.{signature}", b64(&text));
        for (wrong, why) in [
            (format!("{header}.{}.{signature}", b64("{\"a\":2}")), EvidenceError::NotSigned),
            (format!("{header}.{payload}.{}", b64("short")), EvidenceError::NotSigned),
            (format!("{header}.{payload}."), EvidenceError::NotSigned),
            (format!("{header}.{payload}"), EvidenceError::NotCompact),
            (String::new(), EvidenceError::NotCompact),
            (format!("{header}.{payload}.{signature}="), EvidenceError::NotCompact),
            (with_header(format!("{{\"alg\":\"none\",\"kid\":\"{kid}\"}}")), EvidenceError::Header),
            (with_header(format!("{{\"alg\":\"HS256\",\"kid\":\"{kid}\"}}")), EvidenceError::Header),
            (
                with_header(format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\",\"crit\":[]}}")),
                EvidenceError::Header,
            ),
            ("a".repeat(LONGEST + 1), EvidenceError::TooLong),
        ] {
            assert_eq!(verify(&wrong, &keys).unwrap_err(), why, "{wrong:.200}");
        }
    }

    #[test]
    fn another_server_s_evidence_names_its_key() {
        let ((_dir, ours), (_other, theirs)) = (key(), key());
        let jws = sign(&theirs, "{}");
        let error = verify(&jws, &PublicKeys::from(ours.public().clone())).unwrap_err();
        assert_eq!(error, EvidenceError::OtherKey { id: theirs.public().id() });
    }

    #[test]
    fn the_example_of_rfc_8037_verifies() {
        // Appendix A.4 has a header without `kid`: its signature is checked alone.
        let keys: PublicKeys =
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#
                .parse()
                .unwrap();
        let key = keys.get("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k").expect("the thumbprint of A.3");
        let signature = URL_SAFE_NO_PAD
            .decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
            .unwrap();
        assert!(key.has_signed(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc", &signature));
    }
}
