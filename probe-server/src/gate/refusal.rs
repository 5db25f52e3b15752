use jiff::Timestamp;
use siaga_booking::{NotDone, StoreError};
use siaga_readiness::{
    booking::{BookingRef, RequestError},
    room::RoomId,
};
use thiserror::Error;

/// Why a question about bookings has no answer. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Refusal {
    /// What is asked for makes no sense.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The room is not known.
    #[error(
        "`room`: no room “{0}” was ever heard of or enrolled here; /v1/rooms lists those that were heard"
    )]
    NoRoom(RoomId),
    /// There is no such booking.
    #[error("there is no booking {0}; PUT one, or look for it in /v1/bookings")]
    NoBooking(BookingRef),
    /// It was cancelled.
    #[error(
        "booking {reference} was cancelled at {at} and stays so, for what was decided about it is told under that reference; \
         book anew under another one"
    )]
    #[allow(missing_docs)]
    Cancelled { reference: BookingRef, at: Timestamp },
    /// It is past.
    #[error("booking {reference} was over at {at}; what became of it can be told with POST …/outcome")]
    #[allow(missing_docs)]
    Over { reference: BookingRef, at: Timestamp },
    /// It has not begun.
    #[error("booking {reference} begins at {at}; what became of it can be told from then on")]
    #[allow(missing_docs)]
    NotBegun { reference: BookingRef, at: Timestamp },
    /// Another one has the slot.
    #[error(
        "the room is taken by {other}, which is approved; no two are ever approved for one room and time: cancel that one, or \
         override its approval first"
    )]
    #[allow(missing_docs)]
    Taken { other: BookingRef },
    /// What a person said makes no sense.
    #[error("`{key}`: {cause}")]
    #[allow(missing_docs)]
    Said { key: &'static str, cause: String },
    /// No room ever named this site.
    #[error("no room of a site “{0}” was ever heard of here; /v1/rooms tells each room's site")]
    NoSite(String),
    /// A day that can't be told of.
    #[error("{0} is no day that a report can be made of; name one like 2026-11-26")]
    NoDay(jiff::civil::Date),
    /// There is no such entry of the booking.
    #[error("the log tells nothing of booking {reference} under {seq}; its report lists what it tells")]
    #[allow(missing_docs)]
    NoEntry { reference: BookingRef, seq: u64 },
    /// The bookings can't be read or written.
    #[error("{0}")]
    Bookings(#[from] StoreError),
    /// What is known of rooms can't be read.
    #[error("{0}")]
    Rooms(StoreError),
    /// A fault of the program.
    #[error("this could not be answered: {0}")]
    Broken(String),
}

impl Refusal {
    pub(crate) fn broken(cause: &impl ToString) -> Self {
        Self::Broken(cause.to_string())
    }
}

impl From<NotDone<Self>> for Refusal {
    fn from(not_done: NotDone<Self>) -> Self {
        match not_done {
            NotDone::Refused(refusal) => refusal,
            NotDone::Store(error) => Self::Bookings(error),
        }
    }
}
