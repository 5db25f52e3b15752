//! A connection that carries a probe.

use quinn::{Connection, SendStream};
use siaga_probe::{
    admission::{Asker, Purpose},
    control::FromClient,
};
use tokio::time::{Instant, timeout};
use tracing::{debug, field::display, info};

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
    let beforehand = Allowance::start(connection);
    let (message, mut to_room, mut from_room) = tokio::select! {
        asked = timeout(desk.patience.answer, first_message::<FromClient>(connection)) => {
            asked.map_err(|_| Ended::TooSlow)??
        }
        () = beforehand.exceeded_by_nothing_granted(connection) => return Err(Ended::FLOODED),
    };
    desk.storm.on_sign(Instant::now());
    let allowance = Allowance::start(connection);
    if !train::fits(connection) {
        return Err(Ended::Broke("no datagrams of the size that a probe needs"));
    }
    // The smallest: the first samples hold the time that the room's cryptography took.
    let rtt = connection.rtt().min(connection.stats().path.min_rtt);
    let asker = match &peer {
        Some(peer) => Asker::Room(peer.room.as_str().into()),
        None => Asker::at(connection.remote_address().ip()),
    };
    let ordered = match (&peer, &desk.rooms) {
        (Some(peer), Some(rooms)) => rooms.desk.ordered(&peer.room),
        _ => Purpose::Routine,
    };
    let admitted = match desk.admission.admit(message, asker.clone(), ordered, rtt) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            let linger = async {
                refuse(connection, desk, &asker, refusal, &mut to_room).await?;
                linger(connection, desk).await;
                Ok(())
            };
            return tokio::select! {
                ended = linger => ended,
                () = allowance.exceeded_by_nothing_granted(connection) => Err(Ended::FLOODED),
            };
        }
    };
    let Admitted { ask, grant, lease } = admitted;
    desk.storm.passes().await;
    let purpose = lease.purpose();
    (desk.events)(Event::Granted(purpose));
    let (room, key) = (peer.as_ref().map(|it| display(&it.room)), peer.as_ref().map(|it| display(it.key)));
    info!(
        peer = %connection.remote_address(), room, key, mode = %ask.mode, up = %ask.up_bps, down = %ask.down_bps, %purpose,
        "probe granted"
    );
    let room = Room { connection, allowance, to_room: &mut to_room, from_room: &mut from_room };
    let (up, ended) = trains::run(room, &ask, &grant, &lease, desk.patience).await;
    let bytes = ip_bytes(connection);
    lease.end(bytes.sent.saturating_add(bytes.received));
    (desk.events)(Event::Finished { up: up.map(Box::new), sent: bytes.sent, received: bytes.received });
    ended?;
    // The lease is over although the room may still be here: its last word may be lost, and it must not be kept from asking
    // again.
    tokio::select! {
        () = linger(connection, desk) => Ok(()),
        () = allowance.exceeded(connection, &grant.up) => Err(Ended::FLOODED),
    }
}

async fn refuse(
    connection: &Connection,
    desk: &Desk,
    asker: &Asker,
    refusal: Refusal,
    to_room: &mut SendStream,
) -> Result<(), Ended> {
    // A busy server has better to do than to write a line for each room that it sends away.
    debug!(room = %asker, peer = %connection.remote_address(), ?refusal, "probe refused");
    // A room that takes nothing would keep us here for ever.
    let answer = refusal.to_answer();
    (desk.events)(match refusal {
        Refusal::Deny(refused) => Event::Denied(refused),
        Refusal::Busy(wait) => Event::Busy(wait.cause),
    });
    timeout(desk.patience.grace, control::send(to_room, &answer)).await.map_err(|_| Ended::TooSlow)??;
    let _ = to_room.finish();
    Ok(())
}
