//! How the link to the room's desk is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::JournalState;

/// A clock that is off by more is told: certificates and the history of a rebooted machine rest on it.
const CLOCK_TOLERANCE_S: f64 = 60.0;

/// How the link to the room's desk is: a part of `GET /v1/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeskStatus {
    /// The server that is the room's desk, as it is configured.
    pub server: Option<String>,
    /// How the link is.
    pub state: DeskState,
    /// Since when.
    pub since: Timestamp,
    /// Why it is so, for people.
    pub detail: Option<String>,
    /// When the server last said that it has what the room knows.
    pub reported_at: Option<Timestamp>,
    /// How far the server's clock is ahead of this machine's, seconds, as far as the way to it lets that be told.
    pub clock_offset_s: Option<f64>,
    /// What the server does not have yet.
    pub journal: Option<JournalState>,
}

/// How the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskState {
    /// No server is configured.
    NotConfigured,
    /// The room has no identity for the server.
    NotEnrolled,
    /// It does not stand; it is tried again.
    Disconnected,
    /// It stands.
    Connected,
}

impl DeskState {
    /// As it is written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::NotEnrolled => "not_enrolled",
            Self::Disconnected => "disconnected",
            Self::Connected => "connected",
        }
    }
}

impl DeskStatus {
    /// That of a room without a server.
    #[must_use]
    pub const fn none(now: Timestamp) -> Self {
        Self {
            server: None,
            state: DeskState::NotConfigured,
            since: now,
            detail: None,
            reported_at: None,
            clock_offset_s: None,
            journal: None,
        }
    }

    /// It is so from `now` on; if it was so before, since then.
    pub(super) fn becomes(&mut self, state: DeskState, detail: Option<&str>, now: Timestamp) {
        if self.state != state {
            (self.state, self.since) = (state, now);
        }
        self.detail = detail.map(str::to_owned);
    }

    /// Whether this machine's clock is wrong, by the server's.
    #[must_use]
    pub fn clock_is_wrong(&self) -> bool {
        self.clock_offset_s.is_some_and(|offset| offset.abs() > CLOCK_TOLERANCE_S)
    }
}
