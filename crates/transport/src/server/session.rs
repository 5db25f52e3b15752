//! A connection that carries a probe.

use quinn::{Connection, SendStream};
use siaga_probe::control::{FromClient, FromServer};
use tokio::time::timeout;
use tracing::{field::display, info};

use super::{
    Desk, Event,
    admission::{Admitted, Refusal},
    arrival::{first_message, linger},
    ended::Ended,
    trains::{self, Room},
};
use crate::{allowance::Allowance, control, counts::ip_bytes, identity::Peer, train};

/// One request and what comes of it. A refusal that was told is a proper end.
pub(super) async fn serve(connection: &Connection, peer: Option<Peer>, desk: &Desk) -> Result<(), Ended> {
    let (message, mut to_room, mut from_room) =
        timeout(desk.patience.answer, first_message::<FromClient>(connection))
            .await
            .map_err(|_| Ended::TooSlow)??;
    let allowance = Allowance::start(connection);
    if !train::fits(connection) {
        return Err(Ended::Broke("no datagrams of the size that a probe needs"));
    }
    // The smallest: the first samples hold the time that the room's cryptography took.
    let rtt = connection.rtt().min(connection.stats().path.min_rtt);
    let admitted = match desk.admission.admit(message, peer.is_some(), rtt) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            refuse(connection, desk, refusal, &mut to_room).await?;
            linger(connection, desk).await;
            return Ok(());
        }
    };
    let Admitted { ask, grant, place } = admitted;
    (desk.events)(Event::Granted);
    let (room, key) = (peer.as_ref().map(|it| display(&it.room)), peer.as_ref().map(|it| display(it.key)));
    info!(peer = %connection.remote_address(), room, key, mode = %ask.mode, up = %ask.up_bps, down = %ask.down_bps, "probe granted");
    let room = Room { connection, allowance, to_room: &mut to_room, from_room: &mut from_room };
    let (up, ended) = trains::run(room, &ask, &grant, desk.patience).await;
    drop(place);
    let bytes = ip_bytes(connection);
    (desk.events)(Event::Finished { up: up.map(Box::new), sent: bytes.sent, received: bytes.received });
    ended?;
    linger(connection, desk).await;
    Ok(())
}

async fn refuse(
    connection: &Connection,
    desk: &Desk,
    refusal: Refusal,
    to_room: &mut SendStream,
) -> Result<(), Ended> {
    (desk.events)(match &refusal {
        Refusal::Deny(deny) => Event::Denied(deny.reason),
        Refusal::Busy(_) => Event::Busy,
    });
    info!(peer = %connection.remote_address(), ?refusal, "probe refused");
    // A room that takes nothing would keep us here for ever.
    let answer = FromServer::from(refusal);
    timeout(desk.patience.grace, control::send(to_room, &answer)).await.map_err(|_| Ended::TooSlow)??;
    let _ = to_room.finish();
    Ok(())
}
