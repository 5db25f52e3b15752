//! The probe server: the peer of the rooms' probes.
//!
//! * [`cli`]: the command line;
//! * [`init`]: a new server's directory: private CA, identity, configuration;
//! * [`api_token`]: who may ask it over the network;
//! * [`config`]: the configuration file and what the command line changes of it;
//! * [`run`]: the daemon: probes over QUIC, [`http`] for its operator.

pub mod api_token;
pub mod cli;
pub mod config;
pub mod http;
pub mod init;
pub mod metrics;
pub mod run;
