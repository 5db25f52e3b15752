//! The receiving end.

use std::future::ready;

use quinn::Connection;
use siaga_probe::{control::TrainGrant, judge::TrainJudge, wire::PacketHeader};
use tokio::{
    sync::watch,
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::TrainError;
use crate::counts::TRAIN_DATAGRAM;

/// After this many datagrams in a row the other work of the task has its turn.
const TURN: u64 = 64;

/// Feeds a judge from the connection until it has a verdict. `epoch` is the judge's time zero, `sent` tells how many
/// packets the sender says it sent.
pub(crate) async fn receive(
    connection: &Connection,
    grant: &TrainGrant,
    judge: &mut dyn TrainJudge,
    epoch: Instant,
    sent: &mut watch::Receiver<Option<u32>>,
) -> Result<(), TrainError> {
    let mut receiver = Receiver { connection, train: grant.train, judge, epoch, read: 0 };
    let mut sender_ended = false;
    loop {
        if receiver.look_if_due().await? {
            return Ok(());
        }
        let next_look = epoch + receiver.judge.next_look();
        tokio::select! {
            biased;
            datagram = connection.read_datagram() => {
                receiver.take(&datagram?);
                if receiver.read.is_multiple_of(TURN) {
                    yield_now().await;
                }
            }
            Ok(()) = sent.changed(), if !sender_ended => {
                if let Some(packets) = *sent.borrow_and_update() {
                    sender_ended = true;
                    receiver.judge.on_sent(epoch.elapsed(), packets);
                }
            }
            () = sleep_until(next_look) => {}
        }
    }
}

struct Receiver<'a> {
    connection: &'a Connection,
    train: u32,
    judge: &'a mut dyn TrainJudge,
    epoch: Instant,
    /// Datagrams of this connection that were read, whatever was in them.
    read: u64,
}

impl Receiver<'_> {
    /// Whether there is a verdict. What has arrived is evidence before the look that weighs it.
    async fn look_if_due(&mut self) -> Result<bool, TrainError> {
        if self.epoch.elapsed() < self.judge.next_look() {
            return Ok(false);
        }
        let arrived = self.connection.stats().frame_rx.datagram;
        while self.read < arrived {
            tokio::select! {
                biased;
                datagram = self.connection.read_datagram() => self.take(&datagram?),
                // quinn drops the oldest when its buffer is full: this machine was too slow, not the link.
                () = ready(()) => return Err(TrainError::LocalFault),
            }
        }
        Ok(self.judge.look(self.epoch.elapsed()).is_some())
    }

    fn take(&mut self, datagram: &[u8]) {
        self.read += 1;
        // What is not a full packet of this train is another matter's or rubbish; the judge never sees it.
        if datagram.len() == usize::from(TRAIN_DATAGRAM)
            && let Ok(header) = PacketHeader::parse(datagram)
            && header.train == self.train
        {
            self.judge.on_packet(self.epoch.elapsed(), header);
        }
    }
}
