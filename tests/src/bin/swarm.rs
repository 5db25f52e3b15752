//! A province of rooms against a real probe server, all on this machine: what a link costs the server, and how fast it
//! answers when all ask at once.
//!
//! `cargo run --release -p siaga-tests --bin swarm -- --rooms 2000 --asks 2000`

use std::{error::Error, time::Duration};

use clap::Parser;
use siaga_tests::province::standing::{Plan, measure};

/// Rooms in one process.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rooms whose links stand.
    #[arg(long, default_value_t = 2000)]
    rooms: usize,
    /// Rooms that ask for a probe at the same moment, on connections that are open already.
    #[arg(long, default_value_t = 2000)]
    asks: usize,
    /// How long the links stand before the server's memory is looked at, seconds.
    #[arg(long, default_value_t = 30)]
    hold: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Arguments { rooms, asks, hold } = Arguments::parse();
    for figure in measure(Plan { rooms, asks, hold: Duration::from_secs(hold) }).await? {
        println!("{}", figure.line());
    }
    Ok(())
}
