//! The receiving end.

use std::{future::ready, time::Duration};

use quinn::Connection;
use siaga_probe::{
    DirectionResult, Mode, Reason,
    control::Sent,
    reception::{Criterion, Reception, Terms},
    wire::PacketHeader,
};
use tokio::{
    sync::watch,
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::TrainError;
use crate::counts::{train_datagram, train_packet_bytes};

/// After this many datagrams in a row the other work of the task has its turn.
const TURN: u64 = 64;

/// Receives one direction: its pre-train, if there is one, then its train.
pub(crate) struct Receiver<'a> {
    connection: &'a Connection,
    mode: Mode,
    reception: Reception,
    /// The reception's time zero.
    epoch: Instant,
    /// Datagrams of this connection that were read, whatever was in them.
    read: u64,
}

impl<'a> Receiver<'a> {
    /// A receiver that expects the first packet `first` from now; `None` for a kind of probe that is not known.
    pub(crate) fn new(
        connection: &'a Connection,
        terms: Terms,
        criterion: Criterion,
        first: Duration,
    ) -> Option<Self> {
        let epoch = Instant::now();
        let packet_bytes = train_packet_bytes(connection, terms.mode);
        let reception = Reception::new(terms, criterion, packet_bytes, first, connection.rtt())?;
        Some(Self { connection, mode: terms.mode, reception, epoch, read: 0 })
    }

    /// Feeds the reception from the connection until it has a verdict. `sent` brings the sender's last word, `credit`
    /// takes what the sender may be told.
    pub(crate) async fn run(
        &mut self,
        sent: &mut watch::Receiver<Option<Sent>>,
        credit: &watch::Sender<u32>,
    ) -> Result<(), TrainError> {
        let mut told = self.reception.credit();
        let mut sender_ended = false;
        loop {
            let now = self.epoch.elapsed();
            if now >= self.reception.next_look() {
                self.read_all().await?;
                if self.reception.look(now).is_some() {
                    return Ok(());
                }
            }
            if self.reception.credit() > told {
                told = self.reception.credit();
                credit.send_replace(told);
            }
            tokio::select! {
                biased;
                datagram = self.connection.read_datagram() => self.take(&datagram?).await?,
                Ok(()) = sent.changed(), if !sender_ended && self.reception.expects_train() => {
                    if let Some(sent) = *sent.borrow_and_update() {
                        sender_ended = true;
                        self.hear(sent);
                    }
                }
                () = sleep_until(self.epoch + self.reception.next_look()) => {}
            }
        }
    }

    /// The finding so far.
    pub(crate) fn result(&self) -> DirectionResult {
        self.reception.result()
    }

    /// Ends the judgement without a statement about the link, unless there is a verdict already.
    pub(crate) fn abandon(&mut self, reason: Reason) {
        self.reception.abandon(reason);
    }

    fn hear(&mut self, sent: Sent) {
        if super::is_held_up(sent) {
            self.reception.abandon(Reason::SenderLate);
        } else {
            self.reception.on_sent(self.epoch.elapsed(), sent.packets);
        }
    }

    /// What has arrived is evidence before the look that weighs it.
    async fn read_all(&mut self) -> Result<(), TrainError> {
        let arrived = self.connection.stats().frame_rx.datagram;
        while self.read < arrived {
            tokio::select! {
                biased;
                datagram = self.connection.read_datagram() => self.judge_packet(&datagram?),
                // quinn drops the oldest when its buffer is full: this machine was too slow, not the link.
                () = ready(()) => return Err(TrainError::LocalFault),
            }
        }
        Ok(())
    }

    /// This one, and those that have arrived with it.
    async fn take(&mut self, datagram: &[u8]) -> Result<(), TrainError> {
        self.judge_packet(datagram);
        for _ in 1..TURN {
            tokio::select! {
                biased;
                datagram = self.connection.read_datagram() => self.judge_packet(&datagram?),
                () = ready(()) => return Ok(()),
            }
        }
        yield_now().await;
        Ok(())
    }

    fn judge_packet(&mut self, datagram: &[u8]) {
        self.read += 1;
        // What is not a full packet is another matter's or rubbish; the judge never sees it.
        if datagram.len() == usize::from(train_datagram(self.mode))
            && let Ok(header) = PacketHeader::parse(datagram)
        {
            self.reception.on_packet(self.epoch.elapsed(), header);
        }
    }
}
