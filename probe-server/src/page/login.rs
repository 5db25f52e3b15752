//! The way in: who shows an API token that may read gets a session in this browser. On plain loopback nobody needs one.

use axum::{
    Form,
    extract::{Query, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::html;
use serde::Deserialize;
use siaga_service::http::NotIn;

use super::{
    LOGIN,
    frame::{Page, Viewer},
};
use crate::http::Answers;

#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    /// Where to go on to.
    to: Option<String>,
}

pub(super) async fn form(
    viewer: Viewer,
    State(answers): State<Answers>,
    Query(wanted): Query<Wanted>,
) -> Response {
    if answers.login.is_none() {
        return see("/");
    }
    shown(&viewer, wanted.to.as_deref(), None)
}

#[derive(Deserialize)]
pub(super) struct Said {
    token: String,
    to: Option<String>,
}

pub(super) async fn enter(
    viewer: Viewer,
    State(answers): State<Answers>,
    request: Extensions,
    Form(said): Form<Said>,
) -> Response {
    let Some(login) = &answers.login else { return see("/") };
    match login.enter(&said.token, &request) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], see(place(said.to.as_deref()))).into_response(),
        Err(not_in) => shown(&viewer, said.to.as_deref(), Some(not_in)),
    }
}

pub(super) async fn leave(State(answers): State<Answers>, headers: HeaderMap) -> Response {
    match &answers.login {
        Some(login) => ([(header::SET_COOKIE, login.leave(&headers))], see(LOGIN)).into_response(),
        None => see("/"),
    }
}

fn shown(viewer: &Viewer, to: Option<&str>, not_in: Option<NotIn>) -> Response {
    let title = viewer.say("Masuk", "Log in");
    let to = place(to);
    let (status, why) = match not_in {
        None => (StatusCode::OK, None),
        Some(NotIn::Wrong) => (
            StatusCode::UNAUTHORIZED,
            Some(viewer.say(
                "Token ini tidak berlaku, atau tidak lagi.",
                "This token does not count, or no longer.",
            )),
        ),
        Some(NotIn::NoScope) => (
            StatusCode::FORBIDDEN,
            Some(viewer.say(
                "Token ini tidak boleh membaca; minta yang memiliki lingkup read.",
                "This token may not read; ask for one with the scope read.",
            )),
        ),
        Some(NotIn::TooMany(_)) => (
            StatusCode::TOO_MANY_REQUESTS,
            Some(viewer.say(
                "Terlalu banyak token salah dari alamat ini. Tunggu sebentar, lalu coba lagi.",
                "Too many wrong tokens have come from this address. Wait a little, then try again.",
            )),
        ),
        Some(NotIn::Unreadable) => (
            StatusCode::SERVICE_UNAVAILABLE,
            Some(viewer.say(
                "Server tidak dapat memeriksa token sekarang; log server menyebutkan sebabnya.",
                "The server can't check tokens now; its log says why.",
            )),
        ),
    };
    let main = html! {
        h1 { (title) }
        @if let Some(why) = why { p.note.bad #why role="alert" { (why) } }
        form.card.login method="post" action=(LOGIN) {
            label for="token" { (viewer.say("Token API", "API token")) }
            input #token name="token" type="password" required autocomplete="current-password"
                aria-describedby=[why.map(|_| "why")] aria-invalid=[why.map(|_| "true")] autofocus;
            input type="hidden" name="to" value=(to);
            p.small.muted {
                (viewer.say(
                    "Pengelola server membuatnya dengan “siaga-probe-server api-token add --scope read”. Token tidak disimpan \
                     di peramban; sesi berakhir sendiri setelah 10 jam.",
                    "The server's operator makes one with “siaga-probe-server api-token add --scope read”. The token is not kept \
                     in the browser; a session ends by itself after 10 hours.",
                ))
            }
            button.main { (viewer.say("Masuk", "Log in")) }
        }
        // A browser sends no session along with a link from another site.
        p { a href=(to) { (viewer.say("Sudah masuk? Lanjutkan", "Already logged in? Go on")) } }
    };
    let page = viewer.show(Page { status, title, place: None, is_live: false, main });
    match not_in {
        Some(NotIn::TooMany(wait)) => {
            ([(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1))], page).into_response()
        }
        _ => page,
    }
}

/// A place on this server; whatever else is asked for, the first page.
fn place(to: Option<&str>) -> &str {
    let own = |to: &&str| {
        let after = to.strip_prefix('/');
        after.is_some_and(|after| !after.starts_with(['/', '\\']))
            && to.bytes().all(|byte| byte.is_ascii_graphic())
    };
    to.filter(own).unwrap_or("/")
}

fn see(place: &str) -> Response {
    let location = HeaderValue::try_from(place).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_anywhere_else() {
        for own in ["/", "/rooms/r1?day=2026-11-26", "/bookings?q=%C3%A9"] {
            assert_eq!(place(Some(own)), own);
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/\t/evil.example",
            "/ö",
            "/a\r\nX: y",
        ] {
            assert_eq!(place(Some(foreign)), "/", "{foreign}");
        }
    }
}
