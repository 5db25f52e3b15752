//! `siaga-probe-server config check`: a configuration, and the files that it names.

use std::path::Path;

use anyhow::Error;
use jiff::Timestamp;
use siaga_booking::{
    Bookings, Store, bookings,
    evidence::{self, PublicKeys},
};
use siaga_service::{http::check_socket, systemd};

use super::{Overrides, Settings, load, place};
use crate::{desk, office::Office, run, warnings::warnings};

/// Checks a server's directory, prints warnings, and answers with what counts.
///
/// # Errors
/// The configuration, or a file that it names, is wrong; the message begins with file and line where somebody has set what is.
pub fn check(dir: &Path) -> anyhow::Result<String> {
    let settings = load(dir, &Overrides::default())?;
    let placed = |path: &[&str], error: Error| match place(dir, path) {
        Some(place) => error.context(place.to_string()),
        None => error,
    };
    check_socket(&dir.join(&settings.socket)).map_err(|error| placed(&["socket"], error.into()))?;
    let (trust, identity) = run::load_identity(dir)?;
    identity.check_as_server(&trust)?;
    Office::load(dir, &settings).map_err(|error| placed(&["office", error.key()], error.into()))?;
    // An older release over a newer one's files.
    Store::fits(&desk::file(dir))?;
    Bookings::fits(&dir.join(bookings::FILE))?;
    // Where there is none the server makes one.
    if dir.join(evidence::FILE).exists() {
        PublicKeys::of(dir)?;
    }
    settings.webhook.sender(dir).map_err(|error| placed(&["webhook", error.key()], error.into()))?;
    if settings.speaks_tls() {
        if systemd::is_for_the_service_alone(&settings.https.key) {
            eprintln!("warning: the key for HTTPS is shown to the service alone: it was not looked at");
        } else {
            let certificates = settings.https.certificates(dir);
            certificates.map_err(|error| placed(&["https", "certificate"], error.into()))?;
        }
    }
    for warning in warnings(dir, &settings, (&trust, &identity), Timestamp::now()) {
        eprintln!("warning: {warning}");
    }
    let scheme = if settings.speaks_tls() { "HTTPS" } else { "HTTP" };
    let Settings { listen, http, .. } = settings;
    Ok(format!("{} is in order: probes on UDP {listen}, {scheme} on {http}\n", dir.display()))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use siaga_service::program::told;

    use super::*;
    use crate::init;

    /// A server's directory, and where it lies.
    fn new() -> (tempfile::TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("server");
        let today = Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC).date();
        init::init(&dir, &["127.0.0.1".to_owned()], today).unwrap();
        (parent, dir)
    }

    #[test]
    fn what_is_wrong_with_a_file_that_is_named_is_told_with_the_line_that_names_it() {
        let (_parent, dir) = new();
        let refused = |text: &str| {
            fs::write(dir.join(super::super::FILE), text).unwrap();
            told(check(&dir).unwrap_err().as_ref())
        };
        for (text, expected) in [
            ("[office]\nzone = \"Mars/Olympus\"\n", "probe-server.toml, line 2: [office] zone: "),
            (
                "open = true\n[office]\npolicy = \"own.toml\"\n",
                "probe-server.toml, line 3: [office] policy: ",
            ),
            (
                "[webhook]\nurl = \"http://127.0.0.1/\"\nsecret_file = \"none\"\n",
                "probe-server.toml, line 3: [webhook] secret_file: ",
            ),
            ("open = true\nsocket = \"ca.pem\"\n", "probe-server.toml, line 2: cannot answer on the socket"),
            ("socket = \"/\"\n", "a file or a directory is there that is no socket; move it away"),
        ] {
            let told = refused(text);
            assert!(told.contains(expected), "{told}");
        }
    }

    // Root, as which tests may run, reads everything but what is no file.
    #[test]
    fn a_key_for_evidence_that_the_server_could_not_start_with_is_refused_with_the_remedy() {
        for name in [evidence::FILE, "evidence.former.json"] {
            let (_parent, dir) = new();
            check(&dir).unwrap();
            let file = dir.join(name);
            let _ = fs::remove_file(&file);
            fs::create_dir(&file).unwrap();
            let told = told(check(&dir).unwrap_err().as_ref());
            let remedy = format!("chown --reference={} {}", dir.display(), file.display());
            assert!(told.starts_with(&file.display().to_string()) && told.contains(&remedy), "{told}");
        }
    }
}
