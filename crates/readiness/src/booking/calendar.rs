//! The office's calendar: its time zone, its hours, and one list of holidays per year.

use std::{collections::BTreeMap, sync::LazyLock};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::Deserialize;
use thiserror::Error;

use crate::hours::{DailyWindow, OfficeHours};

/// Zone, hours and holidays of an office.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    zone: Zone,
    hours: OfficeHours,
    years: BTreeMap<i16, HolidayYear>,
}

impl Calendar {
    /// A calendar of which no year is known yet.
    #[must_use]
    pub const fn new(zone: Zone, hours: OfficeHours) -> Self {
        Self { zone, hours, years: BTreeMap::new() }
    }

    /// The years of national holidays that are shipped, as files, for an office to begin with.
    pub const SHIPPED_FILES: [(&str, &str); 2] = [
        ("2026.toml", include_str!("../../calendars/holidays-2026.toml")),
        ("2027.toml", include_str!("../../calendars/holidays-2027.toml")),
    ];

    /// The years of national holidays that are shipped. Not all of them are complete.
    #[must_use]
    pub fn shipped_years() -> &'static [HolidayYear] {
        static YEARS: LazyLock<Vec<HolidayYear>> = LazyLock::new(|| {
            let parse = |(_, text)| HolidayYear::from_toml(text).expect("the shipped years are tested");
            Calendar::SHIPPED_FILES.map(parse).into()
        });
        &YEARS
    }

    /// With the holidays of one more year; one that is there gives way.
    #[must_use]
    pub fn with(mut self, year: HolidayYear) -> Self {
        self.years.insert(year.year, year);
        self
    }

    /// In which times are told and days are counted.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The office's hours, whatever the date.
    #[must_use]
    pub const fn hours(&self) -> &OfficeHours {
        &self.hours
    }

    /// The years of which holidays are known, in order.
    pub fn years(&self) -> impl Iterator<Item = &HolidayYear> {
        self.years.values()
    }

    /// Whether the office works on a date, by its own hours. Of a year that is not known, by the day of the week alone: good enough
    /// to tell which days are alike, and never to grant anything.
    #[must_use]
    pub fn works(&self, date: Date) -> bool {
        match self.day(date, &self.hours) {
            Day::Open(_) => true,
            Day::Unknown(windows) => !windows.is_empty(),
            Day::Off | Day::Holiday(_) => false,
        }
    }

    /// When the office opens on a date; `None` on a day off.
    #[must_use]
    pub fn opening(&self, date: Date) -> Option<jiff::civil::Time> {
        self.works(date).then(|| self.hours.on(date.weekday()).first().map(|window| window.from)).flatten()
    }

    /// What a date is, to an office with these hours.
    #[must_use]
    pub fn day(&self, date: Date, hours: &OfficeHours) -> Day<'_> {
        let windows = hours.on(date.weekday());
        let year = self.years.get(&date.year());
        match year.and_then(|year| year.days.get(&date)) {
            Some(holiday) => Day::Holiday(holiday),
            None if windows.is_empty() => Day::Off,
            None if year.is_some_and(|year| year.complete) => Day::Open(windows),
            None => Day::Unknown(windows),
        }
    }
}

/// What a date is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Day<'a> {
    /// Open in these parts of it.
    Open(Vec<DailyWindow>),
    /// Not a working day of the week.
    Off,
    /// A holiday, named.
    Holiday(&'a str),
    /// Open in these parts of it unless it is a holiday: the list of that year is missing or not complete.
    Unknown(Vec<DailyWindow>),
}

/// A time zone with its name in the IANA database.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

impl Zone {
    /// # Errors
    /// `known` has no such zone.
    pub fn named(name: &str, known: &TimeZoneDatabase) -> Result<Self, CalendarError> {
        let zone = known.get(name).map_err(|_| CalendarError::Zone(name.chars().take(40).collect()))?;
        Ok(Self { name: zone.iana_name().unwrap_or(name).to_owned(), zone })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its rules.
    #[must_use]
    pub const fn rules(&self) -> &TimeZone {
        &self.zone
    }

    /// The date there.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// What people there call it at that time: WIB, WITA or WIT; elsewhere its abbreviation, or its distance from UTC.
    #[must_use]
    pub fn label(&self, at: Timestamp) -> String {
        let info = self.zone.to_offset_info(at);
        let abbreviation = info.abbreviation();
        if abbreviation.starts_with(|c: char| c.is_ascii_alphabetic()) {
            abbreviation.to_owned()
        } else {
            let minutes = info.offset().seconds() / 60;
            let sign = if minutes < 0 { '−' } else { '+' };
            format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
    }
}

/// The holidays of one year: a data file of its own, for next year's is decreed late in this one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "RawYear")]
pub struct HolidayYear {
    /// Which.
    pub year: i16,
    /// All of them are here. Until the office says so, no day of that year is known to be a working day.
    pub complete: bool,
    /// What is celebrated, or why the office is closed.
    pub days: BTreeMap<Date, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYear {
    year: i16,
    complete: bool,
    days: BTreeMap<String, String>,
}

impl HolidayYear {
    /// Reads a year's file.
    ///
    /// # Errors
    /// Not TOML, an unknown key, a day that is none or of another year, a name that is none.
    pub fn from_toml(text: &str) -> Result<Self, CalendarError> {
        toml::from_str::<RawYear>(text)?.try_into()
    }
}

impl TryFrom<RawYear> for HolidayYear {
    type Error = CalendarError;

    fn try_from(raw: RawYear) -> Result<Self, CalendarError> {
        let RawYear { year, complete, days } = raw;
        let parse = |(day, name): (String, String)| {
            let date: Date = day.parse().map_err(|_| CalendarError::NotADay(shown(&day)))?;
            if date.year() != year {
                return Err(CalendarError::OtherYear { date, year });
            }
            let fits =
                (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
            if fits { Ok((date, name)) } else { Err(CalendarError::Name(date)) }
        };
        Ok(Self { year, complete, days: days.into_iter().map(parse).collect::<Result<_, _>>()? })
    }
}

const LONGEST_NAME: usize = 120;

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// What is wrong with a calendar.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CalendarError {
    /// The text is not a year's file.
    #[error(transparent)]
    Toml(#[from] Box<toml::de::Error>),
    /// No such zone.
    #[error(
        "there is no time zone “{0}”; use a name of the IANA database, like Asia/Pontianak or Asia/Makassar"
    )]
    Zone(String),
    /// A key of `days` is no date.
    #[error("days: “{0}” is no day; write it like \"2026-08-17\"")]
    NotADay(String),
    /// A day of another year.
    #[error("days: {date} does not lie in {year}; each year has a file of its own")]
    #[allow(missing_docs)]
    OtherYear { date: Date, year: i16 },
    /// No name.
    #[error("days: {0} needs a name of 1 to {LONGEST_NAME} characters: it is told to who asked for that day")]
    Name(Date),
}

impl From<toml::de::Error> for CalendarError {
    fn from(cause: toml::de::Error) -> Self {
        Self::Toml(Box::new(cause))
    }
}

#[cfg(test)]
mod tests;
