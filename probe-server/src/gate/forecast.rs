//! What is to be expected of a room: at a slot, or in each working hour of some days.

use std::sync::Arc;

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use serde::Serialize;
use siaga_readiness::{
    booking::{
        Forecast, Slot,
        calendar::Day,
        forecast::{Delivered, Needs, Outlook, windows},
        request::Booking,
    },
    hours::DailyWindow,
    profile::Profile,
    room::RoomId,
};
use utoipa::ToSchema;

use super::{Gate, Refusal};
use crate::{desk::Known, office::Office};

/// What is to be expected of a room at a slot.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotForecast {
    /// Which.
    pub room: RoomId,
    /// What it was held against.
    pub profile: String,
    /// When.
    pub slot: Slot,
    /// What to expect.
    pub forecast: Forecast,
}

/// What is to be expected of a room in the office's hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct DaysForecast {
    /// Which.
    pub room: RoomId,
    /// What it was held against.
    pub profile: String,
    /// The office's time zone.
    pub zone: String,
    /// Day by day.
    pub days: Vec<DayForecast>,
}

/// A day of the office's.
#[derive(Debug, Serialize, ToSchema)]
pub struct DayForecast {
    /// The office's date.
    pub date: Date,
    /// `open`, `off` (not a working day of the week), `holiday`, or `unknown`: open unless it is a holiday, which nobody has said of that
    /// year.
    pub day: &'static str,
    /// Which one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holiday: Option<String>,
    /// The office's hours, from one full hour to the next; none on a day off.
    pub hours: Vec<HourForecast>,
}

/// An hour of it, in short; the slot's own forecast tells what it rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct HourForecast {
    /// When.
    pub slot: Slot,
    /// In a word.
    pub outlook: Outlook,
    /// Days that were good at that hour.
    pub good_days: u32,
    /// Days of which enough is known.
    pub days: u32,
    /// Lower bound of the share of good days.
    pub lower_bound: Option<f64>,
    /// What nine of ten probes delivered at least.
    pub delivered: Delivered,
    /// Share of the time in which the room was heard.
    pub online: Option<f64>,
}

impl Gate {
    /// What is to be expected of a room at a slot; held against its own profile if no other is asked for.
    ///
    /// # Errors
    /// The room was never heard of, goes by a profile that is not known, or the slot is over or too far ahead.
    pub async fn forecast(
        self: &Arc<Self>,
        office: Arc<Office>,
        room: RoomId,
        slot: Slot,
        profile: Option<Profile>,
    ) -> Result<SlotForecast, Refusal> {
        self.is_ahead(slot.end())?;
        self.of_room(office, room, profile, move |gate, office, known, profile| {
            let forecast = gate.foresee(office, known, slot, profile)?;
            Ok(SlotForecast { room: known.id().clone(), profile: profile.name.to_string(), slot, forecast })
        })
        .await
    }

    /// The same of each of the office's hours on some days.
    ///
    /// # Errors
    /// The room was never heard of, goes by a profile that is not known, or a day is past or too far ahead.
    pub async fn forecast_of_days(
        self: &Arc<Self>,
        office: Arc<Office>,
        room: RoomId,
        dates: Vec<Date>,
        profile: Option<Profile>,
    ) -> Result<DaysForecast, Refusal> {
        let zone = office.calendar.zone().clone();
        for date in &dates {
            let ends = date.tomorrow().and_then(|next| next.to_zoned(zone.rules().clone()));
            self.is_ahead(ends.map_or(Timestamp::MAX, |at| at.timestamp()))?;
        }
        self.of_room(office, room, profile, move |gate, office, known, profile| {
            let days = dates.iter().map(|date| gate.day(office, known, *date, profile));
            Ok(DaysForecast {
                room: known.id().clone(),
                profile: profile.name.to_string(),
                zone: zone.name().to_owned(),
                days: days.collect::<Result<_, _>>()?,
            })
        })
        .await
    }

    /// As the office's policy wants it.
    pub(super) fn foresee(
        &self,
        office: &Office,
        known: &Known,
        slot: Slot,
        profile: &Profile,
    ) -> Result<Forecast, Refusal> {
        let (calendar, rule) = (&office.calendar, office.policy.network_at_hour);
        let zone = calendar.zone().rules();
        let windows = windows(slot.start(), slot.end(), zone, |date| calendar.works(date), self.now());
        let needs = Needs { lower_bound: rule.lower_bound, days: rule.days.into() };
        self.desk.forecast_of(known, &windows, &profile.requirements, needs).map_err(Refusal::Rooms)
    }

    fn day(
        &self,
        office: &Office,
        known: &Known,
        date: Date,
        profile: &Profile,
    ) -> Result<DayForecast, Refusal> {
        let calendar = &office.calendar;
        let (day, holiday, openings) = match calendar.day(date, calendar.hours()) {
            Day::Open(openings) => ("open", None, openings),
            Day::Off => ("off", None, Vec::new()),
            Day::Holiday(name) => ("holiday", Some(name.to_owned()), Vec::new()),
            Day::Unknown(openings) => ("unknown", None, openings),
        };
        let instant = |time: Time| {
            let at = calendar.zone().rules().to_ambiguous_timestamp(date.to_datetime(time)).compatible();
            at.map_err(|error| Refusal::broken(&error))
        };
        let mut hours = Vec::new();
        for (from, to) in openings.into_iter().flat_map(full_hours) {
            let slot = Slot::new(instant(from)?, instant(to)?)?;
            let Forecast { outlook, good_days, days, lower_bound, delivered, online, .. } =
                self.foresee(office, known, slot, profile)?;
            hours.push(HourForecast { slot, outlook, good_days, days, lower_bound, delivered, online });
        }
        Ok(DayForecast { date, day, holiday, hours })
    }

    fn is_ahead(&self, ends: Timestamp) -> Result<(), Refusal> {
        let (now, farthest) = (self.now(), Booking::FARTHEST);
        if ends <= now {
            let cause = "what is to be expected is told of times that are not over; /history tells the rest";
            Err(Refusal::Said { key: "end", cause: cause.to_owned() })
        } else if ends.duration_since(now) > farthest {
            let cause = format!("at most {} days ahead", farthest.as_hours() / 24);
            Err(Refusal::Said { key: "end", cause })
        } else {
            Ok(())
        }
    }

    async fn of_room<T: Send + 'static>(
        self: &Arc<Self>,
        office: Arc<Office>,
        room: RoomId,
        profile: Option<Profile>,
        ask: impl FnOnce(&Self, &Office, &Known, &Profile) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let gate = self.clone();
        let asking = tokio::task::spawn_blocking(move || {
            let known = gate.desk.room(&room).map_err(Refusal::Rooms)?.ok_or(Refusal::NoRoom(room))?;
            let profile = match &profile {
                Some(profile) => profile,
                None => known.profile(&office.profiles).map_err(|name| {
                    let cause =
                        format!("the room goes by “{name}”, which is not known here; ask for another one");
                    Refusal::Said { key: "profile", cause }
                })?,
            };
            ask(&gate, &office, &known, profile)
        });
        asking.await.map_err(|broken| Refusal::broken(&broken))?
    }
}

/// From one full hour to the next.
fn full_hours(opening: DailyWindow) -> Vec<(Time, Time)> {
    let mut parts = Vec::new();
    let mut from = opening.from;
    while from < opening.to {
        let next = Time::new(from.hour() + 1, 0, 0, 0).unwrap_or(Time::MAX).min(opening.to);
        parts.push((from, next));
        from = next;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_is_told_by_full_hours() {
        let told = |text: &str| {
            let hours = full_hours(text.parse().unwrap());
            let told: Vec<_> = hours
                .iter()
                .map(|(from, to)| format!("{}-{}", from.strftime("%H:%M"), to.strftime("%H:%M")))
                .collect();
            told.join(" ")
        };
        assert_eq!(told("07:30-10:00"), "07:30-08:00 08:00-09:00 09:00-10:00");
        assert_eq!(told("13:15-13:30"), "13:15-13:30");
        assert_eq!(told("22:00-23:59"), "22:00-23:00 23:00-23:59");
    }
}
