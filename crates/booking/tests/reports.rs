//! What rooms hand over, and what is known afterwards.

mod desk;

use siaga_booking::{
    Event, Frame, Outcome, Report, Retention, Sample, StoreError,
    store::{Order, RoomPage},
};

use desk::{DAY, Desk, HOUR, MINUTE, about, at, frame, happened, report, room, sample, state, word};

#[tokio::test]
async fn a_room_that_reports_is_known_with_its_site_its_version_and_its_last_state() {
    let desk = Desk::new();
    desk.record(Report { about: about("kantor-a", "0.2.0"), ..report("r1", 0) }).await.unwrap();
    desk.record(Report { state: state("{\"n\":1}", &[]), ..report("r1", 10) }).await.unwrap();
    desk.record(Report { state: state("{\"n\":2}", &[]), ..report("r1", 70) }).await.unwrap();
    let known = desk.store.read(|reader| reader.room(&room("r1"))).unwrap().unwrap();
    assert_eq!((known.site.as_deref(), known.agent.as_deref()), (Some("kantor-a"), Some("0.2.0")));
    assert_eq!((known.first_seen, known.last_seen), (at(0).wall, at(70).wall));
    let last = known.state.unwrap();
    assert_eq!((last.json.as_str(), last.received), ("{\"n\":2}", at(70)));
    assert_eq!(desk.store.read(|reader| reader.room(&room("r2"))).unwrap(), None);
}

#[tokio::test]
async fn rooms_are_listed_by_name_in_pages_and_by_site() {
    let desk = Desk::new();
    for (name, site) in [("b", "s1"), ("d", "s2"), ("a", "s1"), ("c", "s1")] {
        desk.record(Report { about: about(site, "1"), ..report(name, 0) }).await.unwrap();
    }
    let names = |site: Option<&str>, after: Option<&str>, limit| {
        let page = RoomPage { site: site.map(str::to_owned), after: after.map(room), limit };
        let rows = desk.store.read(|reader| reader.rooms(&page)).unwrap();
        rows.iter().map(|row| row.room.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(None, None, 3), "a b c");
    assert_eq!(names(None, Some("c"), 3), "d");
    assert_eq!(names(Some("s1"), Some("a"), 10), "b c");
    assert_eq!(names(Some("s3"), None, 10), "");
    desk.record(report("d", 100)).await.unwrap();
    let heard = desk.store.read(|reader| reader.heard_since(at(100).wall)).unwrap();
    assert_eq!(heard, [(room("d"), Some("s2".to_owned()))]);
}

#[tokio::test]
async fn what_was_measured_is_told_one_by_one_and_by_the_hour() {
    let desk = Desk::new();
    let slow = Sample {
        reason: Some(word("NET_UP_BELOW_MINIMUM")),
        ..sample(60, "NET_UP", Outcome::Bad, Some(8e6))
    };
    let samples = vec![
        slow,
        sample(1800, "NET_UP", Outcome::Good, Some(10e6)),
        sample(1800, "RTT", Outcome::Measure, Some(0.02)),
    ];
    let later = vec![sample(HOUR, "NET_UP", Outcome::Unknown, None)];
    desk.record(Report { frames: vec![frame(1, samples), frame(2, later)], ..report("r1", HOUR + 1) })
        .await
        .unwrap();

    let one_by_one =
        desk.store.read(|reader| reader.samples(&room("r1"), at(60).wall, at(HOUR).wall, 10)).unwrap();
    assert_eq!(one_by_one.len(), 3, "the end is not among them: {one_by_one:?}");
    assert_eq!(one_by_one[0].reason.as_deref(), Some("NET_UP_BELOW_MINIMUM"));
    assert_eq!((one_by_one[1].at, one_by_one[1].outcome), (at(1800).wall, Outcome::Good));

    let hours = desk.store.read(|reader| reader.hours(&room("r1"), at(0).wall, at(DAY).wall)).unwrap();
    let of = |number: usize| {
        (&*hours[number].series, hours[number].good, hours[number].bad, hours[number].unknown)
    };
    assert_eq!((hours[0].hour, of(0)), (at(0).wall, ("NET_UP", 1, 1, 0)));
    let spread = hours[0].value.unwrap();
    assert_eq!((spread.count, spread.mean, spread.least, spread.most), (2, 9e6, 8e6, 10e6));
    assert_eq!(of(1), ("RTT", 0, 0, 0));
    assert_eq!((hours[2].hour, of(2), hours[2].value), (at(HOUR).wall, ("NET_UP", 0, 0, 1), None));
}

#[tokio::test]
async fn how_a_check_stands_counts_once_a_minute_however_often_a_room_reports() {
    let desk = Desk::new();
    for seconds in [0, 1, 2, 59, 60, 119, 120] {
        let state = state("{}", &[("CAMERA", Outcome::Good), ("NET_UP", Outcome::Unknown)]);
        desk.record(Report { state, ..report("r1", seconds) }).await.unwrap();
    }
    assert_eq!(desk.counted("r1", "CAMERA"), (3, 0, 0, 0));
    assert_eq!(desk.counted("r1", "NET_UP"), (0, 0, 3, 0));
    assert_eq!(desk.samples("r1"), 0, "by the hour only");
}

#[tokio::test]
async fn what_is_sent_again_counts_once() {
    let desk = Desk::new();
    let measured = |sequence: u64| {
        frame(
            sequence,
            vec![sample(i64::try_from(sequence).unwrap() * MINUTE, "NET_UP", Outcome::Good, None)],
        )
    };
    let sent = |sequences: &[u64]| Report {
        frames: sequences.iter().map(|number| measured(*number)).collect(),
        ..report("r1", HOUR)
    };
    assert_eq!(desk.record(sent(&[1, 2, 3])).await.unwrap().through, 3);
    assert_eq!(desk.record(sent(&[2, 3, 4])).await.unwrap().through, 4, "its answer was lost");
    assert_eq!(desk.record(sent(&[4])).await.unwrap().through, 4);
    assert_eq!(desk.record(sent(&[])).await.unwrap().through, 4, "it asks how far it has been heard");
    assert_eq!(desk.record(sent(&[9])).await.unwrap().through, 9, "what its journal had to drop never comes");
    assert_eq!(desk.samples("r1"), 5);
    assert_eq!(desk.counted("r1", "NET_UP"), (5, 0, 0, 0));
}

#[tokio::test]
async fn a_room_with_a_new_disk_begins_at_one_again_and_nothing_counts_twice() {
    let desk = Desk::new();
    let frames = || vec![frame(1, vec![sample(0, "NET_UP", Outcome::Good, Some(1.0))])];
    for journal in [1, u64::MAX, 3] {
        let committed = desk.record(Report { journal, frames: frames(), ..report("r1", 1) }).await.unwrap();
        assert_eq!(committed.through, 1);
    }
    assert_eq!(desk.counted("r1", "NET_UP"), (1, 0, 0, 1));
}

#[tokio::test]
async fn a_room_that_invents_journals_is_remembered_by_its_last_ones() {
    let desk = Desk::new();
    let of = |journal, frames| Report { journal, frames, ..report("r1", i64::try_from(journal).unwrap()) };
    for journal in 1..=100 {
        desk.record(of(journal, vec![frame(5, Vec::new())])).await.unwrap();
    }
    assert_eq!(desk.record(of(100, Vec::new())).await.unwrap().through, 5);
    assert_eq!(desk.record(of(1, Vec::new())).await.unwrap().through, 0);
}

#[tokio::test]
async fn what_lies_ahead_of_the_clock_or_before_what_is_kept_is_told_and_not_kept() {
    let desk = Desk::new();
    let samples = [-401 * DAY, -399 * DAY, 0, 4 * MINUTE, 6 * MINUTE]
        .map(|seconds| sample(seconds, "NET_UP", Outcome::Good, None));
    let frames = vec![frame(1, samples.to_vec()), happened(2, DAY, "DEVICE_REMOVED", "tomorrow")];
    let committed = desk.record(Report { frames, ..report("r1", 0) }).await.unwrap();
    assert_eq!((committed.through, committed.ignored), (2, 3));
    assert_eq!(desk.samples("r1"), 3);
}

#[tokio::test]
async fn events_are_told_in_their_order() {
    let desk = Desk::new();
    let frames = vec![happened(1, 0, "DEVICE_REMOVED", "camera"), happened(2, 5, "DEVICE_ADDED", "camera")];
    desk.record(Report { frames, ..report("r1", 10) }).await.unwrap();
    let events = desk.store.read(|reader| reader.events(&room("r1"), at(0).wall, at(5).wall, 10)).unwrap();
    assert_eq!(events.iter().map(|event| &*event.kind).collect::<Vec<_>>(), ["DEVICE_REMOVED"]);

    let noticed = vec![Event::new(at(3).wall, word("ROOM_OFFLINE"), "its link is gone")];
    desk.record(Report { noticed, ..report("r1", 11) }).await.unwrap();
    let seen = desk.store.read(|reader| reader.room(&room("r1"))).unwrap().unwrap().last_seen;
    assert_eq!(seen, at(10).wall, "that it is gone was not heard from it");
    let events = desk.store.read(|reader| reader.events(&room("r1"), at(0).wall, at(9).wall, 10)).unwrap();
    let kinds: Vec<_> = events.iter().map(|event| &*event.kind).collect();
    assert_eq!(kinds, ["DEVICE_REMOVED", "ROOM_OFFLINE", "DEVICE_ADDED"]);
}

#[tokio::test]
async fn values_that_are_no_numbers_spoil_nothing() {
    let desk = Desk::new();
    let samples = [f64::NAN, f64::INFINITY, 2.0]
        .iter()
        .enumerate()
        .map(|(number, value)| sample(i64::try_from(number).unwrap(), "RTT", Outcome::Measure, Some(*value)));
    desk.record(Report { frames: vec![frame(1, samples.collect())], ..report("r1", 10) }).await.unwrap();
    let hours = desk.store.read(|reader| reader.hours(&room("r1"), at(0).wall, at(DAY).wall)).unwrap();
    let spread = hours[0].value.unwrap();
    assert_eq!((spread.count, spread.mean, spread.least, spread.most), (1, 2.0, 2.0, 2.0));
}

#[tokio::test]
async fn a_number_that_no_journal_reaches_is_refused_as_a_whole() {
    let desk = Desk::new();
    let frames =
        vec![frame(1, Vec::new()), Frame { sequence: u64::MAX, samples: Vec::new(), events: Vec::new() }];
    let refused = desk.record(Report { frames, ..report("r1", 0) }).await.unwrap_err();
    assert_eq!(refused, StoreError::SequenceTooLarge { room: room("r1") });
    assert_eq!(desk.store.read(|reader| reader.room(&room("r1"))).unwrap(), None);
}

#[tokio::test]
async fn rooms_that_report_at_the_same_time_are_all_answered_each_with_its_own_number() {
    let desk = Desk::new();
    let mut answers = tokio::task::JoinSet::new();
    for number in 1..=600_u64 {
        let store = desk.store.clone();
        let frames = vec![frame(number, vec![sample(0, "NET_UP", Outcome::Good, None)])];
        let report = Report { frames, ..report(&format!("r{number}"), 1) };
        answers.spawn(async move { (number, store.record(report).await.unwrap().through) });
    }
    for (number, through) in answers.join_all().await {
        assert_eq!(number, through);
    }
}

#[tokio::test]
async fn what_rooms_were_asked_for_outlives_the_server_until_it_is_over_or_given_up() {
    let desk = Desk::new();
    let order = |id: u64, until: i64| Order {
        room: room("r1"),
        id,
        purpose: "booking".to_owned(),
        since: at(0).wall,
        until: at(until).wall,
    };
    for (id, until) in [(1, MINUTE), (2, HOUR), (3, HOUR)] {
        desk.store.keep_order(order(id, until));
    }
    desk.store.drop_order(room("r1"), 2);
    // The writer does one thing after the other.
    desk.record(report("r1", 0)).await.unwrap();
    let Desk { dir, store, .. } = desk;
    drop(store);
    let desk = Desk::open(dir, Retention::default()).unwrap();
    let orders = |now: i64| desk.store.read(|reader| reader.orders(at(now).wall)).unwrap();
    assert_eq!(orders(0), [order(1, MINUTE), order(3, HOUR)]);
    assert_eq!(orders(MINUTE), [order(3, HOUR)]);
    desk.store.tidy(at(MINUTE).wall).await.unwrap();
    assert_eq!(orders(0), [order(3, HOUR)]);
}
