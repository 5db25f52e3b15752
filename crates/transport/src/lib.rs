//! QUIC: the only crate that moves packets.
//!
//! Side effects: UDP sockets, TLS, the monotonic clock, key and certificate files. What to send and what an
//! arrival means is decided in `siaga-probe`; the drivers here carry it out.
//!
//! * [`identity`]: the private CA, a server's or room's key and certificate, the rustls configurations;
//! * [`enrol`]: how a room gets its certificate and loses it;
//! * [`client::probe`]: one probe from the room's side, from name resolution to the verdict;
//! * [`server::ProbeServer`]: the peer, any number of probes at a time;
//! * [`room`]: the standing link between a room and its server, both ends of it;
//! * `train`: the paced sender and the receiver, shared by both sides;
//! * `patience` and `allowance`: how long a side waits for its peer, and how much it takes from it.

mod allowance;
pub mod client;
mod close;
mod control;
mod counts;
mod diagnose;
pub mod enrol;
mod failure;
pub mod identity;
mod patience;
mod quic;
pub mod room;
mod segments;
pub mod server;
pub mod server_name;
mod socket;
mod train;
mod window;

#[cfg(test)]
mod tests;
