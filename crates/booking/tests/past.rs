//! What a forecast is told of a room's past.

mod desk;

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use siaga_booking::{Asked, Outcome, Report, Retention, Sample, store::RoomPast};
use siaga_readiness::{
    Profile,
    booking::forecast::{
        Direction, Link, Minutes, Mode, Needs, NetworkId, Outlook, Verdict, Whereabouts, Window, forecast,
        windows,
    },
};
use tokio::task::JoinSet;

use desk::{
    DAY, Desk, HOUR, MINUTE, at, frame, happened, report, room, sample, state, typical::CHECKS, word,
};

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
    assert_eq!((day.camera, day.microphone), (Minutes { good: 27, bad: 3 }, Minutes::default()));
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

/// 100 rooms of which 90 days are kept, as rooms by default report them: what one room's forecast takes.
#[tokio::test]
#[ignore = "a measurement: cargo test --release -p siaga-booking --test past -- --ignored --nocapture"]
async fn how_long_a_forecast_takes_with_100_rooms_of_90_days() {
    const ROOMS: usize = 100;
    let desk = Desk::with(Retention {
        verdicts: Duration::from_secs(90 * 86_400),
        measures: Duration::from_secs(14 * 86_400),
        samples_per_room: u32::MAX,
        ..Retention::default()
    });
    let began = Instant::now();
    for number in 0..ROOMS {
        fill(&desk, &format!("r{number}")).await;
    }
    let size = std::fs::metadata(desk.path()).unwrap().len();
    eprintln!("{ROOMS} rooms × 90 days written in {:?}, {} MB", began.elapsed(), size / 1_000_000);

    let zone = TimeZone::get("Asia/Pontianak").unwrap();
    let start: Timestamp = "2026-11-26T09:00:00+07:00".parse().unwrap();
    let windows = windows(start, start + SignedDuration::from_hours(2), &zone, |_| true, at(0).wall);
    assert_eq!(windows.len(), 28);
    for round in ["first", "again"] {
        let mut took = Vec::new();
        for number in 0..ROOMS {
            let began = Instant::now();
            let id = room(&format!("r{number}"));
            let past = desk.store.read(|reader| reader.past(&id, &windows)).unwrap().unwrap();
            let link = Link { network: Whereabouts::On(HERE), accept_internal_server: false };
            let told = forecast(
                &past.days,
                &Profile::minimum().requirements,
                link,
                past.known_since,
                Needs::default(),
            );
            took.push(began.elapsed());
            assert_eq!((told.outlook, told.days), (Outlook::Good, 28), "{told:?}");
        }
        took.sort();
        let all: Duration = took.iter().sum();
        eprintln!("{round}: p50 {:?}, p99 {:?}, all rooms {all:?}", took[ROOMS / 2], took[ROOMS * 99 / 100]);
    }
}

/// A gate probe every half hour and a sustain probe a day, streams every five minutes for two weeks, and how 14 checks stood.
async fn fill(desk: &Desk, name: &str) {
    let mut recorded = JoinSet::new();
    for day in -90..0_i64 {
        let journal = u64::try_from(day + 1000).unwrap();
        let mut samples: Vec<Sample> = (0..48)
            .flat_map(|half| {
                ["gate.up", "gate.down"].map(|series| {
                    let mut sample = probed(day * DAY + half * 1800, series, Outcome::Good, "SUSTAINED");
                    if series == "gate.down" {
                        sample.of = Some(Asked { rate_bps: 20_000_000, network: Some(HERE), public: true });
                    }
                    sample
                })
            })
            .collect();
        samples.push(probed(day * DAY + 60, "sustain.up", Outcome::Good, "SUSTAINED"));
        samples.push(probed(day * DAY + 60, "sustain.down", Outcome::Good, "SUSTAINED"));
        if day >= -14 {
            for five in 0..288 {
                for series in ["up.loss", "down.loss", "up.jitter", "down.jitter", "rtt"] {
                    let series = format!("quality.{series}");
                    samples.push(sample(day * DAY + five * 300, &series, Outcome::Measure, Some(1.0)));
                }
            }
        }
        let (store, name) = (desk.store.clone(), name.to_owned());
        recorded.spawn(async move {
            let frames = vec![frame(1, samples)];
            store.record(Report { journal, frames, ..report(&name, 0) }).await.unwrap();
            for hour in 0..24 {
                let standing = CHECKS.map(|check| (check, Outcome::Good));
                let now = day * DAY + hour * HOUR;
                store.record(Report { state: state("{}", &standing), ..report(&name, now) }).await.unwrap();
            }
        });
    }
    recorded.join_all().await;
}
