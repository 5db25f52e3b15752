//! The control stream of a probe: JSON messages, each behind a 4-byte big-endian length.
//!
//! Unknown fields are ignored and unknown messages are read as `Unknown`, so that a room and a server
//! of neighbouring versions understand each other.

use serde::{Deserialize, Serialize};

use crate::{Bitrate, Direction, DirectionResult, Mode, Reason, admission::Purpose, judge::Effort};

/// Version of the control protocol that this side speaks.
pub const VERSION: u16 = 1;

/// Largest control message, bytes. A report is below 1 KiB.
pub const MAX_MESSAGE: u32 = 16 * 1024;

/// From the room to the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// The first message: may I probe?
    Ask(Ask),
    /// The down train's receiver has its verdict: stop sending.
    Stop,
    /// The up train has ended after this many packets.
    Sent(Sent),
    /// The down train may go on up to this packet.
    Credit(Credit),
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

/// From the server to the room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromServer {
    /// Both trains may start now.
    Grant(Grant),
    /// Not now.
    Busy(Busy),
    /// Not at all.
    Deny(Deny),
    /// The up train's receiver has its verdict: stop sending.
    Report(Report),
    /// The down train has ended after this many packets.
    Sent(Sent),
    /// The up train may go on up to this packet.
    Credit(Credit),
    /// A message of a newer version.
    #[serde(other)]
    Unknown,
}

/// What a room asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ask {
    /// Newest version that the room speaks.
    pub version: u16,
    /// Kind of probe.
    pub mode: Mode,
    /// How much time the judges may take for how much certainty.
    #[serde(default)]
    pub effort: Effort,
    /// Rate to be judged from room to server.
    pub up_bps: Bitrate,
    /// Rate to be judged from server to room.
    pub down_bps: Bitrate,
    /// A probe at these rates passed on this network within the last day: no pre-train is needed.
    #[serde(default)]
    pub passed_before: bool,
    /// What the probe is for.
    #[serde(default)]
    pub purpose: Purpose,
}

/// What the server grants. The trains, or the pre-trains if there are any, may start at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// The version that both will speak.
    pub version: u16,
    /// Train ids, limits.
    pub up: TrainGrant,
    /// Train ids, limits.
    pub down: TrainGrant,
    /// Credit in time: each train may be this many milliseconds at its rate ahead of what its receiver has seen. With
    /// pre-trains it begins with none, otherwise with this much (see [`crate::credit`]).
    pub window_ms: u32,
    /// Short trains that go first where the way is long: a train begins once its receiver, having seen the pre-train,
    /// gives it credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre_trains: Option<PreTrains>,
    /// The server's clock, milliseconds since 1970 UTC.
    pub server_time_ms: i64,
    /// When the server would like to be asked next, if it has a wish: spread, so that rooms that start together don't
    /// stay together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_probe_in_ms: Option<u64>,
}

/// The bounds of both pre-trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreTrains {
    /// From room to server.
    pub up: TrainGrant,
    /// From server to room.
    pub down: TrainGrant,
}

/// The bounds of one train; both sides hold to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainGrant {
    /// Identifies the train's packets.
    pub train: u32,
    /// Sending rate, all IP bytes included.
    pub rate_bps: Bitrate,
    /// No more IP bytes than these.
    pub max_bytes: u64,
    /// No longer than this.
    pub max_ms: u32,
}

/// The server has no room for another probe now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Busy {
    /// Ask again after this.
    pub retry_after_ms: u64,
    /// For a person, where it is not that the server has no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The server will not serve this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deny {
    /// `IDENTITY_REQUIRED`, `VERSION_MISMATCH`, `SERVER_REFUSED`, …
    pub reason: Reason,
    /// For a person.
    pub message: String,
}

/// The up direction's finding, judged by the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The finding.
    pub result: DirectionResult,
}

/// What a sender did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Which train.
    pub direction: Direction,
    /// Train packets handed to the network.
    pub packets: u32,
    /// Those of them that the sending machine held back, so that their stamps lie.
    #[serde(default)]
    pub held_up: u32,
}

/// How far a train may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Which train (the pre-trains need no credit).
    pub direction: Direction,
    /// This many of its packets may be sent in all. Never less than what was said before.
    pub packets: u32,
}
