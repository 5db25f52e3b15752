//! The receiving end.

use std::{future::ready, time::Duration};

use quinn::Connection;
use siaga_probe::{
    DirectionResult, Mode, Reason, Verdict,
    control::{Sent, TrainGrant},
    credit::{CreditLine, packets_in},
    judge::{self, TrainJudge},
    wakefulness::Wakefulness,
    wire::PacketHeader,
};
use tokio::{
    sync::watch,
    task::yield_now,
    time::{Instant, sleep_until},
};

use super::{Line, Question, TrainError};
use crate::counts::{train_datagram, train_packet_bytes};

/// After this many datagrams in a row the other work of the task has its turn.
const TURN: u64 = 64;

/// A pre-train is seen once this much of it has come, in per cent: what is lost of it is the train's business.
const PRE_TRAIN_SEEN: u64 = 90;

/// A pre-train on a slow link takes longer to arrive than to send.
const PRE_TRAIN_MS: u32 = 2_000;

/// Receives one direction: its pre-train, if there is one, then its train.
pub(crate) struct Receiver<'a> {
    connection: &'a Connection,
    line: Line,
    question: Question,
    /// The judge's time zero.
    epoch: Instant,
    /// Of the train that is being received.
    train: u32,
    judge: Box<dyn TrainJudge>,
    wakefulness: Wakefulness,
    credit: CreditLine,
    /// Packets of the train that is being received.
    came: u64,
    /// Datagrams of this connection that were read, whatever was in them.
    read: u64,
}

impl<'a> Receiver<'a> {
    /// A receiver that expects the first packet `first` from now; `None` for a kind of probe that is not known.
    pub(crate) fn new(
        connection: &'a Connection,
        line: Line,
        question: Question,
        first: Duration,
    ) -> Option<Self> {
        let epoch = Instant::now();
        let packet_bytes = train_packet_bytes(connection, line.mode);
        // Of a pre-train any kind of probe wants to know what a gate does in its first moments.
        let (mode, begins) = match line.pre_train {
            Some(pre_train) => (Mode::Gate, TrainGrant { max_ms: PRE_TRAIN_MS, ..pre_train }),
            None => (line.mode, line.train),
        };
        let Question { effort, target } = question;
        let judge = judge::for_train(mode, effort, &begins, target, packet_bytes, first)?;
        let credit = CreditLine::new(&line.train, packet_bytes, line.window, line.first_credit(connection));
        let train = begins.train;
        Some(Self {
            connection,
            line,
            question,
            epoch,
            train,
            judge,
            wakefulness: Wakefulness::default(),
            credit,
            came: 0,
            read: 0,
        })
    }

    /// Feeds the judge from the connection until it has a verdict. `sent` brings the sender's last word, `credit` takes
    /// what the sender may be told.
    pub(crate) async fn run(
        &mut self,
        sent: &mut watch::Receiver<Option<Sent>>,
        credit: &watch::Sender<u32>,
    ) -> Result<(), TrainError> {
        if self.line.pre_train.is_some() && self.pre_train_decides().await? {
            return Ok(());
        }
        self.begin_train(credit);
        let mut sender_ended = false;
        loop {
            if let Some(at) = self.look_is_due() {
                self.read_all().await?;
                if self.judge.look(at).is_some() {
                    return Ok(());
                }
                if let Some(packets) = self.credit.extend() {
                    credit.send_replace(packets);
                }
            }
            tokio::select! {
                biased;
                datagram = self.connection.read_datagram() => self.take(&datagram?).await,
                Ok(()) = sent.changed(), if !sender_ended => {
                    if let Some(sent) = *sent.borrow_and_update() {
                        sender_ended = true;
                        self.hear(sent);
                    }
                }
                () = sleep_until(self.epoch + self.judge.next_look()) => {}
            }
        }
    }

    /// The finding so far.
    pub(crate) fn result(&self) -> DirectionResult {
        self.wakefulness.of_the_link(self.judge.result())
    }

    /// Ends the judgement without a statement about the link, unless there is a verdict already.
    pub(crate) fn abandon(&mut self, reason: Reason) {
        self.judge.abandon(reason);
    }

    /// Whether the pre-train alone is as bad, or as broken, as a train would be in its first moments.
    async fn pre_train_decides(&mut self) -> Result<bool, TrainError> {
        let packets = self.line.pre_train.map_or(0, |pre_train| pre_train.max_bytes)
            / u64::from(train_packet_bytes(self.connection, self.line.mode));
        loop {
            if let Some(at) = self.look_is_due() {
                self.read_all().await?;
                if let Some((verdict, reason)) = self.judge.look(at) {
                    return Ok(verdict == Verdict::Fail || reason == Reason::PeerFailed || self.came == 0);
                }
            }
            if self.came * 100 >= packets * PRE_TRAIN_SEEN {
                return Ok(false);
            }
            tokio::select! {
                biased;
                datagram = self.connection.read_datagram() => self.take(&datagram?).await,
                () = sleep_until(self.epoch + self.judge.next_look()) => {}
            }
        }
    }

    /// The train may begin: without a pre-train it has done so, after one it takes a round trip.
    fn begin_train(&mut self, credit: &watch::Sender<u32>) {
        if self.line.pre_train.is_none() {
            return;
        }
        let packet_bytes = train_packet_bytes(self.connection, self.line.mode);
        let first = self.epoch.elapsed() + self.connection.rtt();
        let Question { effort, target } = self.question;
        if let Some(judge) =
            judge::for_train(self.line.mode, effort, &self.line.train, target, packet_bytes, first)
        {
            self.judge = judge;
        }
        self.train = self.line.train.train;
        self.came = 0;
        let opened = packets_in(&self.line.train, packet_bytes, self.line.window);
        self.credit = CreditLine::new(&self.line.train, packet_bytes, self.line.window, opened);
        credit.send_replace(opened);
    }

    fn hear(&mut self, sent: Sent) {
        if super::is_held_up(sent) {
            self.judge.abandon(Reason::SenderLate);
        } else {
            self.judge.on_sent(self.epoch.elapsed(), sent.packets);
        }
    }

    /// The time, if a look is due.
    fn look_is_due(&mut self) -> Option<Duration> {
        let (due, now) = (self.judge.next_look(), self.epoch.elapsed());
        if now < due {
            return None;
        }
        // A judge that has its verdict is always due.
        if due > Duration::ZERO {
            self.wakefulness.on_look(due, now);
        }
        Some(now)
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

    async fn take(&mut self, datagram: &[u8]) {
        self.judge_packet(datagram);
        if self.read.is_multiple_of(TURN) {
            yield_now().await;
        }
    }

    fn judge_packet(&mut self, datagram: &[u8]) {
        self.read += 1;
        // What is not a full packet of this train is another matter's or rubbish; the judge never sees it.
        if datagram.len() == usize::from(train_datagram(self.line.mode))
            && let Ok(header) = PacketHeader::parse(datagram)
            && header.train == self.train
        {
            let now = self.epoch.elapsed();
            self.came += 1;
            self.judge.on_packet(now, header);
            self.credit.on_packet(now, header);
        }
    }
}
