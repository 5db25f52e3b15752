//! What people see of the fleet: rooms, bookings, and what waits for them. It reads and does nothing else.
//!
//! Each page renders the values that programs are answered with, so the two can't disagree; it is whole without a script, and with
//! one it keeps itself current.
//!
//! * `fleet`: all rooms, the worst first, with reviews that wait and meetings that come; `room`: one of them;
//! * `bookings` and `booking`: what was asked for and what was decided;
//! * `login`: the way in, where the page comes over HTTPS;
//! * `frame`: what stands around each page; `refusal`: a page that can't be shown; `words`: what things are called.

mod booking;
mod bookings;
mod fleet;
mod frame;
mod login;
mod refusal;
mod room;
mod words;

use std::sync::LazyLock;

use axum::{
    Router,
    routing::{get, post},
};
use siaga_service::page::{Asset, routes as assets};

use crate::http::Answers;

/// Where a token is shown.
pub const LOGIN: &str = "/login";

/// Where a session is ended.
pub const LOGOUT: &str = "/logout";

/// The pages and what they bring along.
pub(crate) fn routes() -> Router<Answers> {
    Router::new()
        .route("/", get(fleet::page))
        .route("/rooms/{room}", get(room::page))
        .route("/bookings", get(bookings::page))
        .route("/bookings/{reference}", get(booking::page))
        .route(LOGIN, get(login::form).post(login::enter))
        .route(LOGOUT, post(login::leave))
        .merge(assets(&[&*STYLE, &*SCRIPT]))
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| Asset::style("fleet", include_str!("page/fleet.css")));
static SCRIPT: LazyLock<Asset> = LazyLock::new(|| Asset::script("fleet", include_str!("page/fleet.js")));

/// As it stands in an address.
fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let escaped = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests;
