//! What a room hears of its bookings, and what staff in it tick before each.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most bookings in one [`Agenda`]; the desk tells the next ones.
pub const MAX_BOOKINGS: usize = 32;

/// The room's next bookings, in place of what was told before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Agenda {
    /// In the order of their beginnings; at most [`MAX_BOOKINGS`], others are not kept.
    pub bookings: Vec<NextBooking>,
}

/// A booking of the room, for its page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextBooking {
    /// The booking system's own reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What it is about, if the booking system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends; not included.
    pub end: Timestamp,
    /// As in the HTTP API, like `regular`. A text: a newer desk may know more classes.
    pub class: String,
    /// As in the HTTP API, like `approve`.
    pub decision: String,
    /// What was ticked so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checklist: Vec<Ticked>,
}

/// That a member of the staff in the room has done one of the procedure's manual steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// The booking's reference.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Which step.
    pub item: Item,
    /// Who did it.
    pub name: String,
}

/// A [`Tick`] that the desk has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticked {
    /// Which step.
    pub item: Item,
    /// Who did it.
    pub name: String,
    /// When, by the desk's clock; `None` if that could not be told.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// A manual step of the procedure: what no program can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Who attends was confirmed.
    AttendanceConfirmed,
    /// Meeting ID and passcode were tried. They are stored nowhere.
    MeetingTried,
    /// The communication device (HT) works.
    RadioReady,
    /// The stabilizer or UPS works.
    UpsReady,
    /// The room is prepared.
    RoomReady,
    /// A step that a newer peer knows.
    #[serde(other)]
    Unknown,
}

impl Item {
    /// Every step that this version knows, in the order in which they are done.
    pub const ALL: [Self; 5] =
        [Self::AttendanceConfirmed, Self::MeetingTried, Self::RadioReady, Self::UpsReady, Self::RoomReady];

    /// As it is written in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AttendanceConfirmed => "attendance_confirmed",
            Self::MeetingTried => "meeting_tried",
            Self::RadioReady => "radio_ready",
            Self::UpsReady => "ups_ready",
            Self::RoomReady => "room_ready",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A [`Tick`] on its way to who keeps it: it may be handed over more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedTick {
    /// The journal that it stands in, and its number there: the same twice is the same tick.
    pub journal: u64,
    /// See `journal`.
    pub seq: u64,
    /// When it was ticked, by the desk's clock; `None` if that can't be told.
    pub at: Option<Timestamp>,
    /// What was ticked.
    pub tick: Tick,
}
