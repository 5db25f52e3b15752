//! Who takes in what rooms report.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use siaga_probe::admission::Purpose;
use siaga_readiness::{
    report::{FromRoom, FromServer, Hello},
    room::RoomId,
};
use thiserror::Error;
use tokio::sync::mpsc;

/// What a [`Desk`] does takes its time.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, DeskError>> + Send + 'a>>;

/// Takes in what rooms report. For one room there is one link at a time, and one call of [`Self::report`].
pub trait Desk: Send + Sync + 'static {
    /// A room's link stands. Answers with the last record of its journal that is stored; 0 if none is.
    fn connected<'a>(&'a self, room: &'a RoomId, hello: &'a Hello, handle: Handle) -> Doing<'a, u64>;

    /// A frame came. It is acknowledged once this has ended, with the last record that is stored.
    fn report<'a>(&'a self, room: &'a RoomId, received: Received) -> Doing<'a, u64>;

    /// The room's link is gone; `link` is the number of the handle that came with it.
    fn closed(&self, room: &RoomId, link: u64, why: &str);

    /// What the room has been asked for a probe for. No more precedence is given to what it asks, whatever it says.
    fn ordered(&self, room: &RoomId) -> Purpose {
        let _ = room;
        Purpose::Routine
    }
}

/// Why a link ended whose room fell silent: it was cut off, or its machine lost its power. One that is switched off says so.
pub const SILENCE: &str = "timed out";

/// A frame that came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Which of the room's links it came on.
    pub link: u64,
    /// What the room said; never a hello.
    pub frame: FromRoom,
    /// It was written no longer ago than this, by a clock that both sides need not agree on: all ages in it are to be
    /// taken for this much more.
    pub under_way: Duration,
}

/// What can be said to a room whose link stands.
#[derive(Clone)]
pub struct Handle {
    pub(super) link: u64,
    pub(super) to_room: mpsc::Sender<FromServer>,
}

/// Frames that wait to be said to a room.
const WAITING: usize = 4;

impl Handle {
    /// A handle to a link, and where what is said with it comes out.
    #[must_use]
    pub fn new(link: u64) -> (Self, mpsc::Receiver<FromServer>) {
        let (to_room, said) = mpsc::channel(WAITING);
        (Self { link, to_room }, said)
    }

    /// Tells one link of a room from the next.
    #[must_use]
    pub fn link(&self) -> u64 {
        self.link
    }

    /// Says a frame to the room; never a welcome or an acknowledgement, which the link itself says.
    ///
    /// # Errors
    /// Its link is gone, or too much is waiting to be said.
    pub fn say(&self, frame: FromServer) -> Result<(), NotSaid> {
        self.to_room.try_send(frame).map_err(|_| NotSaid)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("link", &self.link).finish_non_exhaustive()
    }
}

/// It could not be said to the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the room's link is gone, or more is waiting to be said than it takes")]
pub struct NotSaid;

/// Why a desk can't take in what a room says. The link is closed with these words, and the room tries again later.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
pub struct DeskError(pub String);
