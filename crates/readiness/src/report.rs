//! What a room and its server say to each other over the standing link.
//!
//! The room reports **facts and their ages**, no verdicts and no times: whoever holds the [`Facts`] lets them age and
//! answers with the same [`evaluate`](crate::evaluate) as the room itself. So a wrong wall clock in the room makes no
//! evidence young, and a room that is off becomes unknown by itself.
//!
//! * [`facts`]: what a room knows now, and that it was seen again;
//! * [`records`]: what happened, numbered by the room's journal, until the server has it;
//! * [`rules`]: what rooms are told to go by; [`bookings`]: what the room's page shows of its bookings, and what staff tick there;
//! * [`age`]: how old something is; [`tolerant`]: what a newer peer says in a way that is not understood.
//!
//! Each side skips fields, frames, records and parts of the facts that it does not know; a part that can't be read
//! counts as not known, never as good. A frame is JSON of at most [`MAX_FRAME`] bytes.

pub mod age;
pub mod bookings;
pub mod facts;
pub mod records;
pub mod rules;
pub mod tolerant;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use siaga_probe::admission::Purpose;
use thiserror::Error;

pub use age::Age;
pub use bookings::{Agenda, HandedTick, Item, MAX_BOOKINGS, NextBooking, Tick, Ticked};
pub use facts::{Facts, Looks};
pub use records::{Began, DeviceChange, DeviceEvent, Happening, Record};
pub use rules::Rules;
pub use tolerant::Tolerant;

use crate::room::RoomId;

/// Newest version of these frames that this side speaks. What it has and version 1 has not: rules, the agenda, what a wish is for, and that
/// it was done; ticks among the records.
pub const VERSION: u16 = 2;

/// Oldest version that this side still speaks: the one before the newest.
pub const OLDEST_VERSION: u16 = 1;

/// Longest frame, bytes. The facts of a room with 64 cameras that offer 16 sizes each take 82 KiB; those of an ordinary
/// one, 4 KiB.
pub const MAX_FRAME: u32 = 256 * 1024;

/// Most records in one frame: with the longest probe results they take less than four fifths of it.
pub const MAX_RECORDS: usize = 64;

/// The version that both sides speak, if there is one.
#[must_use]
pub const fn common_version(newest_of_peer: u16) -> Option<u16> {
    let common = if newest_of_peer < VERSION { newest_of_peer } else { VERSION };
    if common < OLDEST_VERSION { None } else { Some(common) }
}

/// From the room to the server. [`Self::Hello`] comes first and once; of the others one at a time, until it is
/// acknowledged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromRoom {
    /// Who speaks.
    Hello(Hello),
    /// What the room knows.
    Snapshot(Box<SnapshotFrame>),
    /// What it knows is as in the last snapshot; devices or machine were looked at again since.
    Still(StillFrame),
    /// What happened.
    Records(RecordsFrame),
    /// What comes of a wish to check now.
    Checking(CheckingFrame),
    /// A frame of a newer version. It is not acknowledged.
    #[serde(other)]
    Unknown,
}

impl FromRoom {
    /// The frame's number, if it is one that is acknowledged.
    #[must_use]
    pub fn no(&self) -> Option<u64> {
        match self {
            Self::Snapshot(frame) => Some(frame.no),
            Self::Still(frame) => Some(frame.no),
            Self::Records(frame) => Some(frame.no),
            Self::Checking(frame) => Some(frame.no),
            Self::Hello(_) | Self::Unknown => None,
        }
    }

    /// When it was written, where that matters.
    #[must_use]
    pub fn echo(&self) -> Option<Echo> {
        match self {
            Self::Snapshot(frame) => Some(frame.echo),
            Self::Still(frame) => Some(frame.echo),
            Self::Records(frame) => Some(frame.echo),
            Self::Checking(_) | Self::Hello(_) | Self::Unknown => None,
        }
    }
}

/// From the server to the room. [`Self::Welcome`] comes first and once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromServer {
    /// The link stands.
    Welcome(Welcome),
    /// A frame was taken in, and what it holds is stored.
    Ack(Ack),
    /// Somebody wishes that the room be checked now.
    CheckNow(CheckNow),
    /// The room's next bookings.
    Agenda(Agenda),
    /// What the room is to go by.
    Rules(Box<RulesFrame>),
    /// A frame of a newer version.
    #[serde(other)]
    Unknown,
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// Newest version of the frames that the room speaks.
    pub version: u16,
    /// The agent's release, for people.
    pub agent: String,
    /// The room: the one that its certificate names.
    pub room: RoomId,
    /// Rooms of one site share an uplink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The journal that numbers the records. Another journal begins at 1 again.
    pub journal: JournalId,
    /// The room's wall clock, milliseconds since 1970 UTC. For people alone: nothing is dated by it.
    pub clock_ms: i64,
}

/// The link stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version that both speak from now on.
    pub version: u16,
    /// The server's release, for people.
    pub server: String,
    /// The server's wall clock, milliseconds since 1970 UTC.
    pub server_time_ms: i64,
    /// The last record of the room's journal that is stored; 0 if none is.
    pub committed: u64,
}

/// What the room last heard, and how long ago: the frame that holds this was written after that, so it has been under way for no longer
/// than what has passed since on the server, less `held_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// The number of the last acknowledgement; 0 for the welcome.
    pub no: u64,
    /// How long ago it was heard when this was written, ms.
    pub held_ms: u64,
}

/// What the room knows. It takes the place of what the room reported before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SnapshotFrame {
    /// Numbers the frames of one link, from 1.
    pub no: u64,
    /// When it was written.
    pub echo: Echo,
    /// What the room knows.
    pub facts: Tolerant<Facts>,
}

/// The last snapshot still says what is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StillFrame {
    /// Numbers the frames of one link, from 1.
    pub no: u64,
    /// When it was written.
    pub echo: Echo,
    /// What was looked at again.
    pub looks: Looks,
}

/// What happened since the last record that is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordsFrame {
    /// Numbers the frames of one link, from 1.
    pub no: u64,
    /// When it was written.
    pub echo: Echo,
    /// How many records of this journal were lost before they could be sent, in all.
    #[serde(default)]
    pub dropped: u64,
    /// In the order of their numbers; at most [`MAX_RECORDS`].
    pub records: Vec<Record>,
}

/// What comes of a [`CheckNow`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckingFrame {
    /// Numbers the frames of one link, from 1.
    pub no: u64,
    /// Which wish.
    pub id: u64,
    /// What comes of it.
    pub answer: CheckAnswer,
}

/// What comes of a wish to check now. What was found is in the snapshots between [`Self::Begun`] and [`Self::Done`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckAnswer {
    /// The room is being checked.
    Begun,
    /// Not now, or not to the end: a camera or microphone of the room is in use.
    MeetingOn,
    /// The check that was begun is over, and what it found was reported before this.
    Done,
    /// The check that was begun is over, but the link was not probed: the server is busy for long, or the day's data are spent. What
    /// was reported before this tells why. A server of the release before takes no notice.
    PutOff,
    /// An answer of a newer room.
    #[serde(other)]
    Unknown,
}

/// A frame was taken in. Records that it held are stored up to `committed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    /// Which frame.
    pub no: u64,
    /// The last record of the room's journal that is stored.
    pub committed: u64,
    /// The server's wall clock, milliseconds since 1970 UTC.
    pub server_time_ms: i64,
}

/// Somebody wishes that the room be checked now: a gate probe, and its devices tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckNow {
    /// Tells wishes apart.
    pub id: u64,
    /// What for: the room's probe asks for as much precedence, and is given it if the server has asked for it.
    #[serde(default = "of_a_person")]
    pub purpose: Purpose,
}

/// A server of version 1 asks only when a person does.
const fn of_a_person() -> Purpose {
    Purpose::PreCheck
}

/// What the room is to go by, in place of what it was told before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RulesFrame {
    /// What is not understood leaves the room as it is.
    pub rules: Tolerant<Rules>,
}

/// Tells one journal of a room from the one before it: 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JournalId(pub u64);

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for JournalId {
    type Err = NotAJournalId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(text, 16).ok()).flatten().map(Self).ok_or(NotAJournalId)
    }
}

impl TryFrom<String> for JournalId {
    type Error = NotAJournalId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<JournalId> for String {
    fn from(id: JournalId) -> Self {
        id.to_string()
    }
}

/// The text is not a journal's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a journal's id is 16 hexadecimal digits")]
pub struct NotAJournalId;
