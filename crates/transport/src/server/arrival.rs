//! Who has come, and what for: from a connection's first packet to its last word.

use std::{borrow::Cow, convert::Infallible, future::pending};

use quinn::{Connection, Incoming, RecvStream, SendStream, crypto::rustls::HandshakeData};
use serde::de::DeserializeOwned;
use tokio::time::timeout;
use tracing::debug;

use super::{Desk, Event, ended::Ended, enrolment, places::Place, session};
use crate::{
    close,
    control::{self, ControlError},
    identity::{ENROL_ALPN, PROBE_ALPN, Peer, ROOM_ALPN},
    room,
};

/// `place`: among those who merely came. A room whose link stands needs it no longer.
pub(super) async fn serve(incoming: Incoming, desk: &Desk, place: Place) {
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

/// Who has shown a certificate is served as long as its key is not revoked, whatever it came for.
async fn dispatch(connection: &Connection, desk: &Desk, place: Place) -> Result<(), Ended> {
    let peer = peer(connection)?;
    let Some(key) = peer.as_ref().map(|peer| peer.key) else {
        return by_protocol(connection, peer, desk, place).await;
    };
    if desk.denied.holds(key) {
        return Err(Ended::Revoked);
    }
    let revoked = async {
        desk.denied.until(key).await;
        // What runs on the connection ends by that, and is counted as what has ended.
        connection.close(Ended::Revoked.code(), Ended::Revoked.words().as_bytes());
        pending::<Infallible>().await
    };
    tokio::select! {
        ended = by_protocol(connection, peer, desk, place) => ended,
        never = revoked => match never {},
    }
}

/// The one that was agreed on in the handshake; the server offers no other than these.
async fn by_protocol(
    connection: &Connection,
    peer: Option<Peer>,
    desk: &Desk,
    place: Place,
) -> Result<(), Ended> {
    match (protocol(connection).as_deref(), &desk.registrar) {
        (Some(PROBE_ALPN), _) => session::serve(connection, peer, desk).await,
        (Some(ENROL_ALPN), Some(registrar)) => enrolment::serve(connection, peer, registrar, desk).await,
        (Some(ROOM_ALPN), _) => {
            let Peer { room, key, .. } = peer.ok_or(Ended::Nameless)?;
            let rooms = desk.rooms.as_ref().ok_or(room::Ended::NoDesk)?;
            let ended = room::serve(connection, (&room, key), rooms, move || drop(place)).await;
            if let Some(reason) = ended.as_ref().err().and_then(room::Ended::refusal) {
                (desk.events)(Event::LinkRefused(reason));
            }
            Ok(ended?)
        }
        _ => Err(Ended::Broke("no protocol that this server speaks")),
    }
}

/// None is a stranger. A certificate of the right authority that is no room's is nobody's way in.
fn peer(connection: &Connection) -> Result<Option<Peer>, Ended> {
    let peer = Peer::of(connection);
    if peer.is_none() && connection.peer_identity().is_some() {
        return Err(Ended::Nameless);
    }
    Ok(peer)
}

fn protocol(connection: &Connection) -> Option<Vec<u8>> {
    connection.handshake_data()?.downcast::<HandshakeData>().ok()?.protocol
}

/// The room opens its stream and says what it wants.
pub(super) async fn first_message<T: DeserializeOwned>(
    connection: &Connection,
) -> Result<(T, SendStream, RecvStream), ControlError> {
    let (to_room, mut from_room) = connection.accept_bi().await.map_err(ControlError::Lost)?;
    Ok((control::receive(&mut from_room).await?, to_room, from_room))
}

/// The room closes first once it has read the last message; neither that nor its stream must be cut off.
pub(super) async fn linger(connection: &Connection, desk: &Desk) {
    let _ = timeout(desk.patience.grace, connection.closed()).await;
}
