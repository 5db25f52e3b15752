//! A province of rooms against a real probe server, all on this machine: what a link costs the server, and how fast it
//! answers when all ask at once.
//!
//! `cargo run --release -p siaga-tests --bin swarm -- --rooms 2000 --asks 2000`

use std::{error::Error, fs, io, time::Duration};

use clap::Parser;
use siaga_probe::Bitrate;
use siaga_tests::{
    programs::{Daemon, Lab},
    swarm::{asks, identities::Authority, links::Links, percentile},
};

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
    let lab = Lab::new()?;
    let authority = Authority::load(&lab.server_dir())?;
    let sign = |count: usize| {
        (0..count).map(|n| authority.sign(&format!("room-{n}"))).collect::<io::Result<Vec<_>>>()
    };
    let identities = sign(rooms.max(asks))?;
    let server = lab.server(&[])?;
    let address = server.probes.ok_or("the server has no address")?;

    let before = resident_kib(&server)?;
    let mut links = Links::open(&address.to_string().parse()?, &lab.ca(), &identities[..rooms]).await?;
    links.hold(Duration::from_secs(hold)).await?;
    let after = resident_kib(&server)?;
    #[allow(clippy::cast_precision_loss)]
    let each = after.saturating_sub(before) as f64 / rooms as f64;
    println!(
        "{rooms} rooms linked and reported in {:.1} s; the server's memory {:.1} → {:.1} MiB after {hold} s, \
         {each:.1} KiB a room (≤ 64), 10000 rooms {:.0} MiB",
        links.took.as_secs_f64(),
        before as f64 / 1024.0,
        after as f64 / 1024.0,
        (before as f64 + each * 10_000.0) / 1024.0,
    );

    let rates = [Bitrate::from_bps(20_000_000)?; 2];
    let answers = asks::ask_at_once(address, &lab.ca(), &identities[..asks], rates).await?;
    let ms = |share| percentile(&answers.busy_ms, share);
    println!(
        "{asks} asked at once for 20/20: {:?}; granted {} Mbit/s up, {} down; “busy” after {:.0} ms (p50), {:.0} ms (p99, ≤ 200)",
        answers.kinds,
        answers.granted_bps[0] / 1_000_000,
        answers.granted_bps[1] / 1_000_000,
        ms(0.5),
        ms(0.99),
    );
    links.hold(Duration::from_millis(1)).await?;
    Ok(())
}

fn resident_kib(server: &Daemon) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse().ok());
    kib.ok_or_else(|| io::Error::other("the server's memory can't be read"))
}
