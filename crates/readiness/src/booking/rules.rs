//! The office's rules: one policy per written procedure, each rule switched and its numbers set in TOML.

use std::sync::LazyLock;

use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{
    calendar::{CalendarError, Zone},
    request::Owner,
};
use crate::{catalogue::Text, hours::OfficeHours, room::RoomId, software::ProgramId};

/// By which rules an office decides. Not to be confused with a room's [`Policy`](crate::Policy), which says how its evidence
/// counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingPolicy {
    /// What it is called in decisions: 1 to 64 of `a`–`z`, `0`–`9`, `.`, `-` and `_`.
    pub name: String,
    /// Which procedure it follows, for people.
    pub title: Text,
    /// What becomes of a booking of which something that a rule asks for is not known.
    pub on_unknown: OnUnknown,
    /// Within how many hours a person decides on what is to be reviewed; 1 to 720.
    pub review_within_hours: u16,
    /// From how many days on an approval is given on the condition that the room is looked at again; 1 to 731.
    pub far_ahead_days: u16,
    /// The letter.
    pub letter: Rule,
    /// How early it must be applied for.
    pub lead_time: LeadTime,
    /// How much time must be left to prepare it.
    pub preparation: Preparation,
    /// Working days and hours.
    pub working_hours: WorkingHours,
    /// How long it may last.
    pub length: Length,
    /// How many devices may take part.
    pub devices: Devices,
    /// What else may be held then.
    pub slot_free: SlotFree,
    /// A1 or A3.
    pub equipment: Equipment,
    /// A1 or A3.
    pub accounts: Rule,
    /// A2.
    pub applicant_staff: Rule,
    /// A4.
    pub division_staff: Rule,
    /// A5.
    pub capacity: Rule,
    /// A program that must be there.
    pub software: Software,
    /// The link now.
    pub network_now: Rule,
    /// The link and the devices at that hour.
    pub network_at_hour: AtHour,
}

impl BookingPolicy {
    /// Reads a policy's file. `zones` are the time zones that it may name.
    ///
    /// # Errors
    /// Not TOML, a key that is missing, unknown or out of range, a zone that is none.
    pub fn from_toml(text: &str, zones: &TimeZoneDatabase) -> Result<Self, PolicyError> {
        let mut policy: Self = toml::from_str(text).map_err(|cause| PolicyError::Toml(Box::new(cause)))?;
        policy.check()?;
        if let Some(own) = &mut policy.working_hours.own {
            own.resolved = Some(Zone::named(&own.zone, zones).map_err(PolicyError::Zone)?);
        }
        Ok(policy)
    }

    /// A policy that is shipped.
    ///
    /// # Errors
    /// There is none of that name; the error lists those there are.
    pub fn shipped(name: &str) -> Result<&'static Self, PolicyError> {
        Self::all_shipped().iter().find(|policy| policy.name == name).ok_or_else(|| PolicyError::NotShipped {
            name: name.chars().take(40).collect(),
            known: SHIPPED.map(|it| it.name).join(", "),
        })
    }

    /// The text of a policy that is shipped, with its comments: what an office begins its own with.
    ///
    /// # Errors
    /// As of [`Self::shipped`].
    pub fn shipped_text(name: &str) -> Result<&'static str, PolicyError> {
        Self::shipped(name)?;
        Ok(SHIPPED.iter().find(|it| it.name == name).map_or("", |it| it.text))
    }

    /// The [table](super::table::Table) of a policy that is shipped: bookings with the decisions that each of its rules wants.
    ///
    /// # Errors
    /// As of [`Self::shipped`].
    pub fn shipped_cases(name: &str) -> Result<&'static str, PolicyError> {
        Self::shipped(name)?;
        Ok(SHIPPED.iter().find(|it| it.name == name).map_or("", |it| it.cases))
    }

    /// The policies that are shipped, the default first.
    #[must_use]
    pub fn all_shipped() -> &'static [Self] {
        static POLICIES: LazyLock<Vec<BookingPolicy>> = LazyLock::new(|| {
            let zones = TimeZoneDatabase::bundled();
            let parse = |it: Shipped| BookingPolicy::from_toml(it.text, &zones);
            SHIPPED.map(|it| parse(it).expect("the shipped policies are tested")).into()
        });
        &POLICIES
    }

    /// All of it as TOML, in one way of writing: what its digest is made of.
    #[must_use]
    pub fn canonical(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    fn check(&self) -> Result<(), PolicyError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if !(1..=64).contains(&self.name.len()) || !self.name.chars().all(plain) {
            return Err(out_of_range("name", "1 to 64 of a–z, 0–9, “.”, “-” and “_”"));
        }
        let said =
            |text: &str| (1..=200).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !said(&self.title.id) || !said(&self.title.en) {
            return Err(out_of_range("title", "one line of 1 to 200 characters in each language"));
        }
        within("review_within_hours", self.review_within_hours, 1, 720)?;
        within("far_ahead_days", self.far_ahead_days, 1, 731)?;
        within("lead_time.days", self.lead_time.days, 0, 365)?;
        within("preparation.minutes", self.preparation.minutes, 0, 7 * 24 * 60)?;
        within("length.minutes", self.length.minutes, 1, 7 * 24 * 60)?;
        within("devices.most", self.devices.most, 1, 10_000)?;
        within("equipment.seen_within_days", self.equipment.seen_within_days, 1, 90)?;
        within("network_at_hour.days", self.network_at_hour.days, 1, 28)?;
        if !(0.01..=0.99).contains(&self.network_at_hour.lower_bound) {
            return Err(out_of_range("network_at_hour.lower_bound", "0.01 to 0.99"));
        }
        if self.software.on && self.software.any_of.is_empty() {
            return Err(out_of_range("software.any_of", "at least one program while the rule is on"));
        }
        Ok(())
    }
}

/// The files of a policy that is shipped.
struct Shipped {
    name: &'static str,
    text: &'static str,
    cases: &'static str,
}

const SHIPPED: [Shipped; 3] = [
    Shipped {
        name: "kalbar-98-2021",
        text: include_str!("../../policies/kalbar-98-2021.toml"),
        cases: include_str!("../../policies/kalbar-98-2021.cases.toml"),
    },
    Shipped {
        name: "bengkayang-2023",
        text: include_str!("../../policies/bengkayang-2023.toml"),
        cases: include_str!("../../policies/bengkayang-2023.cases.toml"),
    },
    Shipped {
        name: "kipp-2020",
        text: include_str!("../../policies/kipp-2020.toml"),
        cases: include_str!("../../policies/kipp-2020.cases.toml"),
    },
];

fn within(key: &'static str, value: u16, least: u16, most: u16) -> Result<(), PolicyError> {
    if (least..=most).contains(&value) {
        Ok(())
    } else {
        Err(out_of_range(key, &format!("{least} to {most}")))
    }
}

fn out_of_range(key: &'static str, allowed: &str) -> PolicyError {
    PolicyError::OutOfRange { key, allowed: allowed.to_owned() }
}

/// A rule without numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Whether it is asked for at all.
    pub on: bool,
    /// What becomes of a booking that does not meet it.
    #[serde(default)]
    pub otherwise: Otherwise,
}

/// What becomes of a booking that does not meet a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// It is denied.
    #[default]
    Deny,
    /// A person looks at it.
    Review,
}

/// What becomes of a booking of which something is not known. It is never approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// A person looks at it.
    Review,
    /// It is denied.
    Deny,
}

/// How early a booking must be applied for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct LeadTime {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// So many days before; 0 to 365.
    pub days: u16,
    /// How they are counted, from `submitted_at`.
    pub counted: Counted,
}

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// From date to date on the office's calendar, whatever the time of day: submitted on the 22nd, held on the 25th is 3.
    Dates,
    /// In spans of 24 hours.
    FullDays,
}

/// How much time must be left, at the decision, to prepare it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Preparation {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// 0 to 10,080.
    pub minutes: u16,
}

/// Working days and hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct WorkingHours {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// Leaders' events may be held at any time.
    pub leaders_exempt: bool,
    /// Hours of the procedure, instead of those of the office's calendar; holidays are always the calendar's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own: Option<OwnHours>,
}

/// Hours that a procedure sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnHours {
    /// The time zone that they are told in, by its name in the IANA database.
    zone: String,
    /// As in the office's calendar.
    pub hours: OfficeHours,
    #[serde(skip)]
    resolved: Option<Zone>,
}

impl OwnHours {
    /// The time zone that they are told in.
    #[must_use]
    pub const fn zone(&self) -> Option<&Zone> {
        self.resolved.as_ref()
    }
}

/// How long a conference may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Length {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// 1 to 10,080.
    pub minutes: u16,
}

/// How many devices may take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Devices {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// 1 to 10,000.
    pub most: u16,
}

/// What else may be held at that time. It can't be switched off: no two are ever approved for one room and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotFree {
    /// Where nothing else may be held.
    pub scope: Scope,
    /// Of each clock hour that a conference touches, all is taken: one from 09.30 to 09.45 leaves nothing from nine to ten.
    pub by_hour: bool,
    /// Leaders' events come first, and only then the order of submission.
    pub leaders_first: bool,
    /// The fact `no_other_vidcon` is asked for: there are conferences that this server is not told of.
    pub ask: bool,
}

impl SlotFree {
    /// The room that alone matters to a booking of it; `None` if all do.
    #[must_use]
    pub fn room<'a>(&self, booked: &'a RoomId) -> Option<&'a RoomId> {
        (self.scope == Scope::Room).then_some(booked)
    }
}

/// Where nothing else may be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// In the same room.
    Room,
    /// In any room: it is the same staff.
    Service,
}

/// A1 or A3: the equipment, by who owns the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Equipment {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// Who owns a room, where the request does not say.
    pub room_owner: Owner,
    /// The division may lend equipment and accounts to an applicant who has none.
    pub lending: bool,
    /// What a room that is off said last counts for so many days; 1 to 90.
    pub seen_within_days: u16,
}

/// A program that must be there, whatever the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Software {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// One of these, as profiles name programs.
    pub any_of: Vec<ProgramId>,
}

/// The link and the devices at that hour.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct AtHour {
    pub on: bool,
    #[serde(default)]
    pub otherwise: Otherwise,
    /// What the one-sided 95 % lower bound of the share of good days must be at least; 0.01 to 0.99. At 0.8, 11 good days of 11.
    pub lower_bound: f64,
    /// Of fewer days there is too little history; 1 to 28.
    pub days: u16,
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PolicyError {
    /// The text is not a policy.
    #[error(transparent)]
    Toml(Box<toml::de::Error>),
    /// A value that is not allowed.
    #[error("{key}: allowed is {allowed}")]
    #[allow(missing_docs)]
    OutOfRange { key: &'static str, allowed: String },
    /// No such time zone.
    #[error("working_hours.own.zone: {0}")]
    Zone(CalendarError),
    /// No such policy.
    #[error("there is no policy “{name}”; shipped are: {known}")]
    #[allow(missing_docs)]
    NotShipped { name: String, known: String },
}

#[cfg(test)]
mod tests;
