//! Rooms of a province that are made of nothing.

use std::{error::Error, path::Path, time::Duration};

use jiff::Timestamp;
use siaga_booking::{Retention, Store};
use siaga_probe_server::desk::{self, Desk};
use siaga_readiness::{
    report::{Echo, FromRoom, Hello, JournalId, SnapshotFrame, Tolerant, VERSION},
    room::RoomId,
};
use siaga_transport::room::Received;

use crate::lab_room::{Fault, LabRoom, Probed};

/// Has so many rooms reported to the store of a server that does not run. Of ten one has no camera.
///
/// # Errors
/// The store can't be written.
pub async fn many(dir: &Path, rooms: u32) -> Result<(), Box<dyn Error>> {
    let now = desk::now();
    let (store, _) = Store::open(&desk::file(dir), Retention::default(), now.wall)?;
    let desk = Desk::new(store, Box::new(desk::now));
    for number in 0..rooms {
        let room: RoomId = format!("ruang-{number:04}").parse()?;
        desk.connected(&room, &hello(&room, Some(format!("kantor-{:02}", number % 40))), 1).await?;
        let fault = (number % 10 == 0).then_some(Fault::Camera);
        let facts = LabRoom { name: room.to_string(), fault }.facts(now, PROBED);
        let echo = Echo { no: 0, held_ms: 0 };
        let frame = SnapshotFrame { no: 1, echo, facts: Tolerant::Understood(facts) };
        let frame = FromRoom::Snapshot(Box::new(frame));
        desk.reported(&room, Received { link: 1, frame, under_way: Duration::ZERO }).await?;
    }
    Ok(())
}

/// When the links of these rooms were probed.
pub const PROBED: Probed = Probed { gate: Duration::from_secs(300), sustain: Duration::from_secs(3 * 3600) };

/// How a room introduces itself.
#[must_use]
pub fn hello(room: &RoomId, site: Option<String>) -> Hello {
    Hello {
        version: VERSION,
        agent: env!("CARGO_PKG_VERSION").to_owned(),
        room: room.clone(),
        site,
        journal: JournalId(1),
        clock_ms: Timestamp::now().as_millisecond(),
    }
}
