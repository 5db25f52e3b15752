//! Bodies that clients send: one JSON object, read strictly.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;
use siaga_service::problem::Problem;

/// A body that was understood, all of it.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = axum::response::Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        use axum::response::IntoResponse;
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
        let kind = kind.split(';').next().unwrap_or("").trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let detail = "Send the body as JSON, with `Content-Type: application/json`.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail).into_response());
        }
        // The guard has bounded it; what is too large it tells itself.
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        parse(&bytes).map(Self).map_err(IntoResponse::into_response)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("The body is not UTF-8: byte {} is the first that is not.", error.valid_up_to());
        Problem::of_kind(StatusCode::BAD_REQUEST, "body-not-utf8", "Body not UTF-8", detail)
    })?;
    if depth(text) > DEEPEST {
        let detail =
            format!("The body is nested deeper than {DEEPEST} levels; nothing that is asked for here is.");
        return Err(Problem::of_kind(StatusCode::BAD_REQUEST, "json-too-deep", "JSON too deep", detail));
    }
    // serde would read a list as an object without keys.
    if text.trim_start().starts_with('[') {
        let detail = "The body has to be one JSON object.";
        return Err(Problem::of_kind(
            StatusCode::UNPROCESSABLE_ENTITY,
            "request-invalid",
            "Request invalid",
            detail,
        ));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        problem(&path, &error.into_inner())
    })?;
    reader.end().map_err(|error| problem(".", &error))?;
    Ok(value)
}

/// A request has two.
const DEEPEST: usize = 8;

fn depth(text: &str) -> usize {
    let (mut now, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b'}' | b']' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn problem(path: &str, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    let place = if path == "." { String::new() } else { format!("`{path}`: ") };
    let detail = format!("{place}{error}.");
    match error.classify() {
        // serde says so of a key that is there twice.
        Category::Data if error.to_string().starts_with("duplicate field") => {
            Problem::of_kind(StatusCode::BAD_REQUEST, "json-duplicate-key", "Key given twice", detail)
        }
        Category::Data => {
            Problem::of_kind(StatusCode::UNPROCESSABLE_ENTITY, "request-invalid", "Request invalid", detail)
        }
        _ => Problem::of_kind(StatusCode::BAD_REQUEST, "json-invalid", "Not JSON", detail),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Asked {
        room: String,
        slot: Slot,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Slot {
        start: u8,
    }

    fn refused(body: impl AsRef<[u8]>) -> (u16, String, String) {
        let problem = parse::<Asked>(body.as_ref()).unwrap_err();
        (
            problem.status.as_u16(),
            problem.kind.trim_start_matches("urn:siaga:problem:").to_owned(),
            problem.detail,
        )
    }

    #[test]
    fn what_can_not_be_understood_is_told_with_its_place() {
        for (body, status, kind, told) in [
            ("", 400, "json-invalid", "EOF"),
            ("{", 400, "json-invalid", "EOF"),
            ("{\"room\":\"r\",\"slot\":{\"start\":1}} x", 400, "json-invalid", "trailing"),
            ("{\"room\":\"r\",\"room\":\"r\",\"slot\":{\"start\":1}}", 400, "json-duplicate-key", "`room`"),
            ("{\"room\":\"r\",\"slot\":{\"start\":1,\"start\":2}}", 400, "json-duplicate-key", "`start`"),
            ("[]", 422, "request-invalid", "one JSON object"),
            ("{\"room\":\"r\"}", 422, "request-invalid", "missing field `slot`"),
            ("{\"room\":\"r\",\"slot\":{\"start\":\"x\"}}", 422, "request-invalid", "`slot.start`"),
            ("{\"room\":\"r\",\"slots\":1}", 422, "request-invalid", "unknown field `slots`"),
        ] {
            let (found, of_kind, detail) = refused(body);
            assert_eq!((found, of_kind.as_str()), (status, kind), "{body}: {detail}");
            assert!(detail.contains(told), "{body}: {detail}");
        }
    }

    #[test]
    fn what_is_no_text_is_told_with_the_byte() {
        let (status, kind, detail) = refused(b"{\"room\":\"\xff\"}");
        assert_eq!((status, kind.as_str()), (400, "body-not-utf8"));
        assert!(detail.contains("byte 9"), "{detail}");
    }

    #[test]
    fn what_is_nested_too_deep_is_not_read_at_all() {
        for body in ["[".repeat(100), "{\"a\":".repeat(100), format!("{}{}", "[".repeat(9), "]".repeat(9))] {
            assert_eq!(refused(body).1, "json-too-deep");
        }
        assert_eq!(
            refused("{\"room\":\"[[[[[[[[[[[[{\\\"[[[[[[[[[[\"}").1,
            "request-invalid",
            "that is a text"
        );
    }
}
