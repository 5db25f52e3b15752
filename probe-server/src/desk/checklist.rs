//! Who keeps what staff in rooms tick.

use std::{future::Future, pin::Pin};

use siaga_readiness::{report::HandedTick, room::RoomId};
use thiserror::Error;

/// Keeps what staff in rooms tick.
pub trait Checklist: Send + Sync + 'static {
    /// Keeps a tick for good; it is acknowledged after that. One that was kept before, by its journal and number, is kept
    /// once; one of a booking that nobody knows, or of another room's, is let go.
    fn keep<'a>(&'a self, room: &'a RoomId, tick: HandedTick) -> Keeping<'a>;
}

/// Keeping takes its time.
pub type Keeping<'a> = Pin<Box<dyn Future<Output = Result<(), NotKept>> + Send + 'a>>;

/// A tick can't be kept now, and why. The room keeps it, and what it has to tell after it, and says it again later.
#[derive(Debug, Clone, Error)]
#[error("{0}")]
pub struct NotKept(pub String);
