//! A day of an office, or of one of its sites.

mod meetings;
mod rooms;

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use siaga_booking::{
    Retention,
    audit::Head,
    tally::{self, OVERDUE_AFTER},
};
use siaga_readiness::{
    booking::{BookingRef, calendar::Zone},
    room::RoomId,
};
use utoipa::ToSchema;

use super::{Archive, Terms};
use crate::gate::Refusal;

pub use meetings::Meeting;
pub use rooms::{DayRate, ProbeHour, RoomDay, RoomHour, State};

/// A day of an office, or of one of its sites.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayReport {
    /// Which day, in the office's zone.
    #[schema(value_type = String, format = Date)]
    pub date: Date,
    /// The office's zone.
    pub zone: String,
    /// Of which site's rooms; null: of all.
    pub site: Option<String>,
    /// When the day begins.
    pub from: Timestamp,
    /// When it is over.
    pub to: Timestamp,
    /// When this report was written: what comes after is not in it.
    pub written_at: Timestamp,
    /// How many there were.
    pub counts: Counts,
    /// The bookings whose event is on this day, in the order of their starts.
    pub bookings: Vec<Meeting>,
    /// There are more of them than are told here.
    pub bookings_truncated: bool,
    /// Bookings that waited longer than a day for a person when this was written, the longest first.
    pub overdue: Vec<Overdue>,
    /// There are more of them than are told here.
    pub overdue_truncated: bool,
    /// The rooms that are known, by name.
    pub rooms: Vec<RoomDay>,
    /// There are more of them than are told here.
    pub rooms_truncated: bool,
    /// The day is so long ago that nothing is kept any more of how rooms were on it.
    pub rooms_dropped: bool,
    /// What gate probes of all these rooms found, hour by hour.
    pub probes: Vec<ProbeHour>,
    /// How right the gate was.
    pub precision: Precision,
    /// How far the log reached.
    #[schema(value_type = Object)]
    pub log: Head,
    /// For those who render it.
    #[serde(skip)]
    pub(super) clock: Zone,
}

/// How many bookings there were.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = DayCounts)]
pub struct Counts {
    /// All of them.
    pub bookings: u64,
    /// By what counts of them.
    pub by_decision: BTreeMap<&'static str, u64>,
    /// By what became of them; of those that were reported.
    pub by_outcome: BTreeMap<String, u64>,
    /// Approved, over, and nobody has told what became of it.
    pub not_reported: u64,
}

/// A booking that has waited longer than a day for a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Overdue {
    /// Which.
    pub reference: BookingRef,
    /// Where.
    pub room: RoomId,
    /// When the event begins.
    pub start: Timestamp,
    /// Since when it waits.
    pub since: Timestamp,
}

/// Outcomes of meetings, by whether they were approved: of those that were, the share that went well is the gate's own precision.
#[derive(Debug, Serialize, ToSchema)]
pub struct Precision {
    /// Of this day's bookings in this report.
    pub day: Outcomes,
    /// Of all that were ever reported, in all sites.
    pub all: Outcomes,
}

/// How often each outcome was told.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Outcomes {
    /// Of meetings that were approved.
    pub approved: BTreeMap<String, u64>,
    /// Of meetings that were held although they were not.
    pub others: BTreeMap<String, u64>,
}

impl Outcomes {
    /// Share of the approved meetings with a known outcome that went well; `None` if there are none.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // Nobody holds 2^53 meetings.
    pub fn precision(&self) -> Option<f64> {
        let all: u64 = self.approved.values().sum();
        let well = self.approved.get("ok").copied().unwrap_or_default();
        (all > 0).then(|| well as f64 / all as f64)
    }
}

impl DayReport {
    /// A day of an office, or of one of its sites.
    ///
    /// # Errors
    /// The calendar does not have the day, no room ever named the site, or something can't be read.
    pub fn read(archive: &Archive, terms: &Terms, date: Date, site: Option<&str>) -> Result<Self, Refusal> {
        let clock = terms.office.calendar.zone().clone();
        let (from, to) = bounds(date, &clock)?;
        let kept_from = terms.now.checked_sub(Retention::default().hourly).unwrap_or(Timestamp::MIN);
        let rooms_dropped = to <= kept_from;
        let known = archive
            .rooms(|reader| rooms::read(reader, site, from, to.min(terms.now)))
            .map_err(Refusal::Rooms)?;
        if let Some(site) = site.filter(|_| known.sites.is_empty()) {
            return Err(Refusal::NoSite(site.chars().take(64).collect()));
        }
        let of_site = |room: &RoomId| site.is_none() || known.sites.contains_key(room);
        let (meetings, bookings_truncated, overdue, tally, log) = archive.bookings(|reader| {
            let (meetings, truncated) = meetings::read(reader, terms, (from, to), |room| {
                of_site(room).then(|| known.sites.get(room).cloned().flatten())
            })?;
            let overdue = meetings::overdue(reader, terms.now, OVERDUE_AFTER, of_site)?;
            Ok((meetings, truncated, overdue, reader.tally(terms.now)?, reader.head()?))
        })?;
        let (overdue, overdue_truncated) = overdue;
        Ok(Self {
            date,
            zone: clock.name().to_owned(),
            site: site.map(str::to_owned),
            from,
            to,
            written_at: terms.now,
            counts: Counts::of(&meetings, terms.now),
            precision: Precision { day: outcomes(&meetings), all: all(tally) },
            bookings: meetings,
            bookings_truncated,
            overdue,
            overdue_truncated,
            rooms: if rooms_dropped { Vec::new() } else { known.rooms },
            rooms_truncated: known.truncated && !rooms_dropped,
            rooms_dropped,
            probes: known.probes,
            log,
            clock,
        })
    }

    /// The day is over.
    pub(super) fn is_over(&self) -> bool {
        self.written_at >= self.to
    }
}

fn bounds(date: Date, zone: &Zone) -> Result<(Timestamp, Timestamp), Refusal> {
    let starts = |date: Date| zone.rules().to_zoned(date.at(0, 0, 0, 0)).map(|at| at.timestamp());
    let next = date.tomorrow();
    match (starts(date), next.and_then(starts)) {
        (Ok(from), Ok(to)) => Ok((from, to)),
        _ => Err(Refusal::NoDay(date)),
    }
}

impl Counts {
    fn of(meetings: &[Meeting], now: Timestamp) -> Self {
        let mut counts = Self { bookings: meetings.len() as u64, ..Self::default() };
        for meeting in meetings {
            *counts.by_decision.entry(meeting.decision.as_str()).or_default() += 1;
            match &meeting.outcome {
                Some(told) => *counts.by_outcome.entry(told.outcome.clone()).or_default() += 1,
                None if meeting.was_approved
                    && meeting.cancelled_at.is_none()
                    && meeting.slot.end() <= now =>
                {
                    counts.not_reported += 1;
                }
                None => {}
            }
        }
        counts
    }
}

fn outcomes(meetings: &[Meeting]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for meeting in meetings {
        let Some(told) = &meeting.outcome else { continue };
        let of = if meeting.was_approved { &mut outcomes.approved } else { &mut outcomes.others };
        *of.entry(told.outcome.clone()).or_default() += 1;
    }
    outcomes
}

fn all(tally: tally::Tally) -> Outcomes {
    Outcomes { approved: tally.approved, others: tally.others }
}
