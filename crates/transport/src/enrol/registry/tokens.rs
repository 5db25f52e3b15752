//! Tokens that may be used, and those that were.

use std::{io, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siaga_readiness::RoomId;
use siaga_vault::Vault;

use super::{ENDING, Kind, Registry, RegistryError, read, written};
use crate::enrol::token::{LONGEST_LIFE, Token};

/// What a server remembers of a token; its file is named by the token's hash.
#[derive(Debug, Serialize, Deserialize)]
struct TokenFile {
    room: RoomId,
    until: Timestamp,
}

/// What comes of a token that is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is this room's, and nobody can use it again.
    Won(RoomId),
    Expired(RoomId),
    Used(RoomId),
    Unknown,
}

/// How long it is remembered that a token is over, so that whoever shows it can be told so.
const MEMORY: Duration = Duration::from_secs(24 * 3600);

/// Instead of [`ENDING`], of a token that was used.
const USED: &str = ".used";

impl Registry {
    /// A new token that enrols `room` once within `life` (at most [`LONGEST_LIFE`]) from `now` on.
    ///
    /// # Errors
    /// The directory can't be written.
    pub fn add_token(&self, room: &RoomId, life: Duration, now: Timestamp) -> Result<Token, RegistryError> {
        let token = Token::random()?;
        let until = now.saturating_add(life.min(LONGEST_LIFE)).unwrap_or(now);
        let tokens = self.made(Kind::Tokens)?;
        forget(&tokens, now);
        let made = || tokens.replace(&open(&token), &written(&TokenFile { room: room.clone(), until })?);
        made().map_err(|cause| self.failed(Kind::Tokens, cause))?;
        Ok(token)
    }

    /// Uses a token up. Of several that try at once, one wins.
    pub(crate) fn claim(&self, token: &Token, now: Timestamp) -> Result<Claim, RegistryError> {
        let Some(tokens) = self.there(Kind::Tokens)? else { return Ok(Claim::Unknown) };
        claim(&tokens, token, now).map_err(|cause| self.failed(Kind::Tokens, cause))
    }

    /// For a claim of which nothing came.
    pub(crate) fn give_back(&self, token: &Token) {
        if let Ok(Some(tokens)) = self.there(Kind::Tokens) {
            let _ = tokens.rename(&used(token), &open(token));
        }
    }

    /// Whether a claim still counts: revoking a room forgets its tokens, those in use too.
    pub(crate) fn is_claimed(&self, token: &Token) -> bool {
        matches!(self.there(Kind::Tokens), Ok(Some(tokens)) if tokens.holds(&used(token)))
    }

    /// Forgets every token of a room; answers with their number.
    pub(super) fn void_tokens(&self, room: &RoomId) -> Result<usize, RegistryError> {
        let Some(tokens) = self.there(Kind::Tokens)? else { return Ok(0) };
        // One that is being claimed may hide from the first look, between its two names.
        let looks = void(&tokens, room).and_then(|first| Ok(first + void(&tokens, room)?));
        looks.map_err(|cause| self.failed(Kind::Tokens, cause))
    }
}

fn claim(tokens: &Vault, token: &Token, now: Timestamp) -> io::Result<Claim> {
    let Some(file) = read::<TokenFile>(tokens, &open(token))? else {
        let used = read::<TokenFile>(tokens, &used(token))?;
        return Ok(used.map_or(Claim::Unknown, |file| Claim::Used(file.room)));
    };
    if file.until <= now {
        return Ok(Claim::Expired(file.room));
    }
    match tokens.rename(&open(token), &used(token)) {
        Ok(()) => Ok(Claim::Won(file.room)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Claim::Used(file.room)),
        Err(error) => Err(error),
    }
}

fn void(tokens: &Vault, room: &RoomId) -> io::Result<usize> {
    let mut voided = 0;
    for name in tokens.names()? {
        if matches!(read::<TokenFile>(tokens, &name), Ok(Some(token)) if token.room == *room) {
            match tokens.remove(&name) {
                Ok(()) => voided += 1,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(voided)
}

/// Removes what is over for longer than anybody asks.
fn forget(tokens: &Vault, now: Timestamp) {
    let over =
        |file: &TokenFile| Duration::try_from(now.duration_since(file.until)).is_ok_and(|ago| ago > MEMORY);
    for name in tokens.names().unwrap_or_default() {
        if matches!(read::<TokenFile>(tokens, &name), Ok(Some(file)) if over(&file)) {
            let _ = tokens.remove(&name);
        }
    }
}

fn open(token: &Token) -> String {
    token.hash() + ENDING
}

fn used(token: &Token) -> String {
    token.hash() + USED
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::Barrier, thread};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-26T08:00:00Z".parse().unwrap()
    }

    fn after(minutes: u64) -> Timestamp {
        now() + Duration::from_secs(minutes * 60)
    }

    fn registry() -> (tempfile::TempDir, Registry, RoomId) {
        let dir = tempfile::tempdir().unwrap();
        let registry = Registry::new(dir.path());
        (dir, registry, "r2".parse().unwrap())
    }

    #[test]
    fn a_token_is_good_once_and_for_a_while() {
        let (_dir, registry, room) = registry();
        let [first, second] = [(); 2].map(|()| registry.add_token(&room, LONGEST_LIFE, now()).unwrap());
        assert_eq!(registry.claim(&first, after(59)).unwrap(), Claim::Won(room.clone()));
        assert_eq!(registry.claim(&first, after(59)).unwrap(), Claim::Used(room.clone()));
        assert_eq!(registry.claim(&second, after(60)).unwrap(), Claim::Expired(room.clone()));
        assert_eq!(registry.claim(&Token::random().unwrap(), now()).unwrap(), Claim::Unknown);
        registry.give_back(&first);
        assert_eq!(registry.claim(&first, now()).unwrap(), Claim::Won(room));
    }

    #[test]
    fn no_token_is_good_for_longer_than_an_hour() {
        let (_dir, registry, room) = registry();
        let token = registry.add_token(&room, 99 * LONGEST_LIFE, now()).unwrap();
        assert_eq!(registry.claim(&token, after(60)).unwrap(), Claim::Expired(room));
    }

    #[test]
    fn a_token_that_is_shown_by_many_at_once_is_won_by_one() {
        let (_dir, registry, room) = registry();
        for _ in 0..20 {
            let token = registry.add_token(&room, LONGEST_LIFE, now()).unwrap();
            let start = Barrier::new(8);
            let claims = thread::scope(|threads| {
                let claim = || {
                    start.wait();
                    registry.claim(&token, now()).unwrap()
                };
                [(); 8].map(|()| threads.spawn(claim)).map(|it| it.join().unwrap())
            });
            assert_eq!(claims.iter().filter(|claim| **claim == Claim::Won(room.clone())).count(), 1);
        }
    }

    #[test]
    fn the_token_itself_is_nowhere_in_the_directory_and_what_is_over_is_removed() {
        let (dir, registry, room) = registry();
        let token = registry.add_token(&room, LONGEST_LIFE, now()).unwrap();
        let place = dir.path().join("enrolment/tokens");
        let files = || -> Vec<_> { fs::read_dir(&place).unwrap().map(|it| it.unwrap().path()).collect() };
        for file in files() {
            assert!(!file.to_str().unwrap().contains(token.secret()));
            assert!(!fs::read_to_string(file).unwrap().contains(token.secret()));
        }
        registry.claim(&token, now()).unwrap();
        registry.add_token(&room, LONGEST_LIFE, after(60 * 24)).unwrap();
        assert_eq!(registry.claim(&token, now()).unwrap(), Claim::Used(room.clone()), "remembered for a day");
        registry.add_token(&room, LONGEST_LIFE, after(60 * 26)).unwrap();
        assert_eq!(registry.claim(&token, now()).unwrap(), Claim::Unknown);
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it_and_no_way_in() {
        let (dir, registry, room) = registry();
        let token = registry.add_token(&room, LONGEST_LIFE, now()).unwrap();
        let file = dir.path().join("enrolment/tokens").join(open(&token));
        for content in ["", "{", r#"{"room":"R 2","until":"2026-11-26T09:00:00Z"}"#, &"x".repeat(5000)] {
            fs::write(&file, content).unwrap();
            let error = registry.claim(&token, now()).unwrap_err().to_string();
            assert!(error.contains("enrolment/tokens"), "{error}");
        }
    }
}
