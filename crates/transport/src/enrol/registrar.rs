//! The server's answers to who wants a certificate.

use std::{
    fmt::Display,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use siaga_readiness::RoomId;
use tracing::{info, warn};

use super::{
    DenyList, Refusal, Registry, RegistryError, RoomKeyRecord,
    guesses::Guesses,
    message::{Busy, Certificate, Deny, Enrol, FromRoom, FromServer, Renew, VERSION},
    proof::{Channel, Proof},
    registry::Claim,
    token::Token,
};
use crate::identity::{self, IssueError, Peer, RoomKey};

/// A server's side of enrolment. It reads and writes files: not for the threads on which connections are served.
pub(crate) struct Registrar {
    dir: PathBuf,
    registry: Registry,
    denied: DenyList,
    guesses: Mutex<Guesses>,
}

/// Who asks, and when.
pub(crate) struct Asker {
    pub(crate) address: IpAddr,
    /// The room that has shown its certificate.
    pub(crate) room: Option<Peer>,
    /// What it can prove its key by.
    pub(crate) channel: Option<Channel>,
    pub(crate) now: Timestamp,
    pub(crate) clock: Instant,
}

impl Registrar {
    /// Of the server in `dir`.
    pub(crate) fn open(dir: &Path) -> Result<Self, RegistryError> {
        let registry = Registry::new(dir);
        let denied = DenyList::new(registry.revoked()?);
        let guesses = Mutex::new(Guesses::new(Instant::now()));
        Ok(Self { dir: dir.to_owned(), registry, denied, guesses })
    }

    pub(crate) fn denied(&self) -> &DenyList {
        &self.denied
    }

    /// Takes over what has been revoked since.
    pub(crate) fn look_at_revocations(&self) -> Result<(), RegistryError> {
        let keys = self.registry.revoked()?;
        let number = keys.len();
        if self.denied.set(keys) {
            info!(keys = number, "the list of revoked keys has changed");
        }
        Ok(())
    }

    pub(crate) fn answer(&self, message: &FromRoom, asker: &Asker) -> FromServer {
        let answer = match message {
            FromRoom::Enrol(Enrol { version, .. }) if *version != VERSION => Err(other_version(*version)),
            FromRoom::Renew(renew) if renew.version != VERSION => Err(other_version(renew.version)),
            FromRoom::Enrol(enrol) => self.enrol(enrol, asker),
            FromRoom::Renew(renew) => self.renew(renew, asker),
            FromRoom::Unknown => {
                Err(deny(Refusal::VersionMismatch, "the first message must ask for a certificate"))
            }
        };
        answer.unwrap_or_else(|refusal| refusal)
    }

    fn enrol(&self, enrol: &Enrol, asker: &Asker) -> Result<FromServer, FromServer> {
        if let Some(wait) = self.guesses(|guesses| guesses.wait(asker.address, asker.clock)) {
            return Err(busy(wait));
        }
        // A request that can't be met must not use a token up.
        let key = RoomKey::requested(&enrol.csr)
            .map_err(|bad| deny(Refusal::BadRequest, format!("{bad}; bring both to the same release")))?;
        let token = enrol.token.parse().map_err(|_| self.unknown(asker))?;
        let room = self.claim(&token, asker)?;
        let given = self.sign(&room, &key, asker.now, asker.now);
        let Ok(certificate) = given else {
            self.registry.give_back(&token);
            return given;
        };
        // The key is noted by now: either this is seen here, or whoever revokes sees the key.
        if !self.registry.is_claimed(&token) {
            self.registry.revoke_key(key.id(), asker.now).map_err(broken)?;
            return Err(revoked());
        }
        info!(%room, key = %key.id(), peer = %asker.address, "enrolled");
        Ok(certificate)
    }

    fn claim(&self, token: &Token, asker: &Asker) -> Result<RoomId, FromServer> {
        match self.registry.claim(token, asker.now).map_err(broken)? {
            Claim::Won(room) => Ok(room),
            Claim::Unknown => Err(self.unknown(asker)),
            // Whoever shows a token that was one knows it anyway; there is nothing to hide from them.
            Claim::Expired(room) => {
                let words = format!(
                    "the token for {room} is over; make a new one with “siaga-probe-server token” and use it in time"
                );
                Err(deny(Refusal::TokenExpired, words))
            }
            Claim::Used(room) => {
                warn!(%room, peer = %asker.address, "a token was shown that was used before");
                let words = format!(
                    "the token for {room} was used before; make a new one with “siaga-probe-server token”. If none of \
                     you has used it, revoke the room first: “siaga-probe-server rooms revoke --room {room}”"
                );
                Err(deny(Refusal::TokenUsed, words))
            }
        }
    }

    fn unknown(&self, asker: &Asker) -> FromServer {
        self.guesses(|guesses| guesses.wrong(asker.address));
        warn!(peer = %asker.address, "an unknown token was shown");
        let words = "this server does not know the token: it is mistyped, was made on another server, was withdrawn, or \
                     was over more than a day ago; make a new one with “siaga-probe-server token”";
        deny(Refusal::TokenUnknown, words)
    }

    /// The same key again: a new one is made by enrolling again.
    fn renew(&self, renew: &Renew, asker: &Asker) -> Result<FromServer, FromServer> {
        let peer = match (&asker.room, &renew.proof) {
            (Some(peer), _) => peer,
            (None, Some(proof)) => &self.proven(proof, asker)?,
            (None, None) => {
                let words =
                    "a certificate is renewed for who shows the one before; enrol the room with a token";
                return Err(deny(Refusal::IdentityRequired, words));
            }
        };
        let record = self.registry.key(peer.key).map_err(broken)?.filter(|record| record.room == peer.room);
        let (Some(record), Ok(key)) = (record, RoomKey::certified(&peer.certificate)) else {
            let words = "this server did not enrol that key: have the authority that signed its certificate renew it, or \
                         enrol the room with a token";
            return Err(deny(Refusal::NotEnrolledHere, words));
        };
        if asker.now.duration_since(record.expires_at) > LONGEST_REST {
            let words = "the room's certificate ran out more than a year ago; enrol it with a token";
            return Err(deny(Refusal::IdentityRequired, words));
        }
        // From the files: the list may be a second old.
        if self.registry.revoked().map_err(broken)?.contains(&peer.key) {
            return Err(revoked());
        }
        let since = Duration::try_from(asker.now.duration_since(record.issued_at)).unwrap_or(RENEWAL_PAUSE);
        match RENEWAL_PAUSE.checked_sub(since) {
            Some(wait) if !wait.is_zero() => return Err(busy(wait)),
            _ => {}
        }
        let certificate = self.sign(&peer.room, &key, record.enrolled_at, asker.now)?;
        info!(room = %peer.room, key = %peer.key, "certificate renewed");
        Ok(certificate)
    }

    /// Who has proved a key. It may be no room's of this server.
    fn proven(&self, proof: &Proof, asker: &Asker) -> Result<Peer, FromServer> {
        if let Some(wait) = self.guesses(|guesses| guesses.wait(asker.address, asker.clock)) {
            return Err(busy(wait));
        }
        asker.channel.as_ref().and_then(|channel| proof.by(channel)).ok_or_else(|| {
            self.guesses(|guesses| guesses.wrong(asker.address));
            warn!(peer = %asker.address, "a proof was shown that is none");
            let words = "what was shown does not prove on this connection that the room has its key; enrol the room with a \
                         token";
            deny(Refusal::IdentityRequired, words)
        })
    }

    fn sign(
        &self,
        room: &RoomId,
        key: &RoomKey,
        enrolled_at: Timestamp,
        now: Timestamp,
    ) -> Result<FromServer, FromServer> {
        let issued = identity::issue(&self.dir, room, key, now).map_err(|error| match error {
            IssueError::NoKey(_) => {
                let words =
                    "this server signs no certificates: its rooms get theirs from the office's own authority";
                deny(Refusal::CannotSign, words)
            }
            error => broken(error),
        })?;
        let (room, key, expires_at) = (room.clone(), key.id(), issued.validity.until);
        let record = RoomKeyRecord { room, key, enrolled_at, issued_at: now, expires_at };
        self.registry.record(&record).map_err(broken)?;
        Ok(FromServer::Certificate(Certificate { chain: issued.chain }))
    }

    fn guesses<T>(&self, with: impl FnOnce(&mut Guesses) -> T) -> T {
        with(&mut self.guesses.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A room that asks again and again gets one certificate in this time.
const RENEWAL_PAUSE: Duration = Duration::from_secs(600);

/// How long a certificate may be over that is renewed: a machine that was away for longer is looked at by somebody first.
const LONGEST_REST: SignedDuration = SignedDuration::from_hours(24 * 366);

fn deny(reason: Refusal, message: impl Into<String>) -> FromServer {
    FromServer::Deny(Deny { reason, message: message.into() })
}

fn busy(wait: Duration) -> FromServer {
    FromServer::Busy(Busy { retry_after_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) })
}

fn other_version(theirs: u16) -> FromServer {
    let words = format!(
        "the room speaks version {theirs} of the enrolment protocol, this server version {VERSION}; bring both to the \
         same release"
    );
    deny(Refusal::VersionMismatch, words)
}

fn revoked() -> FromServer {
    deny(Refusal::Revoked, "the room was revoked; if it is to come back, enrol it with a new token")
}

/// A stranger need not know what is wrong here; the operator must.
fn broken(error: impl Display) -> FromServer {
    warn!(%error, "no certificate can be signed");
    deny(Refusal::CannotSign, "this server can't sign certificates now; its log says why")
}
