//! Keys that were enrolled, and keys that are revoked.

use std::{collections::BTreeSet, io, time::SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use siaga_readiness::RoomId;

use super::{ENDING, Kind, PLACE, Registry, RegistryError, read, written};
use crate::identity::KeyId;

/// A key that this server has signed certificates for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomKeyRecord {
    /// The room.
    pub room: RoomId,
    /// Its key.
    pub key: KeyId,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When its newest certificate was signed.
    pub issued_at: Timestamp,
    /// Until when that one is valid.
    pub expires_at: Timestamp,
}

/// That a key is revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The key.
    pub key: KeyId,
    /// Whose it was, if this server enrolled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomId>,
    /// Since when.
    pub at: Timestamp,
}

impl Registry {
    /// Notes what a certificate was signed for; before it is given away, so that it can be revoked.
    pub(crate) fn record(&self, record: &RoomKeyRecord) -> Result<(), RegistryError> {
        let keys = self.made(Kind::Keys)?;
        let write = || keys.replace(&file(record.key), &written(record)?);
        write().map_err(|cause| self.failed(Kind::Keys, cause))
    }

    /// What is known of a key that was enrolled here.
    pub(crate) fn key(&self, key: KeyId) -> Result<Option<RoomKeyRecord>, RegistryError> {
        let Some(keys) = self.there(Kind::Keys)? else { return Ok(None) };
        read(&keys, &file(key)).map_err(|cause| self.failed(Kind::Keys, cause))
    }

    /// All keys that were enrolled here, by room and time.
    ///
    /// # Errors
    /// The directory can't be read, or a file in it is damaged.
    pub fn keys(&self) -> Result<Vec<RoomKeyRecord>, RegistryError> {
        let mut keys: Vec<RoomKeyRecord> = self.all(Kind::Keys)?;
        keys.sort_by(|a, b| (&a.room, a.enrolled_at).cmp(&(&b.room, b.enrolled_at)));
        Ok(keys)
    }

    /// All revocations, by time.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn revocations(&self) -> Result<Vec<Revocation>, RegistryError> {
        let mut revocations: Vec<Revocation> = self.all(Kind::Revoked)?;
        revocations.sort_by_key(|it| (it.at, it.key));
        Ok(revocations)
    }

    /// The rooms that had keys of this server's, all of which are revoked. One that was enrolled again is not among them.
    ///
    /// # Errors
    /// As [`Self::keys`].
    pub fn revoked_rooms(&self) -> Result<BTreeSet<RoomId>, RegistryError> {
        let mut rooms: BTreeSet<RoomId> = self.revocations()?.into_iter().filter_map(|it| it.room).collect();
        // With ten thousand rooms that is as many files.
        if !rooms.is_empty() {
            let revoked = self.revoked()?;
            for record in self.keys()?.iter().filter(|record| !revoked.contains(&record.key)) {
                rooms.remove(&record.room);
            }
        }
        Ok(rooms)
    }

    /// Changes whenever a key is enrolled, renewed or revoked. Two changes within the same hundredth of a second may look like one.
    #[must_use]
    pub fn stamp(&self) -> [Option<SystemTime>; 2] {
        [Kind::Keys, Kind::Revoked].map(|kind| {
            let place = self.dir.join(PLACE).join(kind.name());
            place.metadata().and_then(|it| it.modified()).ok()
        })
    }

    /// The keys that are revoked, by the files' names alone: what stands in them can't let anybody in.
    pub(crate) fn revoked(&self) -> Result<BTreeSet<KeyId>, RegistryError> {
        let Some(revoked) = self.there(Kind::Revoked)? else { return Ok(BTreeSet::new()) };
        let names = revoked.names().map_err(|cause| self.failed(Kind::Revoked, cause))?;
        Ok(names.iter().filter_map(|name| name.strip_suffix(ENDING)?.parse().ok()).collect())
    }

    /// Revokes a key, whoever signed its certificate. Doing it again changes nothing.
    ///
    /// # Errors
    /// The directory can't be written.
    pub fn revoke_key(&self, key: KeyId, now: Timestamp) -> Result<Revocation, RegistryError> {
        // A damaged record must not keep a key in.
        let room = self.key(key).ok().flatten().map(|record| record.room);
        let revocation = Revocation { key, room, at: now };
        let revoked = self.made(Kind::Revoked)?;
        let write = || match revoked.create(&file(key), &written(&revocation)?) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            written => written,
        };
        write().map_err(|cause| self.failed(Kind::Revoked, cause))?;
        Ok(revocation)
    }

    /// Revokes every key that a room has, and withdraws its tokens. Answers with what was not revoked before.
    ///
    /// # Errors
    /// The directory can't be read or written, or this server never enrolled that room.
    pub fn revoke_room(&self, room: &RoomId, now: Timestamp) -> Result<Vec<Revocation>, RegistryError> {
        // First: a room that is being enrolled notes its key, then looks whether its token still counts.
        let voided = self.void_tokens(room)?;
        let mut keys = self.keys()?;
        keys.retain(|record| record.room == *room);
        if keys.is_empty() && voided == 0 {
            return Err(RegistryError::NoSuchRoom(room.clone()));
        }
        let before = self.revoked()?;
        keys.retain(|record| !before.contains(&record.key));
        keys.iter().map(|record| self.revoke_key(record.key, now)).collect()
    }

    fn all<T: DeserializeOwned>(&self, kind: Kind) -> Result<Vec<T>, RegistryError> {
        let Some(vault) = self.there(kind)? else { return Ok(Vec::new()) };
        let read_all = || {
            let names = vault.names()?;
            let ours = names.iter().filter(|name| name.ends_with(ENDING));
            // One that is gone by now is not there.
            ours.filter_map(|name| read(&vault, name).transpose()).collect::<io::Result<Vec<T>>>()
        };
        read_all().map_err(|cause| self.failed(kind, cause))
    }
}

fn file(key: KeyId) -> String {
    format!("{key}{ENDING}")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Duration};

    use super::{super::Claim, *};

    fn now() -> Timestamp {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    fn record(room: &str, key: &[u8]) -> RoomKeyRecord {
        let (room, key) = (room.parse().unwrap(), KeyId::of(key));
        RoomKeyRecord { room, key, enrolled_at: now(), issued_at: now(), expires_at: now() }
    }

    #[test]
    fn a_room_is_revoked_with_all_its_keys_and_no_other_room_s() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::new(dir.path());
        let [old, new, other] = [record("r2", b"old"), record("r2", b"new"), record("r3", b"other")];
        for record in [&old, &new, &other] {
            registry.record(record).unwrap();
        }
        registry.revoke_key(old.key, now()).unwrap();
        let revoked = registry.revoke_room(&old.room, now()).unwrap();
        assert_eq!(revoked, [Revocation { key: new.key, room: Some(new.room.clone()), at: now() }]);
        assert_eq!(registry.revoke_room(&old.room, now()).unwrap(), []);
        assert_eq!(registry.revoked().unwrap(), [old.key, new.key].into());
        assert_eq!(registry.revocations().unwrap().len(), 2);
        assert_eq!(registry.keys().unwrap().len(), 3);
        let unknown = registry.revoke_room(&"r9".parse().unwrap(), now()).unwrap_err();
        assert!(unknown.to_string().contains("r9 has no key"), "{unknown}");
    }

    #[test]
    fn a_room_is_revoked_once_all_its_keys_are_and_no_longer_once_it_is_enrolled_again() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::new(dir.path());
        assert_eq!(registry.revoked_rooms().unwrap(), BTreeSet::new());
        let [old, new, again] = [record("r2", b"old"), record("r2", b"new"), record("r2", b"again")];
        for record in [&old, &new] {
            registry.record(record).unwrap();
        }
        registry.revoke_key(old.key, now()).unwrap();
        assert_eq!(registry.revoked_rooms().unwrap(), BTreeSet::new(), "it has another");
        let before = registry.stamp();
        registry.revoke_room(&old.room, now()).unwrap();
        assert_eq!(registry.revoked_rooms().unwrap(), [old.room].into());
        assert_ne!(registry.stamp(), [None, None]);
        assert_eq!(registry.stamp()[0], before[0], "no key was enrolled");
        registry.record(&again).unwrap();
        assert_eq!(registry.revoked_rooms().unwrap(), BTreeSet::new());
    }

    #[test]
    fn a_room_s_open_tokens_go_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::new(dir.path());
        let room = "r2".parse().unwrap();
        let [open, used] =
            [(); 2].map(|()| registry.add_token(&room, Duration::from_secs(60), now()).unwrap());
        registry.claim(&used, now()).unwrap();
        assert!(registry.is_claimed(&used));
        assert_eq!(registry.revoke_room(&room, now()).unwrap(), []);
        assert!(!registry.is_claimed(&used), "whoever is being enrolled with it gets nothing");
        assert_eq!(registry.claim(&open, now()).unwrap(), Claim::Unknown);
    }

    #[test]
    fn what_stands_in_a_revocation_can_t_undo_it_and_other_files_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::new(dir.path());
        assert_eq!(registry.revoked().unwrap(), BTreeSet::new());
        let key = KeyId::of(b"key");
        registry.revoke_key(key, now()).unwrap();
        let place = dir.path().join("enrolment/revoked");
        fs::write(place.join(file(key)), "damaged").unwrap();
        fs::write(place.join("notes.json"), "").unwrap();
        assert_eq!(registry.revoked().unwrap(), [key].into());
        assert!(registry.revocations().unwrap_err().to_string().contains("enrolment/revoked"));
    }

    #[test]
    fn without_its_directory_a_server_does_not_take_nobody_for_revoked() {
        assert!(Registry::new(Path::new("/no/such/directory")).revoked().is_err());
    }
}
