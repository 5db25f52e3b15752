//! Joins two network namespaces by emulated links until its standard input ends; see `docs/emulator.md`.
//!
//! Prints `ready` when packets pass, and at the end, as JSON, what it did.

use std::{
    io::{self, Write},
    process,
};

use clap::Parser;
use siaga_probe::Bitrate;
use siaga_tests::{
    cells,
    emulator::{Emulator, Plan},
    link::{LinkSpec, Stalls},
};

/// Joins two network namespaces by emulated links until standard input ends.
#[derive(Debug, Parser)]
struct Arguments {
    /// Network namespace that becomes 192.0.2.1.
    #[arg(long)]
    room: String,
    /// Network namespace that becomes 192.0.2.2.
    #[arg(long)]
    server: String,
    /// The link of both directions: a cell of cells.toml by its full name.
    #[arg(long)]
    cell: Option<String>,
    /// Rate that is judged: a cell is written for 20M, and scaled to this.
    #[arg(long, default_value = "20M")]
    target: Bitrate,
    /// The link from room to server as in cells.toml: 'delay_ms = 15, bottleneck = { rate = "25M" }'; before the cell.
    #[arg(long)]
    up: Option<LinkSpec>,
    /// The link from server to room.
    #[arg(long)]
    down: Option<LinkSpec>,
    /// Fixes all that is random: up is the simulator's link of seed 2 n, down of 2 n + 1.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() {
    let end = |error: &dyn std::fmt::Display| -> ! {
        eprintln!("error: {error}");
        process::exit(1)
    };
    let plan = plan(Arguments::parse()).unwrap_or_else(|error| end(&error));
    let emulator = Emulator::start(&plan).unwrap_or_else(|error| end(&error));
    println!("ready");
    let _ = io::stdout().flush();
    let _ = io::copy(&mut io::stdin(), &mut io::sink());
    println!("{}", serde_json::to_string(&emulator.report()).expect("numbers"));
}

fn plan(arguments: Arguments) -> Result<Plan, String> {
    let both = arguments.cell.as_deref().map(|name| cell(name, arguments.target)).transpose()?;
    let link = |own: Option<LinkSpec>| own.or_else(|| both.clone()).unwrap_or_default();
    Ok(Plan {
        room: arguments.room,
        server: arguments.server,
        up: link(arguments.up),
        down: link(arguments.down),
        seed: arguments.seed,
    })
}

fn cell(name: &str, target: Bitrate) -> Result<LinkSpec, String> {
    let cells = cells::all();
    let Some(cell) = cells.iter().find(|cell| cell.name == name) else {
        let names: Vec<_> = cells.iter().map(|cell| cell.name.as_str()).collect();
        return Err(format!("there is no cell “{name}”; take one of: {}", names.join(" · ")));
    };
    if cell.machine.stalls != Stalls::default() {
        return Err(format!(
            "“{name}” has stalling machines, which only the simulator has; take another cell"
        ));
    }
    Ok(cell.link.scaled(target.mbps() / 20.0))
}
