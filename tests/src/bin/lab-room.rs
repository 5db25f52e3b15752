//! A room that is made of nothing, for trying what a booking system gets to see: docs/booking.md is followed with it.
//!
//! `cargo run -p siaga-tests --bin lab-room -- past --dir DIR --room ROOM` writes a past into the store of a server that does not
//! run; `… present --dir DIR --room ROOM` keeps the room's link to one that does. Neither is part of what is shipped: a past that
//! was made up proves nothing about any room.

use std::{
    error::Error,
    io,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::{Args, Parser};
use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use siaga_booking::{Retention, Store};
use siaga_probe::{Mode, Verdict};
use siaga_probe_server::desk::{self, Desk};
use siaga_readiness::{
    moment::{BootId, Moment},
    report::{
        Age, Echo, FromRoom, FromServer, Happening, Hello, JournalId, Record, RecordsFrame, SnapshotFrame,
        Tolerant, VERSION,
    },
    room::RoomId,
};
use siaga_tests::{
    lab_room::{Fault, LabRoom, Probed, probe},
    swarm::identities::Authority,
};
use siaga_transport::{
    identity::{Identity, Trust},
    room::{LinkEnd, LinkRequest, Received, RoomLink},
    server_name::ServerName,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    time::interval,
};

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
    /// Keep the room's link to a running server, until it is ended.
    Present {
        #[command(flatten)]
        which: Which,
        /// Where the server's probes are.
        #[arg(long, default_value = "127.0.0.1:4433")]
        server: ServerName,
        /// What ails it.
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
        Command::Present { which, server, fault, site } => present(&which, server, fault, site).await,
    }
}

struct Past {
    which: Which,
    days: i32,
    hours: (i8, i8),
    fails: Option<(i8, i8)>,
    zone: TimeZone,
}

impl Past {
    /// What the server would have kept, taken in by its own desk, minute by minute, by a clock that is set back.
    async fn write(&self) -> Result<(), Box<dyn Error>> {
        let today = Timestamp::now().to_zoned(self.zone.clone()).date();
        let first = today.checked_sub(self.days.days())?;
        let clock = Arc::new(Mutex::new(self.moment(first, 0)?));
        let begin = clock.lock().expect("nobody panics").wall;
        let (store, _) = Store::open(&desk::file(&self.which.dir), Retention::default(), begin)?;
        let desk = Desk::new(
            store,
            Box::new({
                let clock = clock.clone();
                move || *clock.lock().expect("nobody panics")
            }),
        );
        let set = |moment: Moment| *clock.lock().expect("nobody panics") = moment;
        let mut sequence = 0;
        let mut day = first;
        while day < today {
            if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                set(self.moment(day, i32::from(self.hours.0) * 60)?);
                desk.connected(&self.which.room, &hello(&self.which.room, None), 1).await?;
                for minute in i32::from(self.hours.0) * 60..i32::from(self.hours.1) * 60 {
                    let now = self.moment(day, minute)?;
                    set(now);
                    self.minute(&desk, now, minute, &mut sequence).await?;
                }
            }
            day = day.tomorrow()?;
        }
        Ok(())
    }

    async fn minute(
        &self,
        desk: &Desk,
        now: Moment,
        minute: i32,
        sequence: &mut u64,
    ) -> Result<(), Box<dyn Error>> {
        let of_the_day = minute - i32::from(self.hours.0) * 60;
        let since = of_the_day % BETWEEN_PROBES;
        let hour = (minute - since) / 60;
        let fails = self.fails.is_some_and(|(from, to)| (i32::from(from)..i32::from(to)).contains(&hour));
        let room = LabRoom { name: self.which.room.to_string(), fault: fails.then_some(Fault::Link) };
        let mut records = Vec::new();
        let mut made = |mode, verdict| {
            *sequence += 1;
            records.push(Record {
                seq: *sequence,
                at: Some(Age::ZERO),
                what: Happening::Probe(Box::new(probe(mode, verdict))),
            });
        };
        if of_the_day == 0 {
            made(Mode::Sustain, Verdict::Pass);
        }
        if since == 0 {
            made(Mode::Gate, if fails { Verdict::Fail } else { Verdict::Pass });
        }
        let frame = |frame| Received { link: 1, frame, under_way: Duration::ZERO };
        if !records.is_empty() {
            let no = *sequence;
            let records = RecordsFrame { no, echo: ECHO, dropped: 0, records };
            desk.reported(&self.which.room, frame(FromRoom::Records(records))).await?;
        }
        let minutes = |minutes: i32| Duration::from_secs(u64::from(minutes.unsigned_abs()) * 60);
        let probed = Probed { gate: minutes(since), sustain: minutes(of_the_day) };
        let facts = Tolerant::Understood(room.facts(now, probed));
        let snapshot = SnapshotFrame { no: 1, echo: ECHO, facts };
        desk.reported(&self.which.room, frame(FromRoom::Snapshot(Box::new(snapshot)))).await?;
        Ok(())
    }

    fn moment(&self, day: Date, minute: i32) -> Result<Moment, jiff::Error> {
        let midnight = day.to_zoned(self.zone.clone())?.timestamp();
        let wall = midnight.checked_add(SignedDuration::from_mins(minute.into()))?;
        // A boot of its own: no clock of today's reaches back to it.
        let since_boot = Duration::try_from(wall.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
        Ok(Moment { wall, since_boot, boot: BootId(1) })
    }
}

/// Minutes, as agents have it by default.
const BETWEEN_PROBES: i32 = 30;

const ECHO: Echo = Echo { no: 0, held_ms: 0 };

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

/// Reports each half minute what a good room would; the link's probes are some minutes old.
async fn present(
    which: &Which,
    server: ServerName,
    fault: Option<Fault>,
    site: Option<RoomId>,
) -> Result<(), Box<dyn Error>> {
    let request =
        LinkRequest { server, trust: Trust::load(&which.dir.join("ca.pem"))?, identity: identity(which)? };
    let room = LabRoom { name: which.room.to_string(), fault };
    let ended = |end: LinkEnd| io::Error::other(end.words);
    let mut link = RoomLink::open(&request, hello(&which.room, site.as_ref())).await.map_err(ended)?;
    let mut end = signal(SignalKind::terminate())?;
    tokio::select! {
        ended = report(&mut link, &room) => ended?,
        // Told, the server need not wait for a room that is gone.
        _ = end.recv() => link.close().await,
    }
    Ok(())
}

async fn report(link: &mut RoomLink, room: &LabRoom) -> Result<(), Box<dyn Error>> {
    let ended = |end: LinkEnd| io::Error::other(end.words);
    let mut looks = interval(Duration::from_secs(30));
    let probed = Probed { gate: Duration::from_secs(300), sustain: Duration::from_secs(3 * 3600) };
    loop {
        looks.tick().await;
        let (no, echo) = link.number();
        let facts = Tolerant::Understood(room.facts(desk::now(), probed));
        link.say(&FromRoom::Snapshot(Box::new(SnapshotFrame { no, echo, facts }))).await.map_err(ended)?;
        loop {
            match link.hear().await.map_err(ended)? {
                FromServer::Ack(ack) if ack.no == no => break,
                _ => {}
            }
        }
        println!("{} has reported", room.name);
    }
}

fn identity(which: &Which) -> Result<Identity, Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    Authority::load(&which.dir)?.sign(which.room.as_str())?.write(dir.path())?;
    Ok(Identity::load_dir(dir.path())?)
}
