//! The programs beside iperf3 over the links of `bench-links.toml`: `make bench`.
//!
//! * [`links`]: those links;
//! * [`record`]: what was measured, a line of JSON each;
//! * [`iperf3`]: its tests and how a person would read them;
//! * [`summary`]: many runs of a tool over a link in a few numbers, and the targets;
//! * [`scan`]: how long a look at the devices takes;
//! * [`table`] and [`picture`]: the summary, written and drawn.

pub mod iperf3;
pub mod links;
pub mod picture;
pub mod record;
pub mod scan;
pub mod summary;
pub mod table;
