//! The standing link between a room and its server, which nothing could call otherwise: rooms are behind NAT.
//!
//! One connection, opened by the room, that both sides know each other on by certificate; one stream of JSON frames
//! ([`siaga_readiness::report`]); nothing else, and no probe. The room pings every 10 s. What it says is handed to a
//! [`Desk`], which knows what to do with it; what the desk wants said goes through a [`Handle`].
//!
//! * [`client`]: the room's end; [`retry`]: when it tries again;
//! * [`desk`]: who takes the reports in; `server`: the server's end; `live`: which rooms' links stand;
//! * `frames`: the frames of a stream, bounded; `rate`: how many of them are taken.

pub mod client;
pub mod desk;
mod frames;
mod live;
pub(crate) mod rate;
pub mod retry;
mod server;

use std::time::Duration;

pub use client::{LinkEnd, LinkRequest, RoomLink};
pub use desk::{Desk, DeskError, Doing, Handle, NotSaid, Received, SILENCE};
pub(crate) use live::Live;
pub use retry::{Retry, Why};
pub use server::REFUSALS;
pub(crate) use server::{Ended, Rooms, serve};

/// How long the parties to a link wait for each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinkPatience {
    /// For the hello and for the welcome.
    pub(crate) greeting: Duration,
    /// For the rest of a frame that has begun, and for the other side to take one.
    pub(crate) frame: Duration,
    /// Between two signs of life that the room asks the server for.
    pub(crate) keep_alive: Duration,
    /// A server from which nothing came for this long is taken for gone: a sign of life, and time for its answer.
    pub(crate) silence: Duration,
    /// A connection on which nothing comes for this long is dead, for both sides.
    pub(crate) idle: Duration,
    /// For a frame's acknowledgement: the server may have to wait for its disk.
    pub(crate) ack: Duration,
}

impl Default for LinkPatience {
    fn default() -> Self {
        Self {
            greeting: Duration::from_secs(10),
            frame: Duration::from_secs(10),
            keep_alive: Duration::from_secs(10),
            silence: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            ack: Duration::from_secs(30),
        }
    }
}
