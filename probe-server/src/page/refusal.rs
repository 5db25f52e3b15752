//! A page that can't be shown, and why.

use axum::{http::StatusCode, response::Response};
use maud::html;
use siaga_service::problem::Problem;

use super::frame::{Page, Place, Viewer};

impl Viewer {
    /// The problem that a program would be told, for people.
    pub(super) fn refuse(&self, problem: &Problem) -> Response {
        let title = match problem.status {
            StatusCode::NOT_FOUND => self.say("Tidak ditemukan", "Not found"),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                self.say("Permintaan tidak dipahami", "Request not understood")
            }
            _ => self.say("Tidak dapat ditampilkan sekarang", "Can't be shown now"),
        };
        let what = match problem.status {
            StatusCode::NOT_FOUND => self.say(
                "Tidak ada ruang atau permohonan dengan nama itu. Periksa penulisannya.",
                "There is no room or booking of that name. Check how it is written.",
            ),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => {
                self.say("Periksa alamat atau isian.", "Check the address, or what was filled in.")
            }
            _ => self.say(
                "Server tidak dapat membaca datanya sekarang; log server menyebutkan sebabnya. Coba lagi sebentar lagi.",
                "The server can't read its data now; its log says why. Try again in a minute.",
            ),
        };
        self.show(Page {
            status: problem.status,
            title,
            place: Some(Place::Rooms),
            is_live: false,
            main: html! {
                h1 { (title) }
                p { (what) }
                p.muted lang="en" { bdi { (problem.detail) } }
                p { a href="/" { (self.say("Semua ruang", "All rooms")) } }
            },
        })
    }
}
