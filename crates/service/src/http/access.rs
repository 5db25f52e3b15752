use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, Method, StatusCode, header};

use super::guard::{Refusal, sole};
use crate::problem::Problem;
use crate::tokens::{Scope, Tokens};

/// Who may ask what.
///
/// Over plain HTTP, which only this machine can speak, whatever reads needs no token.
#[derive(Clone)]
pub struct Access(Option<Rules>);

#[derive(Clone)]
struct Rules {
    tokens: Arc<Tokens>,
    need: fn(&Method, &str) -> Need,
}

/// What a question needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Any token that counts.
    Token,
    /// A token with this scope.
    Scope(Scope),
}

impl Access {
    /// Whoever reaches the server may ask whatever it answers.
    pub(super) const fn open() -> Self {
        Self(None)
    }

    /// Those with one of `tokens` may ask what its scopes allow. `need` tells what a method and a path need; it has to say
    /// something of those that nothing answers to, too.
    #[must_use]
    pub const fn by_tokens(tokens: Arc<Tokens>, need: fn(&Method, &str) -> Need) -> Self {
        Self(Some(Rules { tokens, need }))
    }

    pub(super) fn check(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        plain: bool,
    ) -> Result<(), Refusal> {
        let Some(Rules { tokens, need }) = &self.0 else { return Ok(()) };
        if plain && (method == Method::GET || method == Method::HEAD) {
            return Ok(());
        }
        let Some(token) = bearer(headers) else { return Err(unauthorized(NO_TOKEN, "")) };
        let scopes = tokens
            .scopes(token)
            .map_err(|error| Refusal::of(Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())))?;
        let Some(scopes) = scopes else { return Err(unauthorized(WRONG_TOKEN, ", error=\"invalid_token\"")) };
        match need(method, path) {
            Need::Token => Ok(()),
            Need::Scope(scope) if scopes.contain(scope) => Ok(()),
            Need::Scope(scope) => Err(forbidden(scope)),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Access::by_tokens" } else { "Access::open" })
    }
}

/// The token of RFC 6750, 2.1.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = sole(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

const NO_TOKEN: &str = "This needs a token, as `Authorization: Bearer TOKEN`. The server's operator makes one with \
                        “siaga-probe-server api-token add”.";

const WRONG_TOKEN: &str = "This token does not count, or no longer. The server's operator sees which do with \
                           “siaga-probe-server api-token list”.";

fn unauthorized(detail: &str, error: &str) -> Refusal {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, detail);
    Refusal { problem, challenge: Some(format!("Bearer realm=\"siaga\"{error}")) }
}

fn forbidden(scope: Scope) -> Refusal {
    let scope = scope.as_str();
    let detail = format!("This needs a token with the scope `{scope}`, which this one has not.");
    let problem = Problem::of_kind(StatusCode::FORBIDDEN, "scope-missing", "Scope missing", detail);
    let challenge = format!("Bearer realm=\"siaga\", error=\"insufficient_scope\", scope=\"{scope}\"");
    Refusal { problem, challenge: Some(challenge) }
}
