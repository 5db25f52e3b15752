//! Which stretches of the past are like a slot.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

/// A slot's hours, and an hour before and after, on one day of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Window {
    /// The office's day on which it began; a slot that goes over midnight belongs to the day of its start.
    pub date: Date,
    /// Whether that was a working day.
    pub working: bool,
    /// When it began.
    pub from: Timestamp,
    /// The first moment after it.
    pub to: Timestamp,
}

/// How many days are looked back. Single verdicts are kept for a week more.
pub const LOOKBACK_DAYS: usize = 28;

/// The windows of the last [`LOOKBACK_DAYS`] days that were over at `now`, the newest first, of the kinds of day that a slot from
/// `start` to `end` falls on. `works` tells the office's working days.
///
/// A slot's hours are taken by the office's clock of each day: where a zone was changed in between, 09.00 is 09.00. A slot that is
/// longer than a day falls on each day that it begins anew on, and its hours are all of the day's.
#[must_use]
pub fn windows(
    start: Timestamp,
    end: Timestamp,
    zone: &TimeZone,
    works: impl Fn(Date) -> bool,
    now: Timestamp,
) -> Vec<Window> {
    let slot = start.to_zoned(zone.clone());
    let length = end.duration_since(start);
    let begins = |day: i64| slot.date().checked_add(SignedDuration::from_hours(24 * day)).ok();
    let days_of_slot = (0..LONGEST_SLOT_DAYS)
        .take_while(|day| *day == 0 || SignedDuration::from_hours(24 * day) < length)
        .filter_map(begins);
    let kinds: Vec<bool> = days_of_slot.map(&works).collect();

    let today = now.to_zoned(zone.clone()).date();
    let days = std::iter::successors(Some(today), |date| date.yesterday().ok()).take(LOOKBACK_DAYS + 2);
    days.filter_map(|date| {
        let (from, to) = stretch(date, slot.time(), length, zone)?;
        (to <= now).then(|| Window { date, working: works(date), from, to })
    })
    .take(LOOKBACK_DAYS)
    .filter(|window| kinds.contains(&window.working))
    .collect()
}

/// Slots are at most so long; what would be longer is looked at as if it were not.
const LONGEST_SLOT_DAYS: i64 = 8;

fn stretch(
    date: Date,
    time: Time,
    length: SignedDuration,
    zone: &TimeZone,
) -> Option<(Timestamp, Timestamp)> {
    let start = zone.to_ambiguous_timestamp(date.to_datetime(time)).compatible().ok()?;
    let from = start.checked_sub(AROUND).ok()?;
    let to = start.checked_add(length).ok()?.checked_add(AROUND).ok()?;
    let most = from.checked_add(SignedDuration::from_hours(24)).ok()?;
    Some((from, to.min(most)))
}

const AROUND: SignedDuration = SignedDuration::from_hours(1);
