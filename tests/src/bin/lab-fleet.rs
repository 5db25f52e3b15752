//! Rooms and bookings that are made of nothing, for looking at the fleet's page: tests/pages drives it.
//!
//! `lab-fleet present --dir DIR --server ADDRESS` keeps the links of the rooms that it is told of, one a line on its input:
//! `{"room": "r1", "site": "kantor-a", "fault": "camera", "device": "Webcam", "gone": false}`; it says when each has reported.
//! `lab-fleet many --dir DIR --rooms N` and `lab-fleet booked --dir DIR --reference REF --days-ago N` write into the stores of a
//! server that does not run; the latter reads the request from its input.

use std::{
    collections::HashMap,
    error::Error,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::{Parser, ValueEnum};
use jiff::SignedDuration;
use serde::Deserialize;
use siaga_booking::{Retention, Store};
use siaga_probe_server::{
    config::{self, Overrides},
    desk::{self, Desk},
    gate::Gate,
    office::Office,
};
use siaga_readiness::{
    booking::{BookingRef, Request},
    moment::{BootId, Moment},
    report::{FromRoom, FromServer, SnapshotFrame, Tolerant},
    room::RoomId,
};
use siaga_service::http::Asker;
use siaga_tests::{
    lab_fleet::{PROBED, hello, many},
    lab_room::{Fault, LabRoom, Probed},
    programs::lines,
    swarm::identities::Authority,
};
use siaga_transport::{
    identity::{Identity, Trust},
    room::{LinkEnd, LinkRequest, RoomLink},
    server_name::ServerName,
};

/// A fleet that is made of nothing.
#[derive(Debug, Parser)]
enum Command {
    /// Keep the links of the rooms that are named on the input.
    Present {
        /// The server's directory, with its CA.
        #[arg(long)]
        dir: PathBuf,
        /// Where the server's probes are.
        #[arg(long)]
        server: ServerName,
    },
    /// Have so many rooms reported to the store of a server that does not run.
    Many {
        /// The server's directory.
        #[arg(long)]
        dir: PathBuf,
        /// How many.
        #[arg(long)]
        rooms: u32,
    },
    /// Have a booking decided some days ago, by a server that does not run.
    Booked {
        /// The server's directory.
        #[arg(long)]
        dir: PathBuf,
        /// The booking.
        #[arg(long)]
        reference: BookingRef,
        /// When it was decided.
        #[arg(long)]
        days_ago: i64,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Command::parse() {
        Command::Present { dir, server } => present(&dir, server).await,
        Command::Many { dir, rooms } => Ok(many(&dir, rooms).await?),
        Command::Booked { dir, reference, days_ago } => booked(&dir, reference, days_ago).await,
    }
}

/// What a line says of a room.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    room: RoomId,
    #[serde(default)]
    site: Option<String>,
    #[serde(default)]
    fault: Option<String>,
    /// What its camera and its microphone call themselves.
    #[serde(default)]
    device: Option<String>,
    /// Its link was last probed longer ago than counts.
    #[serde(default)]
    stale: bool,
    /// Its link ends.
    #[serde(default)]
    gone: bool,
}

async fn present(dir: &Path, server: ServerName) -> Result<(), Box<dyn Error>> {
    let (trust, authority) = (Trust::load(&dir.join("ca.pem"))?, Authority::load(dir)?);
    let mut links: HashMap<RoomId, RoomLink> = HashMap::new();
    let mut told = lines();
    println!("ready");
    let mut number = 0;
    while let Some(line) = told.recv().await {
        let said: Said = serde_json::from_str(&line)?;
        if said.gone {
            if let Some(link) = links.remove(&said.room) {
                link.close().await;
            }
        } else {
            let link = match links.remove(&said.room) {
                Some(link) => link,
                None => {
                    let identity = identity(&authority, &said.room)?;
                    let request = LinkRequest { server: server.clone(), trust: trust.clone(), identity };
                    RoomLink::open(&request, hello(&said.room, said.site.clone())).await.map_err(ended)?
                }
            };
            let link = report(link, &said).await?;
            links.insert(said.room.clone(), link);
        }
        number += 1;
        println!("{number}: {} has reported", said.room);
    }
    Ok(())
}

async fn report(mut link: RoomLink, said: &Said) -> Result<RoomLink, Box<dyn Error>> {
    let fault = said.fault.as_deref().map(|fault| Fault::from_str(fault, false)).transpose()?;
    let room = LabRoom { name: said.room.to_string(), fault };
    let gate = if said.stale { Duration::from_secs(2 * 3600) } else { PROBED.gate };
    let mut facts = room.facts(desk::now(), Probed { gate, ..PROBED });
    if let (Some(device), Tolerant::Understood(devices)) = (&said.device, &mut facts.devices)
        && let Some(scan) = &mut devices.scan
    {
        scan.inventory.cameras.iter_mut().for_each(|camera| camera.name.clone_from(device));
        scan.inventory.microphones.iter_mut().for_each(|microphone| microphone.name.clone_from(device));
    }
    let (no, echo) = link.number();
    let facts = Tolerant::Understood(facts);
    link.say(&FromRoom::Snapshot(Box::new(SnapshotFrame { no, echo, facts }))).await.map_err(ended)?;
    loop {
        match link.hear().await.map_err(ended)? {
            FromServer::Ack(ack) if ack.no == no => return Ok(link),
            _ => {}
        }
    }
}

fn ended(end: LinkEnd) -> io::Error {
    io::Error::other(end.words)
}

fn identity(authority: &Authority, room: &RoomId) -> Result<Identity, Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    authority.sign(room.as_str())?.write(dir.path())?;
    Ok(Identity::load_dir(dir.path())?)
}

async fn booked(dir: &Path, reference: BookingRef, days_ago: i64) -> Result<(), Box<dyn Error>> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let request: Request = serde_json::from_str(&text)?;
    let then = move || {
        let now = desk::now();
        let wall = now.wall.checked_sub(SignedDuration::from_hours(24 * days_ago)).unwrap_or(now.wall);
        // A boot of its own: no clock of today's reaches back to it.
        Moment { wall, since_boot: now.since_boot, boot: BootId(1) }
    };
    let settings = config::load(dir, &Overrides::default())?;
    let (store, _) = Store::open(&desk::file(dir), Retention::default(), then().wall)?;
    let desk = Arc::new(Desk::new(store, Box::new(then)));
    let office = Office::load(dir, &settings)?;
    let gate = Arc::new(Gate::open(dir, desk, office)?);
    let told = gate
        .put(reference, request, false, Asker::default())
        .await
        .map_err(|refusal| io::Error::other(refusal.to_string()))?;
    println!("{}", told.decision.as_str());
    Ok(())
}
