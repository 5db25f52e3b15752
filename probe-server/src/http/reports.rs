//! Reports: as JSON, as a table, or as a page to be printed.

#[cfg(test)]
mod tests;

use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::civil::Date;
use serde::Deserialize;
use siaga_service::{page::Language, problem::Problem};
use utoipa::IntoParams;

use super::{Answers, bookings::named};
use crate::{
    gate::Refusal,
    report::{self, Archive, BookingReport, DayReport, Format, Terms, Wanted},
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// As what: `html`, `csv` or `json`; if not said, what the `Accept` header likes best, or JSON.
    #[param(value_type = Option<String>)]
    format: Option<Format>,
    /// `id` or `en`, for what is written in words.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// All that is known of a booking, held or refused
#[utoipa::path(
    get, path = "/v1/bookings/{reference}/report", tag = "reports", params(("reference" = siaga_readiness::booking::BookingRef, Path), Asked),
    responses((status = OK, description = "How it stands, and how that came about; HTML and CSV on request", content(
        (BookingReport = "application/json"), (String = "text/html"), (String = "text/csv"),
    )))
)]
pub(super) async fn booking(
    State(answers): State<Answers>,
    Path(reference): Path<String>,
    Query(asked): Query<Asked>,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = asked.format.unwrap_or_else(|| liked_best(&headers));
    write(answers, Wanted::Booking(named(&reference)?), format, language).await
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedOfDay {
    /// Only of the rooms of this site.
    site: Option<String>,
    /// As what: `html`, `csv` or `json`; if not said, what the `Accept` header likes best, or JSON.
    #[param(value_type = Option<String>)]
    format: Option<Format>,
    /// `id` or `en`, for what is written in words.
    #[serde(rename = "lang")]
    _lang: Option<String>,
}

/// A day: its bookings, what became of them, and how rooms were
#[utoipa::path(
    get, path = "/v1/reports/{date}", tag = "reports",
    params(("date" = String, Path, description = "In the office's zone, like 2026-11-26", format = Date), AskedOfDay),
    responses((status = OK, description = "What is known of it; HTML and CSV on request", content(
        (DayReport = "application/json"), (String = "text/html"), (String = "text/csv"),
    )))
)]
pub(super) async fn day(
    State(answers): State<Answers>,
    Path(date): Path<String>,
    Query(asked): Query<AskedOfDay>,
    language: Language,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = asked.format.unwrap_or_else(|| liked_best(&headers));
    write(answers, Wanted::Day(parsed(&date)?, asked.site), format, language).await
}

fn parsed(date: &str) -> Result<Date, Problem> {
    report::command::date(date).map_err(|cause| {
        Problem::of_kind(StatusCode::BAD_REQUEST, "day-invalid", "Day invalid", format!("{cause}."))
    })
}

async fn write(
    answers: Answers,
    wanted: Wanted,
    format: Format,
    language: Language,
) -> Result<Response, Problem> {
    let Answers { gate, desk, .. } = answers;
    let bookings = gate.bookings().map_err(Refusal::Bookings)?.clone();
    let archive = Archive::Live { bookings, rooms: desk.store().clone() };
    let terms = Terms { now: desk.now().wall, office: gate.office() };
    let name = wanted.file_name(format);
    let work = move || wanted.write(&archive, &terms, format, language);
    let text = tokio::task::spawn_blocking(work).await.map_err(|broken| Refusal::broken(&broken))??;
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    let shown = if format == Format::Csv { "attachment" } else { "inline" };
    headers.extend(
        HeaderValue::try_from(format!("{shown}; filename=\"{name}\""))
            .ok()
            .map(|value| (header::CONTENT_DISPOSITION, value)),
    );
    if format == Format::Html {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(report::content_security_policy()),
        );
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    Ok(response)
}

/// A browser names HTML, and so gets a page; a program that names nothing gets JSON.
fn liked_best(headers: &HeaderMap) -> Format {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = accepted.flat_map(|value| value.split(','));
    let mut best = (0.0, Format::Json);
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let format = match parts.next() {
            Some("text/html") => Format::Html,
            Some("text/csv") => Format::Csv,
            Some("application/json") => Format::Json,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok());
        let quality: f64 = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0);
        if quality > best.0 {
            best = (quality, format);
        }
    }
    best.1
}
