//! Both trains of a granted probe, until the room has what it wanted or leaves.

use std::{
    convert::Infallible,
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use quinn::{Connection, RecvStream, SendStream};
use siaga_probe::{
    Direction, DirectionResult,
    control::{Ask, Credit, FromClient, FromServer, Grant, Report},
    reception::{Criterion, Terms},
};
use tokio::{
    sync::{Mutex, Notify, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{admission::Held, ended::Ended};
use crate::{
    allowance::Allowance,
    control,
    counts::train_packet_bytes,
    patience::Patience,
    train::{self, Receiver, TrainError},
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
    lease: &Held<'_>,
    patience: Patience,
) -> (Option<DirectionResult>, Result<(), Ended>) {
    let Room { connection, allowance, to_room, from_room } = room;
    let to_room = Mutex::new(to_room);
    let (up_terms, down_terms) =
        (Terms::of(grant, ask.mode, Direction::Up), Terms::of(grant, ask.mode, Direction::Down));
    let criterion = Criterion { effort: ask.effort, target: ask.up_bps };
    // The room starts when the grant reaches it, and its first packet needs as long again.
    let Some(mut receiver) = Receiver::new(connection, up_terms, criterion, connection.rtt()) else {
        return (None, Err(Ended::Broke("a request for an unknown kind of probe")));
    };
    let stop_down = Notify::new();
    let (tell_sent, mut up_sent) = watch::channel(None);
    let (down_credit, mut down_may) =
        watch::channel(down_terms.first_credit(train_packet_bytes(connection, ask.mode)));
    let (up_credit, mut up_may) = watch::channel(0);
    let mut finding = None;
    let heard = AtomicBool::new(false);

    let listen = async {
        loop {
            let message = control::receive(from_room).await?;
            heard.store(true, Ordering::Relaxed);
            match message {
                FromClient::Stop => stop_down.notify_one(),
                FromClient::Sent(sent) if sent.direction == Direction::Up => {
                    tell_sent.send_replace(Some(sent));
                }
                FromClient::Credit(Credit { direction: Direction::Down, packets }) => {
                    down_credit.send_if_modified(|most| train::raise(most, packets));
                }
                FromClient::Unknown => {}
                FromClient::Ask(_) | FromClient::Sent(_) | FromClient::Credit(_) => {
                    return Err::<Infallible, _>(Ended::Broke("a control message out of turn"));
                }
            }
        }
    };
    let down = async {
        let pulse = Some(lease.pulse());
        let sent =
            train::send(connection, Direction::Down, &down_terms, &mut down_may, &stop_down, pulse).await?;
        say(&to_room, &FromServer::Sent(sent)).await
    };
    let up = async {
        receiver.run(&mut up_sent, &up_credit).await?;
        let result = receiver.result();
        finding = Some(result.clone());
        say(&to_room, &FromServer::Report(Report { result })).await
    };
    let credit = async {
        while up_may.changed().await.is_ok() {
            let packets = *up_may.borrow_and_update();
            say(&to_room, &FromServer::Credit(Credit { direction: Direction::Up, packets })).await?;
        }
        pending::<Result<Infallible, Ended>>().await
    };
    let work = async {
        say(&to_room, &FromServer::Grant(grant.clone())).await?;
        tokio::select! {
            Err(ended) = credit => Err(ended),
            ended = async { tokio::try_join!(down, up) } => ended.map(|_| ()),
        }
    };
    let ended = tokio::select! {
        Err(ended) = listen => Err(ended),
        ended = work => ended,
        () = allowance.exceeded(connection, &grant.up) => Err(Ended::FLOODED),
        () = train::silence(connection, patience.silence) => Err(Ended::TooSlow),
        () = unused(connection, &heard, lease, patience.unused) => Err(Ended::Unused),
        () = sleep(patience.longest_probe(grant, connection.rtt())) => Err(Ended::TooSlow),
        () = sleep_until(lease.ends_at()) => Err(Ended::TooSlow),
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

/// Resolves if nothing of the lease is used within `longest`, or too late: neither a packet nor a message has come.
async fn unused(connection: &Connection, heard: &AtomicBool, lease: &Held<'_>, longest: Duration) {
    let before = connection.stats().frame_rx.datagram;
    let latest = lease.is_to_be_used_by().min(Instant::now() + longest);
    while connection.stats().frame_rx.datagram == before && !heard.load(Ordering::Relaxed) {
        if Instant::now() >= latest {
            return;
        }
        sleep(LOOK).await;
    }
    if lease.on_use() {
        pending::<()>().await;
    }
}

/// How often it is looked whether a lease is used.
const LOOK: Duration = Duration::from_millis(20);

async fn say(to_room: &Mutex<&mut SendStream>, message: &FromServer) -> Result<(), Ended> {
    Ok(control::send(*to_room.lock().await, message).await?)
}
