//! The gate: may this booking be approved?
//!
//! **Pure**, like the rest of this crate: what is known goes in, a [`Decision`] comes out.
//!
//! In the order a booking travels:
//! * [`request`]: what a booking system asks for becomes a checked [`Booking`];
//! * [`calendar`]: the office's zone, hours and holidays;
//! * [`rules`]: the office's [`BookingPolicy`], one per written procedure;
//! * [`agenda`]: what else is booked, who comes first, what is still free;
//! * [`forecast`]: what a room's history says about that hour;
//! * [`decide()`] holds all of it together, a [`Case`]; the [`decision`] is what is answered, kept and told;
//! * [`standing`]: a person decided otherwise, or it was cancelled;
//! * [`precheck`]: an approval's room is checked again before the meeting;
//! * [`table`]: bookings with the decisions that are expected, for an office that changes a rule.

pub mod agenda;
pub mod calendar;
mod case;
mod decide;
pub mod decision;
pub mod forecast;
pub mod precheck;
pub mod request;
pub mod rules;
pub mod standing;
pub mod table;
pub mod times;

pub use agenda::{Agenda, Engagement, Standing};
pub use calendar::Calendar;
pub use case::{Case, RoomEvidence};
pub use decide::decide;
pub use decision::{
    Alternative, Condition, Criterion, CriterionCode, CriterionResult, Decision, Evidence, Ruling,
};
pub use forecast::Forecast;
pub use request::{Booking, BookingRef, Class, Facts, Owner, Request, RequestError, Slot};
pub use rules::BookingPolicy;
