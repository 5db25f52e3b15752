//! What rooms have reported in the past, written into the store of a server that does not run.

use std::{error::Error, path::Path, time::Duration};

use jiff::{SignedDuration, Timestamp};
use siaga_booking::{Asked, Frame, Outcome, Report, Retention, RoomState, Sample, Store, Word};
use siaga_readiness::{Moment, moment::BootId};
use tokio::task::JoinSet;

use crate::{
    lab_room::{LabRoom, NETWORK, Probed},
    province::history::typical::CHECKS,
};

/// The past that good rooms report by default: a gate probe every half hour, a sustain probe a day, streams every five minutes for
/// as long as they are kept, and by the hour how 14 checks stood. They are called `room-0`, `room-1` and so on, and are off now.
///
/// # Errors
/// The store can't be written.
pub async fn remember(server_dir: &Path, rooms: usize, days: i64) -> Result<(), Box<dyn Error>> {
    let now = Timestamp::now();
    // All of it is there, also what a server that runs for so long would have dropped by now.
    let long = Duration::from_secs(400 * 86_400);
    let kept =
        Retention { verdicts: long, measures: long, samples_per_room: u32::MAX, ..Retention::default() };
    let (store, _) = Store::open(&server_dir.join("rooms.sqlite"), kept, now)?;
    for room in 0..rooms {
        let name = format!("room-{room}");
        let mut recorded = JoinSet::new();
        for day in (0..days).rev() {
            let midnight = now - SignedDuration::from_hours(24 * (day + 1));
            let report = |at: Timestamp| {
                Ok::<_, Box<dyn Error>>(Report {
                    room: name.parse()?,
                    received: moment(at),
                    about: None,
                    state: None,
                    frames: Vec::new(),
                    noticed: Vec::new(),
                    #[allow(clippy::cast_sign_loss)]
                    journal: day as u64 + 1,
                })
            };
            let frames =
                vec![Frame { sequence: 1, samples: samples(midnight, day < 14)?, events: Vec::new() }];
            let mut reports = vec![Report { frames, ..report(midnight + SignedDuration::from_hours(24))? }];
            for hour in 1..=24 {
                let at = midnight + SignedDuration::from_hours(hour);
                reports.push(Report { state: Some(state(&name, at)?), ..report(at)? });
            }
            let store = store.clone();
            recorded.spawn(async move {
                for report in reports {
                    store.record(report).await?;
                }
                Ok::<_, siaga_booking::StoreError>(())
            });
        }
        while let Some(done) = recorded.join_next().await {
            done??;
        }
    }
    Ok(())
}

fn moment(wall: Timestamp) -> Moment {
    let since_boot = Duration::try_from(wall.duration_since(Timestamp::UNIX_EPOCH)).unwrap_or_default();
    Moment { wall, since_boot, boot: BootId(1) }
}

fn samples(midnight: Timestamp, streams: bool) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut samples = Vec::new();
    let mut verdict = |series: &str, at: Timestamp, rate_bps: u64| -> Result<(), Box<dyn Error>> {
        samples.push(Sample {
            at,
            series: series.parse()?,
            outcome: Outcome::Good,
            reason: Some("SUSTAINED".parse()?),
            value: Some(rate_bps as f64 * 1.05),
            of: Some(Asked { rate_bps, network: Some(NETWORK), public: true }),
        });
        Ok(())
    };
    for half in 0..48 {
        let at = midnight + SignedDuration::from_mins(30 * half);
        verdict("gate.up", at, 10_000_000)?;
        verdict("gate.down", at, 20_000_000)?;
    }
    verdict("sustain.up", midnight, 10_000_000)?;
    verdict("sustain.down", midnight, 20_000_000)?;
    for five in 0..if streams { 288 } else { 0 } {
        let at = midnight + SignedDuration::from_mins(5 * five);
        for series in ["up.loss", "down.loss", "up.jitter", "down.jitter", "rtt"] {
            let series = format!("quality.{series}").parse()?;
            samples.push(Sample {
                at,
                series,
                outcome: Outcome::Measure,
                reason: None,
                value: Some(1.0),
                of: None,
            });
        }
    }
    Ok(samples)
}

fn state(room: &str, at: Timestamp) -> Result<RoomState, Box<dyn Error>> {
    let probed = Probed { gate: Duration::from_secs(60), sustain: Duration::from_secs(3600) };
    let facts = LabRoom { name: room.to_owned(), fault: None }.facts(moment(at), probed);
    let standing = CHECKS
        .iter()
        .map(|check| Ok((check.parse()?, Outcome::Good)))
        .collect::<Result<Vec<(Word, Outcome)>, Box<dyn Error>>>()?;
    Ok(RoomState::new(serde_json::to_string(&facts)?, standing)?)
}
