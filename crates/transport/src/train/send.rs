//! The sending end.

use std::time::Duration;

use quinn::{Connection, SendDatagramError};
use siaga_probe::{
    control::TrainGrant,
    pacer::{Pacer, Step},
    wire::PacketHeader,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::TrainError;
use crate::counts::{TRAIN_DATAGRAM, ip_bytes, train_packet_bytes};

/// Handed over but not yet sent may be this much time at the granted rate, and two packets. More would make the
/// stamps lie: time in this machine would look like delay of the link. With this bound it shows in the stamps
/// instead, and the receiver sees a late sender. The pacer's own burst after a stall is 6 ms.
const BACKLOG: Duration = Duration::from_millis(8);

/// How often a backlog is looked at again.
const RETRY: Duration = Duration::from_millis(1);

/// What was handed over has left the machine within this time, or never will.
const FLUSH: Duration = Duration::from_millis(250);

/// Sends a train until the grant is used up or `stop` is notified; answers with the packets sent.
pub(crate) async fn send(
    connection: &Connection,
    grant: TrainGrant,
    stop: &Notify,
) -> Result<u32, TrainError> {
    let mut sender = Sender::new(connection, grant);
    tokio::select! {
        biased;
        () = stop.notified() => {}
        ended = sender.run() => ended?,
    }
    Ok(sender.sent)
}

struct Sender<'a> {
    connection: &'a Connection,
    grant: TrainGrant,
    packet_bytes: u32,
    before: Line,
    start: Instant,
    /// Packets handed over.
    sent: u32,
}

/// What a connection has put on the line.
#[derive(Clone, Copy)]
struct Line {
    datagrams: u64,
    ip_bytes: u64,
}

impl<'a> Sender<'a> {
    fn new(connection: &'a Connection, grant: TrainGrant) -> Self {
        Self {
            connection,
            grant,
            packet_bytes: train_packet_bytes(connection),
            before: Line::of(connection),
            start: Instant::now(),
            sent: 0,
        }
    }

    async fn run(&mut self) -> Result<(), TrainError> {
        let mut pacer = Pacer::new(self.grant, self.packet_bytes);
        let time_limit = Duration::from_millis(self.grant.max_ms.into());
        loop {
            let line = Line::of(self.connection);
            let gone = line.datagrams - self.before.datagrams;
            if u64::from(self.sent).saturating_sub(gone) > self.most_waiting() {
                if self.start.elapsed() >= time_limit {
                    return self.flush().await;
                }
                self.wait_until(Instant::now() + RETRY).await?;
                continue;
            }
            let train_bytes = gone * u64::from(self.packet_bytes);
            let other_bytes = (line.ip_bytes - self.before.ip_bytes).saturating_sub(train_bytes);
            match pacer.step(self.start.elapsed(), other_bytes) {
                Step::Send(count) => self.hand_over(count).await?,
                Step::WaitUntil(at) => self.wait_until(self.start + at).await?,
                Step::Finished => return self.flush().await,
            }
        }
    }

    /// Packets that may be handed over and not yet sent.
    fn most_waiting(&self) -> u64 {
        self.grant.rate_bps.bytes_in(BACKLOG) / u64::from(self.packet_bytes) + 2
    }

    async fn hand_over(&mut self, packets: u32) -> Result<(), TrainError> {
        for _ in 0..packets {
            let header =
                PacketHeader { train: self.grant.train, seq: self.sent, sent_at: self.start.elapsed() };
            let datagram = header.to_datagram(TRAIN_DATAGRAM.into()).into();
            // Waits where the plain call would silently drop the oldest packet of a full buffer.
            self.connection.send_datagram_wait(datagram).await.map_err(not_sent)?;
            self.sent += 1;
        }
        Ok(())
    }

    async fn wait_until(&self, at: Instant) -> Result<(), TrainError> {
        tokio::select! {
            biased;
            error = self.connection.closed() => Err(error.into()),
            () = sleep_until(at) => Ok(()),
        }
    }

    /// All that was handed over must have gone out: the receiver would take what is missing for lost on the link.
    async fn flush(&self) -> Result<(), TrainError> {
        let patience = Instant::now() + FLUSH;
        loop {
            let gone = Line::of(self.connection).datagrams - self.before.datagrams;
            if gone == u64::from(self.sent) {
                return Ok(());
            }
            if gone > u64::from(self.sent) || Instant::now() >= patience {
                return Err(TrainError::LocalFault);
            }
            self.wait_until(Instant::now() + RETRY).await?;
        }
    }
}

impl Line {
    fn of(connection: &Connection) -> Self {
        Self { datagrams: connection.stats().frame_tx.datagram, ip_bytes: ip_bytes(connection).sent }
    }
}

fn not_sent(error: SendDatagramError) -> TrainError {
    match error {
        SendDatagramError::ConnectionLost(error) => TrainError::Lost(error),
        // Size and support were looked at before the train.
        SendDatagramError::UnsupportedByPeer | SendDatagramError::Disabled | SendDatagramError::TooLarge => {
            TrainError::LocalFault
        }
    }
}
