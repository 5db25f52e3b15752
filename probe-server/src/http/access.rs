//! What each question needs where tokens are asked for.

use axum::http::Method;
use siaga_service::{http::Need, tokens::Scope};

use crate::page::{LOGIN, LOGOUT};

/// What a method and a path need. What nothing answers to needs as much as what it looks like.
#[must_use]
pub fn need(method: &Method, path: &str) -> Need {
    // What lies there is the same for everybody, and public.
    if matches!(path, LOGIN | LOGOUT) || path.starts_with("/assets/") {
        return Need::Nothing;
    }
    if method != Method::GET && method != Method::HEAD {
        let scope = if path.ends_with("/override") { Scope::Override } else { Scope::Book };
        return Need::Scope(scope);
    }
    match path {
        "/health" => Need::Token,
        "/metrics" | "/v1/sd/prometheus" => Need::Scope(Scope::Scrape),
        room if room.starts_with("/rooms/") && room.ends_with("/metrics") => Need::Scope(Scope::Scrape),
        _ => Need::Scope(Scope::Read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_needs_the_scope_that_it_is_named_after() {
        let get = |path| need(&Method::GET, path);
        for path in
            ["/v1/rooms", "/v1/rooms/r1", "/v1/rooms/r1/readiness", "/v1/rooms/r1/history", "/", "/nowhere"]
        {
            assert_eq!(get(path), Need::Scope(Scope::Read), "{path}");
        }
        for path in ["/metrics", "/v1/sd/prometheus", "/rooms/r1/metrics"] {
            assert_eq!(get(path), Need::Scope(Scope::Scrape), "{path}");
        }
        assert_eq!(get("/health"), Need::Token);
        for path in ["/login", "/logout", "/assets/siaga.css"] {
            assert_eq!((get(path), need(&Method::POST, path)), (Need::Nothing, Need::Nothing), "{path}");
        }
        for path in ["/", "/rooms/login", "/bookings", "/bookings/assets", "/login/x"] {
            assert_eq!(get(path), Need::Scope(Scope::Read), "{path}");
        }
        assert_eq!(need(&Method::PUT, "/v1/bookings/b1"), Need::Scope(Scope::Book));
        assert_eq!(need(&Method::DELETE, "/v1/bookings/b1"), Need::Scope(Scope::Book));
        assert_eq!(need(&Method::POST, "/v1/bookings/b1/override"), Need::Scope(Scope::Override));
        assert_eq!(
            need(&Method::POST, "/metrics"),
            Need::Scope(Scope::Book),
            "reading is not enough for what writes"
        );
    }
}
