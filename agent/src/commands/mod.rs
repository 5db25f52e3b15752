//! What a person types, one module each.

pub mod check;
pub mod config;
pub mod devices;
pub mod probe;
