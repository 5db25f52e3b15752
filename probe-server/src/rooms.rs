//! `siaga-probe-server rooms`: who is enrolled, and who is no longer let in.

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;
use serde::Serialize;
use siaga_readiness::RoomId;
use siaga_transport::{
    enrol::{Registry, RegistryError, Revocation, RoomKeyRecord},
    identity::KeyId,
};

/// A room's key as it is listed.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The room; none of a key that was revoked without ever being enrolled here.
    room: Option<RoomId>,
    key: KeyId,
    state: State,
    enrolled_at: Option<Timestamp>,
    issued_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

/// What a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Valid,
    Expired,
    Revoked,
}

/// All keys that the server in `dir` knows, by room.
///
/// # Errors
/// A file can't be read.
pub fn list(dir: &Path, now: Timestamp) -> Result<Vec<Listed>, RegistryError> {
    let registry = Registry::new(dir);
    let mut revoked: BTreeMap<KeyId, Revocation> =
        registry.revocations()?.into_iter().map(|it| (it.key, it)).collect();
    let mut listed: Vec<Listed> = registry
        .keys()?
        .into_iter()
        .map(|it| Listed::enrolled(it.clone(), revoked.remove(&it.key), now))
        .collect();
    listed.extend(revoked.into_values().map(Listed::only_revoked));
    Ok(listed)
}

impl Listed {
    fn enrolled(record: RoomKeyRecord, revocation: Option<Revocation>, now: Timestamp) -> Self {
        let RoomKeyRecord { room, key, enrolled_at, issued_at, expires_at } = record;
        let state = match &revocation {
            Some(_) => State::Revoked,
            None if expires_at <= now => State::Expired,
            None => State::Valid,
        };
        Self {
            room: Some(room),
            key,
            state,
            enrolled_at: Some(enrolled_at),
            issued_at: Some(issued_at),
            expires_at: Some(expires_at),
            revoked_at: revocation.map(|it| it.at),
        }
    }

    fn only_revoked(revocation: Revocation) -> Self {
        Self {
            room: revocation.room,
            key: revocation.key,
            state: State::Revoked,
            enrolled_at: None,
            issued_at: None,
            expires_at: None,
            revoked_at: Some(revocation.at),
        }
    }
}

/// For people.
#[must_use]
pub fn text(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return "No room is enrolled; make a token with “siaga-probe-server token”.\n".into();
    }
    let width = listed.iter().map(|it| name(it).len()).max().unwrap_or_default().max("room".len());
    let mut text = format!(
        "{:width$}  {:7}  {:20}  {:20}  {:20}  key\n",
        "room", "state", "issued", "expires", "revoked"
    );
    let time = |time: Option<Timestamp>| time.map_or("–".to_owned(), |time| format!("{time:.0}"));
    for it in listed {
        let state = match it.state {
            State::Valid => "valid",
            State::Expired => "expired",
            State::Revoked => "revoked",
        };
        let (issued, expires, revoked) = (time(it.issued_at), time(it.expires_at), time(it.revoked_at));
        let (room, key) = (name(it), it.key);
        text += &format!("{room:width$}  {state:7}  {issued:20}  {expires:20}  {revoked:20}  {key}\n");
    }
    text
}

fn name(listed: &Listed) -> &str {
    listed.room.as_ref().map_or("–", RoomId::as_str)
}

/// Whom to let in no longer.
#[derive(Debug, Clone, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Whom {
    /// Every key that this room has, and its open tokens.
    #[arg(long)]
    room: Option<RoomId>,
    /// One key, as “rooms list” or the server's log tells it, whoever signed its certificate.
    #[arg(long)]
    key: Option<KeyId>,
}

/// Revokes, and says what.
///
/// # Errors
/// There is no such room, or a file can't be written.
pub fn revoke(dir: &Path, whom: &Whom, now: Timestamp) -> Result<String, RegistryError> {
    let registry = Registry::new(dir);
    let revoked = match (&whom.room, whom.key) {
        (Some(room), _) => registry.revoke_room(room, now)?,
        (None, Some(key)) => vec![registry.revoke_key(key, now)?],
        (None, None) => vec![],
    };
    if revoked.is_empty() {
        return Ok("No key had to be revoked; open tokens of the room are withdrawn.\n".into());
    }
    let line = |it: &Revocation| {
        let room = it.room.as_ref().map_or("a room that was not enrolled here", RoomId::as_str);
        format!("Revoked {room}: key {}\n", it.key)
    };
    let mut text: String = revoked.iter().map(line).collect();
    text += "A running server takes it over within two seconds and ends the room's connections.\n";
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn record(room: &str, digit: char, expires: &str) -> RoomKeyRecord {
        RoomKeyRecord {
            room: room.parse().unwrap(),
            key: digit.to_string().repeat(64).parse().unwrap(),
            enrolled_at: at("2026-10-01T08:00:00Z"),
            issued_at: at("2026-11-01T08:00:00Z"),
            expires_at: at(expires),
        }
    }

    #[test]
    fn a_list_says_of_each_key_what_it_is_good_for() {
        let now = at("2026-11-26T08:00:00Z");
        let revoked =
            Revocation { key: "c".repeat(64).parse().unwrap(), room: None, at: at("2026-11-02T08:00:00Z") };
        let listed = [
            Listed::enrolled(record("diskominfo-r2", 'a', "2026-12-01T08:00:00Z"), None, now),
            Listed::enrolled(record("r3", 'b', "2026-11-20T08:00:00Z"), None, now),
            Listed::only_revoked(revoked),
        ];
        let text = text(&listed);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("diskominfo-r2  valid    2026-11-01T08:00:00Z  2026-12-01T08:00:00Z  –  ")
        );
        assert!(lines[2].starts_with("r3             expired"), "{text}");
        assert!(lines[3].starts_with("–              revoked"), "{text}");
        assert!(lines[3].contains("2026-11-02T08:00:00Z"), "{text}");
        let json = serde_json::to_value(&listed).unwrap();
        assert_eq!(json[0]["state"], "valid");
        assert_eq!(json[2]["room"], serde_json::Value::Null);
    }

    #[test]
    fn a_server_without_rooms_says_how_to_get_one() {
        let dir = tempfile::tempdir().unwrap();
        assert!(text(&list(dir.path(), at("2026-11-26T08:00:00Z")).unwrap()).contains("token"));
    }
}
