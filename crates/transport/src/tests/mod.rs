//! Stories of both sides with peers that are broken, hostile or gone, over real sockets on loopback.

mod abuse;
mod accounting;
mod admission;
mod cancel;
mod control_frames;
mod document;
mod enrolment;
mod fields;
mod hardened;
mod lab;
mod liars;
mod modes;
mod reload;
mod revocation;
mod room;
mod room_document;
mod run_out;
mod shutdown;
mod silence;
mod socket;
mod tokens;
mod trust;
mod wrong_protocol;
