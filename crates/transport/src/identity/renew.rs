//! The next certificate of a server, for the key that it has.

use std::{net::IpAddr, path::Path, time::SystemTime};

use jiff::{Timestamp, tz::TimeZone};
use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use siaga_vault::Vault;
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

use super::{AuthorityError, IdentityError, IssueError, Validity, authority, files, issue};

/// What a server shows itself with from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRenewal {
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// How long it counts.
    pub validity: Validity,
}

/// Signs a certificate for the server in `dir` with the CA there, in the place of `server.pem`, which is one file: whoever reads gets the
/// old one or the new one. Without `names` it is for those of the one before. The key stays.
///
/// # Errors
/// There is no key of the CA, that or the server's key can't be used, a name can't stand in a certificate, or a file can't be written.
pub fn renew_server(dir: &Path, names: &[String], now: Timestamp) -> Result<ServerRenewal, AuthorityError> {
    let (issuer, ca_until) = issue::load(dir)?;
    let names = match names {
        [] => names_in(&files::certificates(&dir.join(CERTIFICATE))?),
        names => names.to_vec(),
    };
    authority::check_names(&names)?;
    let path = dir.join(KEY);
    let key = KeyPair::from_pem(&String::from_utf8_lossy(&files::read(&path)?))
        .map_err(|cause| IdentityError::Unusable { path, what: "private key", cause: cause.to_string() })?;
    let mut params = authority::server_params(&names, now.to_zoned(TimeZone::UTC).date())?;
    if ca_until <= now {
        return Err(IssueError::CaExpired(dir.join("ca.pem")).into());
    }
    params.not_after = params.not_after.min(SystemTime::from(ca_until).into());
    // By default it is made of the key, and would be the old one's.
    params.serial_number = Some(issue::serial_number()?.to_vec().into());
    let certificate = params.signed_by(&key, &issuer)?;
    let validity = Validity::of(certificate.der()).ok_or(IssueError::Clock)?;
    let write = || Vault::open(dir)?.replace(CERTIFICATE, certificate.pem().as_bytes());
    write().map_err(|cause| AuthorityError::Write { path: dir.join(CERTIFICATE), cause })?;
    Ok(ServerRenewal { names, validity })
}

/// Whether the server in `dir` can sign certificates.
///
/// # Errors
/// It can't, and why.
pub fn check_signer(dir: &Path) -> Result<(), IssueError> {
    issue::load(dir).map(drop)
}

const CERTIFICATE: &str = "server.pem";
const KEY: &str = "server.key";

/// Of the first certificate; none of one that can't be read.
pub(super) fn names_in(chain: &[CertificateDer<'_>]) -> Vec<String> {
    let Some((_, certificate)) = chain.first().and_then(|first| parse_x509_certificate(first).ok()) else {
        return Vec::new();
    };
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return Vec::new() };
    names.value.general_names.iter().filter_map(text).collect()
}

fn text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = || <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            let v6 = || <[u8; 16]>::try_from(*bytes).map(IpAddr::from);
            v4().or_else(|_| v6()).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::identity::{Identity, Trust, create};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn server(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &owned(names), jiff::civil::date(2026, 11, 22)).unwrap();
        dir
    }

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn identity(dir: &Path) -> Identity {
        Identity::load(&dir.join(CERTIFICATE), &dir.join(KEY)).unwrap()
    }

    #[test]
    fn a_server_gets_its_next_certificate_in_time_and_rooms_trust_it_as_before() {
        let dir = server(&["probe.example", "192.0.2.1", "2001:db8::1"]);
        let before = identity(dir.path());
        let renewal = renew_server(dir.path(), &[], at("2029-10-01T08:00:00Z")).unwrap();
        assert_eq!(renewal.names, ["probe.example", "192.0.2.1", "2001:db8::1"]);
        assert_eq!(renewal.validity.until, at("2032-10-01T00:00:00Z"));
        let after = identity(dir.path());
        assert_eq!(after.validity(), Some(renewal.validity));
        assert_eq!(after.key_id(), before.key_id());
        assert_ne!(after.chain, before.chain);
        let trust = Trust::load(&dir.path().join("ca.pem")).unwrap();
        after.check_trusted(&trust, at("2029-10-02T08:00:00Z")).unwrap();
        after.check_trusted(&trust, at("2033-01-01T08:00:00Z")).unwrap_err();
        let other = server(&["probe.example"]);
        let stranger = Trust::load(&other.path().join("ca.pem")).unwrap();
        after.check_trusted(&stranger, at("2029-10-02T08:00:00Z")).unwrap_err();
        let mixed = Identity::load(&dir.path().join(CERTIFICATE), &other.path().join(KEY)).unwrap_err();
        let told = mixed.to_string();
        assert!(told.contains("server.key is not the key of the certificate in"), "{told}");
    }

    #[test]
    fn names_are_added_and_taken_away() {
        let dir = server(&["probe.example"]);
        let names = owned(&["probe.example", "10.1.2.3"]);
        assert_eq!(renew_server(dir.path(), &names, at("2026-11-23T08:00:00Z")).unwrap().names, names);
        assert_eq!(names_in(&identity(dir.path()).chain), names);
        let wrong = renew_server(dir.path(), &owned(&["host:4433"]), at("2026-11-23T08:00:00Z"));
        assert!(matches!(wrong, Err(AuthorityError::NotAName(_))), "{wrong:?}");
        assert_eq!(names_in(&identity(dir.path()).chain), names, "as it was");
    }

    #[test]
    fn no_certificate_outlives_the_ca_and_without_its_key_there_is_none() {
        let dir = server(&["probe.example"]);
        let late = renew_server(dir.path(), &[], at("2035-11-01T00:00:00Z")).unwrap();
        assert_eq!(late.validity.until, at("2036-11-22T00:00:00Z"));
        let over = renew_server(dir.path(), &[], at("2036-12-01T00:00:00Z")).unwrap_err();
        assert!(over.to_string().contains("has run out"), "{over}");
        fs::remove_file(dir.path().join("ca.key")).unwrap();
        let none = renew_server(dir.path(), &[], at("2027-01-01T00:00:00Z")).unwrap_err();
        assert!(none.to_string().contains("ca.key"), "{none}");
    }
}
