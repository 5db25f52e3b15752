//! The snapshot and its answers as text for people.

mod devices;
mod doctor;
mod language;
mod probe;
mod readiness;
mod status;

pub use devices::devices;
pub use doctor::findings;
pub use language::{Language, Phrases};
pub use probe::probe;
pub use readiness::{nagios, readiness};
pub use status::status;

#[cfg(test)]
mod tests;
