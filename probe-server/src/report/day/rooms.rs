//! How rooms were on a day, hour by hour.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use siaga_booking::{
    Reader, StoreError,
    store::{HourRow, RoomPage, RoomRow},
};
use siaga_readiness::room::RoomId;
use utoipa::ToSchema;

/// A room on a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoomDay {
    /// Which.
    pub room: RoomId,
    /// Its site, if it said.
    pub site: Option<String>,
    /// In how many minutes it was heard.
    pub heard_minutes: u32,
    /// Of how many: those of the day that are past, and in which the room was known.
    pub minutes: u32,
    /// What gate probes found of its upload.
    pub up: DayRate,
    /// Of its download.
    pub down: DayRate,
    /// In how many minutes each check failed; none that never did.
    pub faults: BTreeMap<String, u32>,
    /// Hour by hour.
    pub hours: Vec<RoomHour>,
}

/// What gate probes of a day found of one direction.
#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct DayRate {
    /// So many passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Came to no verdict.
    pub undecided: u32,
    /// The least that arrived, bit/s; null: nothing was measured.
    pub least_bps: Option<f64>,
    /// The mean.
    pub mean_bps: Option<f64>,
}

/// A room in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoomHour {
    /// When it begins.
    pub at: Timestamp,
    /// How the room was, under the least profile.
    pub state: State,
    /// In how many of its minutes the room was heard.
    pub heard_minutes: u32,
}

/// How a room was in an hour; one bad minute makes it a bad one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Whenever it was heard, every check let it be ready.
    Good,
    /// Something could not be told.
    Unknown,
    /// A check failed.
    Fault,
    /// It was not heard.
    NotHeard,
}

/// What gate probes of all rooms found in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct ProbeHour {
    /// When it begins.
    pub at: Timestamp,
    pub passed: u32,
    pub failed: u32,
    pub undecided: u32,
}

/// What was read of rooms.
pub(super) struct Known {
    pub(super) rooms: Vec<RoomDay>,
    pub(super) truncated: bool,
    pub(super) probes: Vec<ProbeHour>,
    /// Of each room that was asked for, told or not, its site.
    pub(super) sites: BTreeMap<RoomId, Option<String>>,
}

/// Those of a site, or all; between `from` and `to`, which is not after now.
pub(super) fn read(
    reader: &mut Reader<'_>,
    site: Option<&str>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Known, StoreError> {
    let begins: Vec<Timestamp> = hours(from, to).collect();
    let mut probes: Vec<ProbeHour> =
        begins.iter().map(|&at| ProbeHour { at, passed: 0, failed: 0, undecided: 0 }).collect();
    let mut page = RoomPage { site: site.map(str::to_owned), after: None, limit: PAGE };
    let (mut rooms, mut sites, mut truncated) = (Vec::new(), BTreeMap::new(), false);
    loop {
        let rows = reader.rooms(&page)?;
        let Some(last) = rows.last() else { break };
        page.after = Some(last.room.clone());
        let full = rows.len() == PAGE as usize;
        for row in rows {
            sites.insert(row.room.clone(), row.site.clone());
            // One that came later, or was taken away long before, says nothing about this day.
            if row.first_seen >= to || row.last_seen < from - FORGOTTEN_AFTER {
                continue;
            }
            if rooms.len() == MOST {
                truncated = true;
                continue;
            }
            let kept = reader.hours(&row.room, from, to)?;
            count(&mut probes, &kept);
            rooms.push(room(row, &kept, &begins, to));
        }
        if !full {
            break;
        }
    }
    Ok(Known { rooms, truncated, probes, sites })
}

const PAGE: u32 = 200;

/// The most rooms in one report.
const MOST: usize = 1_000;

/// As long as a forecast looks back.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(28 * 24);

/// The whole hours, by the clock of the store, that begin in `from..to`.
fn hours(from: Timestamp, to: Timestamp) -> impl Iterator<Item = Timestamp> {
    let hour = |at: Timestamp| (at.as_second() + 3599).div_euclid(3600);
    (hour(from)..hour(to)).filter_map(|hour| Timestamp::from_second(hour * 3600).ok())
}

fn count(probes: &mut [ProbeHour], kept: &[HourRow]) {
    for row in kept.iter().filter(|row| is_gate(&row.series)) {
        let Some(hour) = probes.iter_mut().find(|hour| hour.at == row.hour) else { continue };
        hour.passed += row.good;
        hour.failed += row.bad;
        hour.undecided += row.unknown;
    }
}

fn is_gate(series: &str) -> bool {
    series == "gate.up" || series == "gate.down"
}

fn room(row: RoomRow, kept: &[HourRow], begins: &[Timestamp], to: Timestamp) -> RoomDay {
    let known = begins.iter().filter(|at| **at + HOUR > row.first_seen);
    let hours: Vec<RoomHour> = known.map(|at| hour(kept, *at)).collect();
    let minutes = hours.iter().map(|hour| elapsed(hour.at, to)).sum();
    let mut faults = BTreeMap::new();
    for row in kept.iter().filter(|row| is_check(&row.series) && row.bad > 0) {
        *faults.entry(row.series.to_string()).or_default() += row.bad;
    }
    RoomDay {
        heard_minutes: hours.iter().map(|hour| hour.heard_minutes).sum::<u32>().min(minutes),
        minutes,
        up: rate(kept, "gate.up"),
        down: rate(kept, "gate.down"),
        faults,
        hours,
        room: row.room,
        site: row.site,
    }
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// How many of an hour's minutes are past.
fn elapsed(begins: Timestamp, to: Timestamp) -> u32 {
    let seconds = to.duration_since(begins).as_secs().clamp(0, 3600);
    u32::try_from(seconds / 60).unwrap_or(60)
}

/// Checks are kept by their codes; measures have a dot in their names.
fn is_check(series: &str) -> bool {
    !series.contains('.') && series != ONLINE
}

const ONLINE: &str = "ONLINE";

fn hour(kept: &[HourRow], at: Timestamp) -> RoomHour {
    let of_hour = || kept.iter().filter(move |row| row.hour == at);
    let heard_minutes = of_hour().filter(|row| &*row.series == ONLINE).map(|row| row.good.min(60)).sum();
    let any = |is: fn(&HourRow) -> bool| of_hour().any(|row| is_check(&row.series) && is(row));
    let state = if heard_minutes == 0 {
        State::NotHeard
    } else if any(|row| row.bad > 0) {
        State::Fault
    } else if any(|row| row.unknown > 0) {
        State::Unknown
    } else {
        State::Good
    };
    RoomHour { at, state, heard_minutes }
}

fn rate(kept: &[HourRow], series: &str) -> DayRate {
    let mut rate = DayRate::default();
    let (mut sum, mut count) = (0.0, 0);
    for row in kept.iter().filter(|row| &*row.series == series) {
        rate.passed += row.good;
        rate.failed += row.bad;
        rate.undecided += row.unknown;
        if let Some(value) = row.value {
            rate.least_bps = Some(rate.least_bps.map_or(value.least, |least| least.min(value.least)));
            sum += value.mean * f64::from(value.count);
            count += value.count;
        }
    }
    rate.mean_bps = (count > 0).then(|| sum / f64::from(count));
    rate
}
