//! What a server can be started with, and what will surprise somebody all the same.

mod secrets;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use jiff::Timestamp;
use siaga_booking::evidence;
use siaga_probe::Bitrate;
use siaga_readiness::profile::{NetworkRequirement, Profile, ProfileName};
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
        highest_rate(settings),
    ]
    .into_iter()
    .flatten()
    .chain(secrets::warnings(dir, settings))
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
    let (profile, needed) = asked_for(settings)?;
    let (up, down) = settings.limits.uplink.rates();
    let share =
        |rate: Bitrate| rate.bps().saturating_mul(settings.limits.shares().share_percent.into()) / 100;
    let (up, down) = (share(up), share(down));
    (up < needed.up.bps() || down < needed.down.bps()).then(|| {
        let megabits = |bps: u64| format!("{}.{:03} Mbit/s", bps / 1_000_000, bps / 1_000 % 1_000);
        format!(
            "[limits] uplink: with its share, probes may take {} up and {} down together, which is less than one probe by \
             the rooms' profile {profile} needs ({} up, {} down): no room's link can be probed; set uplink to what the machine's \
             line carries",
            megabits(up), megabits(down), needed.up, needed.down
        )
    })
}

fn highest_rate(settings: &Settings) -> Option<String> {
    let (profile, needed) = asked_for(settings)?;
    let highest = settings.limits.max_rate;
    (highest < needed.up.max(needed.down)).then(|| {
        format!(
            "[limits] max_rate = {highest} is less than the rooms' profile {profile} asks about ({} up, {} down): no room's \
             link can be probed; raise it",
            needed.up, needed.down
        )
    })
}

/// The rooms' profile, and what it asks of a link.
fn asked_for(settings: &Settings) -> Option<(ProfileName, NetworkRequirement)> {
    let profiles = settings.profiles().ok()?;
    let profile = match &settings.rooms.profile {
        Some(name) => profiles.named(name.as_str()).ok()?,
        None => Profile::minimum(),
    };
    Some((profile.name.clone(), profile.requirements.network?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::chown;

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

    fn with_mode(file: &Path, mode: u32) {
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_secret_elsewhere_may_be_for_a_group() {
        let elsewhere = tempfile::tempdir().unwrap();
        let key = elsewhere.path().join("https.key");
        fs::write(&key, "").unwrap();
        let warned_of = |mode, http: &str| {
            with_mode(&key, mode);
            warned(|dir| configured(dir, &format!("http = \"{http}\"\n[https]\nkey = {key:?}\n")))
        };
        assert_eq!(warned_of(0o640, "0.0.0.0:9871"), [""; 0]);
        assert_eq!(warned_of(0o644, "127.0.0.1:9871"), [""; 0], "nobody uses it");
        let found = warned_of(0o644, "0.0.0.0:9871");
        assert!(found.len() == 1 && found[0].contains("https.key"), "{found:?}");
    }

    #[test]
    fn root_is_told_what_the_server_s_user_can_not_read() {
        let mut is_root = true;
        let found = warned(|dir| {
            configured(dir, "");
            for file in fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).chain([dir.to_owned()]) {
                is_root &= chown(file, Some(12_345), Some(12_346)).is_ok();
            }
            is_root &= chown(dir.join("server.key"), Some(0), Some(0)).is_ok();
        });
        if !is_root {
            return eprintln!("skipped: only root can give files away");
        }
        let told = ["server.key", "chown --reference="];
        assert!(found.len() == 1 && told.iter().all(|told| found[0].contains(told)), "{found:?}");
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
        let cases: [(&str, Spoil, &[&str]); 10] = [
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
                "highest rate",
                Box::new(|dir| configured(dir, "[limits]\nmax_rate = \"1M\"\n")),
                &["[limits] max_rate = ", "profile minimum"],
            ),
            (
                "a key that anybody reads",
                Box::new(|dir| with_mode(&dir.join("server.key"), 0o644)),
                &["server.key", "0644", "chmod 600"],
            ),
            (
                "the authority's, read by a group",
                Box::new(|dir| with_mode(&dir.join("ca.key"), 0o640)),
                &["ca.key", "0640", "chmod 600"],
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
