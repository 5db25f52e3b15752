//! What is kept for how long, and how much room it takes.

mod desk;

use std::time::Duration;

use siaga_booking::{Outcome, Report, Retention, store::RoomPage};
use tokio::task::JoinSet;

use desk::{
    DAY, Desk, HOUR, MINUTE, at, frame, happened, report, room, sample, state,
    typical::{CHECKS, MEASURES},
};

#[tokio::test]
async fn single_samples_go_first_hours_and_events_last() {
    let desk = Desk::new();
    let mut sequence = 0;
    for day in [-399, -36, -34, -15, -13] {
        sequence += 1;
        let samples = vec![
            sample(day * DAY, "NET_UP", Outcome::Good, Some(1.0)),
            sample(day * DAY, "RTT", Outcome::Measure, Some(1.0)),
        ];
        let frames = vec![frame(sequence, samples), happened(sequence + 100, day * DAY, "NOTE", "")];
        desk.record(Report { frames, ..report("r1", 0) }).await.unwrap();
        sequence += 100;
    }
    let tidied = desk.store.tidy(at(0).wall).await.unwrap();
    assert_eq!((tidied.rooms, tidied.rows), (1, 6));
    assert_eq!(desk.samples("r1"), 4, "verdicts of 34, 15 and 13 days ago, a measure of 13 days ago");
    assert_eq!(desk.counted("r1", "RTT"), (0, 0, 0, 5));
    let tidied = desk.store.tidy(at(2 * DAY).wall).await.unwrap();
    assert_eq!(
        (tidied.rooms, tidied.rows),
        (1, 3 + 2),
        "an hour's two series and an event of 401 days ago; a verdict, a measure"
    );
    assert_eq!(desk.counted("r1", "RTT"), (0, 0, 0, 4));
}

#[tokio::test]
async fn every_room_has_its_turn_once_a_day() {
    let desk = Desk::new();
    for number in 0..40 {
        desk.record(report(&format!("r{number}"), 0)).await.unwrap();
    }
    let mut turns = Vec::new();
    for minute in 0..4 {
        turns.push(desk.store.tidy(at(minute * MINUTE).wall).await.unwrap().rooms);
    }
    assert_eq!(turns, [16, 16, 8, 0]);
    assert_eq!(desk.store.tidy(at(DAY).wall).await.unwrap().rooms, 16);
    assert_eq!(
        desk.store.tidy(at(-DAY).wall).await.unwrap().rooms,
        16,
        "a clock that was set back stops nothing"
    );
}

#[tokio::test]
async fn a_room_that_is_never_heard_of_again_is_forgotten_after_its_history() {
    let desk = Desk::new();
    desk.record(Report { state: state("{}", &[("CAMERA", Outcome::Good)]), ..report("gone", 0) })
        .await
        .unwrap();
    let rooms = || {
        desk.store.read(|reader| reader.rooms(&RoomPage { limit: 9, ..RoomPage::default() })).unwrap().len()
    };
    desk.store.tidy(at(399 * DAY).wall).await.unwrap();
    assert_eq!(rooms(), 1);
    desk.store.tidy(at(401 * DAY).wall).await.unwrap();
    assert_eq!(rooms(), 0);
}

#[tokio::test]
async fn a_room_that_reports_too_much_loses_its_oldest() {
    let desk = Desk::with(Retention { samples_per_room: 100, events_per_room: 10, ..Retention::default() });
    for number in 1..=200 {
        let seconds = i64::try_from(number).unwrap();
        let mut much = frame(number, vec![sample(seconds, "RTT", Outcome::Measure, Some(1.0))]);
        much.events = happened(number, seconds, "NOTE", "").events;
        desk.record(Report { frames: vec![much], ..report("r1", HOUR) }).await.unwrap();
    }
    desk.store.tidy(at(HOUR).wall).await.unwrap();
    assert_eq!(desk.samples("r1"), 100);
    let events =
        desk.store.read(|reader| reader.events(&room("r1"), at(0).wall, at(HOUR).wall, 1000)).unwrap();
    assert_eq!((events.len(), events[0].at), (10, at(191).wall));
}

#[tokio::test]
async fn a_store_that_fills_up_keeps_single_samples_for_half_the_time() {
    let empty = Desk::new().store.tidy(at(0).wall).await.unwrap().used_bytes;
    let small = Retention { max_bytes: empty + 4096, ..Retention::default() };
    for (retention, left) in [(Retention::default(), 1), (small, 0)] {
        let desk = Desk::with(retention);
        let frames = vec![frame(1, vec![sample(-20 * DAY, "NET_UP", Outcome::Good, None)])];
        desk.record(Report { frames, ..report("r1", 0) }).await.unwrap();
        let tidied = desk.store.tidy(at(0).wall).await.unwrap();
        assert_eq!(desk.samples("r1"), left, "{tidied:?}");
    }
}

/// 1,000 rooms and 90 days in 2 GB leave 2 MB for a room.
#[tokio::test]
async fn a_room_s_ninety_days_by_the_hour_take_less_than_two_megabytes() {
    let desk = Desk::with(Retention {
        verdicts: Duration::from_secs(60),
        measures: Duration::from_secs(60),
        ..Retention::default()
    });
    desk.record(report("r1", 0)).await.unwrap();
    let empty = desk.store.tidy(at(0).wall).await.unwrap().used_bytes;
    let mut recorded = JoinSet::new();
    for (journal, hour) in (1..).zip(-90 * 24..0) {
        let standing = CHECKS.map(|check| (check, Outcome::Good));
        let samples = MEASURES.map(|series| sample(hour * HOUR, series, Outcome::Good, Some(10_500_000.5)));
        let frames = vec![frame(1, samples.to_vec())];
        let report = Report { journal, frames, state: state("{}", &standing), ..report("r1", hour * HOUR) };
        let store = desk.store.clone();
        recorded.spawn(async move { store.record(report).await.unwrap() });
    }
    recorded.join_all().await;
    let hours = 90 * 24;
    let dropped = desk.store.tidy(at(DAY).wall).await.unwrap().rows;
    assert_eq!(dropped, hours * MEASURES.len(), "what is kept one by one is not measured here");
    let used = desk.store.tidy(at(2 * DAY).wall).await.unwrap().used_bytes - empty;
    let rows = hours * (CHECKS.len() + MEASURES.len());
    eprintln!("{rows} rows in {used} bytes: {} bytes a row", used / rows as u64);
    assert!(used < 2_000_000, "{used} bytes");
}
