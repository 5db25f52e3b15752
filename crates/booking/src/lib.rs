//! The office's desk: what rooms have reported, kept beyond their being there.
//!
//! In the order a report travels:
//! * [`record`]: what one room hands over at once, in this crate's own small types;
//! * [`store`]: takes it in ([`Store::record`](store::Store::record)) and promises it with a sequence number, in a file that survives a
//!   kill, a full disk and damage; keeps a registry of rooms, each room's last state, what was measured and, for longer, its
//!   hours; answers from connections of its own ([`store::Reader`]).
//!
//! * [`webhook`]: tells the booking system what happens to its bookings without its doing.
//!
//! No verdict is kept: that is computed when it is asked for, from the last state and the time.
//!
//! Side effects: one SQLite database with its lock file, one thread that writes to it; connections to the webhook's receiver. Time is
//! an argument.

pub mod record;
mod sqlite;
pub mod store;
pub mod webhook;

pub use record::{About, Event, Frame, Outcome, Report, RoomState, Sample, Word};
pub use store::{Committed, Reader, Retention, Store, StoreError};
