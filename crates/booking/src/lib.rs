//! The office's desk: what rooms have reported, kept beyond their being there, and what was decided about bookings.
//!
//! In the order a report travels:
//! * [`record`]: what one room hands over at once, in this crate's own small types;
//! * [`store`]: takes it in ([`Store::record`](store::Store::record)) and promises it with a sequence number, in a file that survives a
//!   kill, a full disk and damage; keeps a registry of rooms, each room's last state, what was measured and, for longer, its
//!   hours; answers from connections of its own ([`store::Reader`]).
//!
//! No verdict is kept: that is computed when it is asked for, from the last state and the time. In the order of a booking:
//! * [`bookings`]: how each stands, in a file of its own; whatever is done about one is done in a turn;
//! * [`audit`]: the log of all that, in the same file, in which nothing can be changed unseen;
//! * [`evidence`]: an entry of it, signed, for those who have nothing but the server's public key;
//! * [`prechecks`]: whose rooms are checked again before the meeting, and what follows from that;
//! * [`ticks`]: what staff in the room have done for it by hand;
//! * [`tally`]: how all of them stand;
//! * [`webhook`]: tells the booking system what happens to its bookings without its doing.
//!
//! Side effects: two SQLite databases with their lock files, a thread that writes to each; connections to the webhook's receiver.
//! Time is an argument.

pub mod audit;
pub mod bookings;
pub mod evidence;
mod overrides;
pub mod prechecks;
pub mod record;
mod sqlite;
pub mod store;
pub mod tally;
pub mod ticks;
pub mod webhook;

pub use bookings::{Bookings, NotDone};
pub use record::{About, Asked, Event, Frame, Outcome, Report, RoomState, Sample, Word};
pub use store::{Committed, Reader, Retention, Store, StoreError};
