//! Civil time: the office's hours and the early hours as the schedule takes them, and the zone that they are told in.

use std::{fmt, time::Duration};

use jiff::{
    Timestamp, ToSpan, Zoned,
    civil::{Time, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize, Serializer};
use siaga_probe::schedule::{Hours, Window};
use siaga_readiness::hours::{DailyWindow, OfficeHours};

/// The office's hours at `now`; `clock` is the schedule's own time at `now`.
#[must_use]
pub fn at(office: &OfficeHours, now: &Zoned, clock: Duration) -> Hours {
    if office.on(now.weekday()).iter().any(|times| times.contains(now.time())) {
        return Hours::Open;
    }
    match next_opening(office, now) {
        Some(opens) => Hours::Closed { until: clock + until(now, opens) },
        None => Hours::Unknown,
    }
}

/// How long the office is open on its longest day.
#[must_use]
pub fn longest_day(office: &OfficeHours) -> Duration {
    let length = |times: &DailyWindow| Duration::try_from(times.length()).unwrap_or_default();
    let open_on = |day| office.on(day).iter().map(length).sum();
    Weekday::Monday.cycle_forward().take(7).map(open_on).max().unwrap_or_default()
}

fn next_opening(office: &OfficeHours, now: &Zoned) -> Option<Timestamp> {
    (0..=7).find_map(|more| {
        let date = now.date().checked_add(more.days()).ok()?;
        let opens = office.on(date.weekday()).into_iter().filter_map(|times| {
            Some(date.to_datetime(times.from).to_zoned(now.time_zone().clone()).ok()?.timestamp())
        });
        opens.filter(|opens| *opens > now.timestamp()).min()
    })
}

/// From five to seven: after the machines' updates, before people come.
pub const EARLY: DailyWindow =
    DailyWindow { from: Time::constant(5, 0, 0, 0), to: Time::constant(7, 0, 0, 0) };

/// The part of the day that is on at `now`, or the next one; `clock` is the schedule's own time at `now`.
#[must_use]
pub fn window(daily: DailyWindow, now: &Zoned, clock: Duration) -> Option<Window> {
    let on = |more: i64| {
        let date = now.date().checked_add(more.days()).ok()?;
        let instant = |time| Some(date.to_datetime(time).to_zoned(now.time_zone().clone()).ok()?.timestamp());
        Some((instant(daily.from)?, instant(daily.to)?))
    };
    let (begins, ends) = [on(0), on(1)].into_iter().flatten().find(|(_, ends)| *ends > now.timestamp())?;
    let since_begin = Duration::try_from(now.timestamp().duration_since(begins)).unwrap_or_default();
    let begins = (clock + until(now, begins)).saturating_sub(since_begin);
    Some(Window { begins, ends: clock + until(now, ends) })
}

/// Time from `now` to `then`; nothing if that is past.
fn until(now: &Zoned, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now.timestamp())).unwrap_or_default()
}

/// A time zone by its name in the IANA database, or the system's.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Zone(Option<TimeZone>);

impl Zone {
    /// As the machine is set.
    pub const SYSTEM: Self = Self(None);

    pub(super) const fn is_system(&self) -> bool {
        self.0.is_none()
    }

    /// `now` in this zone.
    #[must_use]
    pub fn civil(&self, now: Timestamp) -> Zoned {
        now.to_zoned(self.time_zone())
    }

    /// The zone itself.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        self.0.clone().unwrap_or_else(TimeZone::system)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().and_then(TimeZone::iana_name).serialize(serializer)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.as_ref().and_then(TimeZone::iana_name);
        f.debug_tuple("Zone").field(&name).finish()
    }
}

impl TryFrom<String> for Zone {
    type Error = ZoneError;

    fn try_from(text: String) -> Result<Self, ZoneError> {
        TimeZone::get(&text).map(|zone| Self(Some(zone))).map_err(|_| ZoneError)
    }
}

/// Not a known time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone that this machine knows; use a name of the IANA database, like \"Asia/Makassar\"")]
pub struct ZoneError;

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn hours(text: &str) -> OfficeHours {
        text.to_owned().try_into().unwrap()
    }

    fn at(text: &str) -> Zoned {
        text.parse().unwrap()
    }

    #[test]
    fn an_office_is_open_in_its_hours_and_tells_when_it_opens_next() {
        let office = hours("Mon-Thu 07:30-16:00, Fri 07:30-16:30");
        let told = |time: &str| super::at(&office, &at(&format!("{time}[Asia/Makassar]")), HOUR);
        // 23 November 2026 is a Monday.
        assert_eq!(told("2026-11-23T07:29:00+08"), Hours::Closed { until: HOUR + MINUTE });
        assert_eq!(told("2026-11-23T07:30:00+08"), Hours::Open);
        assert_eq!(told("2026-11-23T15:59:59+08"), Hours::Open);
        assert_eq!(told("2026-11-23T16:00:00+08"), Hours::Closed { until: HOUR + HOUR * 15 + MINUTE * 30 });
        assert_eq!(told("2026-11-27T16:00:00+08"), Hours::Open, "Friday");
        assert_eq!(told("2026-11-27T16:30:00+08"), Hours::Closed { until: HOUR + HOUR * 63 });
    }

    #[test]
    fn hours_are_the_office_s_own_wherever_the_clock_is_read() {
        let zone = Zone::try_from("Asia/Jayapura".to_owned()).unwrap();
        let morning: Timestamp = "2026-11-22T22:30:00Z".parse().unwrap();
        assert_eq!(super::at(&hours("Mon 07:30-08:00"), &zone.civil(morning), HOUR), Hours::Open);
    }

    #[test]
    fn an_office_that_opens_once_a_week_and_one_that_works_over_sunday() {
        let weekly = hours("Mon 07:30-08:00");
        let closed = Hours::Closed { until: HOUR * 24 * 7 - MINUTE * 30 };
        assert_eq!(super::at(&weekly, &at("2026-11-23T08:00:00+00[UTC]"), Duration::ZERO), closed);
        let night = hours("Fri-Mon 00:00-23:59");
        assert_eq!(super::at(&night, &at("2026-11-22T12:00:00+00[UTC]"), HOUR), Hours::Open, "Sunday");
        assert!(matches!(super::at(&night, &at("2026-11-24T12:00:00+00[UTC]"), HOUR), Hours::Closed { .. }));
        assert_eq!(longest_day(&weekly), MINUTE * 30);
    }

    #[test]
    fn a_day_with_a_clock_change_keeps_its_civil_hours() {
        // Clocks go forward at two in the night.
        let before = at("2026-03-29T01:00:00+01[Europe/Berlin]");
        let opens = super::at(&hours("Sun 07:00-08:00"), &before, Duration::ZERO);
        assert_eq!(opens, Hours::Closed { until: HOUR * 5 });
    }

    #[test]
    fn the_early_hours_are_those_of_today_until_they_are_over() {
        let told = |time: &str| super::window(EARLY, &at(time), HOUR * 100).unwrap();
        let window = |begins, ends| Window { begins, ends };
        assert_eq!(told("2026-11-23T04:00:00+08[Asia/Makassar]"), window(HOUR * 101, HOUR * 103));
        assert_eq!(told("2026-11-23T06:00:00+08[Asia/Makassar]"), window(HOUR * 99, HOUR * 101));
        assert_eq!(told("2026-11-23T07:00:00+08[Asia/Makassar]"), window(HOUR * 122, HOUR * 124));
    }
}
