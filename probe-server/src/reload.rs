//! What a running server takes over: certificates by themselves, and on SIGHUP these, its limits and the office's rules.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use siaga_service::signals::Hangups;
use siaga_transport::{
    identity::{Identity, Trust},
    server::Reload,
};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{
    config::{self, Overrides, Settings},
    gate::Gate,
    metrics::Metrics,
    office::Office,
    run::{OPEN, load_identity},
};

/// Looks after the files of a server's directory.
pub struct Reloader {
    dir: PathBuf,
    overrides: Overrides,
    /// What the server was started with.
    settings: Settings,
    server: Reload,
    gate: Arc<Gate>,
    metrics: Arc<Metrics>,
    /// The files that the server has, or has refused.
    known: Files,
}

impl Reloader {
    /// For a server that was started with what is in `dir` now.
    #[must_use]
    pub fn new(
        dir: &Path,
        overrides: &Overrides,
        settings: &Settings,
        server: Reload,
        gate: Arc<Gate>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let (overrides, settings) = (overrides.clone(), settings.clone());
        Self { dir: dir.to_owned(), overrides, settings, server, gate, metrics, known: Files::look(dir) }
    }

    /// Goes on for ever.
    pub async fn run(mut self, mut hangups: Hangups) {
        let mut before = self.known.clone();
        loop {
            tokio::select! {
                () = hangups.next() => {
                    before = Files::look(&self.dir);
                    let (configured, certified) = (self.configure(), self.take_over(before.clone()));
                    self.metrics.reloaded(configured && certified);
                    info!(configured, certified, "SIGHUP: the files were read anew");
                }
                () = sleep(BETWEEN_LOOKS) => {
                    let files = Files::look(&self.dir);
                    // Somebody who replaces one file after the other is given the time for it.
                    if files != self.known && files == before {
                        let worked = self.take_over(files.clone());
                        self.metrics.reloaded(worked);
                    }
                    before = files;
                }
            }
        }
    }

    /// The limits, who may probe, and the office's rules; the rest needs a restart.
    fn configure(&self) -> bool {
        let loaded = config::load(&self.dir, &self.overrides).map_err(anyhow::Error::from);
        let all = loaded.and_then(|settings| Ok((Office::load(&self.dir, &settings.office)?, settings)));
        match all {
            Ok((office, settings)) => {
                info!(
                    policy = office.policy.name,
                    digest = office.digest,
                    "bookings are decided by this policy"
                );
                self.gate.follow(office);
                self.server.limits(settings.probe_limits());
                if (settings.listen, settings.http) != (self.settings.listen, self.settings.http) {
                    warn!("“listen” and “http” have changed; they count after a restart");
                }
                if settings.open {
                    warn!("{OPEN}");
                }
                info!(
                    open = settings.open,
                    "the configuration's limits are taken over; probes that run go on"
                );
                true
            }
            Err(error) => {
                warn!(error = %format!("{error:#}"), "the configuration can't be used; the one before goes on being used");
                false
            }
        }
    }

    fn take_over(&mut self, files: Files) -> bool {
        self.known = files;
        match self.load() {
            Ok(identity) => {
                self.metrics.certificate(&identity);
                let until = identity.validity().map(|it| format!("{:.0}", it.until));
                info!(until, "the server's certificate is taken over; connections go on");
                true
            }
            Err(error) => {
                warn!(
                    error = %format!("{error:#}"),
                    "the certificate in the server's directory can't be used; the one before goes on being used"
                );
                false
            }
        }
    }

    fn load(&self) -> anyhow::Result<Identity> {
        let (trust, identity) = load_identity(&self.dir)?;
        check(&trust, &identity, Timestamp::now())?;
        self.server.identity(&trust, &identity)?;
        Ok(identity)
    }
}

/// Whether rooms would accept it now.
fn check(trust: &Trust, identity: &Identity, now: Timestamp) -> anyhow::Result<()> {
    identity.check_as_server(trust)?;
    let validity =
        identity.validity().ok_or_else(|| anyhow::anyhow!("server.pem says not how long it is valid"))?;
    anyhow::ensure!(
        validity.from <= now && now < validity.until,
        "server.pem is valid from {:.0} to {:.0}, which is not now",
        validity.from,
        validity.until
    );
    Ok(())
}

const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// What tells one state of the files from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Files([Option<(u64, i64, i64, u64)>; 3]);

impl Files {
    fn look(dir: &Path) -> Self {
        Self(["ca.pem", "server.pem", "server.key"].map(|name| {
            let it = fs::metadata(dir.join(name)).ok()?;
            Some((it.ino(), it.mtime(), it.mtime_nsec(), it.len()))
        }))
    }
}

#[cfg(test)]
mod tests {
    use siaga_transport::identity::create;

    use super::*;

    #[test]
    fn a_pair_that_does_not_fit_or_has_run_out_is_refused() {
        let made = |year| {
            let dir = tempfile::tempdir().unwrap();
            create(dir.path(), &["probe.example".into()], jiff::civil::date(year, 1, 1)).unwrap();
            dir
        };
        let (now, old) = (made(2026), made(2020));
        let checked = |dir: &Path| {
            let (trust, identity) = load_identity(dir)?;
            check(&trust, &identity, "2026-11-26T08:00:00Z".parse()?)
        };
        checked(now.path()).unwrap();
        assert!(checked(old.path()).unwrap_err().to_string().contains("which is not now"));
        fs::copy(old.path().join("server.key"), now.path().join("server.key")).unwrap();
        assert!(checked(now.path()).unwrap_err().to_string().contains("is not the key of"));
    }

    #[test]
    fn a_file_that_was_replaced_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("server.pem"), "1").unwrap();
        let before = Files::look(dir.path());
        assert_eq!(Files::look(dir.path()), before);
        fs::write(dir.path().join("new"), "2").unwrap();
        fs::rename(dir.path().join("new"), dir.path().join("server.pem")).unwrap();
        assert_ne!(Files::look(dir.path()), before);
    }
}
