use axum::http::StatusCode;
use siaga_booking::StoreError;
use siaga_readiness::booking::RequestError;
use siaga_service::problem::Problem;

use crate::gate::Refusal;

/// Each kind of refusal has a `type` of its own: `urn:siaga:problem:…`.
impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let (status, kind, title) = match &refusal {
            Refusal::Request(RequestError::Reference) => {
                (StatusCode::BAD_REQUEST, "reference-invalid", "Reference invalid")
            }
            Refusal::Request(RequestError::Past(_)) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "slot-past", "Slot is past")
            }
            Refusal::Request(_) | Refusal::Said { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "request-invalid", "Request invalid")
            }
            Refusal::NoRoom(_) => (StatusCode::UNPROCESSABLE_ENTITY, "room-unknown", "Room unknown"),
            Refusal::NoBooking(_) => (StatusCode::NOT_FOUND, "booking-unknown", "Booking unknown"),
            Refusal::NoSite(_) => (StatusCode::NOT_FOUND, "site-unknown", "Site unknown"),
            Refusal::NoDay(_) => (StatusCode::BAD_REQUEST, "day-invalid", "Day invalid"),
            Refusal::NoEntry { .. } => (StatusCode::NOT_FOUND, "entry-unknown", "Entry unknown"),
            Refusal::Cancelled { .. } => (StatusCode::CONFLICT, "booking-cancelled", "Booking cancelled"),
            Refusal::Over { .. } => (StatusCode::CONFLICT, "booking-over", "Booking is over"),
            Refusal::NotBegun { .. } => (StatusCode::CONFLICT, "booking-not-begun", "Booking has not begun"),
            Refusal::Taken { .. } => (StatusCode::CONFLICT, "slot-taken", "Slot taken"),
            Refusal::Bookings(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "bookings-unavailable", "Bookings unavailable")
            }
            Refusal::Rooms(_) => (StatusCode::SERVICE_UNAVAILABLE, "rooms-unavailable", "Rooms unavailable"),
            Refusal::Broken(_) => (StatusCode::INTERNAL_SERVER_ERROR, "broken", "Broken"),
        };
        if status.is_server_error() {
            tracing::error!(error = %refusal, "a question about bookings was not answered");
        }
        let detail = match &refusal {
            // Paths and causes are the operator's business.
            Refusal::Bookings(StoreError::Damaged { .. }) => {
                "The bookings are damaged, and nothing is decided until the server's operator has looked; its log says what was \
                 found. Take this for no approval."
                    .to_owned()
            }
            Refusal::Bookings(_) | Refusal::Rooms(_) => {
                "Bookings cannot be kept or rooms not looked up now, and nothing of this was; the server's log says why. Take this \
                 for no approval, and ask again in a minute."
                    .to_owned()
            }
            Refusal::Broken(_) => "This question could not be answered; the server's log says why.".to_owned(),
            told => sentence(&told.to_string()),
        };
        Self::of_kind(status, kind, title, detail)
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
