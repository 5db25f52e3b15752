//! Rooms whose links stand, and rooms that ask for a probe all at once.

use std::{io, path::Path, time::Duration};

use siaga_probe::Bitrate;

use super::{Measured, figure::Figure, gates::Watch, machine::resident_kib};
use crate::{
    programs::Lab,
    swarm::{
        asks,
        identities::{Authority, RoomIdentity},
        links::{AT_A_TIME, Links},
        percentile,
    },
};

/// How many, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rooms whose links stand.
    pub rooms: usize,
    /// Rooms that ask at the same moment, on connections that are open already.
    pub asks: usize,
    /// How long the links stand before the server's memory is looked at.
    pub hold: Duration,
}

/// What a link costs the server, and how fast it answers when all ask at once.
///
/// # Errors
/// A room can't connect, or a link ends.
#[allow(clippy::cast_precision_loss)]
pub async fn measure(Plan { rooms, asks, hold }: Plan) -> Measured {
    let lab = Lab::new()?;
    let identities = sign(&lab.server_dir(), rooms.max(asks))?;
    let server = lab.server(&[])?;
    let address = server.probes.ok_or("the server has no address")?;

    let before = resident_kib(server.id())?;
    let mut links = Links::open(&address.to_string().parse()?, &lab.ca(), &identities[..rooms]).await?;
    links.hold(hold).await?;
    let after = resident_kib(server.id())?;
    let each = after.saturating_sub(before) as f64 / rooms.max(1) as f64;
    let all = (before as f64 + each * 10_000.0) / 1024.0;
    let mut figures = vec![
        Figure::told(
            format!("{rooms} rooms link and report, {AT_A_TIME} at a time"),
            format!("{:.1} s, {} attempts repeated", links.took.as_secs_f64(), links.repeated),
        ),
        Figure::held("memory of the server for each", format!("{each:.1} KiB"), "≤ 64 KiB", each <= 64.0),
        Figure::told("the same for 10,000 rooms, extrapolated", format!("{all:.0} MiB in all")),
    ];

    let rates = [Bitrate::from_bps(20_000_000)?; 2];
    let watches = ["up", "down"].map(|way| {
        Watch::begin(server.http, format!("siaga_server_granted_bytes_per_second{{direction=\"{way}\"}}"))
    });
    let answers = asks::ask_at_once(address, &lab.ca(), &identities[..asks], rates).await?;
    let ms = |share| percentile(&answers.busy_ms, share);
    let granted = watches.map(|watch| watch.end() * 8 / 1_000_000);
    let answered: usize = answers.kinds.values().sum();
    let count = |kind: &str| answers.kinds.get(kind).copied().unwrap_or_default();
    figures.extend([
        Figure::told(
            format!("{asks} of them open connections for probes"),
            format!("{:.1} s", answers.opening.as_secs_f64()),
        ),
        Figure::held(
            "all ask at once for 20/20 on these connections: answered",
            format!("{answered}: {} granted, {} busy", count("grant"), count("busy")),
            "all",
            answered == asks && count("grant") + count("busy") == asks,
        ),
        Figure::held(
            "“busy” arrives after the question within",
            format!("{:.0} ms (median), {:.0} ms (p99)", ms(0.5), ms(0.99)),
            "p99 ≤ 200 ms",
            ms(0.99) <= 200.0,
        ),
        Figure::held(
            "granted at the same time, looked at every 50 ms",
            format!("{} Mbit/s up, {} Mbit/s down", granted[0], granted[1]),
            "≤ 800 Mbit/s, which is the share",
            granted.iter().all(|rate| (1..=800).contains(rate)),
        ),
    ]);
    links.hold(Duration::from_millis(1)).await?;
    Ok(figures)
}

/// Certificates for so many rooms.
pub(super) fn sign(server_dir: &Path, rooms: usize) -> io::Result<Vec<RoomIdentity>> {
    let authority = Authority::load(server_dir)?;
    (0..rooms).map(|n| authority.sign(&format!("room-{n}"))).collect()
}
