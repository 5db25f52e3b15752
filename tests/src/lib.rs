//! Simulation, end-to-end and structure tests of the whole house, and the tools they share.
//!
//! * [`link`]: a seeded network link on virtual time, and gate trains over it; the scenarios in `scenarios/*.toml` are
//!   its stories with their expected ends.
//! * [`cells`] and [`matrix`]: the kinds of link that the judge is measured on, and how often it errs on them.
//! * [`targets`]: how often it may err, and where it misses that.
//! * [`emulator`]: the same links in real time, for the real programs.
//! * [`bench`]: the real programs beside iperf3 over such links.
//! * [`programs`]: the real programs, started and ended.
//! * [`http`]: a question to one of them.
//! * [`booking_system`]: who asks for bookings.
//! * [`lab_room`]: what a good room would report; [`lab_fleet`]: many of them.
//! * [`office_day`]: a day of an office, for its reports.
//! * [`past`]: what good rooms have reported for months.
//! * [`province`]: what a province's server is held to, measured.
//! * [`swarm`]: a province of rooms in one process.

pub mod bench;
pub mod booking_system;
pub mod cells;
pub mod emulator;
pub mod http;
pub mod lab_fleet;
pub mod lab_room;
pub mod link;
pub mod matrix;
pub mod office_day;
pub mod past;
pub mod programs;
pub mod province;
pub mod swarm;
pub mod targets;
