//! What was measured in a room around an event.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use siaga_booking::{
    Outcome, Reader, StoreError,
    store::{HourRow, SampleRow},
};
use siaga_readiness::{booking::Slot, profile::Profile, room::RoomId};
use utoipa::ToSchema;

/// What was measured in a room around an event.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Measured {
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
    /// In how many minutes of the whole hours in it the room was heard.
    pub heard_minutes: u32,
    /// How many minutes those hours have.
    pub minutes: u32,
    /// What probes of the link found, by kind and direction; none that were not made.
    pub rates: Vec<Rate>,
    /// The single measurements of this time are no longer kept: `rates` are summed up from its hours, which are kept for longer.
    pub by_hour: bool,
    /// All of it, one by one.
    pub samples: Vec<Measure>,
    /// What happened.
    pub events: Vec<Happened>,
    /// There is more than is told here.
    pub truncated: bool,
}

/// What probes of one kind found of one direction.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Rate {
    /// Which, e.g. `gate.up`.
    pub series: &'static str,
    /// What the profile asks for, bit/s; null where it is not known or asks for nothing.
    pub required_bps: Option<u64>,
    /// So many passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Came to no verdict.
    pub undecided: u32,
    /// The least that arrived in any that came to one, bit/s.
    pub least_bps: Option<f64>,
    /// The median; null where only hours are kept.
    pub median_bps: Option<f64>,
}

/// One thing that was measured.
#[derive(Debug, Serialize, ToSchema)]
pub struct Measure {
    /// When.
    pub at: Timestamp,
    /// What, e.g. `gate.up`.
    #[schema(value_type = String)]
    pub series: Arc<str>,
    /// `good`, `bad` or `unknown`; null of a mere measure.
    pub outcome: Option<&'static str>,
    /// Why.
    #[schema(value_type = Option<String>)]
    pub reason: Option<Arc<str>>,
    /// How much, in the series' own unit: bit/s, ms, or a share of 1.
    pub value: Option<f64>,
}

impl From<SampleRow> for Measure {
    fn from(row: SampleRow) -> Self {
        let SampleRow { at, series, outcome, reason, value } = row;
        let outcome = match outcome {
            Outcome::Good => Some(GOOD),
            Outcome::Bad => Some(BAD),
            Outcome::Unknown => Some("unknown"),
            Outcome::Measure => None,
        };
        Self { at, series, outcome, reason, value }
    }
}

const GOOD: &str = "good";
const BAD: &str = "bad";

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What, e.g. `ROOM_OFFLINE`.
    #[schema(value_type = String)]
    pub kind: Arc<str>,
    /// In which words.
    pub detail: String,
}

impl Measured {
    /// What is kept of it.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read(
        reader: &mut Reader<'_>,
        room: &RoomId,
        (from, to): (Timestamp, Timestamp),
        profile: Option<&Profile>,
    ) -> Result<Self, StoreError> {
        let mut rows = reader.samples(room, from, to, MOST_SAMPLES + 1)?;
        let mut events = reader.events(room, from, to, MOST_EVENTS + 1)?;
        let truncated = rows.len() > MOST_SAMPLES as usize || events.len() > MOST_EVENTS as usize;
        rows.truncate(MOST_SAMPLES as usize);
        events.truncate(MOST_EVENTS as usize);
        let hours = reader.hours(room, from, to)?;
        let heard = hours.iter().filter(|row| &*row.series == "ONLINE").map(|row| row.good.min(60)).sum();
        let samples: Vec<Measure> = rows.into_iter().map(Measure::from).collect();
        let mut rates = rates(&samples, profile);
        let by_hour = rates.is_empty() && hours.iter().any(|row| RATES.contains(&&*row.series));
        if by_hour {
            rates = RATES.into_iter().filter_map(|series| rate_by_hour(series, &hours, profile)).collect();
        }
        Ok(Self {
            from,
            to,
            heard_minutes: heard,
            minutes: whole_hours(from, to) * 60,
            rates,
            by_hour,
            samples,
            events: events
                .into_iter()
                .map(|row| Happened { at: row.at, kind: row.kind, detail: row.detail })
                .collect(),
            truncated,
        })
    }

    /// What the profile asks for of one series, bit/s.
    #[must_use]
    pub fn required(&self, series: &str) -> Option<u64> {
        self.rates.iter().find(|rate| rate.series == series)?.required_bps
    }

    /// What there is of one series, in order.
    pub fn of<'a>(&'a self, series: &'a str) -> impl Iterator<Item = &'a Measure> {
        self.samples.iter().filter(move |sample| &*sample.series == series)
    }
}

const MOST_SAMPLES: u32 = 5_000;
const MOST_EVENTS: u32 = 500;

/// Where one looks: from six hours before an event until an hour after it, as far as that is past; of one that is yet far, the last day.
#[must_use]
pub fn around(slot: Slot, now: Timestamp) -> (Timestamp, Timestamp) {
    let hours = |at: Timestamp, hours: i64| at.checked_add(SignedDuration::from_hours(hours)).unwrap_or(at);
    let from = hours(slot.start(), -6);
    if hours(slot.start(), -1) > now { (hours(now, -24), now) } else { (from, hours(slot.end(), 1).min(now)) }
}

fn whole_hours(from: Timestamp, to: Timestamp) -> u32 {
    let hour = |at: Timestamp| (at.as_second() + 3599).div_euclid(3600);
    u32::try_from(hour(to) - hour(from)).unwrap_or(0)
}

const RATES: [&str; 4] = ["gate.up", "gate.down", "sustain.up", "sustain.down"];

fn rates(samples: &[Measure], profile: Option<&Profile>) -> Vec<Rate> {
    let mut of: BTreeMap<&str, Vec<&Measure>> = BTreeMap::new();
    for sample in samples {
        of.entry(&sample.series).or_default().push(sample);
    }
    let rate = |series: &'static str| {
        let all = of.get(series)?;
        let count = |outcome: &str| all.iter().filter(|it| it.outcome == Some(outcome)).count();
        let count = |outcome: &str| u32::try_from(count(outcome)).unwrap_or(u32::MAX);
        let judged = all.iter().filter(|it| matches!(it.outcome, Some(GOOD | BAD)));
        let mut values: Vec<f64> = judged.filter_map(|it| it.value).collect();
        values.sort_unstable_by(f64::total_cmp);
        Some(Rate {
            series,
            required_bps: required(series, profile),
            passed: count(GOOD),
            failed: count(BAD),
            undecided: count("unknown"),
            least_bps: values.first().copied(),
            median_bps: values.get(values.len() / 2).copied(),
        })
    };
    RATES.into_iter().filter_map(rate).collect()
}

fn rate_by_hour(series: &'static str, hours: &[HourRow], profile: Option<&Profile>) -> Option<Rate> {
    let of = || hours.iter().filter(|row| &*row.series == series);
    of().next()?;
    Some(Rate {
        series,
        required_bps: required(series, profile),
        passed: of().map(|row| row.good).sum(),
        failed: of().map(|row| row.bad).sum(),
        undecided: of().map(|row| row.unknown).sum(),
        least_bps: of().filter_map(|row| row.value).map(|value| value.least).reduce(f64::min),
        median_bps: None,
    })
}

fn required(series: &str, profile: Option<&Profile>) -> Option<u64> {
    let network = profile?.requirements.network?;
    Some(if series.ends_with("up") { network.up } else { network.down }.bps())
}
