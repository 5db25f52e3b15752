//! Bookings: from a request to a decision, and what becomes of it until the meeting.
//!
//! * [`precheck`]: an approval's room is checked again before the meeting.

pub mod precheck;
