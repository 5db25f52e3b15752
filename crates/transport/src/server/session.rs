//! One room's probe, from its first message to its leaving.

use quinn::{Connection, Incoming, RecvStream, SendStream};
use siaga_probe::{
    Direction, DirectionResult,
    control::{FromClient, FromServer, Report, Sent},
    judge::Judge,
};
use tokio::{
    sync::{Mutex, Notify, watch},
    time::{Instant, sleep, timeout},
};
use tracing::{debug, info};

use super::{
    Desk, Event,
    admission::{Admitted, GATE_TRAIN, Refusal},
};
use crate::{
    close,
    control::{self, ControlError},
    counts::{ip_bytes, train_packet_bytes},
    quic, train,
};

pub(super) async fn serve(incoming: Incoming, desk: &Desk) {
    let peer = incoming.remote_address();
    let connection = match timeout(quic::HANDSHAKE, async { incoming.accept()?.await }).await {
        Ok(Ok(connection)) => connection,
        Ok(Err(error)) => return debug!(%peer, %error, "handshake failed"),
        Err(_) => return debug!(%peer, "handshake took too long"),
    };
    let (code, words) = match serve_probe(&connection, desk).await {
        Ok(()) => (close::DONE, ""),
        Err(Ended::Denied) => (close::DONE, "refused"),
        Err(Ended::Silent) => (close::PROTOCOL, "nothing was asked or answered in time"),
        Err(Ended::Control(ControlError::Lost(error))) => return debug!(%peer, %error, "room left"),
        Err(Ended::Control(error)) => {
            debug!(%peer, %error, "room broke the protocol");
            (close::PROTOCOL, "broken control message")
        }
    };
    // The room closes first once it has read the last message; what is queued must not be cut off.
    let _ = timeout(train::GRACE, connection.closed()).await;
    connection.close(code, words.as_bytes());
}

/// Why a connection ends without a probe carried through.
enum Ended {
    Denied,
    Silent,
    Control(ControlError),
}

impl From<ControlError> for Ended {
    fn from(error: ControlError) -> Self {
        Self::Control(error)
    }
}

async fn serve_probe(connection: &Connection, desk: &Desk) -> Result<(), Ended> {
    let asked = async {
        let (to_room, mut from_room) = connection.accept_bi().await.map_err(ControlError::Lost)?;
        Ok::<_, ControlError>((control::receive(&mut from_room).await?, to_room, from_room))
    };
    let (message, mut to_room, from_room) =
        timeout(quic::HANDSHAKE, asked).await.map_err(|_| Ended::Silent)??;
    let identified = connection.peer_identity().is_some();
    match desk.admission.admit(message, identified) {
        Ok(admitted) => {
            (desk.events)(Event::Granted);
            info!(peer = %connection.remote_address(), up = %admitted.ask.up_bps, down = %admitted.ask.down_bps, "probe granted");
            control::send(&mut to_room, &FromServer::Grant(admitted.grant.clone())).await?;
            let up = run(connection, &admitted, to_room, from_room).await;
            let bytes = ip_bytes(connection);
            (desk.events)(Event::Finished { up, sent: bytes.sent, received: bytes.received });
            Ok(())
        }
        Err(refusal) => {
            (desk.events)(match &refusal {
                Refusal::Deny(deny) => Event::Denied(deny.reason),
                Refusal::Busy(_) => Event::Busy,
            });
            info!(peer = %connection.remote_address(), ?refusal, "probe refused");
            control::send(&mut to_room, &FromServer::from(refusal)).await?;
            let _ = to_room.finish();
            Err(Ended::Denied)
        }
    }
}

/// Both trains, until the room has what it wanted or leaves. Answers with the up train's finding.
async fn run(
    connection: &Connection,
    admitted: &Admitted,
    to_room: SendStream,
    mut from_room: RecvStream,
) -> Option<DirectionResult> {
    let Admitted { ask, grant, .. } = admitted;
    let to_room = Mutex::new(to_room);
    let stop_down = Notify::new();
    let (tell_sent, mut up_sent) = watch::channel(None);
    let epoch = Instant::now();
    // The room starts when the grant reaches it, and its first packet needs as long again.
    let mut judge = Judge::new(&grant.up, ask.up_bps, train_packet_bytes(connection), connection.rtt());
    let mut finding = None;

    let down = async {
        if let Ok(packets) = train::send(connection, grant.down, &stop_down).await {
            let sent = FromServer::Sent(Sent { direction: Direction::Down, packets });
            let _ = control::send(&mut *to_room.lock().await, &sent).await;
        }
    };
    let up = async {
        if train::receive(connection, &grant.up, &mut judge, epoch, &mut up_sent).await.is_ok() {
            let result = judge.result();
            finding = Some(result.clone());
            let _ = control::send(&mut *to_room.lock().await, &FromServer::Report(Report { result })).await;
        }
    };
    let listen = async {
        while let Ok(message) = control::receive::<FromClient>(&mut from_room).await {
            match message {
                FromClient::Stop => stop_down.notify_one(),
                FromClient::Sent(sent) if sent.direction == Direction::Up => {
                    tell_sent.send_replace(Some(sent.packets));
                }
                FromClient::Ask(_) | FromClient::Sent(_) | FromClient::Unknown => {}
            }
        }
    };
    let work = async {
        tokio::join!(down, up);
        connection.closed().await;
    };
    tokio::select! {
        () = listen => {}
        () = sleep(GATE_TRAIN + train::GRACE) => {}
        () = work => {}
    }
    finding
}
