//! A room that is made of nothing, for trying what a booking system gets to see: docs/booking.md is followed with it.
//!
//! `cargo run -p siaga-tests --bin lab-room -- past --dir DIR --room ROOM` writes a past into the store of a server that does not
//! run; `… present --dir DIR --room ROOM` keeps the room's link to one that does. Neither is part of what is shipped: a past that
//! was made up proves nothing about any room.

mod past;
mod present;

use std::{error::Error, path::PathBuf};

use clap::{Args, Parser};
use jiff::{Timestamp, tz::TimeZone};
use siaga_readiness::{
    report::{Hello, JournalId, VERSION},
    room::RoomId,
};
use siaga_tests::lab_room::Fault;
use siaga_transport::server_name::ServerName;

use past::Past;

/// A room that is made of nothing.
#[derive(Debug, Parser)]
enum Command {
    /// Write a past into the store of a server that does not run: working days on which the room was on and well.
    Past {
        #[command(flatten)]
        which: Which,
        /// How many days back it reaches.
        #[arg(long, default_value_t = 28)]
        days: i32,
        /// In which hours of a working day the room was on.
        #[arg(long, default_value = "7-17", value_parser = hours)]
        hours: (i8, i8),
        /// In which of them its probes failed.
        #[arg(long, value_parser = hours)]
        fails: Option<(i8, i8)>,
        /// The office's time zone.
        #[arg(long, default_value = "Asia/Pontianak")]
        zone: String,
    },
    /// Keep the room's link to a running server, until it is ended. SIGUSR1: somebody unplugs its camera; SIGUSR2: a call begins in it.
    Present {
        #[command(flatten)]
        which: Which,
        /// Where the server's probes are.
        #[arg(long, default_value = "127.0.0.1:4433")]
        server: ServerName,
        /// What is the matter with it.
        #[arg(long)]
        fault: Option<Fault>,
        /// The site that it is at.
        #[arg(long)]
        site: Option<RoomId>,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// The server's directory, with its store and its CA.
    #[arg(long)]
    dir: PathBuf,
    /// The room.
    #[arg(long)]
    room: RoomId,
}

fn hours(text: &str) -> Result<(i8, i8), String> {
    let parsed = text.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    parsed
        .filter(|(from, to)| (0..*to).contains(from) && *to <= 23)
        .ok_or_else(|| "write it like 7-17".to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Command::parse() {
        Command::Past { which, days, hours, fails, zone } => {
            Past { which, days, hours, fails, zone: TimeZone::get(&zone)? }.write().await
        }
        Command::Present { which, server, fault, site } => {
            present::stay(&which, server, fault, site.as_ref()).await
        }
    }
}

fn hello(room: &RoomId, site: Option<&RoomId>) -> Hello {
    Hello {
        version: VERSION,
        agent: env!("CARGO_PKG_VERSION").to_owned(),
        room: room.clone(),
        site: site.map(ToString::to_string),
        journal: JournalId(1),
        clock_ms: Timestamp::now().as_millisecond(),
    }
}
