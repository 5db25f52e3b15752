//! What a person types, one module each.

pub mod check;
pub mod config;
pub mod devices;
pub mod doctor;
pub mod enroll;
pub mod probe;
pub mod status;
pub mod support;

/// What to print.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}
