//! The probe server: the peer of the rooms' probes, and the office's desk.
//!
//! * [`cli`]: the command line;
//! * [`init`]: a new server's directory: private CA, identity, configuration;
//! * [`api_token`]: who may ask it over the network;
//! * [`config`]: the configuration file and what the command line changes of it;
//! * [`token`] and [`rooms`]: who may enrol, who is enrolled, who is no longer let in;
//! * [`audit`]: whether what was decided is as it was written; [`report`]: what the office files of it;
//! * [`run`]: the daemon: probes and rooms' links over QUIC, the [`desk`] that keeps what rooms report, the [`gate`] that
//!   decides on bookings by the rules of the [`office`], [`prechecks`] of the rooms that it has approved, [`letters`] that tell
//!   what comes of them, [`http`] for programs that ask and [`page`] for people, [`reload`] of what changes,
//!   [`supervision`] by systemd.

pub mod api_token;
pub mod audit;
pub mod booking_metrics;
pub mod cli;
pub mod config;
pub mod desk;
pub mod gate;
pub mod http;
pub mod init;
pub mod letters;
pub mod metrics;
pub mod office;
pub mod page;
pub mod policy;
pub mod prechecks;
pub mod reload;
pub mod report;
mod revoked;
pub mod rooms;
pub mod run;
pub mod supervision;
pub mod token;
mod warnings;
