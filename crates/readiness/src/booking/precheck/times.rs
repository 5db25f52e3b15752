//! When a room is checked again.

use std::time::Duration;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{Stage, minutes};

/// When the room of an approval is checked again, and from when on it must not be off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When the meeting begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// A room that is off when it is to be checked is only waited for until then.
    pub off_after: Timestamp,
    day_before: Option<Timestamp>,
    early: Timestamp,
    last: Timestamp,
}

/// The first two are spread over this, so that the rooms that are booked at nine are not all checked at once.
pub const SPREAD: Duration = minutes(20);

impl Times {
    /// For a booking with this reference: from `start` to `end`, in an office that opens on a day at `opening`, `None` on a day
    /// off. No earlier working day within 20 days: no check on the day before.
    #[must_use]
    pub fn of(
        reference: &str,
        start: Timestamp,
        end: Timestamp,
        zone: &TimeZone,
        opening: impl Fn(Date) -> Option<Time>,
    ) -> Self {
        let before = |minutes: i64| start.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(start);
        let (preparation, last) = (before(150), before(15));
        let civil = zone.to_datetime(start);
        let working_day =
            (1..=20).filter_map(|days| civil.date().checked_sub(jiff::Span::new().days(days)).ok());
        let working_day = working_day.into_iter().find(|day| opening(*day).is_some());
        let day_before = working_day.and_then(|day| instant(zone, day, civil.time()));
        let off_after = {
            let day = zone.to_datetime(preparation).date();
            let opens = opening(day).and_then(|time| instant(zone, day, time));
            match opens.filter(|opens| preparation < *opens) {
                Some(opens) => last.min(opens + OPEN_FOR),
                None => preparation,
            }
        };
        Self {
            start,
            end,
            off_after,
            day_before: day_before.map(|at| at + spread(reference, Stage::DayBefore)),
            early: preparation + spread(reference, Stage::Early),
            last,
        }
    }

    /// When a check is due.
    #[must_use]
    pub const fn due(&self, stage: Stage) -> Option<Timestamp> {
        match stage {
            Stage::DayBefore => self.day_before,
            Stage::Early => Some(self.early),
            Stage::Last => Some(self.last),
        }
    }
}

/// Where the preparation lies before opening, the staff have this long to switch the room on.
const OPEN_FOR: Duration = minutes(15);

/// A time of day that a day does not have is the one that its clocks show then.
fn instant(zone: &TimeZone, day: Date, time: Time) -> Option<Timestamp> {
    zone.to_timestamp(day.to_datetime(time)).ok()
}

/// The same for the same booking, also after a restart; even over many (FNV-1a).
fn spread(reference: &str, stage: Stage) -> Duration {
    let bytes = reference.bytes().chain(stage.as_str().bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    // The high bits are mixed best.
    Duration::from_secs((hash >> 32) % SPREAD.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEETING: &str = "2026-11-26T09:00:00+07:00";

    /// Working days from eight, but for one holiday.
    fn opening(day: Date) -> Option<Time> {
        let holiday = day == jiff::civil::date(2026, 11, 25);
        let weekend = day.weekday().to_monday_zero_offset() >= 5;
        (!holiday && !weekend).then(|| jiff::civil::time(8, 0, 0, 0))
    }

    fn times(start: &str) -> Times {
        let start: Timestamp = start.parse().unwrap();
        let zone = jiff::tz::offset(7).to_time_zone();
        Times::of("SBW-1", start, start + minutes(120), &zone, opening)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn within(due: Option<Timestamp>, from: &str) -> bool {
        due.is_some_and(|due| (at(from)..at(from) + SPREAD).contains(&due))
    }

    #[test]
    fn a_room_is_checked_on_the_last_working_day_before_and_twice_on_the_day() {
        let times = times(MEETING);
        assert!(within(times.due(Stage::DayBefore), "2026-11-24T09:00:00+07:00"));
        assert!(within(times.due(Stage::Early), "2026-11-26T06:30:00+07:00"));
        assert_eq!(times.due(Stage::Last), Some(at("2026-11-26T08:45:00+07:00")));
    }

    #[test]
    fn before_a_monday_comes_a_friday() {
        assert!(within(
            times("2026-11-30T14:00:00+07:00").due(Stage::DayBefore),
            "2026-11-27T14:00:00+07:00"
        ));
    }

    #[test]
    fn a_room_may_be_off_until_a_quarter_of_an_hour_after_opening_but_not_into_the_last_check() {
        let off_after = |start: &str| times(start).off_after;
        // Preparation lies before opening.
        assert_eq!(off_after(MEETING), at("2026-11-26T08:15:00+07:00"));
        assert_eq!(off_after("2026-11-26T08:10:00+07:00"), at("2026-11-26T07:55:00+07:00"));
        // It does not.
        assert_eq!(off_after("2026-11-26T13:00:00+07:00"), at("2026-11-26T10:30:00+07:00"));
        // Nobody opens.
        assert_eq!(off_after("2026-11-29T09:00:00+07:00"), at("2026-11-29T06:30:00+07:00"));
    }

    #[test]
    fn an_office_without_working_days_checks_on_the_day_only() {
        let start = at(MEETING);
        let times = Times::of("SBW-1", start, start + minutes(60), &TimeZone::UTC, |_| None);
        assert_eq!(times.due(Stage::DayBefore), None);
        assert!(times.due(Stage::Early).is_some());
    }

    #[test]
    fn many_bookings_at_the_same_hour_are_spread_evenly() {
        let mut minutes_hit = [0_u32; 20];
        for number in 0..2_000 {
            let spread = spread(&format!("SBW-2026-{number:06}"), Stage::Early);
            minutes_hit[usize::try_from(spread.as_secs() / 60).unwrap()] += 1;
        }
        assert!(minutes_hit.iter().all(|hit| (60..=140).contains(hit)), "{minutes_hit:?}");
    }
}
