//! How the daemon is, for people.

use std::fmt::Write;

use jiff::{Timestamp, tz::TimeZone};

use super::Language;
use crate::{
    desk::{DeskState, JournalState},
    http::Status,
};

/// The room, the link to its desk, and what the desk does not have yet.
#[must_use]
pub fn status(status: &Status, language: Language) -> String {
    let pick = |id: &'static str, en: &'static str| language.either(id, en);
    let Status { room, version, desk } = status;
    let mut text = format!("siaga-agent {version}, {} {room}\n", pick("ruangan", "room"));
    let state = match desk.state {
        DeskState::NotConfigured => pick("tidak ada server yang diatur", "no server is configured"),
        DeskState::NotEnrolled => pick("ruangan belum didaftarkan", "the room is not enrolled"),
        DeskState::Disconnected => pick("tidak terhubung", "not connected"),
        DeskState::Connected => pick("terhubung", "connected"),
    };
    let server = desk.server.as_deref().unwrap_or("–");
    let since = pick("sejak", "since");
    let _ = writeln!(text, "  {:<8} {server}: {state}, {since} {}", "server", local(desk.since));
    if let Some(detail) = &desk.detail {
        let _ = writeln!(text, "{:>11}{detail}", "");
    }
    if let Some(at) = desk.reported_at {
        let _ = writeln!(
            text,
            "{:>11}{} {}",
            "",
            pick("laporan terakhir diterima", "last report taken in"),
            local(at)
        );
    }
    if let Some(JournalState { on_disk, waiting, dropped, trouble }) = &desk.journal {
        let (wait, lost) = (pick("menunggu dikirim", "waiting to be sent"), pick("hilang", "lost"));
        let kept = if *on_disk { "" } else { pick(", hanya dalam memori", ", in memory alone") };
        let _ = writeln!(text, "  {:<8} {waiting} {wait}, {dropped} {lost}{kept}", pick("jurnal", "journal"));
        if let Some(trouble) = trouble {
            let _ = writeln!(text, "{:>11}{trouble}", "");
        }
    }
    if let Some(offset) = desk.clock_offset_s.filter(|_| desk.clock_is_wrong()) {
        let words = pick(
            "jam server berbeda dari jam komputer ini, dalam detik:",
            "the server's clock is ahead of this machine's, seconds:",
        );
        let remedy = pick("Periksa tanggal dan jam komputer ini.", "Check this machine's date and time.");
        let _ = writeln!(text, "  {:<8} {words} {offset:.0}. {remedy}", pick("jam", "clock"));
    }
    text
}

fn local(at: Timestamp) -> impl std::fmt::Display {
    at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}
