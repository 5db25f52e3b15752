//! Problem details for HTTP (RFC 9457): the body of every refusal.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A refusal or failure, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Names the kind of problem; stable, for programs. `about:blank` if the status says it all.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of problem in a few words; the same for every occurrence.
    pub title: String,
    /// The HTTP status, repeated for clients that see only the body.
    #[serde(serialize_with = "status_code")]
    pub status: StatusCode,
    /// What happened this time, and what to do about it.
    pub detail: String,
}

impl Problem {
    /// A problem that its status describes well enough.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { kind: "about:blank".to_owned(), title, status, detail: detail.into() }
    }

    /// A problem that programs should be able to tell from others of the same status:
    /// `kind` becomes `urn:siaga:problem:<kind>`.
    pub fn of_kind(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:siaga:problem:{kind}"),
            title: title.to_owned(),
            status,
            detail: detail.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self)).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

fn status_code<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_carries_its_type_title_status_and_detail() {
        let problem =
            Problem::of_kind(StatusCode::CONFLICT, "slot-taken", "Slot taken", "Choose another hour.");
        let expected = serde_json::json!({
            "type": "urn:siaga:problem:slot-taken",
            "title": "Slot taken",
            "status": 409,
            "detail": "Choose another hour.",
        });
        assert_eq!(serde_json::to_value(&problem).unwrap(), expected);
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn a_problem_without_a_kind_of_its_own_is_titled_by_its_status() {
        let problem = Problem::new(StatusCode::NOT_FOUND, "No such room.");
        assert_eq!((problem.kind.as_str(), problem.title.as_str()), ("about:blank", "Not Found"));
    }
}
