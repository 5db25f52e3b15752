//! One room's connection, from its first packet to its leaving.

use std::borrow::Cow;

use quinn::{Connection, Incoming, RecvStream, SendStream, VarInt};
use siaga_probe::control::{FromClient, FromServer};
use tokio::time::timeout;
use tracing::{debug, info};

use super::{
    Desk, Event,
    admission::{Admitted, Refusal},
    trains::{self, Room},
};
use crate::{
    allowance::Allowance,
    close,
    control::{self, ControlError},
    counts::ip_bytes,
    train::{self, TrainError},
};

pub(super) async fn serve(incoming: Incoming, desk: &Desk) {
    let peer = incoming.remote_address();
    let connection = match timeout(desk.patience.handshake, async { incoming.accept()?.await }).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return debug!(%peer, %error, "handshake failed"),
        Err(_) => return debug!(%peer, "handshake took too long"),
    };
    let ended = serve_probe(&connection, desk).await;
    if let Err(ended) = &ended {
        debug!(%peer, why = %ended.words(), "room's connection ends");
    }
    let (code, words) = match &ended {
        Ok(()) => (close::DONE, Cow::default()),
        Err(ended) => (ended.code(), ended.words()),
    };
    connection.close(code, words.as_bytes());
}

/// One request and what comes of it. A refusal that was told is a proper end.
async fn serve_probe(connection: &Connection, desk: &Desk) -> Result<(), Ended> {
    let (message, mut to_room, mut from_room) =
        timeout(desk.patience.answer, first_message(connection)).await.map_err(|_| Ended::TooSlow)??;
    let allowance = Allowance::start(connection);
    if !train::fits(connection) {
        return Err(Ended::Broke("no datagrams of the size that a probe needs"));
    }
    let identified = connection.peer_identity().is_some();
    // The smallest: the first samples hold the time that the room's cryptography took.
    let rtt = connection.rtt().min(connection.stats().path.min_rtt);
    let admitted = match desk.admission.admit(message, identified, rtt) {
        Ok(admitted) => admitted,
        Err(refusal) => {
            refuse(connection, desk, refusal, &mut to_room).await?;
            linger(connection, desk).await;
            return Ok(());
        }
    };
    let Admitted { ask, grant, place } = admitted;
    (desk.events)(Event::Granted);
    info!(peer = %connection.remote_address(), mode = %ask.mode, up = %ask.up_bps, down = %ask.down_bps, "probe granted");
    let room = Room { connection, allowance, to_room: &mut to_room, from_room: &mut from_room };
    let (up, ended) = trains::run(room, &ask, &grant, desk.patience).await;
    drop(place);
    let bytes = ip_bytes(connection);
    (desk.events)(Event::Finished { up: up.map(Box::new), sent: bytes.sent, received: bytes.received });
    ended?;
    linger(connection, desk).await;
    Ok(())
}

/// The room closes first once it has read the last message; neither that nor its stream must be cut off.
async fn linger(connection: &Connection, desk: &Desk) {
    let _ = timeout(desk.patience.grace, connection.closed()).await;
}

async fn first_message(
    connection: &Connection,
) -> Result<(FromClient, SendStream, RecvStream), ControlError> {
    let (to_room, mut from_room) = connection.accept_bi().await.map_err(ControlError::Lost)?;
    Ok((control::receive(&mut from_room).await?, to_room, from_room))
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

/// Why a connection ends before its time.
#[derive(Debug)]
pub(super) enum Ended {
    Control(ControlError),
    Train(TrainError),
    Broke(&'static str),
    TooSlow,
}

impl Ended {
    fn code(&self) -> VarInt {
        match self {
            Self::Control(_) | Self::Broke(_) => close::PROTOCOL,
            Self::Train(_) => close::FAULT,
            Self::TooSlow => close::TOO_SLOW,
        }
    }

    /// For the room.
    fn words(&self) -> Cow<'static, str> {
        match self {
            Self::Control(error) => error.to_string().into(),
            Self::Train(TrainError::Lost(error)) => error.to_string().into(),
            Self::Train(TrainError::LocalFault) => "the server is too busy to probe".into(),
            Self::Broke(what) => format!("the room sent {what}").into(),
            Self::TooSlow => "the room took too long".into(),
        }
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
