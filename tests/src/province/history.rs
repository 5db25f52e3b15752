//! A thousand rooms and ninety days of each, as they come: all rooms of an hour, then the next hour.

#[path = "../../../crates/booking/tests/desk/typical.rs"]
pub(crate) mod typical;

use std::{
    error::Error,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use siaga_booking::{Frame, Outcome, Report, Retention, RoomState, Sample, Store};
use siaga_readiness::{Moment, moment::BootId};
use tokio::task::JoinSet;

use self::typical::{CHECKS, MEASURES};
use super::{
    Measured,
    bystander::Bystander,
    figure::{Figure, waits},
    machine::{forget, get, settle},
};
use crate::{programs::Lab, swarm::percentile};

/// How much.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Rooms.
    pub rooms: usize,
    /// Days of each.
    pub days: i64,
}

/// Questions of each kind.
const QUESTIONS: usize = 500;

/// How large it becomes, and how fast it answers through the server.
///
/// # Errors
/// The store can't be written, or the server can't be run.
#[allow(clippy::cast_precision_loss)]
pub async fn measure(Plan { rooms, days }: Plan) -> Measured {
    let lab = Lab::new()?;
    let now = Timestamp::now();
    let began = Instant::now();
    let (used, rows) = make(&lab, rooms, days, now).await?;
    let took = began.elapsed();
    let path = lab.server_dir().join("rooms.sqlite");
    let file = std::fs::metadata(&path)?.len();
    settle();
    let server = lab.server(&[])?;
    let mut chance = Pcg64Mcg::seed_from_u64(0x4849_5354_4f52_5901);
    let mut asked = |days: i64, from_disk: bool| -> Result<Vec<f64>, Box<dyn Error>> {
        let mut waited = Vec::new();
        for _ in 0..QUESTIONS {
            if from_disk {
                forget(&path)?;
            }
            let room = chance.random_range(0..rooms);
            let to = now - SignedDuration::from_hours(24 * chance.random_range(0..=(90 - days).max(0)));
            let from = to - SignedDuration::from_hours(24 * days);
            let began = Instant::now();
            let (status, body) =
                get(server.http, &format!("/v1/rooms/room-{room}/history?from={from}&to={to}"))?;
            waited.push(began.elapsed().as_secs_f64() * 1e3);
            if status != 200 || !body.contains("gate.up") {
                return Err(format!("{status}: {}", body.chars().take(300).collect::<String>()).into());
            }
        }
        waited.sort_by(f64::total_cmp);
        Ok(waited)
    };
    let bystander = Bystander::beside(lab.path())?;
    let day = asked(1, false)?;
    let month = asked(28, false)?;
    let from_disk = asked(28, true)?;
    let bystander = bystander.tell("it was asked")?;
    let gigabytes = used as f64 / 1e9;
    Ok(vec![
        Figure::held(
            format!(
                "{rooms} rooms, {days} days of each by the hour, interleaved as they come ({rows} rows, made in {:.0} s)",
                took.as_secs_f64()
            ),
            format!("{gigabytes:.2} GB used, file of {:.2} GB", file as f64 / 1e9),
            "≤ 2 GB",
            gigabytes <= 2.0,
        ),
        Figure::held(
            format!("a room's history of a day, ×{QUESTIONS}, rooms and days by chance"),
            waits(&day),
            "p99 ≤ 50 ms",
            percentile(&day, 0.99) <= 50.0,
        ),
        Figure::held("the same of 28 days", waits(&month), "p99 ≤ 50 ms", percentile(&month, 0.99) <= 50.0),
        Figure::told("the same with nothing of the file in the machine's memory", waits(&from_disk)),
        bystander,
    ])
}

async fn make(lab: &Lab, rooms: usize, days: i64, now: Timestamp) -> Result<(u64, u64), Box<dyn Error>> {
    // What is kept one by one goes by itself after a while, and is not what is measured here.
    let minute = Duration::from_secs(60);
    let retention =
        Retention { verdicts: minute, measures: minute, max_bytes: 64 << 30, ..Retention::default() };
    let first = now - SignedDuration::from_hours(24 * days);
    let (store, _) = Store::open(&lab.server_dir().join("rooms.sqlite"), retention, first)?;
    let checks = CHECKS
        .iter()
        .map(|it| Ok((it.parse()?, Outcome::Good)))
        .collect::<Result<Vec<_>, Box<dyn Error>>>()?;
    let measures = MEASURES.iter().map(|it| it.parse()).collect::<Result<Vec<_>, _>>()?;
    let mut chance = Pcg64Mcg::seed_from_u64(0x4849_5354_4f52_5902);
    for hour in 0..24 * days {
        let wall = first + SignedDuration::from_hours(hour);
        #[allow(clippy::cast_sign_loss)]
        let since_boot = Duration::from_secs(1_000 + 3_600 * hour as u64);
        let received = Moment { wall, since_boot, boot: BootId(1) };
        let mut recording = JoinSet::new();
        for room in 0..rooms {
            let samples = measures.iter().map(|series| Sample {
                at: wall,
                of: None,
                series: Clone::clone(series),
                outcome: Outcome::Good,
                reason: None,
                value: Some(chance.random_range(0.1..30_000_000.0)),
            });
            #[allow(clippy::cast_sign_loss)]
            let frames =
                vec![Frame { sequence: hour as u64 + 1, samples: samples.collect(), events: Vec::new() }];
            let report = Report {
                room: format!("room-{room}").parse()?,
                received,
                about: None,
                state: Some(RoomState::new("{}".to_owned(), checks.clone())?),
                frames,
                noticed: Vec::new(),
                journal: 1,
            };
            let store = store.clone();
            recording.spawn(async move { store.record(report).await });
        }
        while let Some(recorded) = recording.join_next().await {
            recorded??;
        }
        // A few rooms at a time, each once a day, as the server does it every minute.
        for _ in 0..rooms.div_ceil(24 * 16) {
            store.tidy(wall).await?;
        }
    }
    let mut used = 0;
    for _ in 0..=rooms / 16 {
        used = store.tidy(now + SignedDuration::from_hours(1)).await?.used_bytes;
    }
    #[allow(clippy::cast_sign_loss)]
    let rows = (24 * days) as u64 * rooms as u64 * (CHECKS.len() + MEASURES.len()) as u64;
    Ok((used, rows))
}
