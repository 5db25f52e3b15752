//! The link to the room's desk: the first configured server, which keeps what the room reports and answers for it. The
//! others are only probed.
//!
//! * `history`: what of an observation belongs into the room's history;
//! * `journal`: keeps that until the server has it; `keeper` gives the others access to it;
//! * `bookings`: the room's next ones, as the desk told them, and what staff tick before each;
//! * `ruled`: what the desk tells the room to go by;
//! * `link`: connects, and again and again; `talk`: what is said while a link stands;
//! * `status`: how all this is, for people and metrics.

mod bookings;
mod history;
mod journal;
mod keeper;
mod link;
mod ruled;
mod status;
mod talk;

pub use bookings::{Bookings, KnownBookings, NotTicked};
pub use history::happenings;
pub use journal::{Journal, JournalState};
pub use link::keep;
pub use ruled::Ruled;
pub use status::{DeskState, DeskStatus};
