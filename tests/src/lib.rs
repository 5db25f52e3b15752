//! Simulation, end-to-end and structure tests of the whole house, and the tools they share.
//!
//! * [`link`]: a seeded network link on virtual time, and gate trains over it; the scenarios in `scenarios/*.toml` are
//!   its stories with their expected ends.
//! * [`programs`]: the real programs, started and ended.

pub mod link;
pub mod programs;
