//! What a province's server is held to, measured against the real one: `make bench`, and what takes long in `make soak`.
//!
//! * [`figure`]: what was measured beside what is wanted, and the page of it;
//! * [`machine`]: what a process costs, a question over HTTP, and the disk before a figure;
//! * [`bystander`]: what the machine does to one who asks nothing of the server;
//! * [`standing`]: rooms whose links stand, and rooms that ask all at once;
//! * [`gates`]: forty rooms that want a gate probe at the same moment;
//! * [`cost`]: processor time for what is sent and received, beside iperf3;
//! * [`newcomers`]: ten thousand connections at once;
//! * [`fresh`]: how soon a report can be asked for;
//! * [`flood`]: first packets of QUIC with false senders, and broken ones;
//! * [`reloads`]: certificates that change while rooms come and go;
//! * [`kills`]: a server that is killed while rooms report;
//! * [`history`]: a thousand rooms and ninety days of each;
//! * [`bookings`]: decisions with a province's rooms, their past and many bookings;
//! * [`pages`]: the fleet's page with a province's rooms.

pub mod bookings;
pub mod bystander;
pub mod cost;
pub mod figure;
pub mod flood;
pub mod fresh;
pub mod gates;
pub mod history;
pub mod kills;
pub mod machine;
pub mod newcomers;
pub mod pages;
pub mod reloads;
pub mod standing;

/// What was measured, or why it could not be.
pub type Measured = Result<Vec<figure::Figure>, Box<dyn std::error::Error>>;
