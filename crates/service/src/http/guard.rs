use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use tokio::time::timeout;

use super::access::{Access, Asker};
use super::door::Way;
use super::hosts::Hosts;
use super::limits::Limits;
use crate::problem::Problem;

/// Puts the guard in front of every route of `router`, and in front of what is no route.
pub(super) fn guarded(router: Router, hosts: Hosts, access: Access, limits: &Limits, way: Way) -> Router {
    let guard = Guard { hosts, access, limits: *limits, way };
    // As a service of its own, so that the guard sees finished answers: axum names the methods that it allows
    // only after the layers of the same router.
    Router::new().fallback_service(router).layer(from_fn_with_state(Arc::new(guard), pass))
}

struct Guard {
    hosts: Hosts,
    access: Access,
    limits: Limits,
    way: Way,
}

impl Guard {
    /// In this order: host, origin, token, body.
    fn admit(&self, request: &Request) -> Result<Asker, Refusal> {
        let host = self.check_host(request).map_err(Refusal::of)?;
        self.check_origin(host, request.headers()).map_err(Refusal::of)?;
        let asker = self.access.check(request, self.way)?;
        self.check_length(request.headers()).map_err(Refusal::of)?;
        Ok(asker)
    }

    fn check_host<'a>(&self, request: &'a Request) -> Result<&'a str, Problem> {
        let Some(host) = sole(request.headers(), &header::HOST) else {
            return Err(Problem::of_kind(
                StatusCode::BAD_REQUEST,
                "host-missing",
                "Host missing",
                "A request needs exactly one Host header. Send one.",
            ));
        };
        // A target in absolute form overrides the header (RFC 9112, 3.2.2).
        let target = request.uri().authority().map(|authority| authority.as_str());
        match [Some(host), target].into_iter().flatten().find(|host| !self.hosts.contains(host)) {
            None => Ok(host),
            Some(foreign) => Err(Problem::of_kind(
                StatusCode::MISDIRECTED_REQUEST,
                "host-not-served",
                "Host not served here",
                format!("`{foreign}` is not this server. Ask it as {}.", self.hosts.list()),
            )),
        }
    }

    /// Pages of other sites get nothing, not even an error that tells them more than "no".
    fn check_origin(&self, host: &str, headers: &HeaderMap) -> Result<(), Problem> {
        if !headers.contains_key(header::ORIGIN) {
            return Ok(());
        }
        if sole(headers, &header::ORIGIN).is_some_and(|origin| self.hosts.owns_origin(origin, host)) {
            return Ok(());
        }
        Err(Problem::of_kind(
            StatusCode::FORBIDDEN,
            "origin-foreign",
            "Foreign origin",
            "Pages of other sites may not ask this server. Ask from a program, or open its own page.",
        ))
    }

    fn check_length(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let declared = sole(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
        if declared.is_some_and(|length| length > self.limits.body_bytes as u64) {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, self.largest_body()));
        }
        Ok(())
    }

    fn largest_body(&self) -> String {
        format!("The body is larger than {} bytes. Send less.", self.limits.body_bytes)
    }

    async fn answer(&self, request: Request, next: Next) -> Response {
        let request = request.map(|body| Body::new(Limited::new(body, self.limits.body_bytes)));
        match timeout(self.limits.answer_timeout, next.run(request)).await {
            Ok(response) => self.with_problem(response).await,
            Err(_) => Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("No answer was ready within {:?}. Try again later.", self.limits.answer_timeout),
            )
            .into_response(),
        }
    }

    /// Turns the bare or plain-text refusals of axum (unknown path, method, malformed body) into problems;
    /// leaves answers that have a form of their own.
    async fn with_problem(&self, response: Response) -> Response {
        let status = response.status();
        let own_form = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| !is_plain_text(kind));
        if own_form || !(status.is_client_error() || status.is_server_error()) {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let text = to_bytes(body, LONGEST_DETAIL).await.unwrap_or_default();
        let detail = match status {
            StatusCode::NOT_FOUND if text.is_empty() => "There is nothing under this path.".to_owned(),
            StatusCode::METHOD_NOT_ALLOWED if text.is_empty() => match sole(&parts.headers, &header::ALLOW) {
                Some(allowed) => format!("This path answers only to {allowed}."),
                None => "This path does not answer to this method.".to_owned(),
            },
            StatusCode::PAYLOAD_TOO_LARGE => self.largest_body(),
            _ => {
                let text = String::from_utf8_lossy(&text);
                // Whoever asked knows neither the library nor its words.
                text.strip_prefix(OF_AXUM).unwrap_or(&text).to_owned()
            }
        };
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        let mut problem = Problem::new(status, detail).into_response();
        problem.headers_mut().extend(parts.headers);
        problem
    }
}

/// How axum begins to tell what is wrong with a query.
const OF_AXUM: &str = "Failed to deserialize query string: ";

/// Longer texts are not explanations.
const LONGEST_DETAIL: usize = 4096;

async fn pass(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let mut response = match guard.admit(&request) {
        Ok(asker) => {
            request.extensions_mut().insert(asker);
            guard.answer(request, next).await
        }
        Err(refusal) => refusal.into_response(),
    };
    for (name, value) in ALWAYS_SENT {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// An old verdict from a cache could be a wrong one; and no page may frame ours or read it as something else.
const ALWAYS_SENT: [(HeaderName, HeaderValue); 4] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];

/// Why a request is not answered.
pub(super) struct Refusal {
    pub(super) problem: Problem,
    pub(super) with: With,
}

/// What is told beside that.
pub(super) enum With {
    Nothing,
    /// How to ask.
    Challenge(String),
    /// In how many seconds it may be another matter.
    RetryAfter(u64),
    /// Where to go instead.
    Place(String),
}

impl Refusal {
    pub(super) const fn of(problem: Problem) -> Self {
        Self { problem, with: With::Nothing }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { problem, with } = self;
        let header = match with {
            With::Nothing => None,
            With::Challenge(text) => {
                HeaderValue::try_from(text).ok().map(|text| (header::WWW_AUTHENTICATE, text))
            }
            With::RetryAfter(seconds) => Some((header::RETRY_AFTER, seconds.into())),
            With::Place(place) => {
                return (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response();
            }
        };
        let mut response = problem.into_response();
        response.headers_mut().extend(header);
        response
    }
}

/// The value of a header that must be there once and be text.
pub(super) fn sole<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn is_plain_text(kind: &HeaderValue) -> bool {
    kind.as_bytes().starts_with(b"text/plain")
}
