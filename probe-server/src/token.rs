//! `siaga-probe-server token`: lets one room enrol, once.

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use siaga_readiness::RoomId;
use siaga_service::config::BoundedDuration;
use siaga_transport::enrol::Registry;

use crate::config;

/// For how long a token is good: 1 minute to 1 hour.
pub type Life = BoundedDuration<60_000, 3_600_000>;

/// A new token, alone on the last line.
///
/// # Errors
/// It is no server's directory, or can't be written.
pub fn token(dir: &Path, room: &RoomId, life: Life, now: Timestamp) -> anyhow::Result<String> {
    config::check_place(dir)?;
    anyhow::ensure!(
        dir.join("ca.key").exists(),
        "{} holds no ca.key: this server can't sign certificates; give its rooms certificates of your own authority, \
         with the URI siaga://room/{room}",
        dir.display()
    );
    let token = Registry::new(dir).add_token(room, life.duration(), now)?;
    let until = now.saturating_add(life.duration()).unwrap_or(now);
    let minutes = Duration::from(life).as_secs() / 60;
    Ok(format!(
        "Enrols room {room} once, until {until:.0} ({minutes} min). On the room's machine:\n  \
         siaga-agent enroll --server HOST:PORT --ca ca.pem --token -\n\
         and give it this line:\n{}\n",
        token.secret()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::init;

    fn now() -> Timestamp {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    #[test]
    fn the_token_is_alone_on_the_last_line() {
        let dir = tempfile::tempdir().unwrap();
        init(dir.path(), &["probe.example".into()], jiff::civil::date(2026, 11, 22)).unwrap();
        let room = "r2".parse().unwrap();
        let text = token(dir.path(), &room, "1h".parse().unwrap(), now()).unwrap();
        let last = text.lines().last().unwrap();
        assert_eq!((last.len(), last.trim()), (40, last));
        assert!(text.contains("until 2026-11-26T09:00:00Z (60 min)"), "{text}");
    }

    #[test]
    fn where_nothing_can_be_signed_no_token_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let room = "r2".parse().unwrap();
        let refused = |dir: &Path| token(dir, &room, "1h".parse().unwrap(), now()).unwrap_err().to_string();
        assert!(refused(dir.path()).contains("no probe server's directory"));
        init(dir.path(), &["probe.example".into()], jiff::civil::date(2026, 11, 22)).unwrap();
        std::fs::remove_file(dir.path().join("ca.key")).unwrap();
        assert!(refused(dir.path()).contains("siaga://room/r2"));
    }

    #[test]
    fn no_life_is_longer_than_an_hour() {
        for wrong in ["2h", "61m", "0s", "1", "-1h"] {
            assert!(wrong.parse::<Life>().is_err(), "{wrong}");
        }
    }
}
