//! The way in for people: who shows a token once may read in a browser for a while.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::{Extensions, HeaderMap, HeaderValue};
use thiserror::Error;

use super::door::ClientAddress;
use super::sessions::Sessions;
use super::wrong::WrongTokens;
use crate::tokens::{Holder, Scope, Tokens, Unreadable, hash};

/// Begins and ends sessions. What a session may do [`Access`](super::Access) says: read, and nothing else.
#[derive(Debug, Clone)]
pub struct Login {
    pub(super) place: &'static str,
    pub(super) tokens: Arc<Tokens>,
    pub(super) wrong: Arc<WrongTokens>,
    pub(super) sessions: Arc<Sessions<Shown>>,
}

/// Why nobody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum NotIn {
    #[error("the token does not count, or no longer")]
    Wrong,
    #[error("too many wrong tokens have come from this address; wait {0:?}")]
    TooMany(Duration),
    #[error("the token has not the scope `read`")]
    NoScope,
    #[error("the server cannot read its tokens")]
    Unreadable,
}

impl Login {
    /// Lets in who shows a token that may read; answers with the cookie to be set. `request` are the extensions of the request
    /// with which it came, which tell whose wrong tokens are counted.
    ///
    /// # Errors
    /// The token is none that may read, or the server can't tell.
    pub fn enter(&self, token: &str, request: &Extensions) -> Result<HeaderValue, NotIn> {
        let token = token.trim();
        let holder = self.tokens.holder(token).map_err(|Unreadable| NotIn::Unreadable)?;
        let now = Instant::now();
        let Some(Holder { name, scopes }) = holder else {
            let client = request.get().map(|&ClientAddress(client)| client);
            let wait = client.and_then(|client| self.wrong.shown(client, now));
            return Err(wait.map_or(NotIn::Wrong, NotIn::TooMany));
        };
        if !scopes.contain(Scope::Read) {
            return Err(NotIn::NoScope);
        }
        let shown = Shown { token: hash(token), until: now + LASTS };
        let cookie = self.sessions.open_for(shown, now).ok_or(NotIn::Unreadable)?;
        tracing::info!(%name, "logged in to the page");
        HeaderValue::try_from(cookie).map_err(|_| NotIn::Unreadable)
    }

    /// Ends the session that a request names, if it names one; answers with the cookie that says so.
    #[must_use]
    pub fn leave(&self, headers: &HeaderMap) -> HeaderValue {
        let cookie = self.sessions.close(headers, Instant::now());
        HeaderValue::try_from(cookie).unwrap_or(HeaderValue::from_static(""))
    }

    /// Whose session a request names, and what the token is good for now that it was begun with; `None` without one.
    pub(super) fn holder(&self, headers: &HeaderMap) -> Result<Option<Holder>, Unreadable> {
        let now = Instant::now();
        match self.sessions.of(headers, now).filter(|shown| shown.until > now) {
            Some(shown) => self.tokens.holder_of(&shown.token),
            None => Ok(None),
        }
    }
}

/// What is kept of a session: it is worth what the token that was shown for it is worth now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown {
    token: [u8; 32],
    until: Instant,
}

/// However often it is used: a working day.
const LASTS: Duration = Duration::from_secs(10 * 60 * 60);

/// No more at once than an office has people.
pub(super) fn sessions() -> Sessions<Shown> {
    Sessions::new(COOKIE, UNUSED, 512, true)
}

/// Without a question, as from a browser that was closed.
const UNUSED: Duration = Duration::from_secs(2 * 60 * 60);

/// The prefix has browsers see to it that no other host, no other path and nothing in the clear has set it.
const COOKIE: &str = "__Host-siaga";
