//! What a server can be started with, and what will surprise somebody all the same.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use jiff::Timestamp;
use siaga_booking::evidence;
use siaga_probe::Bitrate;
use siaga_readiness::profile::Profile;
use siaga_transport::identity::{Identity, Trust, check_signer};

use crate::{api_token, config::Settings};

/// Of a server in `dir` with these settings, that trust and that identity.
#[must_use]
pub(crate) fn warnings(
    dir: &Path,
    settings: &Settings,
    (trust, identity): (&Trust, &Identity),
    now: Timestamp,
) -> Vec<String> {
    [
        holidays(dir, settings),
        signer(dir),
        trusted(trust, identity, now),
        tokens(dir),
        evidence_key(dir),
        line(settings),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn holidays(dir: &Path, settings: &Settings) -> Option<String> {
    let folder = dir.join(&settings.office.holidays);
    (!folder.is_dir()).then(|| {
        format!(
            "[office] holidays: there is no directory {}: no day is known to be a working day, and bookings are for a \
             person to review; name the right one",
            folder.display()
        )
    })
}

fn signer(dir: &Path) -> Option<String> {
    let error = check_signer(dir).err()?;
    Some(format!("no room can be enrolled or renewed by this server: {error}"))
}

fn trusted(trust: &Trust, identity: &Identity, now: Timestamp) -> Option<String> {
    let error = identity.check_trusted(trust, now).err()?;
    Some(format!(
        "rooms that trust ca.pem will not take this server for one (SERVER_NOT_TRUSTED): server.pem: {error}; have it \
         signed by the authority in ca.pem, for servers, and for the names by which rooms ask"
    ))
}

fn tokens(dir: &Path) -> Option<String> {
    let path = dir.join(api_token::FILE);
    let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!("{path}: others than its owner can read or write it (mode {mode:04o}), so no token in it counts: chmod 600 {path}")
    })
}

fn evidence_key(dir: &Path) -> Option<String> {
    let path = dir.join(evidence::FILE);
    (!path.exists()).then(|| {
        format!(
            "there is no {}: the server makes another key at its start. What the former one has signed verifies only with \
             keys that were kept elsewhere; put it back from a copy if you have one",
            path.display()
        )
    })
}

/// A line that is too narrow for one probe of a room.
fn line(settings: &Settings) -> Option<String> {
    let profiles = settings.profiles().ok()?;
    let profile = match &settings.rooms.profile {
        Some(name) => profiles.named(name.as_str()).ok()?,
        None => Profile::minimum(),
    };
    let needed = profile.requirements.network?;
    let (up, down) = settings.limits.uplink.rates();
    let share =
        |rate: Bitrate| rate.bps().saturating_mul(settings.limits.shares().share_percent.into()) / 100;
    let (up, down) = (share(up), share(down));
    (up < needed.up.bps() || down < needed.down.bps()).then(|| {
        let megabits = |bps: u64| format!("{}.{:03} Mbit/s", bps / 1_000_000, bps / 1_000 % 1_000);
        format!(
            "[limits] uplink: with its share, probes may take {} up and {} down together, which is less than one probe by \
             the rooms' profile {} needs ({} up, {} down): no room's link can be probed; set uplink to what the machine's \
             line carries",
            megabits(up), megabits(down), profile.name, needed.up, needed.down
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Overrides, load},
        init, run,
    };

    /// What is warned of after `spoil`, in a new server's directory.
    fn warned(spoil: impl FnOnce(&Path)) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        init::init(dir.path(), &["probe.example".into()], today).unwrap();
        spoil(dir.path());
        let settings = load(dir.path(), &Overrides::default()).unwrap();
        let (trust, identity) = run::load_identity(dir.path()).unwrap();
        warnings(dir.path(), &settings, (&trust, &identity), now)
    }

    fn configured(dir: &Path, text: &str) {
        fs::write(dir.join(crate::config::FILE), text).unwrap();
    }

    type Spoil = Box<dyn FnOnce(&Path)>;

    #[test]
    fn a_new_server_has_nothing_to_be_warned_of() {
        assert_eq!(warned(|_| {}), [""; 0]);
    }

    #[test]
    fn what_will_surprise_somebody_is_said_with_what_is_wrong() {
        let other = tempfile::tempdir().unwrap();
        init::init(other.path(), &["probe.example".into()], jiff::civil::date(2026, 11, 22)).unwrap();
        let copy = |name: &'static str| {
            let from = other.path().join(name);
            move |dir: &Path| {
                fs::copy(&from, dir.join(name)).unwrap();
            }
        };
        let cases: [(&str, Spoil, &[&str]); 7] = [
            (
                "holidays",
                Box::new(|dir| fs::remove_dir_all(dir.join("holidays")).unwrap()),
                &["[office] holidays"],
            ),
            (
                "no ca.key",
                Box::new(|dir| fs::remove_file(dir.join("ca.key")).unwrap()),
                &["enrolled", "ca.key"],
            ),
            ("another ca.key", Box::new(copy("ca.key")), &["enrolled", "is not the key"]),
            (
                "tokens",
                Box::new(|dir| {
                    let file = dir.join(api_token::FILE);
                    fs::write(&file, "").unwrap();
                    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
                }),
                &["0644", "chmod 600"],
            ),
            (
                "evidence",
                Box::new(|dir| fs::remove_file(dir.join("evidence.key")).unwrap()),
                &["evidence.key"],
            ),
            (
                "line",
                Box::new(|dir| configured(dir, "[limits]\nuplink = \"10M\"\n")),
                &["[limits] uplink", "8.000 Mbit/s"],
            ),
            (
                "a bare number",
                Box::new(|dir| configured(dir, "[limits]\nuplink = 1000\n")),
                &["[limits] uplink"],
            ),
        ];
        for (name, spoil, told) in cases {
            let found = warned(spoil);
            assert_eq!(found.len(), 1, "{name}: {found:?}");
            assert!(told.iter().all(|told| found[0].contains(told)), "{name}: {found:?}");
        }
        // The office's own authority in place of the server's: what the server shows is not signed by it.
        let found = warned(|dir| copy("ca.pem")(dir));
        assert!(
            found.iter().any(|it| it.contains("SERVER_NOT_TRUSTED") && it.contains("server.pem")),
            "{found:?}"
        );
    }
}
