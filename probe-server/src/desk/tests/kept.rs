//! What is kept of rooms: since when they are as they are, what they measured, what staff ticked, what they were promised to be asked.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use siaga_booking::store::RoomPage;
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    answer::RoomVerdict,
    report::{Began, HandedTick, Happening, Item, Record, Tick},
    room::RoomId,
    snapshot::Cause,
};

use super::{LAPTOP, Office, id, probe, profiles, record, records, snapshot, snapshot_by};
use crate::desk::{Checklist, NotKept, Stage, checklist::Keeping, standing};

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
