//! Who has come, and what for: from a connection's first packet to its last word.

use std::borrow::Cow;

use quinn::{Connection, Incoming, crypto::rustls::HandshakeData};
use siaga_readiness::RoomId;
use tokio::time::timeout;
use tracing::debug;

use super::{Desk, ended::Ended, session};
use crate::{
    close,
    identity::{self, PROBE_ALPN},
};

pub(super) async fn serve(incoming: Incoming, desk: &Desk) {
    let peer = incoming.remote_address();
    let connection = match timeout(desk.patience.handshake, async { incoming.accept()?.await }).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return debug!(%peer, %error, "handshake failed"),
        Err(_) => return debug!(%peer, "handshake took too long"),
    };
    let ended = dispatch(&connection, desk).await;
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
async fn dispatch(connection: &Connection, desk: &Desk) -> Result<(), Ended> {
    let room = room(connection)?;
    match protocol(connection).as_deref() {
        Some(PROBE_ALPN) => session::serve(connection, room, desk).await,
        _ => Err(Ended::Broke("no protocol that this server speaks")),
    }
}

/// None is a stranger. A certificate of the right authority that is no room's is nobody's way in.
fn room(connection: &Connection) -> Result<Option<RoomId>, Ended> {
    let room = identity::room_of(connection);
    if room.is_none() && connection.peer_identity().is_some() {
        return Err(Ended::Nameless);
    }
    Ok(room)
}

fn protocol(connection: &Connection) -> Option<Vec<u8>> {
    connection.handshake_data()?.downcast::<HandshakeData>().ok()?.protocol
}
