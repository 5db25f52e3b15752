//! What things are called that are on pages only; all else is called as in reports.

use siaga_readiness::{
    answer::{Check, Readiness, RoomVerdict},
    booking::forecast::Outlook,
    state::CheckState,
};
use siaga_service::page::{Tone, Words};

use crate::desk::standing;

/// How a room is, as a person asks: the verdict, and whether it can be heard at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    NotReady,
    Unknown,
    Offline,
    Remarks,
    Ready,
}

impl State {
    /// The worst first.
    pub(super) const ALL: [Self; 5] =
        [Self::NotReady, Self::Unknown, Self::Offline, Self::Remarks, Self::Ready];

    pub(super) fn of(readiness: &Readiness, online: bool) -> Self {
        match readiness.verdict {
            RoomVerdict::NotReady => Self::NotReady,
            RoomVerdict::Unknown if online => Self::Unknown,
            RoomVerdict::Unknown => Self::Offline,
            RoomVerdict::Ready if readiness.exit_code() == 0 => Self::Ready,
            RoomVerdict::Ready => Self::Remarks,
        }
    }

    /// As it stands in an address.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::NotReady => "not_ready",
            Self::Unknown => "unknown",
            Self::Offline => "offline",
            Self::Remarks => "remarks",
            Self::Ready => "ready",
        }
    }

    pub(super) const fn tone(self) -> Tone {
        match self {
            Self::NotReady => Tone::Bad,
            Self::Unknown | Self::Offline => Tone::Unknown,
            Self::Remarks => Tone::Warning,
            Self::Ready => Tone::Good,
        }
    }

    /// The event of a room's history with which it turns so.
    pub(super) const fn event(self) -> &'static str {
        match self {
            Self::NotReady => standing::kind(RoomVerdict::NotReady),
            Self::Unknown => standing::kind(RoomVerdict::Unknown),
            Self::Offline => standing::OFFLINE,
            Self::Remarks | Self::Ready => standing::kind(RoomVerdict::Ready),
        }
    }

    pub(super) const fn words(self) -> Words {
        match self {
            Self::NotReady => Words::new("Tidak siap", "Not ready"),
            Self::Unknown => Words::new("Belum diketahui", "Unknown"),
            Self::Offline => Words::new("Tidak terhubung", "Offline"),
            Self::Remarks => Words::new("Siap, dengan catatan", "Ready, with remarks"),
            Self::Ready => Words::new("Siap", "Ready"),
        }
    }
}

/// The check that speaks first for the verdict.
pub(super) fn foremost(readiness: &Readiness) -> Option<&Check> {
    let reason = readiness.reasons.first()?;
    readiness.checks.iter().find(|check| check.reason == *reason && check.state != CheckState::Ok)
}

/// A forecast.
pub(super) const fn outlook(outlook: Outlook) -> (Tone, Words) {
    match outlook {
        Outlook::Good => (Tone::Good, Words::new("baik", "good")),
        Outlook::Little => {
            (Tone::Warning, Words::new("baik, riwayat belum cukup", "good, not yet enough history"))
        }
        Outlook::TooLittle => (Tone::Unknown, Words::new("riwayat terlalu sedikit", "too little history")),
        Outlook::Nothing => (Tone::Unknown, Words::new("belum ada riwayat", "no history")),
        Outlook::Poor => (Tone::Bad, Words::new("sering bermasalah", "often in trouble")),
    }
}

/// How far an approval was confirmed.
pub(super) fn standing_tone(standing: &str) -> Tone {
    match standing {
        "confirmed" => Tone::Good,
        "unconfirmed" => Tone::Warning,
        _ => Tone::Unknown,
    }
}
