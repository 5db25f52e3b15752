//! Stories of rooms that report, fall silent and come back, told to a desk with a clock of its own.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use siaga_booking::{Retention, Store, store::RoomPage};
use siaga_probe::{
    Bitrate, DirectionResult, Mode, ProbeResult, Reason, Verdict,
    admission::Purpose,
    network::NetworkId,
    outcome::{ByteCount, RoundTrip},
};
use siaga_readiness::{
    answer::{Readiness, RoomVerdict},
    host::{Host, MachineKind, Power},
    moment::{BootId, Moment},
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace},
    policy::Policy,
    profile::{Profile, Profiles},
    reasons::Code,
    report::{
        Age, Began, Echo, Facts, FromRoom, HandedTick, Happening, Hello, Item, JournalId, Looks, Record,
        RecordsFrame, SnapshotFrame, StillFrame, Tick, Tolerant,
    },
    room::RoomId,
    snapshot::{Cause, Setup},
    tracker::Tracker,
};
use siaga_transport::room::{DeskError, Received};
use tempfile::TempDir;

use super::{Checklist, Desk, FILE, NotKept, Stage, checklist::Keeping, standing};

/// A desk, its clock, and a profile that asks nothing but that the room's machine be a laptop.
pub(crate) struct Office {
    pub(crate) desk: Arc<Desk>,
    now: Arc<Mutex<Moment>>,
    dir: TempDir,
}

pub(crate) const LAPTOP: &str = "laptop";

pub(crate) fn profiles() -> Profiles {
    let profile = Profile::from_toml(LAPTOP.parse().unwrap(), "[machine]\nkinds = [\"laptop\"]").unwrap();
    Profiles::with([(profile.name, profile.requirements)].into()).unwrap()
}

impl Office {
    pub(crate) fn new() -> Self {
        let begin = Moment {
            wall: "2026-11-22T01:00:00Z".parse().unwrap(),
            since_boot: Duration::from_secs(1_000_000),
            boot: BootId(1),
        };
        Self::open(tempfile::tempdir().unwrap(), Arc::new(Mutex::new(begin)))
    }

    fn open(dir: TempDir, now: Arc<Mutex<Moment>>) -> Self {
        let wall = now.lock().unwrap().wall;
        let (store, _) = Store::open(&dir.path().join(FILE), Retention::default(), wall).unwrap();
        let clock = now.clone();
        let desk = Desk::new(store, Box::new(move || *clock.lock().unwrap()));
        Self { desk: Arc::new(desk), now, dir }
    }

    /// The server is started again, after its machine was if `boot` says so.
    pub(crate) fn restarted(self, boot: u128) -> Self {
        let Self { desk, now, dir } = self;
        drop(desk);
        {
            let mut now = now.lock().unwrap();
            if now.boot != BootId(boot) {
                (now.boot, now.since_boot) = (BootId(boot), Duration::from_secs(20));
            }
        }
        Self::open(dir, now)
    }

    /// A gate over it, that goes by `office`.
    pub(crate) fn gate(&self, office: crate::office::Office) -> Arc<crate::gate::Gate> {
        Arc::new(crate::gate::Gate::open(self.dir.path(), self.desk.clone(), office).unwrap())
    }

    pub(crate) fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    pub(crate) fn later(&self, seconds: u64) {
        let mut now = self.now.lock().unwrap();
        now.wall += Duration::from_secs(seconds);
        now.since_boot += Duration::from_secs(seconds);
    }

    /// The server's wall clock is set.
    fn set_clock(&self, seconds: i64) {
        self.now.lock().unwrap().wall += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn clock(&self) -> super::Clock {
        let now = self.now.clone();
        Box::new(move || *now.lock().unwrap())
    }

    pub(crate) fn wall(&self) -> Timestamp {
        self.now.lock().unwrap().wall
    }

    pub(crate) async fn connect(&self, room: &str, link: u64) -> u64 {
        let hello = Hello {
            version: 1,
            agent: "0.2.0".into(),
            room: id(room),
            site: Some("kantor-a".into()),
            journal: JournalId(7),
            clock_ms: 0,
        };
        self.desk.connected(&id(room), &hello, link).await.unwrap()
    }

    pub(crate) async fn say(&self, room: &str, link: u64, frame: FromRoom) -> Result<u64, DeskError> {
        let received = Received { link, frame, under_way: Duration::ZERO };
        self.desk.reported(&id(room), received).await
    }

    /// Its link stands, and it has said that it is a laptop, seen just now.
    pub(crate) async fn arrive(&self, room: &str, link: u64) {
        self.connect(room, link).await;
        self.say(room, link, snapshot(room, 0)).await.unwrap();
    }

    fn readiness(&self, room: &str) -> Readiness {
        let profiles = profiles();
        self.desk.room(&id(room)).unwrap().unwrap().readiness(profiles.named(LAPTOP).unwrap(), None)
    }

    fn verdict(&self, room: &str) -> (RoomVerdict, Vec<Code>) {
        let readiness = self.readiness(room);
        (readiness.verdict, readiness.reasons)
    }
}

pub(crate) fn id(room: &str) -> RoomId {
    room.parse().unwrap()
}

const ECHO: Echo = Echo { no: 0, held_ms: 0 };

/// A laptop that was looked at so many seconds ago.
pub(crate) fn snapshot(room: &str, seconds: u64) -> FromRoom {
    let at = |since_boot| Moment {
        // A room whose clock is years off.
        wall: "1999-01-01T00:00:00Z".parse().unwrap(),
        since_boot: Duration::from_secs(since_boot),
        boot: BootId(99),
    };
    let setup = Setup { room: room.to_owned(), probe_server: None, policy: Policy::default() };
    let mut tracker = Tracker::new(setup, at(0));
    let host = Host {
        power: Power::Mains,
        charge_percent: None,
        ups: false,
        machine: MachineKind::Laptop,
        programs: Vec::new(),
    };
    let took = Duration::from_millis(1);
    tracker.observe(Observation { at: at(1000), took, evidence: Evidence::Host(host) });
    let facts = Tolerant::Understood(Facts::of(tracker.snapshot(), at(1000 + seconds)));
    FromRoom::Snapshot(Box::new(SnapshotFrame { no: 1, echo: ECHO, facts }))
}

/// The same of a room that goes by a profile.
pub(crate) fn snapshot_by(room: &str, profile: &str) -> FromRoom {
    let FromRoom::Snapshot(mut frame) = snapshot(room, 0) else { panic!("it is one") };
    frame.facts = frame.facts.map(|facts| facts.of_profile(&profile.parse().unwrap()));
    FromRoom::Snapshot(frame)
}

pub(crate) fn records(records: Vec<Record>) -> FromRoom {
    FromRoom::Records(RecordsFrame { no: 1, echo: ECHO, dropped: 0, records })
}

pub(crate) fn record(seq: u64, seconds_ago: u64, what: Happening) -> Record {
    Record { seq, at: Some(Age::from(Duration::from_secs(seconds_ago))), what }
}

/// A gate probe that passed at 10 up and 20 down.
pub(crate) fn passed_on(network: Option<NetworkId>) -> Happening {
    let Happening::Probe(mut evidence) = probe() else { unreachable!() };
    evidence.network = network;
    let down = &mut evidence.result.down;
    (down.verdict, down.reason, down.delivered_bps) = (Verdict::Pass, Reason::Sustained, Some(20_000_000));
    Happening::Probe(evidence)
}

/// A gate probe: 10 up arrived, 15 of 20 down.
pub(crate) fn probe() -> Happening {
    let rate = |megabits: u64| Bitrate::from_bps(megabits * 1_000_000).unwrap();
    let unmeasured = |megabits| DirectionResult::unmeasured(rate(megabits), Reason::Undecided);
    let result = ProbeResult {
        mode: Mode::Gate,
        server: "probe.example:4433".into(),
        started_at: "1999-01-01T00:00:00Z".into(),
        duration_s: 1.0,
        bytes: ByteCount { sent: 1, received: 1 },
        verdict: Verdict::Fail,
        reason: Reason::QueueGrows,
        detail: None,
        up: DirectionResult {
            verdict: Verdict::Pass,
            reason: Reason::Sustained,
            delivered_bps: Some(10_000_000),
            ..unmeasured(10)
        },
        down: DirectionResult {
            verdict: Verdict::Fail,
            reason: Reason::QueueGrows,
            delivered_bps: Some(15_000_000),
            ..unmeasured(20)
        },
        rtt_ms: RoundTrip { idle: Some(18.0), loaded: None },
    };
    Happening::Probe(Box::new(ProbeEvidence {
        server_place: ServerPlace::Public,
        network: None,
        clock_offset_s: None,
        gateway: None,
        result,
    }))
}

#[tokio::test]
async fn a_room_that_reports_is_ready_for_as_long_as_what_it_reported_counts() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    assert_eq!(office.verdict("r1"), (RoomVerdict::Ready, vec![]));
    office.later(299);
    assert_eq!(office.verdict("r1").0, RoomVerdict::Ready);
    office.later(2);
    assert_eq!(office.verdict("r1"), (RoomVerdict::Unknown, vec![Code::EvidenceStale]));
}

#[tokio::test]
async fn evidence_is_as_old_as_the_room_says_and_older_whatever_its_clock_shows() {
    let office = Office::new();
    office.connect("r1", 1).await;
    office.say("r1", 1, snapshot("r1", 200)).await.unwrap();
    office.later(50);
    let known = office.readiness("r1");
    let machine = known.checks.iter().find(|check| check.age_s.is_some_and(|age| age > 100.0)).unwrap();
    assert_eq!(machine.age_s, Some(250.0));
    assert_eq!(machine.observed_at, Some("2026-11-22T00:56:40Z".parse().unwrap()));
    office.later(51);
    assert_eq!(office.verdict("r1").0, RoomVerdict::Unknown);
}

#[tokio::test]
async fn a_server_whose_clock_is_set_makes_no_evidence_young() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    office.later(301);
    office.set_clock(-300);
    assert_eq!(office.verdict("r1").0, RoomVerdict::Unknown);
}

#[tokio::test]
async fn what_an_earlier_link_said_is_not_made_young_by_a_newer_one() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    office.later(100);
    office.connect("r1", 2).await;
    let looks = Looks { host: Some(Age::ZERO), ..Looks::default() };
    let still = FromRoom::Still(StillFrame { no: 1, echo: ECHO, looks });
    assert_eq!(office.say("r1", 2, still).await.unwrap_err().0, "a link begins with a snapshot");
    assert_eq!(office.verdict("r1").1, [Code::RoomOffline]);
}

#[tokio::test]
async fn a_room_that_looks_again_and_finds_the_same_stays_ready() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    for _ in 0..5 {
        office.later(100);
        let looks = Looks { host: Some(Age::from(Duration::from_secs(10))), ..Looks::default() };
        office.say("r1", 1, FromRoom::Still(StillFrame { no: 2, echo: ECHO, looks })).await.unwrap();
        assert_eq!(office.verdict("r1").0, RoomVerdict::Ready);
    }
    office.later(291);
    assert_eq!(office.verdict("r1").0, RoomVerdict::Unknown);
}

#[tokio::test]
async fn a_room_whose_link_is_gone_is_unknown_with_the_time_when_it_was_last_seen() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    let seen = office.wall();
    office.later(3);
    assert!(office.desk.forget(&id("r1"), 1));
    assert_eq!(office.verdict("r1"), (RoomVerdict::Unknown, vec![Code::RoomOffline]));
    let link = &office.readiness("r1").checks[0];
    assert_eq!((link.reason, link.observed_at, link.age_s), (Code::RoomOffline, Some(seen), Some(3.0)));
}

#[tokio::test]
async fn of_a_room_that_is_revoked_that_is_the_reason_until_it_is_heard_again() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    office.desk.set_revoked([id("r1")].into());
    assert_eq!(office.verdict("r1").0, RoomVerdict::Ready, "its link is ended within a second or two");
    office.desk.forget(&id("r1"), 1);
    assert_eq!(office.verdict("r1"), (RoomVerdict::Unknown, vec![Code::RoomRevoked]));
    office.desk.set_revoked([].into());
    assert_eq!(office.verdict("r1").1, [Code::RoomOffline], "it was enrolled again, and has not come yet");
}

#[tokio::test]
async fn the_end_of_an_older_link_takes_nothing_from_the_newer_one() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    office.arrive("r1", 2).await;
    assert!(!office.desk.forget(&id("r1"), 1));
    assert_eq!(office.verdict("r1").0, RoomVerdict::Ready);
    let late = office.say("r1", 1, snapshot("r1", 0)).await.unwrap_err();
    assert_eq!(late.to_string(), "a newer link has come");
}

#[tokio::test]
async fn what_a_room_was_asked_to_check_outlives_the_server() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    let hour = Duration::from_secs(3600);
    let planned = office.desk.order_check(&id("r1"), Purpose::PreCheck, hour);
    let check = office.desk.promise_check(&id("r1"), Purpose::Booking, hour);
    let office = office.restarted(2);
    assert_eq!(office.desk.check(&id("r1"), planned.id), None, "whoever planned it plans again");
    let after = office.desk.check(&id("r1"), check.id).unwrap();
    assert_eq!((after.stage, after.purpose, after.since), (Stage::Waiting, check.purpose, check.since));
    office.later(3600);
    assert_eq!(office.desk.check(&id("r1"), check.id).unwrap().stage, Stage::Overdue);
    assert_eq!(office.restarted(3).desk.check(&id("r1"), check.id), None);
}

#[tokio::test]
async fn a_server_that_was_started_again_knows_the_room_and_waits_to_hear_it() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    let office = office.restarted(1);
    assert_eq!(office.verdict("r1"), (RoomVerdict::Unknown, vec![Code::RoomOffline]));
    office.connect("r1", 1).await;
    assert_eq!(office.verdict("r1").0, RoomVerdict::Unknown, "it has said nothing yet");
    office.say("r1", 1, snapshot("r1", 0)).await.unwrap();
    assert_eq!(office.verdict("r1").0, RoomVerdict::Ready);
}

#[tokio::test]
async fn what_was_heard_before_the_server_s_machine_was_booted_grants_nothing() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    let office = office.restarted(2);
    // And its wall clock is behind by a day.
    office.set_clock(-86_400);
    office.connect("r1", 1).await;
    assert_eq!(office.verdict("r1").0, RoomVerdict::Unknown);
    assert_eq!(office.readiness("r1").checks[0].age_s, Some(0.0), "no age below nothing");
}

#[tokio::test]
async fn a_report_that_is_not_understood_is_told_so() {
    let office = Office::new();
    office.connect("r1", 1).await;
    let frame = SnapshotFrame { no: 1, echo: ECHO, facts: Tolerant::NotUnderstood };
    office.say("r1", 1, FromRoom::Snapshot(Box::new(frame))).await.unwrap();
    assert_eq!(office.verdict("r1").0, RoomVerdict::Unknown);
}

#[tokio::test]
async fn a_report_is_about_the_room_whose_certificate_it_came_with() {
    let office = Office::new();
    office.connect("r1", 1).await;
    office.say("r1", 1, snapshot("governor", 0)).await.unwrap();
    assert_eq!(office.readiness("r1").room, "r1");
    assert!(office.desk.room(&id("governor")).unwrap().is_none());
}

#[tokio::test]
async fn a_room_is_held_against_the_profile_that_it_goes_by_also_when_it_is_off() {
    let office = Office::new();
    let own = |office: &Office| {
        let told = office.desk.room(&id("r1")).unwrap().unwrap().own_readiness(&profiles(), None);
        (told.profile, told.verdict, told.reasons)
    };
    office.arrive("r1", 1).await;
    let (profile, verdict, _) = own(&office);
    assert_eq!(
        (profile.as_str(), verdict),
        ("minimum", RoomVerdict::Unknown),
        "a room of the release before"
    );
    office.say("r1", 1, snapshot_by("r1", LAPTOP)).await.unwrap();
    assert_eq!(own(&office), (LAPTOP.into(), RoomVerdict::Ready, vec![]));
    office.say("r1", 1, snapshot_by("r1", "training")).await.unwrap();
    assert_eq!(own(&office), ("training".into(), RoomVerdict::Unknown, vec![Code::ProfileUnknown]));
    office.say("r1", 1, snapshot_by("r1", LAPTOP)).await.unwrap();
    let office = office.restarted(2);
    assert_eq!(own(&office), (LAPTOP.into(), RoomVerdict::Unknown, vec![Code::RoomOffline]));
}

#[tokio::test]
async fn since_when_a_room_is_as_it_is_is_in_its_history() {
    let office = Office::new();
    office.desk.hold_against(Arc::new(profiles()));
    let standing = |office: &Office| {
        let read =
            |reader: &mut siaga_booking::store::Reader<'_>| reader.standing(&[id("r1")], &standing::KINDS);
        let told = office.desk.store().read(read).unwrap().remove(0);
        told.map(|it| (it.kind, it.since.duration_since(office.wall()).as_secs()))
    };
    office.connect("r1", 1).await;
    assert_eq!(standing(&office), None, "it has said nothing yet");
    office.say("r1", 1, snapshot_by("r1", LAPTOP)).await.unwrap();
    for _ in 0..3 {
        office.later(60);
        office.say("r1", 1, snapshot_by("r1", LAPTOP)).await.unwrap();
    }
    assert_eq!(standing(&office), Some(("ROOM_READY".into(), -180)));
    office.say("r1", 1, snapshot_by("r1", "training")).await.unwrap();
    office.later(60);
    assert_eq!(standing(&office), Some(("ROOM_UNKNOWN".into(), -60)));
    let office = office.restarted(1);
    office.later(60);
    office.connect("r1", 1).await;
    office.say("r1", 1, snapshot("r1", 0)).await.unwrap();
    assert_eq!(standing(&office), Some(("ROOM_UNKNOWN".into(), -120)), "a server that restarts ends nothing");
    office.later(60);
    office.desk.forget(&id("r1"), 1);
    office.desk.notice_offline(&id("r1"), "closed").await;
    assert_eq!(standing(&office), Some(("ROOM_OFFLINE".into(), 0)));
}

#[tokio::test]
async fn hours_are_counted_by_the_profile_that_the_room_goes_by() {
    let office = Office::new();
    office.desk.hold_against(Arc::new(profiles()));
    let hours = |room: &str| {
        let (from, to) = (office.wall() - Duration::from_secs(3600), office.wall() + Duration::from_secs(1));
        let rows = office.desk.store().read(|reader| reader.hours(&id(room), from, to)).unwrap();
        let told = rows.into_iter().map(|row| (row.series.to_string(), row.good, row.bad, row.unknown));
        told.collect::<Vec<_>>()
    };
    let minute = |series: &str, good, unknown| (series.to_owned(), good, 0, unknown);
    office.connect("r1", 1).await;
    office.say("r1", 1, snapshot_by("r1", LAPTOP)).await.unwrap();
    let laptop = [minute("MACHINE", 1, 0), minute("ONLINE", 1, 0)];
    assert_eq!(hours("r1"), laptop, "nobody asked it for a camera, and so it lacks none");

    office.connect("r2", 2).await;
    office.say("r2", 2, snapshot_by("r2", "training")).await.unwrap();
    let training = hours("r2");
    assert!(training.contains(&minute("PROFILE", 0, 1)), "what it goes by is not known here: {training:?}");
    assert!(training.contains(&minute("CAMERA", 0, 1)));
}

#[tokio::test]
async fn a_room_that_was_away_while_no_server_ran_is_as_it_is_since_it_came_back() {
    let office = Office::new();
    office.arrive("r1", 1).await;
    office.later(600);
    office.say("r1", 1, snapshot("r1", 0)).await.unwrap();
    let (began, seen) = (office.wall() - Duration::from_secs(600), office.wall());
    // The server is killed, and its machine is up again after an hour.
    let office = office.restarted(2);
    office.later(3600);
    office.arrive("r1", 1).await;
    let (back, room) = (office.wall(), id("r1"));
    let events =
        office.desk.store().read(|reader| reader.events(&room, began, back + Duration::from_secs(1), 10));
    let told: Vec<_> = events.unwrap().into_iter().map(|it| (it.kind.to_string(), it.at)).collect();
    let told: Vec<_> = told.iter().map(|(kind, at)| (kind.as_str(), *at)).collect();
    let by_minimum = "ROOM_UNKNOWN";
    let after = seen + Duration::from_millis(1);
    for expected in [(by_minimum, began), ("ROOM_OFFLINE", after), ("ROOM_ONLINE", back), (by_minimum, back)]
    {
        assert!(told.contains(&expected), "{expected:?} is not in {told:?}");
    }
    let standing = office.desk.store().read(|reader| reader.standing(&[room], &standing::KINDS));
    assert_eq!(standing.unwrap().remove(0).unwrap().since, back);
}

#[tokio::test]
async fn a_journal_is_kept_once_with_its_times_by_the_server_s_clock() {
    let office = Office::new();
    assert_eq!(office.connect("r1", 1).await, 0);
    let began = Happening::Began(Began { cause: Cause::Resumed });
    let sent = vec![
        record(1, 600, probe()),
        record(2, 300, began),
        Record { seq: 3, at: None, what: probe() },
        record(4, 0, Happening::Unknown),
    ];
    assert_eq!(office.say("r1", 1, records(sent.clone())).await.unwrap(), 4);
    assert_eq!(office.say("r1", 1, records(sent)).await.unwrap(), 4);
    assert_eq!(office.connect("r1", 2).await, 4, "a new link goes on where the old one ended");
    let (from, to) = (office.wall() - Duration::from_secs(3600), office.wall());
    let samples = office.desk.store().read(|reader| reader.samples(&id("r1"), from, to, 10)).unwrap();
    let told: Vec<_> = samples.iter().map(|sample| (&*sample.series, sample.value)).collect();
    assert_eq!(told, [("gate.up", Some(1e7)), ("gate.down", Some(1.5e7))]);
    assert_eq!(samples[0].at, "2026-11-22T00:50:00Z".parse().unwrap());
    let events = office.desk.store().read(|reader| reader.events(&id("r1"), from, to, 10)).unwrap();
    assert_eq!(&*events[0].kind, "MACHINE_RESUMED");
}

#[tokio::test]
async fn rooms_are_known_by_page_and_counted() {
    let office = Office::new();
    for (number, room) in ["a", "b", "c"].iter().enumerate() {
        office.arrive(room, number as u64).await;
    }
    office.desk.forget(&id("b"), 1);
    let page = office.desk.rooms(&RoomPage { limit: 10, ..RoomPage::default() }).unwrap();
    let online: Vec<_> = page.iter().map(|known| (known.id().as_str(), known.presence().online)).collect();
    assert_eq!(online, [("a", true), ("b", false), ("c", true)]);
    assert_eq!(office.desk.online(), 2);
}

/// Keeps ticks for as long as it can.
#[derive(Default)]
struct Sheet {
    kept: Mutex<Vec<HandedTick>>,
    is_full: AtomicBool,
}

impl Checklist for Sheet {
    fn keep<'a>(&'a self, _: &'a RoomId, tick: HandedTick) -> Keeping<'a> {
        Box::pin(async {
            if self.is_full.load(Ordering::Relaxed) {
                return Err(NotKept("the disk is full".into()));
            }
            let mut kept = self.kept.lock().unwrap();
            if kept.iter().all(|known| known.seq != tick.seq) {
                kept.push(tick);
            }
            Ok(())
        })
    }
}

#[tokio::test]
async fn what_staff_tick_is_acknowledged_once_it_is_kept_and_holds_nothing_else_up() {
    let office = Office::new();
    let sheet = Arc::new(Sheet::default());
    office.desk.keep_ticks_in(sheet.clone());
    office.arrive("r1", 1).await;
    let tick = |item| Happening::Tick(Tick { reference: "b1".into(), item, name: "Dewi".into() });
    let sent = vec![
        record(1, 60, tick(Item::RadioReady)),
        record(2, 50, probe()),
        record(3, 40, tick(Item::RoomReady)),
        record(4, 30, probe()),
    ];
    sheet.is_full.store(true, Ordering::Relaxed);
    assert_eq!(office.say("r1", 1, records(sent.clone())).await.unwrap(), 0);
    assert_eq!(office.verdict("r1").0, RoomVerdict::Ready, "the room is heard all the same");
    sheet.is_full.store(false, Ordering::Relaxed);
    assert_eq!(office.say("r1", 1, records(sent[..2].to_vec())).await.unwrap(), 2);
    sheet.is_full.store(true, Ordering::Relaxed);
    assert_eq!(office.say("r1", 1, records(sent[2..].to_vec())).await.unwrap(), 2);
    sheet.is_full.store(false, Ordering::Relaxed);
    assert_eq!(office.say("r1", 1, records(sent)).await.unwrap(), 4);
    let kept = sheet.kept.lock().unwrap();
    let told: Vec<_> = kept.iter().map(|kept| (kept.journal, kept.seq, kept.tick.item)).collect();
    assert_eq!(told, [(7, 1, Item::RadioReady), (7, 3, Item::RoomReady)]);
    assert_eq!(kept[0].at, Some("2026-11-22T00:59:00Z".parse().unwrap()));
}
