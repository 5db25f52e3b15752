//! The next certificate, in time and by itself.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
    time::Duration,
};

use jiff::Timestamp;
use siaga_readiness::moment::Moment;
use siaga_transport::{
    enrol::{
        Refusal,
        room::{EnrolError, Given, renew},
    },
    identity::{Identity, Validity, retry_after},
};
use siaga_vault::Vault;
use tokio::time::sleep;
use tracing::{info, warn};

use super::{CERTIFICATE, expiries};
use crate::{
    config::{ServerSettings, Settings},
    host,
    room::Room,
};

/// Renews the certificates of all servers, and tells the room until when they count, for as long as it runs.
pub async fn keep(room: &Room, settings: &Settings) {
    let mut keepers: Vec<Keeper> =
        settings.servers.iter().map(|server| Keeper::new(server, settings)).collect();
    let mut refused = false;
    loop {
        for (number, keeper) in keepers.iter_mut().enumerate() {
            let now = later(host::now(), room.desk().clock_offset_s);
            // The first server is the room's desk.
            keeper.look(refused && number == 0, now).await;
        }
        room.note_identities(expiries(settings));
        // Not until the certificate is due: a machine that sleeps meanwhile would be late.
        refused = tokio::select! {
            () = sleep(BETWEEN_LOOKS) => false,
            () = room.renewal().notified() => true,
        };
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_secs(5 * 60);

/// By this machine's clock, or by the server's if that is ahead: whoever's clock is behind must not miss the end of its certificate,
/// and one more renewal costs nothing.
fn later(now: Moment, ahead_s: Option<f64>) -> Moment {
    let ahead = ahead_s.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default();
    Moment { wall: now.wall.saturating_add(ahead).unwrap_or(Timestamp::MAX), ..now }
}

/// Keeps one server's certificate.
struct Keeper<'a> {
    server: &'a ServerSettings,
    state_dir: &'a Path,
    /// This room's place among those that were enrolled at the same time, 0 to 1.
    chance: f64,
    pace: Pace,
    warned: Option<Duration>,
}

impl<'a> Keeper<'a> {
    fn new(server: &'a ServerSettings, settings: &'a Settings) -> Self {
        let mut hash = DefaultHasher::new();
        (settings.room.as_str(), server.address.to_string()).hash(&mut hash);
        #[allow(clippy::cast_precision_loss)]
        let chance = hash.finish() as f64 / u64::MAX as f64;
        Self { server, state_dir: &settings.state_dir, chance, pace: Pace::default(), warned: None }
    }

    /// `refused`: the server has said that the certificate does not count.
    async fn look(&mut self, refused: bool, now: Moment) {
        let dir = self.server.identity_dir(self.state_dir);
        // What can't be read is the probe's to tell.
        let Ok(identity) = Identity::load_dir(&dir) else { return };
        let Some(validity) = identity.validity() else { return };
        if self.pace.is_due(&validity, refused, self.chance, &now) {
            // Where nothing can be kept (files of an office's own authority), nothing is asked for.
            if let Ok(vault) = Vault::open(&dir)
                && is_writable(&vault)
            {
                self.renew(&identity, &vault, &now).await;
            }
        }
        self.warn(&dir, &now);
    }

    async fn renew(&mut self, identity: &Identity, vault: &Vault, now: &Moment) {
        let server = &self.server.address;
        match self.ask(identity).await.and_then(|given| {
            vault.replace(CERTIFICATE, given.chain.as_bytes())?;
            Ok(given)
        }) {
            Ok(given) => {
                info!(%server, room = %given.room, until = %given.validity.until, "the certificate is renewed");
                self.pace.renewed(now);
            }
            Err(error) => {
                let lasting = matches!(
                    error.downcast_ref(),
                    Some(EnrolError::Refused { reason: Refusal::NotEnrolledHere | Refusal::Revoked, .. })
                );
                let is_over = identity.validity().is_some_and(|it| it.left(now.wall).is_zero());
                let wait = self.pace.failed(lasting, is_over, self.chance, now);
                let again = format!("{} min", wait.as_secs() / 60);
                warn!(%server, error = %format!("{error:#}"), again, "the certificate could not be renewed");
            }
        }
    }

    async fn ask(&self, identity: &Identity) -> anyhow::Result<Given> {
        let (trust, _) = self.server.load(self.state_dir)?;
        Ok(renew(&self.server.address, &trust, identity).await?)
    }

    /// Daily, while what is left is little, whoever has to renew it.
    fn warn(&mut self, dir: &Path, now: &Moment) {
        let Some(validity) = Identity::load_dir(dir).ok().and_then(|identity| identity.validity()) else {
            return;
        };
        let recently = self.warned.is_some_and(|at| now.since_boot.saturating_sub(at) < DAY);
        if !is_running_out(&validity, now) || recently {
            return;
        }
        self.warned = Some(now.since_boot);
        let (server, hours) = (&self.server.address, validity.left(now.wall).as_secs() / 3600);
        warn!(
            %server, identity = %dir.display(), hours_left = hours,
            "this room's certificate runs out and was not renewed; then it is served no longer: look at the messages \
             before this one, or enrol the room anew"
        );
    }
}

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Less than a sixth of its life is left: of 30 days, the last five.
#[must_use]
pub fn is_running_out(validity: &Validity, now: &Moment) -> bool {
    let life = Duration::try_from(validity.until.duration_since(validity.from)).unwrap_or_default();
    validity.left(now.wall) < life / 6
}

fn is_writable(vault: &Vault) -> bool {
    const TRIED: &str = ".renewal";
    let _ = vault.remove(TRIED);
    vault.create(TRIED, b"").and_then(|()| vault.remove(TRIED)).is_ok()
}

/// When to ask again.
#[derive(Debug, Default)]
struct Pace {
    failures: u32,
    /// Not before this, by the clock that goes on during suspend.
    not_before: Option<Duration>,
}

impl Pace {
    /// `refused`: whatever this machine's clock says, the server has another one.
    fn is_due(&self, validity: &Validity, refused: bool, chance: f64, now: &Moment) -> bool {
        let is_time = refused || now.wall >= validity.renewal(chance);
        is_time && self.not_before.is_none_or(|at| now.since_boot >= at)
    }

    /// On a machine whose clock is wrong the new certificate is due at once; not every look asks for another.
    fn renewed(&mut self, now: &Moment) {
        *self = Self { failures: 0, not_before: Some(now.since_boot + DAY) };
    }

    /// `lasting`: until somebody does something, and a day is soon enough to see that. `is_over`: the room is served no longer,
    /// and its network may just not have been there yet.
    fn failed(&mut self, lasting: bool, is_over: bool, chance: f64, now: &Moment) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let wait = match (lasting, is_over) {
            (true, _) => DAY,
            (false, true) => retry_after(self.failures, chance) / 3,
            (false, false) => retry_after(self.failures, chance),
        };
        self.not_before = Some(now.since_boot + wait);
        wait
    }
}

#[cfg(test)]
mod tests {
    use siaga_readiness::moment::BootId;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// The middle of the time in which a certificate of November is renewed.
    fn day(day: u32) -> Moment {
        Moment {
            wall: format!("2026-11-{day:02}T00:00:00Z").parse().unwrap(),
            since_boot: u32::saturating_sub(day, 1) * DAY,
            boot: BootId(1),
        }
    }

    fn november() -> Validity {
        Validity { from: day(1).wall, until: "2026-12-01T00:00:00Z".parse().unwrap() }
    }

    fn after(moment: &Moment, by: Duration) -> Moment {
        Moment { wall: moment.wall + by, since_boot: moment.since_boot + by, boot: moment.boot }
    }

    #[test]
    fn it_is_renewed_once_when_it_is_due() {
        let (validity, mut pace) = (november(), Pace::default());
        assert!(!pace.is_due(&validity, false, 0.5, &day(21)));
        assert!(pace.is_due(&validity, false, 0.5, &day(23)));
        pace.renewed(&day(23));
        assert!(
            !pace.is_due(&validity, false, 0.5, &after(&day(23), 60 * MINUTE)),
            "whatever the clock says"
        );
    }

    #[test]
    fn after_a_failure_it_is_tried_again_and_one_that_lasts_is_looked_at_daily() {
        let (validity, mut pace) = (november(), Pace::default());
        pace.failed(false, false, 0.0, &day(23));
        assert!(!pace.is_due(&validity, false, 0.0, &after(&day(23), 14 * MINUTE)));
        assert!(pace.is_due(&validity, false, 0.0, &after(&day(23), 15 * MINUTE)));
        pace.failed(true, false, 0.0, &day(24));
        assert!(!pace.is_due(&validity, false, 0.0, &after(&day(24), 23 * 60 * MINUTE)));
        assert!(pace.is_due(&validity, false, 0.0, &day(25)));
    }

    #[test]
    fn a_room_that_is_served_no_longer_asks_again_at_the_next_look() {
        let (validity, mut pace) = (november(), Pace::default());
        let back = after(&day(30), 60 * DAY);
        assert!(pace.is_due(&validity, false, 0.0, &back));
        pace.failed(false, true, 0.0, &back);
        assert!(pace.is_due(&validity, false, 0.0, &after(&back, BETWEEN_LOOKS)));
    }

    #[test]
    fn a_room_whose_clock_is_behind_goes_by_its_server_s_and_else_by_its_own() {
        let (validity, pace) = (november(), Pace::default());
        let due = |now: Moment, ahead_s| pace.is_due(&validity, false, 0.5, &later(now, ahead_s));
        let days = |days: f64| Some(days * DAY.as_secs_f64());
        assert!(due(day(3), days(20.0)), "for this room it is the third, for the server the 23rd");
        assert!(!due(day(3), days(1.0)));
        assert!(!due(day(3), None), "the server has not said");
        assert!(due(day(23), days(-20.0)), "it may be the server's that is behind");
        assert!(is_running_out(&validity, &later(day(3), days(25.0))));
        for nonsense in [f64::MAX, f64::NAN, f64::INFINITY, -1.0] {
            assert!(later(day(3), Some(nonsense)).wall >= day(3).wall);
        }
    }

    #[test]
    fn a_room_whose_server_says_that_its_certificate_is_over_asks_for_the_next_whatever_its_clock_says() {
        let (validity, mut pace) = (november(), Pace::default());
        // Its clock went back to the first while it was off; no link has told it better.
        assert!(!pace.is_due(&validity, false, 0.5, &day(1)));
        assert!(pace.is_due(&validity, true, 0.5, &day(1)));
        pace.failed(false, false, 0.0, &day(1));
        assert!(!pace.is_due(&validity, true, 0.5, &after(&day(1), MINUTE)), "not at each refusal");
        assert!(pace.is_due(&validity, true, 0.5, &after(&day(1), 15 * MINUTE)));
    }

    #[test]
    fn of_a_month_the_last_five_days_are_little() {
        assert!(!is_running_out(&november(), &day(25)));
        assert!(is_running_out(&november(), &day(27)));
    }
}
