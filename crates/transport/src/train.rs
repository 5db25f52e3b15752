//! The two ends of a train, driven by the pure pacer and judge.

use std::time::Duration;

use quinn::{Connection, ConnectionError, SendDatagramError};
use siaga_probe::{
    control::TrainGrant,
    judge::Judge,
    pacer::{Pacer, Step},
    wire::PacketHeader,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use crate::counts::{TRAIN_DATAGRAM, ip_bytes, train_packet_bytes};

/// Sends a train until the grant is used up or `stop` is notified; answers with the packets sent.
pub(crate) async fn send(
    connection: &Connection,
    grant: TrainGrant,
    stop: &Notify,
) -> Result<u32, ConnectionError> {
    let packet_bytes = train_packet_bytes(connection);
    let mut pacer = Pacer::new(grant, packet_bytes);
    let before = ip_bytes(connection).sent;
    let start = Instant::now();
    let mut sent = 0;
    let stopped = stop.notified();
    tokio::pin!(stopped);
    loop {
        let train_bytes = u64::from(sent) * u64::from(packet_bytes);
        let other_bytes = (ip_bytes(connection).sent - before).saturating_sub(train_bytes);
        match pacer.step(start.elapsed(), other_bytes) {
            Step::Send(count) => {
                for _ in 0..count {
                    let header = PacketHeader { train: grant.train, seq: sent, sent_at: start.elapsed() };
                    let datagram = header.to_datagram(TRAIN_DATAGRAM.into()).into();
                    // Waits where the plain call would silently drop the oldest packet of a full buffer.
                    tokio::select! {
                        biased;
                        () = &mut stopped => return Ok(sent),
                        handed = connection.send_datagram_wait(datagram) => handed.map_err(lost)?,
                    }
                    sent += 1;
                }
            }
            Step::WaitUntil(at) => tokio::select! {
                biased;
                () = &mut stopped => return Ok(sent),
                error = connection.closed() => return Err(error),
                () = sleep_until(start + at) => {}
            },
            Step::Finished => return Ok(sent),
        }
    }
}

/// Feeds a judge from the connection until it has a verdict. `sent` tells how many packets the sender says it sent.
pub(crate) async fn receive(
    connection: &Connection,
    grant: &TrainGrant,
    judge: &mut Judge,
    epoch: Instant,
    sent: &mut tokio::sync::watch::Receiver<Option<u32>>,
) -> Result<(), ConnectionError> {
    let mut sender_ended = false;
    loop {
        tokio::select! {
            // What has arrived is evidence before the look that weighs it.
            biased;
            datagram = connection.read_datagram() => {
                let datagram = datagram?;
                // What is not a full packet of this train is another matter's or rubbish; the judge never sees it.
                if datagram.len() == usize::from(TRAIN_DATAGRAM)
                    && let Ok(header) = PacketHeader::parse(&datagram)
                    && header.train == grant.train
                {
                    judge.on_packet(epoch.elapsed(), header);
                }
                // A flood must not keep the judge from looking.
                if epoch.elapsed() < judge.next_look() + FLOOD {
                    continue;
                }
            }
            Ok(()) = sent.changed(), if !sender_ended => {
                if let Some(packets) = *sent.borrow_and_update() {
                    sender_ended = true;
                    judge.on_sent(epoch.elapsed(), packets);
                }
                continue;
            }
            () = sleep_until(epoch + judge.next_look()) => {}
        }
        if judge.look(epoch.elapsed()).is_some() {
            return Ok(());
        }
    }
}

/// Packets that are still coming in put a look off by no more than this.
const FLOOD: Duration = Duration::from_millis(10);

/// How much longer than its train a side waits for the other's last word.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

fn lost(error: SendDatagramError) -> ConnectionError {
    match error {
        SendDatagramError::ConnectionLost(error) => error,
        // Size and support were agreed before the train: the peer changed its mind, so the connection is of no use.
        SendDatagramError::UnsupportedByPeer | SendDatagramError::Disabled | SendDatagramError::TooLarge => {
            ConnectionError::LocallyClosed
        }
    }
}
