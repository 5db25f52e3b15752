//! Secrets that more can read than should, and files that the server's user can't read.

use std::path::{Path, PathBuf};

use siaga_booking::evidence;
use siaga_service::config::drop_ins;
use siaga_vault::{is_locked_away, open_to_others};

use crate::config::{self, Settings};

pub(super) fn warnings(dir: &Path, settings: &Settings) -> impl Iterator<Item = String> {
    let secrets = secrets(dir, settings);
    let open: Vec<_> = secrets.iter().filter_map(|secret| open(secret, dir)).collect();
    let file = dir.join(config::FILE);
    let others = ["ca.pem", "server.pem", "evidence.former.json"].map(|name| dir.join(name));
    let read = others.into_iter().chain([drop_ins(&file), file]).chain(secrets);
    // Elsewhere another group of the server's may let it read.
    let locked = read.filter(|file| file.starts_with(dir) && is_locked_away(file, dir)).map(|file| {
        let (file, dir) = (file.display(), dir.display());
        format!("{file}: the owner of {dir}, as whom the server runs, can't read it: chown --reference={dir} {file}")
    });
    open.into_iter().chain(locked.collect::<Vec<_>>())
}

fn open(secret: &Path, dir: &Path) -> Option<String> {
    // Elsewhere a group may be meant, such as that of all who serve TLS.
    let mode = open_to_others(secret, secret.starts_with(dir))?;
    let secret = secret.display();
    Some(format!(
        "{secret}: others than its owner can read or write this secret (mode {mode:04o}): chmod 600 {secret}, and have \
         another made if somebody may have read it"
    ))
}

fn secrets(dir: &Path, settings: &Settings) -> Vec<PathBuf> {
    let mut secrets = vec![dir.join("server.key"), dir.join("ca.key"), dir.join(evidence::FILE)];
    if settings.webhook.url.is_some() {
        secrets.push(dir.join(&settings.webhook.secret_file));
    }
    if settings.speaks_tls() {
        secrets.push(dir.join(&settings.https.key));
    }
    // Whom systemd shows its credentials to is its own matter.
    secrets.retain(|secret| !secret.starts_with("/run/credentials"));
    secrets.sort();
    secrets.dedup();
    secrets
}
