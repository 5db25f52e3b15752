//! An office's hours.

use std::{fmt, str::FromStr};

use jiff::{
    SignedDuration,
    civil::{Time, Weekday},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// When an office is open, like `Mon-Thu 07:30-16:00, Fri 07:30-11:30, Fri 13:00-16:30`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OfficeHours {
    text: String,
    openings: Vec<(Weekday, DailyWindow)>,
}

impl OfficeHours {
    /// The parts of such a day in which the office is open, in order; none on a day off.
    #[must_use]
    pub fn on(&self, day: Weekday) -> Vec<DailyWindow> {
        let of_day = self.openings.iter().filter(|(open_on, _)| *open_on == day);
        let mut windows: Vec<DailyWindow> = of_day.map(|(_, window)| *window).collect();
        windows.sort_by_key(|window| window.from);
        windows
    }
}

impl FromStr for OfficeHours {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        if text.len() > LONGEST {
            return Err(HoursError);
        }
        let mut openings = Vec::new();
        for part in text.split(',') {
            openings.extend(opening(part).ok_or(HoursError)?);
        }
        Ok(Self { text: text.to_owned(), openings })
    }
}

/// A week of days with several parts each is shorter.
const LONGEST: usize = 1000;

fn opening(text: &str) -> Option<Vec<(Weekday, DailyWindow)>> {
    let (days, times) = text.trim().split_once(' ')?;
    let window: DailyWindow = times.trim().parse().ok()?;
    let (first, last) = days.split_once('-').unwrap_or((days, days));
    let (first, last) = (day(first)?, day(last)?);
    let length = usize::try_from(first.until(last)).ok()? + 1;
    Some(first.cycle_forward().take(length).map(|day| (day, window)).collect())
}

fn day(text: &str) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let number = NAMES.iter().position(|name| *name == text)?;
    Weekday::from_monday_zero_offset(i8::try_from(number).ok()?).ok()
}

impl TryFrom<String> for OfficeHours {
    type Error = HoursError;

    fn try_from(text: String) -> Result<Self, HoursError> {
        text.parse()
    }
}

impl From<OfficeHours> for String {
    fn from(hours: OfficeHours) -> Self {
        hours.text
    }
}

/// Not an office's hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not the hours of an office; write days in English and times from 00:00 to 23:59, the earlier one first, like \
     \"Mon-Fri 07:30-16:00\" or \"Mon-Thu 07:30-16:00, Fri 07:30-16:30\""
)]
pub struct HoursError;

/// A part of every day, like `05:00-07:00`; the end is not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DailyWindow {
    /// When it begins.
    pub from: Time,
    /// When it is over, later on the same day.
    pub to: Time,
}

impl DailyWindow {
    /// Whether it is on at that time of day.
    #[must_use]
    pub fn contains(&self, time: Time) -> bool {
        (self.from..self.to).contains(&time)
    }

    /// How long it is.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        self.to.duration_since(self.from)
    }
}

impl FromStr for DailyWindow {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let window =
            text.split_once('-').and_then(|(from, to)| Some(Self { from: time(from)?, to: time(to)? }));
        window.filter(|window| window.from < window.to).ok_or(WindowError)
    }
}

fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    };
    Time::new(number(hour)?, number(minute)?, 0, 0).ok()
}

impl fmt::Display for DailyWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

impl TryFrom<String> for DailyWindow {
    type Error = WindowError;

    fn try_from(text: String) -> Result<Self, WindowError> {
        text.parse()
    }
}

impl From<DailyWindow> for String {
    fn from(window: DailyWindow) -> Self {
        window.to_string()
    }
}

/// Not a part of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a part of a day; write times from 00:00 to 23:59, the earlier one first, like \"05:00-07:00\"")]
pub struct WindowError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_people_write_them_and_told_the_same() {
        let text = "Fri 13:00-16:30, Mon-Thu 07:30-16:00, Fri 07:30-11:30";
        let hours: OfficeHours = text.parse().unwrap();
        let on = |day| hours.on(day).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(on(Weekday::Monday), ["07:30-16:00"]);
        assert_eq!(on(Weekday::Friday), ["07:30-11:30", "13:00-16:30"]);
        assert_eq!(on(Weekday::Sunday), [""; 0]);
        assert_eq!(String::from(hours), text);
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        let long = "Mon 08:00-09:00, ".repeat(100) + "Mon 08:00-09:00";
        for wrong in
            ["", "always", "Mon", "Sen 08:00-16:00", "Mon 16:00-08:00", "Mon 8-16", "Mon 08:00-24:00", &long]
        {
            assert_eq!(wrong.parse::<OfficeHours>(), Err(HoursError), "{wrong}");
        }
        assert_eq!("08:00-08:00".parse::<DailyWindow>(), Err(WindowError));
    }
}
