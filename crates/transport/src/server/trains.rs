//! Both trains of a granted probe, until the room has what it wanted or leaves.

use std::convert::Infallible;

use quinn::{Connection, RecvStream, SendStream};
use siaga_probe::{
    Direction, DirectionResult,
    control::{Ask, FromClient, FromServer, Grant, Report, Sent},
    judge,
};
use tokio::{
    sync::{Mutex, Notify, watch},
    time::{Instant, sleep},
};

use super::session::Ended;
use crate::{
    allowance::Allowance, control, counts::train_packet_bytes, patience::Patience, train, train::TrainError,
};

/// A room that was granted a probe.
pub(super) struct Room<'a> {
    pub(super) connection: &'a Connection,
    /// Counts since the request.
    pub(super) allowance: Allowance,
    pub(super) to_room: &'a mut SendStream,
    pub(super) from_room: &'a mut RecvStream,
}

/// Tells the room the grant and carries it out. Answers with the up train's finding if there was one, and with what
/// ended the probe before its time.
pub(super) async fn run(
    room: Room<'_>,
    ask: &Ask,
    grant: &Grant,
    patience: Patience,
) -> (Option<DirectionResult>, Result<(), Ended>) {
    let Room { connection, allowance, to_room, from_room } = room;
    let to_room = Mutex::new(to_room);
    let stop_down = Notify::new();
    let (tell_sent, mut up_sent) = watch::channel(None);
    let epoch = Instant::now();
    // The room starts when the grant reaches it, and its first packet needs as long again.
    let (packet_bytes, first) = (train_packet_bytes(connection), connection.rtt());
    let judge = judge::for_train(ask.mode, ask.effort, &grant.up, ask.up_bps, packet_bytes, first);
    let Some(mut judge) = judge else {
        return (None, Err(Ended::Broke("a request for an unknown kind of probe")));
    };
    let mut finding = None;

    let listen = async {
        loop {
            match control::receive(from_room).await? {
                FromClient::Stop => stop_down.notify_one(),
                FromClient::Sent(Sent { direction: Direction::Up, packets }) => {
                    tell_sent.send_replace(Some(packets));
                }
                FromClient::Unknown => {}
                FromClient::Ask(_) | FromClient::Sent(_) => {
                    return Err::<Infallible, _>(Ended::Broke("a control message out of turn"));
                }
            }
        }
    };
    let down = async {
        let packets = train::send(connection, grant.down, &stop_down).await?;
        say(&to_room, &FromServer::Sent(Sent { direction: Direction::Down, packets })).await
    };
    let up = async {
        train::receive(connection, &grant.up, judge.as_mut(), epoch, &mut up_sent).await?;
        let result = judge.result();
        finding = Some(result.clone());
        say(&to_room, &FromServer::Report(Report { result })).await
    };
    let work = async {
        say(&to_room, &FromServer::Grant(grant.clone())).await?;
        tokio::try_join!(down, up).map(|_| ())
    };
    let ended = tokio::select! {
        Err(ended) = listen => Err(ended),
        ended = work => ended,
        () = allowance.exceeded(connection, &grant.up) => Err(Ended::FLOODED),
        () = train::silence(connection, patience.silence) => Err(Ended::TooSlow),
        () = sleep(patience.train + patience.grace) => Err(Ended::TooSlow),
    };
    let ended = match ended {
        // This machine's buffers overflowed, but with what was not granted.
        Err(Ended::Train(TrainError::LocalFault)) if allowance.is_exceeded(connection, &grant.up) => {
            Err(Ended::FLOODED)
        }
        other => other,
    };
    (finding, ended)
}

impl Ended {
    const FLOODED: Self = Self::Broke("more packets than were granted");
}

async fn say(to_room: &Mutex<&mut SendStream>, message: &FromServer) -> Result<(), Ended> {
    Ok(control::send(*to_room.lock().await, message).await?)
}
