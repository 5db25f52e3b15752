//! What a running server takes over: certificates by themselves, and on SIGHUP these and all of its configuration but the places
//! that it listens at.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use jiff::Timestamp;
use siaga_booking::webhook::Sender;
use siaga_service::signals::Hangups;
use siaga_transport::{
    identity::{Identity, Trust},
    server::Reload,
};
use tokio::{sync::watch, task::spawn_blocking, time::sleep};
use tracing::{info, warn};

use crate::{
    config::{self, Overrides, Settings},
    desk::Desk,
    gate::Gate,
    metrics::Metrics,
    office::Office,
    run::{OPEN, load_identity},
    warnings::warnings,
};

/// Looks after the files of a server's directory.
pub struct Reloader {
    dir: PathBuf,
    overrides: Overrides,
    /// What the server was started with.
    settings: Settings,
    running: Running,
    /// The files that the server has, or has refused.
    known: Files,
}

impl Reloader {
    /// For a server that was started with what is in `dir` now.
    #[must_use]
    pub fn new(dir: &Path, overrides: &Overrides, settings: &Settings, running: Running) -> Self {
        let (overrides, settings) = (overrides.clone(), settings.clone());
        Self { dir: dir.to_owned(), overrides, settings, running, known: Files::look(dir) }
    }

    /// Goes on for ever.
    pub async fn run(mut self, mut hangups: Hangups) {
        let mut before = self.known.clone();
        loop {
            tokio::select! {
                () = hangups.next() => {
                    before = Files::look(&self.dir);
                    let configured = self.configure().await;
                    let certified = self.take_over(before.clone()).await;
                    self.running.metrics.reloaded(configured && certified);
                    info!(configured, certified, "SIGHUP: the files were read anew");
                }
                () = sleep(BETWEEN_LOOKS) => {
                    let files = Files::look(&self.dir);
                    // Somebody who replaces one file after the other is given the time for it.
                    if files != self.known && files == before {
                        let worked = self.take_over(files.clone()).await;
                        self.running.metrics.reloaded(worked);
                    }
                    before = files;
                }
            }
        }
    }

    /// All of it, or nothing of it.
    async fn configure(&self) -> bool {
        let (dir, overrides) = (self.dir.clone(), self.overrides.clone());
        let configured = async {
            let new = aside(move || Configured::load(&dir, &overrides)).await?;
            self.running.go_by(new).await
        };
        match configured.await {
            Ok(new) => {
                self.tell(&new);
                true
            }
            Err(error) => {
                warn!(error = %format!("{error:#}"), "the configuration can't be used; the one before goes on being used");
                false
            }
        }
    }

    fn tell(&self, Told { settings, warnings, policy, digest }: &Told) {
        info!(policy, digest, "bookings are decided by this policy");
        for key in fixed(&self.settings, settings) {
            warn!("“{key}” has changed; that counts after a restart");
        }
        for warning in warnings {
            warn!("{warning}");
        }
        if settings.open {
            warn!("{OPEN}");
        }
        info!(open = settings.open, "the configuration is taken over; probes that run go on");
    }

    async fn take_over(&mut self, files: Files) -> bool {
        self.known = files;
        let dir = self.dir.clone();
        let taken = aside(move || {
            let (trust, identity) = load_identity(&dir)?;
            check(&trust, &identity, Timestamp::now())?;
            Ok((trust, identity))
        });
        let taken = taken.await.and_then(|(trust, identity)| {
            self.running.probes.identity(&trust, &identity)?;
            Ok(identity)
        });
        match taken {
            Ok(identity) => {
                self.running.metrics.certificate(&identity);
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
}

/// Files are read where nobody waits for a connection meanwhile.
async fn aside<T: Send + 'static>(
    read: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    spawn_blocking(read).await?
}

/// The parts of a server that go by what can change.
#[derive(Debug)]
pub struct Running {
    /// Admits probes and takes rooms' links.
    pub probes: Reload,
    /// Tells rooms what to go by.
    pub desk: Arc<Desk>,
    /// Decides, and knows what all answers go by.
    pub gate: Arc<Gate>,
    /// Who is told of bookings.
    pub receiver: watch::Sender<Option<Sender>>,
    /// Tells whether what was to be taken over was.
    pub metrics: Arc<Metrics>,
}

impl Running {
    /// What can fail comes first: then nothing has changed.
    async fn go_by(&self, new: Configured) -> anyhow::Result<Told> {
        let Configured { settings, office, receiver, warnings } = new;
        let limit = self.desk.store().limit(settings.store.max_size.bytes());
        limit.await.context("[store] max_size can't be set; try again, or restart the server")?;
        let (policy, digest) = (office.policy.name.to_string(), office.digest.clone());
        self.gate.follow(office);
        self.desk.set_rules(settings.rules());
        self.probes.limits(settings.probe_limits());
        self.probes.most_rooms(settings.limits.max_rooms.0);
        self.receiver.send_replace(receiver);
        Ok(Told { settings, warnings, policy, digest })
    }
}

/// A configuration, with all that it names.
struct Configured {
    settings: Settings,
    office: Office,
    receiver: Option<Sender>,
    warnings: Vec<String>,
}

impl Configured {
    fn load(dir: &Path, overrides: &Overrides) -> anyhow::Result<Self> {
        let settings = config::load(dir, overrides)?;
        let office = Office::load(dir, &settings)?;
        let receiver = settings.webhook.sender(dir)?;
        // An identity that can't be read is told where it is taken over.
        let identity = load_identity(dir).ok();
        let warnings =
            identity.map(|(trust, identity)| warnings(dir, &settings, (&trust, &identity), Timestamp::now()));
        Ok(Self { settings, office, receiver, warnings: warnings.unwrap_or_default() })
    }
}

/// What is told of a configuration that was taken over.
struct Told {
    settings: Settings,
    warnings: Vec<String>,
    policy: String,
    digest: String,
}

/// The keys that differ and that a running server does not take over.
fn fixed(before: &Settings, after: &Settings) -> Vec<&'static str> {
    let places = [
        ("listen", before.listen == after.listen),
        ("http", before.http == after.http),
        ("socket", before.socket == after.socket),
        ("[https]", before.https == after.https),
    ];
    places.into_iter().filter(|(_, same)| !same).map(|(key, _)| key).collect()
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
    fn what_counts_after_a_restart_only_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            fs::write(dir.path().join(config::FILE), text).unwrap();
            config::load(dir.path(), &Overrides::default()).unwrap()
        };
        let before = read("");
        let after = read(
            "open = true\nlisten = \"0.0.0.0:4434\"\n[https]\nkey = \"other.key\"\n[limits]\nmax_rooms = 5\n",
        );
        assert_eq!(fixed(&before, &after), ["listen", "[https]"]);
        assert_eq!(fixed(&before, &before), [""; 0]);
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
