//! What a forecast is told of a room's past.

mod desk;

use jiff::{SignedDuration, civil::Date};
use siaga_booking::{Asked, Outcome, Report, Sample, store::RoomPast};
use siaga_readiness::{
    answer::CheckCode,
    booking::forecast::{Direction, Minutes, Mode, NetworkId, Verdict, Window},
};

use desk::{DAY, Desk, HOUR, MINUTE, at, frame, happened, report, room, sample, state, word};

const HERE: NetworkId = NetworkId(u64::MAX - 1);

fn probed(seconds: i64, series: &str, outcome: Outcome, reason: &str) -> Sample {
    let of = Asked { rate_bps: 10_000_000, network: Some(HERE), public: true };
    Sample {
        reason: Some(word(reason)),
        of: Some(of),
        ..sample(seconds, series, outcome, Some(10_200_000.0))
    }
}

/// `hours` from the hour at which the stories begin.
fn window(from: i64, hours: i64) -> Window {
    let from = at(from).wall;
    Window {
        date: Date::constant(2026, 11, 22),
        working: true,
        from,
        to: from + SignedDuration::from_hours(hours),
    }
}

fn past(desk: &Desk, windows: &[Window]) -> Option<RoomPast> {
    desk.store.read(|reader| reader.past(&room("r1"), windows)).unwrap()
}

#[tokio::test]
async fn of_a_slot_s_hours_it_is_told_what_was_probed_and_how_the_devices_stood() {
    let desk = Desk::new();
    assert_eq!(past(&desk, &[window(0, 4)]), None, "nobody knows the room");
    let samples = vec![
        probed(-MINUTE, "gate.up", Outcome::Good, "SUSTAINED"),
        probed(10 * MINUTE, "gate.up", Outcome::Good, "SUSTAINED"),
        probed(10 * MINUTE, "gate.down", Outcome::Bad, "LOSS"),
        probed(HOUR, "gate.up", Outcome::Unknown, "OUTAGE"),
        probed(4 * HOUR, "gate.up", Outcome::Good, "SUSTAINED"),
        probed(-20 * HOUR + MINUTE, "sustain.up", Outcome::Bad, "SHAPED"),
        probed(-21 * HOUR, "sustain.down", Outcome::Bad, "SHAPED"),
        sample(HOUR, "quality.rtt", Outcome::Measure, Some(20.0)),
    ];
    for minute in 0..30 {
        let standing = [
            ("CAMERA", if minute < 3 { Outcome::Bad } else { Outcome::Good }),
            ("MICROPHONE", Outcome::Unknown),
            ("ONLINE", Outcome::Good),
        ];
        desk.record(Report { state: state("{}", &standing), ..report("r1", minute * MINUTE) }).await.unwrap();
    }
    let frames = vec![frame(1, samples), happened(2, -DAY, "NET_CHANGED", "")];
    desk.record(Report { frames, ..report("r1", 5 * HOUR) }).await.unwrap();

    let told = past(&desk, &[window(0, 4), window(-2 * DAY, 4)]).unwrap();
    assert_eq!(told.known_since, at(0).wall);
    assert_eq!((told.network, told.network_changed), (Some((at(4 * HOUR).wall, HERE)), Some(at(-DAY).wall)));
    assert_eq!(told.days.len(), 2);
    let day = &told.days[0];
    let mut found: Vec<_> = day
        .found
        .iter()
        .map(|it| (it.at.duration_since(at(0).wall).as_mins(), it.mode, it.direction, it.verdict, it.outage))
        .collect();
    found.sort_by_key(|it| it.0);
    assert_eq!(
        found,
        [
            (-20 * 60 + 1, Mode::Sustain, Direction::Up, Verdict::Fail, false),
            (10, Mode::Gate, Direction::Up, Verdict::Pass, false),
            (10, Mode::Gate, Direction::Down, Verdict::Fail, false),
            (60, Mode::Gate, Direction::Up, Verdict::Inconclusive, true),
        ]
    );
    let told_of = |it: &siaga_readiness::booking::forecast::Found| {
        (it.rate_bps, it.delivered_bps, it.network, it.public)
    };
    assert_eq!(told_of(&day.found[0]), (Some(10_000_000), Some(10_200_000), Some(HERE), true));
    let camera = Minutes { good: 27, bad: 3, unknown: 0 };
    let microphone = Minutes { unknown: 30, ..Minutes::default() };
    assert_eq!(day.devices, [(CheckCode::Camera, camera), (CheckCode::Microphone, microphone)].into());
    assert_eq!((day.online, day.minutes), (30, 240));
    assert!(told.days[1].found.is_empty() && told.days[1].online == 0);
}

#[tokio::test]
async fn what_an_older_server_kept_says_nothing_of_a_rate() {
    let desk = Desk::new();
    let frames = vec![frame(1, vec![sample(MINUTE, "gate.up", Outcome::Good, Some(1e7))])];
    desk.record(Report { frames, ..report("r1", HOUR) }).await.unwrap();
    let found = past(&desk, &[window(0, 4)]).unwrap().days[0].found[0];
    assert_eq!((found.rate_bps, found.network, found.public), (None, None, false));
}
