//! Bodies that clients send: one JSON object, read strictly.
//!
//! serde reads a list as an object whose keys were left away, by their places: a client that drops the names of what it says, as
//! PHP's `array_values` does, would have said things that nobody named. Nothing that is asked for here is a list.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::Problem;

/// A body that was understood, all of it. It can hold no lists.
#[derive(Debug)]
pub struct Body<T>(pub T);

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
    if let Some(place) = serde_json::from_str(text).ok().and_then(|value| list_in(&value)) {
        let what = if place.is_empty() { "The body".to_owned() } else { format!("`{place}`") };
        let detail = format!("{what} has to be a JSON object, which names what it says; this is a list.");
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

/// Where the first list is, in words. An empty one within the body says nothing: PHP writes an object without keys like that.
fn list_in(body: &Value) -> Option<String> {
    fn within(value: &Value) -> Option<String> {
        match value {
            Value::Array(items) => (!items.is_empty()).then(String::new),
            Value::Object(fields) => fields.iter().find_map(|(key, value)| {
                let place = within(value)?;
                Some(if place.is_empty() { key.clone() } else { format!("{key}.{place}") })
            }),
            _ => None,
        }
    }
    if body.is_array() { Some(String::new()) } else { within(body) }
}

fn problem(path: &str, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    // The reader knows no path where the text ends too soon.
    let place = if [".", "?"].contains(&path) { String::new() } else { format!("`{path}`: ") };
    let mut told = error.to_string();
    // The path says where; the line would be read as a part of the words.
    if let Some(position) = told.rfind(" at line ").filter(|_| !place.is_empty()) {
        told.truncate(position);
    }
    let told = told.strip_prefix(&place).unwrap_or(&told);
    let detail = format!("{place}{}.", told.trim_end_matches('.'));
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
        #[serde(default)]
        facts: Facts,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    #[allow(dead_code)]
    struct Facts {
        staff: Option<bool>,
        accounts: Option<bool>,
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
            ("[]", 422, "request-invalid", "The body has to be a JSON object"),
            ("[\"r\",{\"start\":1}]", 422, "request-invalid", "The body has to be a JSON object"),
            ("{\"room\":\"r\",\"slot\":[1]}", 422, "request-invalid", "`slot` has to be a JSON object"),
            (
                "{\"room\":\"r\",\"slot\":{\"start\":1},\"facts\":[true,true]}",
                422,
                "request-invalid",
                "`facts` has to be a JSON object",
            ),
            ("{\"room\":\"r\",\"slot\":{\"start\":[1]}}", 422, "request-invalid", "`slot.start` has"),
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
    fn what_php_writes_for_no_facts_at_all_is_taken_for_that() {
        let body = "{\"room\":\"r\",\"slot\":{\"start\":1},\"facts\":[]}";
        let Facts { staff, accounts } = parse::<Asked>(body.as_bytes()).unwrap().facts;
        assert_eq!((staff, accounts), (None, None));
        assert_eq!(refused("{\"room\":\"r\",\"slot\":[]}").0, 422);
    }

    #[test]
    fn what_is_wrong_is_said_once_and_with_its_place_alone() {
        let told = refused("{\"room\":\"r\",\"slot\":{\"start\":\"x\"}}").2;
        assert_eq!(told, "`slot.start`: invalid type: string \"x\", expected u8.");
        let told = refused("{\"room\":\"r\"").2;
        assert!(!told.contains('`') && told.contains("line 1 column 11"), "{told}");
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
