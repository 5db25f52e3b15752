//! Which bookings a room is told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use siaga_booking::{StoreError, bookings::BookingsReader, prechecks::Approval};
use siaga_readiness::{
    report::{MAX_BOOKINGS, NextBooking},
    room::RoomId,
};

/// Each room's next approved bookings, those that are held included, in the order in which they begin.
///
/// # Errors
/// The file of bookings can't be read.
pub fn of(
    approvals: &[Approval],
    reader: &mut BookingsReader<'_>,
    now: Timestamp,
) -> Result<BTreeMap<RoomId, Vec<NextBooking>>, StoreError> {
    let mut agendas: BTreeMap<RoomId, Vec<NextBooking>> = BTreeMap::new();
    for Approval { booking, .. } in approvals {
        let agenda = agendas.entry(booking.room.clone()).or_default();
        let Some(ruling) = booking.in_force(now).filter(|_| agenda.len() < MAX_BOOKINGS) else { continue };
        agenda.push(NextBooking {
            reference: booking.reference.to_string(),
            title: booking.title(),
            start: booking.slot.start(),
            end: booking.slot.end(),
            class: booking.class.as_str().to_owned(),
            decision: ruling.as_str().to_owned(),
            checklist: reader.ticks(&booking.reference)?,
        });
    }
    Ok(agendas)
}
