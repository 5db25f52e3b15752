//! What is to be expected of a room.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use siaga_readiness::{
    booking::{Slot, request::Instant},
    room::RoomId,
};
use siaga_service::problem::Problem;
use utoipa::{IntoParams, ToSchema};

use super::{Answers, known, rooms::profile};
use crate::gate::{
    Refusal,
    forecast::{DaysForecast, SlotForecast},
};

/// A misspelt question must not get the answer to another one.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// At the time from here …
    start: Option<Instant>,
    /// … to here;
    end: Option<Instant>,
    /// or in each of the office's hours on this day …
    #[param(value_type = Option<String>)]
    day: Option<Date>,
    /// … and on those after it, 1 to 7 in all.
    days: Option<i64>,
    /// Held against this one, and not the one that the room goes by.
    profile: Option<String>,
}

/// The most days in one answer.
const MOST_DAYS: i64 = 7;

enum Question {
    Slot(Slot),
    Days(Vec<Date>),
}

impl Asked {
    fn question(&self) -> Result<Question, Problem> {
        let wrong = |detail: &str| Err(Problem::new(StatusCode::BAD_REQUEST, detail));
        match (self.start, self.end, self.day, self.days) {
            (Some(start), Some(end), None, None) => {
                Ok(Question::Slot(Slot::new(start.0, end.0).map_err(Refusal::from)?))
            }
            (None, None, Some(first), days) => {
                let days = days.unwrap_or(1);
                if !(1..=MOST_DAYS).contains(&days) {
                    return wrong("`days` is 1 to 7.");
                }
                let day = |more| first.checked_add(jiff::SignedDuration::from_hours(24 * more)).ok();
                Ok(Question::Days((0..days).filter_map(day).collect()))
            }
            _ => wrong("Ask for `start` and `end`, or for a `day` and, with it, how many `days`."),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Foreseen {
    /// Of a slot.
    Slot(Box<SlotForecast>),
    /// Of the office's hours on some days.
    Days(DaysForecast),
}

/// What is to be expected of a room, by what it was like at such hours
///
/// With `start` and `end` of that time, with what it rests on; with `day` of each of the office's hours on that day, in short.
#[utoipa::path(
    get, path = "/v1/rooms/{room}/forecast", tag = "rooms", params(("room" = RoomId, Path), Asked),
    responses((status = OK, description = "What is to be expected", body = Foreseen))
)]
pub(super) async fn forecast(
    State(Answers { desk, gate, .. }): State<Answers>,
    Path(room): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let room = known(desk, &room).await?.id().clone();
    let office = gate.office();
    let profile = profile(&office.profiles, asked.profile.as_deref())?.cloned();
    let foreseen = match asked.question()? {
        Question::Slot(slot) => Foreseen::Slot(Box::new(gate.forecast(office, room, slot, profile).await?)),
        Question::Days(dates) => Foreseen::Days(gate.forecast_of_days(office, room, dates, profile).await?),
    };
    Ok(Json(foreseen).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use siaga_probe::network::NetworkId;
    use siaga_readiness::report::Happening;

    use crate::{
        desk::tests::{passed_on, probe, record, records},
        http::tests::Counter,
    };

    /// On Sunday the 22nd at 08.00 WIB: a room whose probes failed at 09.30 on the last four working days.
    async fn counter() -> Counter {
        let counter = Counter::open().await;
        counter.office.arrive("r1", 1).await;
        let half_past_nine = |days: u64| days * 86_400 - 5_400;
        let here = Some(NetworkId(1));
        let failed = (1..).zip([5, 4, 3, 2]).map(|(seq, days)| {
            let Happening::Probe(mut probe) = probe() else { unreachable!() };
            probe.network = here;
            record(seq, half_past_nine(days), Happening::Probe(probe))
        });
        counter.office.say("r1", 1, records(failed.collect())).await.unwrap();
        counter.office.say("r1", 1, records(vec![record(9, 600, passed_on(here))])).await.unwrap();
        counter
    }

    fn told(hours: &Value) -> Vec<(String, u64)> {
        let hours = hours.as_array().unwrap().iter();
        hours.map(|it| (it["outlook"].as_str().unwrap().to_owned(), it["days"].as_u64().unwrap())).collect()
    }

    #[tokio::test]
    async fn of_a_slot_it_is_told_what_is_expected_and_on_what_that_rests() {
        let counter = counter().await;
        let at = |hour: u32| format!("2026-11-26T{hour:02}:00:00%2B07:00");
        let ask =
            |from, to| format!("/v1/rooms/r1/forecast?profile=minimum&start={}&end={}", at(from), at(to));
        let (status, morning) = counter.json(&ask(9, 10)).await;
        let forecast = &morning["forecast"];
        assert_eq!(
            (status, &forecast["outlook"], &forecast["days"]),
            (200, &json!("poor"), &json!(4)),
            "{morning}"
        );
        let day = &forecast["history"][0];
        assert_eq!((&day["date"], &day["failed"]), (&json!("2026-11-20"), &json!(1)));
        assert_eq!((&morning["room"], &morning["profile"]), (&json!("r1"), &json!("minimum")));
        let (_, noon) = counter.json(&ask(12, 14)).await;
        assert_eq!(noon["forecast"]["outlook"], "nothing");
    }

    #[tokio::test]
    async fn of_a_day_it_is_told_hour_by_hour_as_the_office_works() {
        let counter = counter().await;
        let (status, week) =
            counter.json("/v1/rooms/r1/forecast?profile=minimum&day=2026-11-26&days=4").await;
        assert_eq!((status, &week["zone"]), (200, &json!("Asia/Pontianak")), "{week}");
        let days = week["days"].as_array().unwrap();
        let kinds: Vec<_> =
            days.iter().map(|it| (it["date"].as_str().unwrap(), it["day"].as_str().unwrap())).collect();
        let expected =
            [("2026-11-26", "open"), ("2026-11-27", "open"), ("2026-11-28", "off"), ("2026-11-29", "off")];
        assert_eq!(kinds, expected);
        let hours = told(&days[0]["hours"]);
        let around = |hours: &[(String, u64)]| {
            hours.iter().all(|(outlook, days)| (outlook.as_str(), *days) == ("poor", 4))
        };
        assert_eq!(hours.len(), 9, "from half past seven to four");
        assert!(around(&hours[1..4]), "08 to 11, with the hour before and after: {hours:?}");
        assert_eq!(hours[4], ("nothing".to_owned(), 0));
        assert_eq!(days[0]["hours"][0]["slot"]["start"], "2026-11-26T00:30:00Z");
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused() {
        let counter = counter().await;
        for (status, asked) in [
            (400, "r1/forecast"),
            (400, "r1/forecast?start=2026-11-26T02:00:00Z"),
            (400, "r1/forecast?day=2026-11-26&days=8"),
            (400, "r1/forecast?day=2026-11-26&start=2026-11-26T02:00:00Z&end=2026-11-26T03:00:00Z"),
            (400, "r1/forecast?day=tomorrow"),
            (400, "r1/forecast?day=2026-11-26&hour=9"),
            (404, "r1/forecast?day=2026-11-26&profile=best"),
            (404, "r2/forecast?day=2026-11-26"),
            (422, "r1/forecast?day=2026-11-21"),
            (422, "r1/forecast?day=2029-11-21"),
            (422, "r1/forecast?start=2026-11-20T02:00:00Z&end=2026-11-20T03:00:00Z"),
        ] {
            let (found, problem) = counter.json(&format!("/v1/rooms/{asked}")).await;
            assert_eq!((found, &problem["status"]), (status, &json!(status)), "{asked}: {problem}");
        }
    }
}
