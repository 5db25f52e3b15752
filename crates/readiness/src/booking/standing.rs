//! How a booking stands where it is not as the gate decided: in a sentence, as a decision's message is.

use super::{
    calendar::Zone,
    decision::Ruling,
    request::{BookingRef, Slot},
    times,
};
use crate::{
    catalogue::{self, Text, Words},
    reasons::Code,
    room::RoomId,
};

/// What is told of.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub struct Told<'a> {
    pub reference: &'a BookingRef,
    pub room: &'a RoomId,
    pub slot: Slot,
    /// In which its times are told.
    pub zone: &'a Zone,
}

impl Told<'_> {
    /// It stands so now, and why.
    #[must_use]
    pub fn because(&self, ruling: Ruling, why: Text) -> Text {
        let opening = match ruling {
            Ruling::Approve | Ruling::ApproveWithConditions => Code::BookingApproved,
            Ruling::Review => Code::BookingToReview,
            Ruling::Deny => Code::BookingDenied,
        };
        said(opening, &self.words()).and(why)
    }

    /// A person decided, and why.
    #[must_use]
    pub fn overridden(&self, ruling: Ruling, actor: &str, reason: &str) -> Text {
        let reason = reason.trim_end_matches('.');
        let reason = Text { id: reason.to_owned(), en: reason.to_owned() };
        let by = Words { name: Some(actor.to_owned()), when: Some(reason), ..Words::default() };
        self.because(ruling, said(Code::BookingOverridden, &by))
    }

    /// What a person decided has run out.
    #[must_use]
    pub fn override_ended(&self, actor: &str) -> Text {
        let by = Words { name: Some(actor.to_owned()), ..Words::default() };
        said(Code::BookingToReview, &self.words()).and(said(Code::BookingOverrideEnded, &by))
    }

    /// It was cancelled.
    #[must_use]
    pub fn cancelled(&self) -> Text {
        said(Code::BookingCancelled, &self.words())
    }

    fn words(&self) -> Words {
        Words {
            name: Some(self.reference.to_string()),
            room: Some(self.room.to_string()),
            when: Some(times::of_slot(self.slot, self.zone)),
            ..Words::default()
        }
    }
}

fn said(code: Code, words: &Words) -> Text {
    catalogue::entry(code).found(words)
}
