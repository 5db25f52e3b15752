//! The room's daemon and its command line.
//!
//! In the order data travels:
//! * [`config`]: the configuration, checked once;
//! * [`host`]: the machine's clocks and name; [`network`]: the network that it is on;
//! * [`devices`] and [`link`]: look at the devices, probe the link; each look is an observation;
//! * [`facts`]: what the machine runs on, what it is, which programs it has;
//! * [`trials`]: devices tried out while nobody uses them; [`demand`]: because somebody asks;
//! * [`changes`]: notices what makes earlier observations worthless;
//! * [`room`]: the one place where observations go in and snapshots come out;
//! * [`identities`]: who the room is to each server, and how long;
//! * [`desk`]: what is known and what happens, told to the server that is the room's desk;
//! * [`live`], [`past`]: what is being done here now, and what happened in the last days, for people who look;
//! * [`http`], [`page`], [`metrics`], [`text`]: renderers of that one snapshot;
//! * [`daemon`]: all of it, for as long as it is wanted;
//! * [`supervision`]: what systemd is told of it, and when it may be started anew;
//! * [`doctor`]: what keeps it from its work; [`support`]: all that is needed to help from afar;
//! * [`cli`] and [`commands`]: what a person types; [`progress`] shows how it goes on; [`client`] asks the running daemon.

pub mod changes;
pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod daemon;
pub mod demand;
pub mod desk;
pub mod devices;
pub mod doctor;
pub mod facts;
pub mod host;
pub mod http;
pub mod identities;
mod keep;
pub mod link;
pub mod live;
pub mod metrics;
pub mod network;
pub mod page;
pub mod past;
pub mod progress;
pub mod room;
pub mod supervision;
pub mod support;
pub mod text;
pub mod trials;

#[cfg(test)]
mod sample;
