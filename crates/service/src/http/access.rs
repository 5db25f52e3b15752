use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header, request::Parts};

use super::door::{ClientAddress, Way};
use super::guard::{Refusal, With, sole};
use super::login::{self, Login};
use super::sessions::Sessions;
use super::wrong::WrongTokens;
use crate::problem::Problem;
use crate::tokens::{Holder, Scope, TokenName, Tokens, Unreadable};

/// Who may ask what.
///
/// Over plain HTTP and over a unix socket, which only this machine can speak, whatever reads needs no token.
#[derive(Clone)]
pub struct Access(Whom);

#[derive(Clone)]
enum Whom {
    All,
    Members(Option<Page>),
    Tokens(Rules),
}

/// What the program's own page may do more than read.
#[derive(Clone)]
struct Page {
    sessions: Arc<Sessions>,
    below: &'static str,
}

impl Page {
    /// Whether a page that this program gave out posts what pages may. That an origin is this server's own was seen to before.
    fn asks(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<bool, Refusal> {
        if method != Method::POST || !path.starts_with(self.below) {
            return Ok(false);
        }
        if headers.contains_key(header::ORIGIN) && self.sessions.knows(headers, Instant::now()) {
            return Ok(true);
        }
        Err(Refusal::of(session_needed()))
    }
}

#[derive(Clone)]
struct Rules {
    wrong: Arc<WrongTokens>,
    tokens: Arc<Tokens>,
    need: fn(&Method, &str) -> Need,
    login: Option<Login>,
}

/// What a question needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: the way in, and what says nothing of any room.
    Nothing,
    /// Any token that counts.
    Token,
    /// A token with this scope.
    Scope(Scope),
}

/// Who asks, as far as a token says so; a handler's argument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asker(pub Option<TokenName>);

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

impl Access {
    /// Whoever reaches the server may ask whatever it answers.
    pub(super) const fn open() -> Self {
        Self(Whom::All)
    }

    /// Whoever reaches the server may read; what does more than read is done for those who come over its unix socket, because only
    /// root and members of its group can open that.
    #[must_use]
    pub const fn by_socket() -> Self {
        Self(Whom::Members(None))
    }

    /// The same, and the program's own page, opened in a browser on this machine, may POST to what lies `below` a path.
    #[must_use]
    pub const fn by_socket_and_page(sessions: Arc<Sessions>, below: &'static str) -> Self {
        Self(Whom::Members(Some(Page { sessions, below })))
    }

    /// Those with one of `tokens` may ask what its scopes allow. `need` tells what a method and a path need; it has to say
    /// something of those that nothing answers to, too.
    #[must_use]
    pub fn by_tokens(tokens: Arc<Tokens>, need: fn(&Method, &str) -> Need) -> Self {
        Self(Whom::Tokens(Rules { wrong: Arc::default(), tokens, need, login: None }))
    }

    /// The same, and people who show their token at the page `place` need not show it again in that browser: a session has the
    /// scope `read` of the token that it was begun with, and no other. Without tokens there is no way in.
    #[must_use]
    pub fn with_login(self, place: &'static str) -> (Self, Option<Login>) {
        let Whom::Tokens(rules) = self.0 else { return (self, None) };
        let (tokens, wrong) = (rules.tokens.clone(), rules.wrong.clone());
        let login = Login { place, tokens, wrong, sessions: Arc::new(login::sessions()) };
        (Self(Whom::Tokens(Rules { login: Some(login.clone()), ..rules })), Some(login))
    }

    pub(super) fn check(&self, request: &Request, way: Way) -> Result<Asker, Refusal> {
        let (method, path, headers) = (request.method(), request.uri().path(), request.headers());
        let reads = method == Method::GET || method == Method::HEAD;
        if way != Way::Tls && reads {
            return Ok(Asker(None));
        }
        let Rules { wrong, tokens, need, login } = match &self.0 {
            Whom::All => return Ok(Asker(None)),
            Whom::Members(_) if way == Way::Socket => return Ok(Asker(None)),
            Whom::Members(Some(page)) if page.asks(method, path, headers)? => return Ok(Asker(None)),
            Whom::Members(_) => return Err(Refusal::of(socket_needed())),
            Whom::Tokens(rules) => rules,
        };
        let need = need(method, path);
        if need == Need::Nothing {
            return Ok(Asker(None));
        }
        let unreadable =
            |error: Unreadable| Refusal::of(Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()));
        let Some(token) = bearer(headers) else {
            let Some(login) = login.as_ref().filter(|_| reads) else {
                return Err(unauthorized(NO_TOKEN, ""));
            };
            let holder = login.holder(headers).map_err(unreadable)?;
            return match holder.filter(|holder| holder.scopes.contain(Scope::Read)) {
                Some(holder) if matches!(need, Need::Token | Need::Scope(Scope::Read)) => {
                    Ok(Asker(Some(holder.name)))
                }
                _ if is_person(headers) => Err(see(way_in(login.place, request.uri()))),
                _ => Err(unauthorized(NO_TOKEN, "")),
            };
        };
        let holder = tokens.holder(token).map_err(unreadable)?;
        let Some(Holder { name, scopes }) = holder else {
            let client = request.extensions().get().map(|&ClientAddress(client)| client);
            return Err(match client.and_then(|client| wrong.shown(client, Instant::now())) {
                Some(wait) => too_many(wait),
                None => unauthorized(WRONG_TOKEN, ", error=\"invalid_token\""),
            });
        };
        match need {
            Need::Nothing | Need::Token => Ok(Asker(Some(name))),
            Need::Scope(scope) if scopes.contain(scope) => Ok(Asker(Some(name))),
            Need::Scope(scope) => Err(forbidden(scope)),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Whom::All => "Access::open",
            Whom::Members(None) => "Access::by_socket",
            Whom::Members(Some(_)) => "Access::by_socket_and_page",
            Whom::Tokens(_) => "Access::by_tokens",
        })
    }
}

/// The token of RFC 6750, 2.1.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = sole(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Whether a page is asked for, as browsers do when a person goes somewhere.
fn is_person(headers: &HeaderMap) -> bool {
    sole(headers, &header::ACCEPT).is_some_and(|accepted| accepted.contains("text/html"))
}

/// Where to show a token, and where to go on to from there.
fn way_in(place: &str, wanted: &Uri) -> String {
    let wanted = wanted.path_and_query().map_or("/", |wanted| wanted.as_str());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    let escaped: String = wanted
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("{place}?to={escaped}")
}

fn socket_needed() -> Problem {
    let detail = "Over this address there is only reading. Ask over the program's unix socket, as root or as a member of the \
                  group siaga.";
    Problem::of_kind(StatusCode::FORBIDDEN, "socket-needed", "Unix socket needed", detail)
}

fn session_needed() -> Problem {
    let detail =
        "This belongs to a page that is open in a browser on this machine. Open the page anew and try again.";
    Problem::of_kind(StatusCode::FORBIDDEN, "session-needed", "Page needed", detail)
}

const NO_TOKEN: &str = "This needs a token, as `Authorization: Bearer TOKEN`. The server's operator makes one with \
                        “siaga-probe-server api-token add”.";

const WRONG_TOKEN: &str = "This token does not count, or no longer. The server's operator sees which do with \
                           “siaga-probe-server api-token list”.";

fn unauthorized(detail: &str, error: &str) -> Refusal {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, detail);
    Refusal { problem, with: With::Challenge(format!("Bearer realm=\"siaga\"{error}")) }
}

/// A person is sent on, and told nothing.
fn see(place: String) -> Refusal {
    Refusal { problem: Problem::new(StatusCode::SEE_OTHER, ""), with: With::Place(place) }
}

fn too_many(wait: Duration) -> Refusal {
    let seconds = wait.as_secs() + 1;
    let detail = format!(
        "Too many wrong tokens have come from this address. Ask with a right one, or again in {seconds} s."
    );
    Refusal { problem: Problem::new(StatusCode::TOO_MANY_REQUESTS, detail), with: With::RetryAfter(seconds) }
}

fn forbidden(scope: Scope) -> Refusal {
    let scope = scope.as_str();
    let detail = format!("This needs a token with the scope `{scope}`, which this one has not.");
    let problem = Problem::of_kind(StatusCode::FORBIDDEN, "scope-missing", "Scope missing", detail);
    let challenge = format!("Bearer realm=\"siaga\", error=\"insufficient_scope\", scope=\"{scope}\"");
    Refusal { problem, with: With::Challenge(challenge) }
}
