//! What can be asked, as OpenAPI 3.1: made from the handlers that answer, and served by them.

use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        Components, ContentBuilder, Ref, ResponseBuilder,
        path::PathItem,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

/// What is not told by the handlers themselves.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Siaga's probe server",
        description = "Which rooms can hold a video conference, and decisions on bookings that rest on evidence. Times are RFC 3339 \
                       with offset; every refusal is a problem (RFC 9457). What is no decision to approve is no approval."
    ),
    tags(
        (name = "bookings", description = "Bookings and decisions on them"),
        (name = "rooms", description = "Rooms, how they are and were"),
        (name = "reports", description = "What an office files of bookings and days"),
        (name = "audit", description = "What proves a decision elsewhere"),
        (name = "metrics", description = "For Prometheus"),
        (name = "server", description = "The server itself"),
    ),
    components(schemas(Problem)),
    modifiers(&Tokens)
)]
pub(super) struct Description;

/// A refusal or failure (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code)] // Only says what a `siaga_service::problem::Problem` looks like.
struct Problem {
    /// Names the kind of problem; stable, for programs: `urn:siaga:problem:…`, or `about:blank` if the status says it all.
    #[schema(rename = "type")]
    kind: String,
    /// The kind in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened this time, and what to do about it.
    detail: String,
}

/// Who may ask.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "A token of “siaga-probe-server api-token add”; reading on loopback needs none.",
            ))
            .build();
        let components = openapi.components.get_or_insert_with(Components::new);
        components.add_security_scheme("token", SecurityScheme::Http(token));
        openapi.security =
            Some(vec![SecurityRequirement::default(), SecurityRequirement::new("token", [""; 0])]);
    }
}

/// Every question has a name of its own, and may be refused.
pub(super) fn complete(path: &str, item: &mut PathItem) {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refused = ResponseBuilder::new()
        .description("Not answered")
        .content("application/problem+json", problem)
        .build();
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let place = words.collect::<Vec<_>>().join("_");
    let PathItem { get, put, post, delete, .. } = item;
    for (method, operation) in [("get", get), ("put", put), ("post", post), ("delete", delete)] {
        if let Some(operation) = operation {
            operation.operation_id = Some(format!("{method}_{place}"));
            operation.responses.responses.insert("default".to_owned(), refused.clone().into());
        }
    }
}
