//! A room's certificate, signed by the private CA.

use std::{
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SubjectPublicKeyInfo,
};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use rustls::pki_types::{CertificateDer, CertificateSigningRequestDer, pem::PemObject};
use siaga_readiness::RoomId;
use thiserror::Error;
use x509_parser::parse_x509_certificate;

use super::{
    IdentityError, KeyId, Validity, authority,
    files::{certificates, read},
    name::URI,
};

/// How long a room's certificate is valid. It is renewed after two thirds of that.
pub(crate) const ROOM_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// A certificate is valid from this long ago, for clocks that are set back.
pub(crate) const SLACK: Duration = Duration::from_secs(3600);

/// A key that somebody has shown to have.
#[derive(Debug)]
pub(crate) struct RoomKey(SubjectPublicKeyInfo);

impl RoomKey {
    /// Of a certificate signing request in PEM form that is signed by the key that it is about. Whatever else it asks
    /// for is not looked at.
    pub(crate) fn requested(csr: &str) -> Result<Self, BadRequest> {
        let der = CertificateSigningRequestDer::from_pem_slice(csr.as_bytes()).map_err(|_| BadRequest)?;
        let request = CertificateSigningRequestParams::from_der(&der).map_err(|_| BadRequest)?;
        Self::of_ours(&request.public_key.subject_public_key_info())
    }

    /// Of a certificate that the room has shown in the handshake.
    pub(crate) fn certified(certificate: &CertificateDer<'_>) -> Result<Self, BadRequest> {
        let (_, certificate) = parse_x509_certificate(certificate).map_err(|_| BadRequest)?;
        Self::of_ours(certificate.public_key().raw)
    }

    /// Rooms make keys of one kind: uncompressed points of P-256 (RFC 5480, 2.2).
    fn of_ours(public_key: &[u8]) -> Result<Self, BadRequest> {
        let key = SubjectPublicKeyInfo::from_der(public_key).map_err(|_| BadRequest)?;
        let is_ours = key.algorithm() == &PKCS_ECDSA_P256_SHA256 && key.der_bytes().len() == 65;
        if is_ours { Ok(Self(key)) } else { Err(BadRequest) }
    }

    pub(crate) fn id(&self) -> KeyId {
        KeyId::of(&self.0.subject_public_key_info())
    }

    /// Whether `signature` (DER) is this key's for `message`.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.0.der_bytes());
        key.verify(message, signature).is_ok()
    }
}

/// Not a request that a room makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the certificate request is damaged, or not signed by its own key of the kind ECDSA P-256")]
pub(crate) struct BadRequest;

/// A new certificate.
#[derive(Debug)]
pub(crate) struct Issued {
    /// PEM.
    pub(crate) chain: String,
    pub(crate) validity: Validity,
}

/// Signs a certificate for `room` with the CA in `dir`, whose files are read each time: what an administrator changes
/// counts from then on.
pub(crate) fn issue(dir: &Path, room: &RoomId, key: &RoomKey, now: Timestamp) -> Result<Issued, IssueError> {
    let (issuer, ca_until) = load(dir)?;
    let times = (now.saturating_sub(SLACK), now.saturating_add(ROOM_LIFE));
    let (Ok(from), Ok(until)) = times else { return Err(IssueError::Clock) };
    let until = until.min(ca_until);
    if until <= now {
        return Err(IssueError::CaExpired(dir.join(CERTIFICATE)));
    }
    let mut params = CertificateParams::default();
    params.distinguished_name = authority::name(room.as_str());
    params.subject_alt_names = vec![SanType::URI(format!("{URI}{room}").try_into()?)];
    params.not_before = SystemTime::from(from).into();
    params.not_after = SystemTime::from(until).into();
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    // By default it is made of the key, and a renewed certificate would have the old one's.
    params.serial_number = Some(serial_number()?.to_vec().into());
    let certificate = params.signed_by(&key.0, &issuer)?;
    let validity = Validity::of(certificate.der()).ok_or(IssueError::Clock)?;
    Ok(Issued { chain: certificate.pem(), validity })
}

/// The CA in `dir`: of the certificates in `ca.pem` the one that `ca.key` belongs to.
pub(super) fn load(dir: &Path) -> Result<(Issuer<'static, KeyPair>, Timestamp), IssueError> {
    let path = dir.join(KEY);
    let text = match read(&path) {
        Err(IdentityError::Unreadable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(IssueError::NoKey(path));
        }
        text => text?,
    };
    let unusable = |cause: rcgen::Error| IssueError::Key { path: path.clone(), cause };
    let key = KeyPair::from_pem(&String::from_utf8_lossy(&text)).map_err(unusable)?;
    let id = KeyId::of(&key.subject_public_key_info());
    let file = dir.join(CERTIFICATE);
    let certificate = certificates(&file)?
        .into_iter()
        .find(|certificate| KeyId::in_certificate(certificate) == Some(id))
        .ok_or_else(|| IssueError::NotThisKey { key: path.clone(), certificate: file })?;
    let until = Validity::of(&certificate).ok_or(IssueError::Clock)?.until;
    Ok((Issuer::from_ca_cert_der(&certificate, key).map_err(unusable)?, until))
}

const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca.key";

/// Positive, and never shorter than it looks (RFC 5280, 4.1.2.2).
pub(super) fn serial_number() -> Result<[u8; 16], IssueError> {
    let mut serial = [0; 16];
    SystemRandom::new().fill(&mut serial).map_err(|_| IssueError::NoRandomness)?;
    serial[0] = serial[0] & 0x3f | 0x40;
    Ok(serial)
}

/// Why no certificate could be signed; for the operator.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum IssueError {
    #[error("there is no {}: certificates here are signed by the office's own authority", .0.display())]
    NoKey(PathBuf),
    #[error("the CA's key {} cannot be used: {cause}", path.display())]
    Key { path: PathBuf, cause: rcgen::Error },
    #[error("{} is not the key of any certificate in {}", key.display(), certificate.display())]
    NotThisKey { key: PathBuf, certificate: PathBuf },
    #[error("the CA in {} has run out; make a new server directory and enrol its rooms anew", .0.display())]
    CaExpired(PathBuf),
    #[error("this machine's clock can't be right")]
    Clock,
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error(transparent)]
    File(#[from] IdentityError),
    #[error("the certificate could not be made: {0}")]
    Crypto(#[from] rcgen::Error),
}

#[cfg(test)]
mod tests {
    use std::fs;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::identity::{create, name::room_in};

    fn now() -> Timestamp {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    fn ca() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &["probe.example".into()], date(2026, 11, 1)).unwrap();
        dir
    }

    fn request(params: &CertificateParams) -> (String, KeyId) {
        let key = KeyPair::generate().unwrap();
        let csr = params.serialize_request(&key).unwrap().pem().unwrap();
        (csr, KeyId::of(&key.subject_public_key_info()))
    }

    #[test]
    fn of_a_request_the_key_is_taken_and_nothing_else() {
        let mut params = CertificateParams::new(["probe.example".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.subject_alt_names.push(SanType::URI("siaga://room/other".try_into().unwrap()));
        let (csr, id) = request(&params);
        let key = RoomKey::requested(&csr).unwrap();
        assert_eq!(key.id(), id);
        let issued = issue(ca().path(), &"r2".parse().unwrap(), &key, now()).unwrap();
        assert_eq!(issued.validity.from, now() - SLACK);
        assert_eq!(issued.validity.until, now() + ROOM_LIFE);
        let der = CertificateDer::from_pem_slice(issued.chain.as_bytes()).unwrap();
        assert_eq!(room_in(&der), Some("r2".parse().unwrap()));
        assert_eq!(KeyId::in_certificate(&der), Some(id));
        let (_, certificate) = parse_x509_certificate(&der).unwrap();
        assert!(!certificate.is_ca());
        let names = certificate.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names.len(), 1);
        let usage = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(usage.client_auth && !usage.server_auth);
    }

    #[test]
    fn two_certificates_of_one_key_have_different_numbers() {
        let (dir, room) = (ca(), "r2".parse().unwrap());
        let key = RoomKey::requested(&request(&CertificateParams::default()).0).unwrap();
        let [one, other] = [(); 2].map(|()| {
            let chain = issue(dir.path(), &room, &key, now()).unwrap().chain;
            let der = CertificateDer::from_pem_slice(chain.as_bytes()).unwrap();
            parse_x509_certificate(&der).unwrap().1.raw_serial().to_vec()
        });
        assert_ne!(one, other);
    }

    #[test]
    fn a_request_that_its_own_key_has_not_signed_is_refused() {
        let (one, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let csr = CertificateParams::default().serialize_request(&one).unwrap();
        let (mine, theirs) = (one.der_bytes(), other.der_bytes());
        let mut forged = csr.der().to_vec();
        let at = forged.windows(mine.len()).position(|window| window == mine).unwrap();
        forged[at..at + theirs.len()].copy_from_slice(theirs);
        let pem = pem(&forged);
        assert_eq!(RoomKey::requested(&pem).unwrap_err(), BadRequest);
        assert!(RoomKey::requested(&csr.pem().unwrap()).is_ok());
    }

    #[test]
    fn other_kinds_of_keys_are_refused() {
        for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P384_SHA384] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let csr = CertificateParams::default().serialize_request(&key).unwrap();
            assert_eq!(RoomKey::requested(&csr.pem().unwrap()).unwrap_err(), BadRequest);
        }
    }

    #[test]
    fn a_ca_that_can_t_sign_is_told_by_its_fault() {
        let (dir, room) = (ca(), "r2".parse().unwrap());
        let key = RoomKey::requested(&request(&CertificateParams::default()).0).unwrap();
        let told = |now| issue(dir.path(), &room, &key, now).unwrap_err().to_string();
        assert!(told("2036-11-02T00:00:00Z".parse().unwrap()).contains("has run out"));
        let other = ca();
        fs::copy(other.path().join("ca.key"), dir.path().join("ca.key")).unwrap();
        assert!(told(now()).contains("is not the key of any certificate in"), "{}", told(now()));
        fs::write(dir.path().join("ca.key"), "nonsense").unwrap();
        assert!(told(now()).contains("ca.key cannot be used"), "{}", told(now()));
        fs::remove_file(dir.path().join("ca.key")).unwrap();
        assert!(told(now()).contains("own authority"), "{}", told(now()));
    }

    /// Shortly before the CA runs out, no certificate outlives it.
    #[test]
    fn no_certificate_outlives_its_ca() {
        let key = RoomKey::requested(&request(&CertificateParams::default()).0).unwrap();
        let late = "2036-10-25T00:00:00Z".parse().unwrap();
        let issued = issue(ca().path(), &"r2".parse().unwrap(), &key, late).unwrap();
        assert_eq!(issued.validity.until, "2036-11-01T00:00:00Z".parse().unwrap());
    }

    fn pem(der: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::new();
        for bytes in der.chunks(3) {
            let group =
                bytes.iter().chain(&[0; 2]).take(3).fold(0, |all, byte| all << 8 | usize::from(*byte));
            for digit in 0..4 {
                let padding = digit > bytes.len();
                text.push(if padding { '=' } else { char::from(DIGITS[group >> (18 - 6 * digit) & 63]) });
            }
        }
        format!("-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n")
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn a_damaged_request_is_never_a_panic_and_never_another_key(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
            cut in any::<prop::sample::Index>(),
            whole in any::<bool>(),
        ) {
            let key = KeyPair::generate().unwrap();
            let mut der = CertificateParams::default().serialize_request(&key).unwrap().der().to_vec();
            for (at, byte) in changes {
                let at = at.index(der.len());
                der[at] = byte;
            }
            if !whole {
                der.truncate(cut.index(der.len()));
            }
            if let Ok(taken) = RoomKey::requested(&pem(&der)) {
                prop_assert_eq!(taken.id(), KeyId::of(&key.subject_public_key_info()));
            }
        }
    }
}
