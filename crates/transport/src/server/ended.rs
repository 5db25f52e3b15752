//! Why a connection ends before its time.

use std::borrow::Cow;

use quinn::VarInt;

use crate::{close, control::ControlError, room, train::TrainError};

#[derive(Debug)]
pub(super) enum Ended {
    Control(ControlError),
    Train(TrainError),
    Broke(&'static str),
    TooSlow,
    /// Nothing of what was granted was used in time.
    Unused,
    /// The certificate names no room.
    Nameless,
    /// A room's link.
    Link(room::Ended),
    /// The certificate's key is revoked.
    Revoked,
    /// This side could not do its part.
    Fault,
}

impl Ended {
    pub(super) const FLOODED: Self = Self::Broke("more packets than were granted");

    pub(super) fn code(&self) -> VarInt {
        match self {
            Self::Control(_) | Self::Broke(_) => close::PROTOCOL,
            Self::Train(_) | Self::Fault => close::FAULT,
            Self::TooSlow | Self::Unused => close::TOO_SLOW,
            Self::Nameless | Self::Revoked => close::IDENTITY,
            Self::Link(ended) => ended.code(),
        }
    }

    /// For the room.
    pub(super) fn words(&self) -> Cow<'static, str> {
        match self {
            Self::Control(error) => error.to_string().into(),
            Self::Train(TrainError::Lost(error)) => error.to_string().into(),
            Self::Train(TrainError::LocalFault) => "the server is too busy to probe".into(),
            Self::Broke(what) => format!("the room sent {what}").into(),
            Self::Link(ended) => ended.words(),
            Self::TooSlow => "the room took too long".into(),
            Self::Fault => "the server could not do its part".into(),
            Self::Revoked => "it was revoked; if the room is to come back, enrol it with a new token".into(),
            Self::Unused => "the room did not use what it was granted".into(),
            Self::Nameless => {
                "it names no room: it needs the URI siaga://room/ID, or the common name siaga-room:ID; \
                               enrol the room, or have its certificate made anew"
                    .into()
            }
        }
    }
}

impl From<room::Ended> for Ended {
    fn from(ended: room::Ended) -> Self {
        Self::Link(ended)
    }
}

impl From<ControlError> for Ended {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

impl From<TrainError> for Ended {
    fn from(error: TrainError) -> Self {
        Self::Train(error)
    }
}
