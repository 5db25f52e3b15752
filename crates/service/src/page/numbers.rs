//! Numbers, ages and times as each language writes them.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::Language;

impl Language {
    /// A number with at most `decimals`, none of which says nothing.
    #[must_use]
    pub fn number(self, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}");
        let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
        let text = if text == "-0" { "0" } else { text };
        text.replace('.', self.either(",", "."))
    }

    /// A rate, from bits per second.
    #[must_use]
    pub fn rate(self, bits_per_second: f64) -> String {
        format!("{} Mbit/s", self.number(bits_per_second / 1e6, 1))
    }

    /// How long something lasts or how old it is, from seconds: in the largest unit of which there are at least two.
    #[must_use]
    pub fn age(self, seconds: f64) -> String {
        const MINUTE: f64 = 60.0;
        const HOUR: f64 = 60.0 * MINUTE;
        const DAY: f64 = 24.0 * HOUR;
        let (length, indonesian, english) = match seconds {
            ..=120.0 => (1.0, "detik", "s"),
            ..=7_200.0 => (MINUTE, "menit", "min"),
            ..=172_800.0 => (HOUR, "jam", "h"),
            _ => (DAY, "hari", "days"),
        };
        format!("{:.0} {}", (seconds / length).floor(), self.either(indonesian, english))
    }

    /// How long ago something was, from seconds.
    #[must_use]
    pub fn ago(self, seconds: f64) -> String {
        format!("{} {}", self.age(seconds), self.either("yang lalu", "ago"))
    }

    /// A time of the day: `09.00` or `09:00`.
    #[must_use]
    pub fn clock(self, at: &Zoned) -> String {
        format!("{:02}{}{:02}", at.hour(), self.either('.', ':'), at.minute())
    }

    /// A day: `Kam, 26 Nov 2026` or `Thu, 26 Nov 2026`.
    #[must_use]
    pub fn date(self, date: Date) -> String {
        format!("{}, {} {}", self.weekday(date.weekday()), self.day_of_month(date), date.year())
    }

    /// A day without its year: `26 Nov`.
    #[must_use]
    pub fn day_of_month(self, date: Date) -> String {
        let month =
            usize::try_from(date.month() - 1).ok().and_then(|month| self.months().get(month).copied());
        format!("{} {}", date.day(), month.unwrap_or_default())
    }

    /// The first letters of a day's name.
    #[must_use]
    pub const fn weekday(self, day: Weekday) -> &'static str {
        match day {
            Weekday::Monday => self.either("Sen", "Mon"),
            Weekday::Tuesday => self.either("Sel", "Tue"),
            Weekday::Wednesday => self.either("Rab", "Wed"),
            Weekday::Thursday => self.either("Kam", "Thu"),
            Weekday::Friday => self.either("Jum", "Fri"),
            Weekday::Saturday => self.either("Sab", "Sat"),
            Weekday::Sunday => self.either("Min", "Sun"),
        }
    }

    const fn months(self) -> [&'static str; 12] {
        self.either(
            ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        )
    }

    /// A day and a time with their zone's short name: `Kam, 26 Nov 2026, 09.00 WIB`.
    #[must_use]
    pub fn day_and_time(self, at: Timestamp, zone: &TimeZone) -> String {
        let at = at.to_zoned(zone.clone());
        format!("{}, {} {}", self.date(at.date()), self.clock(&at), at.strftime("%Z"))
    }

    /// From when to when: `Kam, 26 Nov 2026, 09.00–11.00 WIB`, with both days where they differ.
    #[must_use]
    pub fn span(self, start: Timestamp, end: Timestamp, zone: &TimeZone) -> String {
        let (from, to) = (start.to_zoned(zone.clone()), end.to_zoned(zone.clone()));
        let until = if from.date() == to.date() {
            self.clock(&to)
        } else {
            format!("{}, {}", self.date(to.date()), self.clock(&to))
        };
        format!("{}, {}–{until} {}", self.date(from.date()), self.clock(&from), to.strftime("%Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Language; 2] = Language::ALL;

    #[test]
    fn numbers_have_the_decimal_sign_of_their_language_and_no_empty_decimals() {
        assert_eq!(BOTH.map(|it| it.number(10.5, 2)), ["10,5", "10.5"]);
        assert_eq!(BOTH.map(|it| it.number(1000.0, 0)), ["1000", "1000"]);
        assert_eq!(BOTH.map(|it| it.number(-0.001, 1)), ["0", "0"]);
        assert_eq!(BOTH.map(|it| it.rate(20_960_000.0)), ["21 Mbit/s", "21 Mbit/s"]);
        assert_eq!(BOTH.map(|it| it.rate(7_940_000.0)), ["7,9 Mbit/s", "7.9 Mbit/s"]);
    }

    #[test]
    fn an_age_is_told_in_the_largest_unit_of_which_there_are_at_least_two() {
        for (seconds, told) in [
            (0.0, "0 s"),
            (41.9, "41 s"),
            (121.0, "2 min"),
            (3_600.0, "60 min"),
            (7_201.0, "2 h"),
            (86_400.0, "24 h"),
            (200_000.0, "2 days"),
        ] {
            assert_eq!(Language::English.age(seconds), told);
        }
        assert_eq!(Language::Indonesian.ago(3_599.0), "59 menit yang lalu");
    }

    #[test]
    fn times_are_told_in_the_office_s_zone_with_its_name() {
        let zone = TimeZone::get("Asia/Jakarta").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let start = at("2026-08-31T18:30:00Z");
        assert_eq!(
            BOTH.map(|it| it.day_and_time(start, &zone)),
            ["Sel, 1 Sep 2026, 01.30 WIB", "Tue, 1 Sep 2026, 01:30 WIB"]
        );
        assert_eq!(
            BOTH.map(|it| it.span(start, at("2026-08-31T20:00:00Z"), &zone)),
            ["Sel, 1 Sep 2026, 01.30–03.00 WIB", "Tue, 1 Sep 2026, 01:30–03:00 WIB"]
        );
        assert_eq!(
            Language::Indonesian.span(start, at("2026-09-01T17:00:00Z"), &zone),
            "Sel, 1 Sep 2026, 01.30–Rab, 2 Sep 2026, 00.00 WIB"
        );
    }
}
