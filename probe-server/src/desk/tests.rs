//! Stories of rooms that report, fall silent and come back, told to a desk with a clock of its own.

mod kept;
mod said;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use siaga_booking::{Retention, Store};
use siaga_readiness::{
    answer::{Readiness, RoomVerdict},
    moment::{BootId, Moment},
    profile::{Profile, Profiles},
    reasons::Code,
    report::{Age, FromRoom, Hello, JournalId, Looks, SnapshotFrame, StillFrame, Tolerant},
    room::RoomId,
};
use siaga_transport::room::{DeskError, Received};
use tempfile::TempDir;

use super::{Desk, FILE};
use said::ECHO;
pub(crate) use said::{passed_on, probe, record, records, snapshot, snapshot_by, snapshot_until};

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
