//! Rooms whose links stand: they report once, and then as rooms do of which nothing changes.

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use siaga_probe::{
    Bitrate, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    outcome::{ByteCount, RoundTrip},
};
use siaga_readiness::{
    moment::{BootId, Moment},
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace},
    policy::Policy,
    report::{Facts, FromRoom, FromServer, Hello, JournalId, SnapshotFrame, Tolerant, VERSION},
    snapshot::Setup,
    tracker::Tracker,
};
use siaga_transport::{
    identity::{Identity, Trust},
    room::{LinkEnd, LinkRequest, RoomLink},
    server_name::ServerName,
};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};

use super::identities::RoomIdentity;

/// Links that stand.
pub struct Links {
    standing: JoinSet<io::Error>,
    /// How long it took until all of them stood and had reported.
    pub took: Duration,
    /// Attempts that failed and were repeated, as a room does.
    pub repeated: usize,
}

/// Handshakes at a time: they are this machine's work at both ends.
pub const AT_A_TIME: usize = 32;

/// Attempts of one room.
const ATTEMPTS: usize = 3;

impl Links {
    /// Opens one link for each room and reports over it.
    ///
    /// # Errors
    /// One of them can't be opened, or ends.
    pub async fn open(server: &ServerName, ca: &Path, rooms: &[RoomIdentity]) -> io::Result<Self> {
        let trust = Trust::load(ca).map_err(io::Error::other)?;
        let places = Arc::new(Semaphore::new(AT_A_TIME));
        let started = Instant::now();
        let mut opening = JoinSet::new();
        for room in rooms {
            let (name, identity) = (room.room.clone(), identity(room)?);
            let request = LinkRequest { server: server.clone(), trust: trust.clone(), identity };
            let places = places.clone();
            opening.spawn(async move {
                let _place = places.acquire_owned().await.map_err(io::Error::other)?;
                let mut failed = 0;
                loop {
                    match report(&request, &name, 10_000_000).await {
                        Err(_) if failed + 1 < ATTEMPTS => failed += 1,
                        reported => return reported.map(|link| (link, failed)),
                    }
                }
            });
        }
        let (mut standing, mut repeated) = (JoinSet::new(), 0);
        while let Some(opened) = opening.join_next().await {
            let (mut link, failed) = opened.map_err(io::Error::other)??;
            repeated += failed;
            standing.spawn(async move {
                loop {
                    if let Err(end) = link.hear().await {
                        return io::Error::other(end.words);
                    }
                }
            });
        }
        Ok(Self { standing, took: started.elapsed(), repeated })
    }

    /// Keeps them for `time`.
    ///
    /// # Errors
    /// One of them ended.
    pub async fn hold(&mut self, time: Duration) -> io::Result<()> {
        tokio::select! {
            () = sleep(time) => Ok(()),
            Some(ended) = self.standing.join_next() => Err(ended.unwrap_or_else(io::Error::other)),
        }
    }
}

/// As the agent loads it.
pub(crate) fn identity(room: &RoomIdentity) -> io::Result<Identity> {
    let dir = tempfile::tempdir()?;
    room.write(dir.path())?;
    Identity::load_dir(dir.path()).map_err(io::Error::other)
}

/// A link that stands, over which its room has said how it is, and the server has acknowledged it.
pub(crate) async fn report(request: &LinkRequest, room: &str, up_bps: u64) -> io::Result<RoomLink> {
    let hello = Hello {
        version: VERSION,
        agent: env!("CARGO_PKG_VERSION").to_owned(),
        room: room.to_owned().try_into().map_err(io::Error::other)?,
        site: None,
        journal: JournalId(1),
        clock_ms: jiff::Timestamp::now().as_millisecond(),
    };
    let ended = |end: LinkEnd| io::Error::other(end.words);
    let mut link = RoomLink::open(request, hello).await.map_err(ended)?;
    say(&mut link, room, up_bps).await.map_err(ended)?;
    Ok(link)
}

/// Says that the link carries so much up, and waits until the server has acknowledged it; what else it says meanwhile is left.
pub(crate) async fn say(link: &mut RoomLink, room: &str, up_bps: u64) -> Result<(), LinkEnd> {
    let (no, echo) = link.number();
    let facts = Tolerant::Understood(facts(room, up_bps));
    link.say(&FromRoom::Snapshot(Box::new(SnapshotFrame { no, echo, facts }))).await?;
    loop {
        if matches!(link.hear().await?, FromServer::Ack(ack) if ack.no >= no) {
            return Ok(());
        }
    }
}

/// A room whose link was probed just now, and carries so much up.
fn facts(room: &str, up_bps: u64) -> Facts {
    let now = Moment { wall: jiff::Timestamp::now(), since_boot: Duration::from_secs(1000), boot: BootId(1) };
    let setup = Setup {
        room: room.to_owned(),
        probe_server: Some("probe.example:4433".to_owned()),
        policy: Policy::default(),
    };
    let mut tracker = Tracker::new(setup, now);
    let evidence = ProbeEvidence {
        server_place: ServerPlace::Public,
        network: None,
        clock_offset_s: None,
        gateway: None,
        result: passed(up_bps),
    };
    tracker.observe(Observation {
        at: now,
        took: Duration::from_secs(1),
        evidence: Evidence::Probe(Box::new(evidence)),
    });
    Facts::of(tracker.snapshot(), now)
}

fn passed(up_bps: u64) -> ProbeResult {
    let direction = |bps| DirectionResult {
        verdict: Verdict::Pass,
        delivered_bps: Some(bps),
        ..DirectionResult::unmeasured(Bitrate::from_bps(bps).expect("within the range"), Reason::Sustained)
    };
    ProbeResult {
        mode: Mode::Gate,
        server: "probe.example:4433".to_owned(),
        started_at: String::new(),
        duration_s: 1.0,
        bytes: ByteCount::default(),
        verdict: Verdict::Pass,
        reason: Reason::Sustained,
        detail: None,
        up: direction(up_bps),
        down: direction(20_000_000),
        rtt_ms: RoundTrip::default(),
    }
}
