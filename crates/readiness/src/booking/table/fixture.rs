//! What a case of a table is made of.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZoneDatabase};
use serde::Deserialize;

use super::{EntryError, code};
use crate::{
    answer::{Check, CheckCode, Level, Readiness, RoomVerdict},
    booking::{
        Agenda, Booking, BookingPolicy, BookingRef, Calendar, Case, Class, Engagement, Forecast, Request,
        RoomEvidence, Slot, Standing,
        calendar::{HolidayYear, Zone},
        forecast::{Delivered, Needs, outlook},
        request::Instant,
    },
    catalogue::{Text, Words, entry},
    host::{Presence as ProgramPresence, ProgramFact},
    hours::OfficeHours,
    presence::Presence,
    profile::{Profile, Profiles},
    reasons::Code,
    software::ProgramId,
    state::CheckState,
};

/// All that a decision is made of but the policy, owned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fixture {
    booking: Booking,
    room: Option<RoomEvidence>,
    history: Option<RawHistory>,
    calendar: Calendar,
    agenda: Agenda,
    now: Timestamp,
}

impl Fixture {
    pub(super) fn new(raw: RawFixture, zones: &TimeZoneDatabase) -> Result<Self, EntryError> {
        let RawFixture { now, reference, booking, calendar, room, history, agenda } = raw;
        let booking = Booking::new(reference, &booking, &Profiles::default(), Profile::minimum())?;
        let years = Calendar::shipped_years().iter().filter(|_| calendar.shipped_years).cloned();
        let empty = Calendar::new(Zone::named(&calendar.zone, zones)?, calendar.hours);
        let calendar = years.chain(calendar.years).fold(empty, Calendar::with);
        let engagements =
            agenda.into_iter().map(|other| other.engagement(&booking)).collect::<Result<_, _>>()?;
        Ok(Self {
            room: room.evidence(&booking, now.0)?,
            booking,
            history,
            calendar,
            agenda: Agenda { engagements },
            now: now.0,
        })
    }

    /// The case, as the policy decides it.
    pub(super) fn with_case<T>(&self, policy: &BookingPolicy, of: impl FnOnce(&Case) -> T) -> T {
        let forecast = self.history.map(|history| history.forecast(policy, self.now));
        of(&Case {
            booking: &self.booking,
            policy,
            policy_digest: "",
            room: self.room.as_ref(),
            forecast: forecast.as_ref(),
            calendar: &self.calendar,
            agenda: &self.agenda,
            now: self.now,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFixture {
    now: Instant,
    #[serde(default = "this_one")]
    reference: BookingRef,
    booking: Request,
    calendar: RawCalendar,
    #[serde(default)]
    room: RawRoom,
    /// Nothing is known if this is left out.
    history: Option<RawHistory>,
    #[serde(default)]
    agenda: Vec<RawEngagement>,
}

fn this_one() -> BookingRef {
    "THIS-1".parse().expect("a reference")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCalendar {
    zone: String,
    hours: OfficeHours,
    /// Holidays as they are shipped.
    #[serde(default)]
    shipped_years: bool,
    /// As in a year's file.
    #[serde(default)]
    years: Vec<HolidayYear>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawRoom {
    state: RoomState,
    /// How long ago it was heard, if it is off.
    last_heard: SignedDuration,
    /// How each check stands, where it is not as it should be.
    checks: Vec<RawCheck>,
    programs: BTreeMap<ProgramId, ProgramPresence>,
}

impl Default for RawRoom {
    fn default() -> Self {
        Self {
            state: RoomState::Online,
            last_heard: SignedDuration::ZERO,
            checks: Vec::new(),
            programs: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RoomState {
    Online,
    Off,
    Revoked,
    /// Off, and nobody can read whether it is revoked.
    PerhapsRevoked,
    NeverHeard,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCheck {
    code: String,
    state: String,
    reason: String,
}

impl RawRoom {
    fn evidence(self, booking: &Booking, now: Timestamp) -> Result<Option<RoomEvidence>, EntryError> {
        let is_away = matches!(self.state, RoomState::Off | RoomState::Revoked | RoomState::PerhapsRevoked);
        let age = if is_away { self.last_heard } else { SignedDuration::ZERO };
        let age =
            Duration::try_from(age).map_err(|_| EntryError::Wrong("`room.last_heard` is not negative"))?;
        let mut checks: Vec<Check> =
            GOOD.iter().map(|(check, reason)| told(*check, CheckState::Ok, *reason, now, age)).collect();
        for raw in &self.checks {
            let check: CheckCode = named(&raw.code)
                .filter(|it: &CheckCode| it.as_str() == raw.code)
                .ok_or_else(|| EntryError::Check(raw.code.chars().take(60).collect()))?;
            let state: CheckState = named(&raw.state)
                .filter(|it: &CheckState| it.to_string() == raw.state)
                .ok_or_else(|| EntryError::State(raw.state.chars().take(60).collect()))?;
            let new = told(check, state, code(&raw.reason)?, now, age);
            match checks.iter_mut().find(|it| it.code == check) {
                Some(old) => *old = new,
                None => checks.push(new),
            }
        }
        if self.state == RoomState::NeverHeard {
            return Ok(None);
        }
        let programs = self.programs.into_iter().map(|(id, presence)| ProgramFact {
            name: id.to_string(),
            id,
            presence,
        });
        Ok(Some(RoomEvidence {
            presence: Presence {
                online: self.state == RoomState::Online,
                revoked: (self.state != RoomState::PerhapsRevoked)
                    .then_some(self.state == RoomState::Revoked),
                last_seen: now.checked_sub(age).unwrap_or(Timestamp::MIN),
                age,
            },
            readiness: Readiness {
                room: booking.room.to_string(),
                profile: booking.profile.name.to_string(),
                // Decisions are made of the checks.
                verdict: RoomVerdict::Unknown,
                level: Level::Unknown,
                valid_until: None,
                checks,
                reasons: Vec::new(),
            },
            programs: Some((programs.collect(), age)),
        }))
    }
}

/// A room as it should be.
const GOOD: [(CheckCode, Code); 8] = [
    (CheckCode::Camera, Code::CameraWorks),
    (CheckCode::Microphone, Code::MicrophoneWorks),
    (CheckCode::NetServer, Code::NetServerAnswers),
    (CheckCode::NetUp, Code::NetUpSustained),
    (CheckCode::NetDown, Code::NetDownSustained),
    (CheckCode::NetSustain, Code::NetSustainPassed),
    (CheckCode::Power, Code::PowerMains),
    (CheckCode::Software, Code::SoftwareFound),
];

fn told(code: CheckCode, state: CheckState, reason: Code, now: Timestamp, age: Duration) -> Check {
    let entry = entry(reason);
    let words = Words::default();
    Check {
        code,
        state,
        reason,
        value: None,
        unit: None,
        required: None,
        observed_at: now.checked_sub(age).ok(),
        age_s: Some(age.as_secs_f64()),
        text: entry.found(&words),
        remedy: if state == CheckState::Ok { Text::default() } else { words.fill(&entry.remedy) },
    }
}

fn named<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    toml::Value::String(text.to_owned()).try_into().ok()
}

/// Of so many days so many were good.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHistory {
    good: u32,
    days: u32,
}

impl RawHistory {
    fn forecast(self, policy: &BookingPolicy, now: Timestamp) -> Forecast {
        let rule = policy.network_at_hour;
        let needs = Needs { lower_bound: rule.lower_bound, days: u32::from(rule.days) };
        let (lower_bound, outlook) = outlook(self.good.min(self.days), self.days, needs);
        Forecast {
            outlook,
            working_days: true,
            good_days: self.good.min(self.days),
            days: self.days,
            lower_bound,
            required: needs.lower_bound,
            delivered: Delivered::default(),
            online: None,
            newest: (self.days > 0).then(|| now.checked_sub(SignedDuration::from_hours(24)).ok()).flatten(),
            history: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEngagement {
    reference: BookingRef,
    /// The booking's own if this is left out.
    room: Option<String>,
    slot: Slot,
    #[serde(default)]
    class: Class,
    submitted_at: Instant,
    standing: Standing,
}

impl RawEngagement {
    fn engagement(self, booking: &Booking) -> Result<Engagement, EntryError> {
        let room = match self.room {
            None => booking.room.clone(),
            Some(room) => room.parse().map_err(|cause| EntryError::Agenda(format!("room: {cause}")))?,
        };
        Ok(Engagement {
            reference: self.reference,
            room,
            slot: self.slot,
            class: self.class,
            submitted_at: self.submitted_at.0,
            standing: self.standing,
        })
    }
}
