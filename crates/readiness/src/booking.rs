//! Bookings: from a request to a decision, and what becomes of it until the meeting.
//!
//! * [`forecast`]: what a room was like at a slot's hours on the days before;
//! * [`precheck`]: an approval's room is checked again before the meeting.

pub mod forecast;
pub mod precheck;
