//! The private CA of a probe server, and the server's own identity.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use jiff::{ToSpan, civil::Date};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::ServerName;
use thiserror::Error;

use super::{IdentityError, IssueError};

/// Years that the CA is valid; rooms must be given a new `ca.pem` before.
const CA_YEARS: i32 = 10;

/// Years that the server's identity is valid.
const SERVER_YEARS: i32 = 3;

/// Makes a CA (`ca.pem`, `ca.key`) and a server identity (`server.pem`, `server.key`) for `names` (host names or IP
/// addresses) in `dir`, which is made if it is not there. Keys are readable by their owner alone.
///
/// # Errors
/// A file of the four is there already (nothing is overwritten), a name can't stand in a certificate, or a file
/// can't be written.
pub fn create(dir: &Path, names: &[String], today: Date) -> Result<(), AuthorityError> {
    check_names(names)?;
    // What lies above it was mistyped, or is for somebody to make who knows whose it is to be.
    if let Err(cause) = fs::create_dir(dir)
        && cause.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(AuthorityError::Make { path: dir.to_owned(), cause });
    }
    for file in ["ca.pem", "ca.key", "server.pem", "server.key"] {
        let path = dir.join(file);
        if path.exists() {
            return Err(AuthorityError::Exists(path));
        }
    }
    let ca = CertifiedIssuer::self_signed(ca_params(names, today), KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let server = server_params(names, today)?.signed_by(&key, &ca)?;
    write(&dir.join("ca.pem"), &ca.pem(), 0o644)?;
    write(&dir.join("ca.key"), &ca.key().serialize_pem(), 0o600)?;
    write(&dir.join("server.pem"), &server.pem(), 0o644)?;
    write(&dir.join("server.key"), &key.serialize_pem(), 0o600)
}

fn ca_params(names: &[String], today: Date) -> CertificateParams {
    let mut params = valid(CertificateParams::default(), today, CA_YEARS);
    // The server's name in it tells two authorities apart, for people and for error messages.
    params.distinguished_name = name(&format!("Siaga CA of {}", names.first().map_or("", String::as_str)));
    // May sign rooms and servers, not further CAs.
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// The forms by which a client may ask for a server: a DNS name or an IP address, and nothing around it.
pub(super) fn check_names(names: &[String]) -> Result<(), AuthorityError> {
    for name in names {
        ServerName::try_from(name.as_str()).map_err(|_| AuthorityError::NotAName(name.clone()))?;
    }
    Ok(())
}

pub(super) fn server_params(names: &[String], today: Date) -> Result<CertificateParams, AuthorityError> {
    let params = CertificateParams::new(names)
        .map_err(|cause| AuthorityError::Name { names: names.join(", "), cause })?;
    let mut params = valid(params, today, SERVER_YEARS);
    params.distinguished_name = name("Siaga probe server");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Valid from yesterday, so that a room whose clock is some hours behind can connect on the first day.
fn valid(mut params: CertificateParams, today: Date, years: i32) -> CertificateParams {
    let midnight = |date: Date| {
        date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = midnight(today.saturating_sub(1.day()));
    params.not_after = midnight(today.saturating_add(years.years()));
    params
}

/// A common name holds at most 64 characters (RFC 5280).
pub(super) fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name.chars().take(64).collect::<String>());
    name
}

fn write(path: &Path, text: &str, mode: u32) -> Result<(), AuthorityError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    })
    .map_err(|cause| AuthorityError::Write { path: path.to_owned(), cause })
}

/// Why the CA and the server's identity could not be made.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum AuthorityError {
    #[error(
        "{} is there already; a new CA would lock every enrolled room out. For a new certificate of the server, or other \
         names in it: “siaga-probe-server identity --dir {}”. To begin anew, remove the directory",
        .0.display(), .0.parent().unwrap_or(Path::new("DIR")).display()
    )]
    Exists(PathBuf),
    #[error("cannot make {}: {cause}; make the directory that it is to be in first, or mend the path", path.display())]
    Make { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Issue(#[from] IssueError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(
        "“{0}” is no name of a server; give a host name or an IP address, without port, path or brackets"
    )]
    NotAName(String),
    #[error("“{names}” cannot stand in a certificate: {cause}; give host names or IP addresses")]
    Name { names: String, cause: rcgen::Error },
    #[error("cannot write {}: {cause}", path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error("the certificates could not be made: {0}")]
    Crypto(#[from] rcgen::Error),
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::identity::{Identity, Trust};

    const TODAY: Date = jiff::civil::date(2026, 11, 22);

    #[test]
    fn what_was_made_can_be_loaded_and_keys_are_private() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), &["probe.example".into(), "192.0.2.1".into()], TODAY).unwrap();
        Trust::load(&dir.path().join("ca.pem")).unwrap();
        Identity::load(&dir.path().join("server.pem"), &dir.path().join("server.key")).unwrap();
        for key in ["ca.key", "server.key"] {
            let mode = fs::metadata(dir.path().join(key)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{key}");
        }
    }

    #[test]
    fn a_path_that_was_mistyped_makes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let wrong = create(&dir.path().join("siagaa/server"), &["probe.example".into()], TODAY).unwrap_err();
        assert!(wrong.to_string().contains("siagaa/server"), "{wrong}");
        assert!(!dir.path().join("siagaa").exists());
    }

    #[test]
    fn a_second_init_overwrites_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let names = ["probe.example".to_owned()];
        create(dir.path(), &names, TODAY).unwrap();
        let before = fs::read(dir.path().join("ca.key")).unwrap();
        let refused = create(dir.path(), &names, TODAY).unwrap_err();
        assert!(matches!(refused, AuthorityError::Exists(_)));
        let remedy = format!("identity --dir {}", dir.path().display());
        assert!(refused.to_string().contains(&remedy), "{refused}");
        assert_eq!(fs::read(dir.path().join("ca.key")).unwrap(), before);
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for wrong in ["ruang rapat ü", "", "host:4433", "https://host", "10.0.0.1/8", "[::1]"] {
            let result = create(&dir.path().join("new"), &[wrong.to_owned()], TODAY);
            assert!(matches!(result, Err(AuthorityError::NotAName(_))), "{wrong}: {result:?}");
        }
        assert!(!dir.path().join("new").exists(), "nothing is left behind");
    }
}
