//! Which rooms suit a slot.

use std::sync::Arc;

use serde::Serialize;
use siaga_readiness::{
    booking::{Agenda, Booking, BookingPolicy, Class, Decision, Facts, Ruling, Slot},
    profile::Profile,
    reasons::Code,
    room::RoomId,
};
use utoipa::ToSchema;

use super::{Gate, Refusal, lookup::around};
use crate::office::Office;

/// Whether a room suits a slot: what a decision would say of the room, its history and its agenda. Whether the applicant has a letter,
/// staff and enough time left is another question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Suits {
    /// Whether it does.
    pub verdict: Suiting,
    /// Why not, or on which conditions.
    pub reasons: Vec<Code>,
}

/// Whether a room suits a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Suiting {
    /// It does.
    Yes,
    /// It does if what is named is seen to before.
    OnConditions,
    /// Nobody can tell.
    Unknown,
    /// It does not.
    No,
}

impl Gate {
    /// Whether each of `rooms` suits `slot`, in their order; each is held against its own profile if no other is asked for. Nothing is
    /// kept.
    ///
    /// # Errors
    /// The slot is past or too far ahead, a room is not known, or something can't be read.
    pub async fn suit(
        self: &Arc<Self>,
        office: Arc<Office>,
        rooms: Vec<RoomId>,
        slot: Slot,
        profile: Option<Profile>,
    ) -> Result<Vec<Suits>, Refusal> {
        let now = self.now();
        // No other times are offered.
        let (from, to) = around(slot, Agenda::NEAR);
        let engagements = self.read(move |reader| reader.agenda(from, to, None, now)).await?;
        let gate = self.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let suits = |room: &RoomId| {
                let lookup = gate.look(room, office.clone(), |own| {
                    gate.supposed(room.clone(), slot, profile.as_ref().unwrap_or(own).clone())
                })?;
                lookup.is_timely(now)?;
                let alone = lookup.by(of_rooms_alone(&office.policy));
                Ok(Suits::of(&alone.decide_among(engagements.clone(), now)))
            };
            rooms.iter().map(suits).collect()
        });
        looking.await.map_err(|broken| Refusal::broken(&broken))?
    }

    /// The booking of somebody who has everything else that is asked for.
    fn supposed(&self, room: RoomId, slot: Slot, profile: Profile) -> Result<Booking, Refusal> {
        Ok(Booking {
            reference: "which-rooms-suit".parse()?,
            room,
            slot,
            submitted_at: self.now(),
            class: Class::Regular,
            profile,
            letter_ref: None,
            devices_expected: None,
            room_owner: None,
            facts: Facts::default(),
        })
    }
}

/// The same policy without what it asks of the applicant and of the time.
fn of_rooms_alone(policy: &BookingPolicy) -> BookingPolicy {
    let mut alone = policy.clone();
    alone.letter.on = false;
    alone.lead_time.on = false;
    alone.preparation.on = false;
    alone.working_hours.on = false;
    alone.length.on = false;
    alone.devices.on = false;
    alone.slot_free.ask = false;
    alone.accounts.on = false;
    alone.applicant_staff.on = false;
    alone.division_staff.on = false;
    alone.capacity.on = false;
    alone
}

impl Suits {
    fn of(decision: &Decision) -> Self {
        let verdict = match decision.decision {
            Ruling::Approve => Suiting::Yes,
            Ruling::ApproveWithConditions => Suiting::OnConditions,
            Ruling::Review => Suiting::Unknown,
            Ruling::Deny => Suiting::No,
        };
        Self { verdict, reasons: decision.reasons() }
    }
}
