//! Who has come, and what for: from a connection's first packet to its last word.

use std::borrow::Cow;

use quinn::{Connection, Incoming, crypto::rustls::HandshakeData};
use siaga_readiness::RoomId;
use tokio::{sync::OwnedSemaphorePermit, time::timeout};
use tracing::debug;

use super::{Desk, ended::Ended, session};
use crate::{
    close,
    identity::{self, PROBE_ALPN, ROOM_ALPN},
    room,
};

/// `place`: among those who merely came. A room whose link stands needs it no longer.
pub(super) async fn serve(incoming: Incoming, desk: &Desk, place: OwnedSemaphorePermit) {
    let peer = incoming.remote_address();
    let connection = match timeout(desk.patience.handshake, async { incoming.accept()?.await }).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return debug!(%peer, %error, "handshake failed"),
        Err(_) => return debug!(%peer, "handshake took too long"),
    };
    let ended = dispatch(&connection, desk, place).await;
    if let Err(ended) = &ended {
        debug!(%peer, why = %ended.words(), "room's connection ends");
    }
    let (code, words) = match &ended {
        Ok(()) => (close::DONE, Cow::default()),
        Err(ended) => (ended.code(), ended.words()),
    };
    connection.close(code, words.as_bytes());
}

/// By the protocol that was agreed on in the handshake; the server offers no other than these.
async fn dispatch(connection: &Connection, desk: &Desk, place: OwnedSemaphorePermit) -> Result<(), Ended> {
    let room = name(connection)?;
    match protocol(connection).as_deref() {
        Some(PROBE_ALPN) => session::serve(connection, room, desk).await,
        Some(ROOM_ALPN) => {
            let room = room.ok_or(Ended::Nameless)?;
            let rooms = desk.rooms.as_ref().ok_or(room::Ended::NoDesk)?;
            Ok(room::serve(connection, &room, rooms, move || drop(place)).await?)
        }
        _ => Err(Ended::Broke("no protocol that this server speaks")),
    }
}

/// None is a stranger. A certificate of the right authority that is no room's is nobody's way in.
fn name(connection: &Connection) -> Result<Option<RoomId>, Ended> {
    let room = identity::room_of(connection);
    if room.is_none() && connection.peer_identity().is_some() {
        return Err(Ended::Nameless);
    }
    Ok(room)
}

fn protocol(connection: &Connection) -> Option<Vec<u8>> {
    connection.handshake_data()?.downcast::<HandshakeData>().ok()?.protocol
}
