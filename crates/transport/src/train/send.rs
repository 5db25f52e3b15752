//! The sending end.

use std::{collections::VecDeque, time::Duration};

use quinn::{Connection, SendDatagramError};
use siaga_probe::{
    Direction, Mode,
    control::{Sent, TrainGrant},
    credit::packets_in,
    pacer::{Pacer, Step},
    reception::Terms,
    wire::PacketHeader,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{Pulse, TrainError, is_held_up};
use crate::counts::{ip_bytes_in, train_datagram, train_packet_bytes};

/// Handed over but not yet sent may be this much time at the granted rate, and two packets. More would make the
/// stamps lie: time in this machine would look like delay of the link. With this bound it shows in the stamps
/// instead, and the receiver sees a late sender. The pacer's own burst after a stall is 6 ms.
const BACKLOG: Duration = Duration::from_millis(8);

/// How often a backlog is looked at again.
const RETRY: Duration = Duration::from_millis(1);

/// What was handed over has left the machine within this time, or never will.
const FLUSH: Duration = Duration::from_millis(250);

/// A packet that was handed over longer ago than this and has not left the machine is held up. The pacer's burst after a
/// stall takes less to encrypt and send.
const HELD_UP: Duration = Duration::from_millis(5);

/// A train is given up for the packets held up as soon as they are too many for one of this length; one stall of an ordinary
/// machine is not.
const SHORTEST: Duration = Duration::from_secs(1);

/// Sends the pre-train, if there is one, and the train once it has credit, until the grant or the credit is used up or
/// `stop` is notified; answers with what was sent of the train. A train that this machine holds up ends early: it says
/// nothing. `pulse` hears how late the pacer wakes.
pub(crate) async fn send(
    connection: &Connection,
    direction: Direction,
    terms: &Terms,
    credit: &mut watch::Receiver<u32>,
    stop: &Notify,
    pulse: Option<&Pulse>,
) -> Result<Sent, TrainError> {
    let mut sender = None;
    let work = async {
        if let Some(pre_train) = terms.pre_train {
            Sender::new(connection, terms.mode, pre_train, pulse).run(None).await?;
        }
        // An end of the credit's source is the end of the probe; somebody else tells.
        let _ = credit.wait_for(|packets| *packets > 0).await;
        sender.insert(Sender::new(connection, terms.mode, terms.train, pulse)).run(Some(credit)).await
    };
    tokio::select! {
        biased;
        () = stop.notified() => {}
        ended = work => ended?,
        error = connection.closed() => return Err(error.into()),
    }
    let (packets, held_up) = sender.map_or((0, 0), |sender| (sender.sent, sender.held_up));
    Ok(Sent { direction, packets, held_up })
}

struct Sender<'a> {
    connection: &'a Connection,
    mode: Mode,
    grant: TrainGrant,
    packet_bytes: u32,
    before: OnTheLine,
    start: Instant,
    /// Packets handed over.
    sent: u32,
    /// When those were handed over that have not left yet, the oldest first.
    waiting: VecDeque<Instant>,
    /// Packets that were seen waiting for longer than [`HELD_UP`].
    held_up: u32,
    /// How many of the waiting ones, from the oldest, are among them already.
    counted: usize,
    pulse: Option<&'a Pulse>,
}

/// What a connection has put on the line.
#[derive(Clone, Copy)]
struct OnTheLine {
    datagrams: u64,
    ip_bytes: u64,
}

impl<'a> Sender<'a> {
    fn new(connection: &'a Connection, mode: Mode, grant: TrainGrant, pulse: Option<&'a Pulse>) -> Self {
        Self {
            connection,
            mode,
            grant,
            packet_bytes: train_packet_bytes(connection, mode),
            before: OnTheLine::of(connection),
            start: Instant::now(),
            sent: 0,
            waiting: VecDeque::new(),
            held_up: 0,
            counted: 0,
            pulse,
        }
    }

    async fn run(&mut self, credit: Option<&watch::Receiver<u32>>) -> Result<(), TrainError> {
        let mut pacer = Pacer::new(self.grant, self.packet_bytes);
        let time_limit = Duration::from_millis(self.grant.max_ms.into());
        loop {
            let line = OnTheLine::of(self.connection);
            let gone = line.datagrams - self.before.datagrams;
            self.count_held_up(gone);
            if self.is_spoiled() {
                return Ok(());
            }
            if u64::from(self.sent).saturating_sub(gone) > self.most_waiting() {
                if self.start.elapsed() >= time_limit {
                    return self.flush().await;
                }
                sleep(RETRY).await;
                continue;
            }
            let train_bytes = gone * u64::from(self.packet_bytes);
            let other_bytes = if self.mode.loads() {
                (line.ip_bytes - self.before.ip_bytes).saturating_sub(train_bytes)
            } else {
                0
            };
            if let Some(credit) = credit {
                pacer.set_credit(*credit.borrow());
            }
            match pacer.step(self.start.elapsed(), other_bytes) {
                Step::Send(count) => self.hand_over(count).await?,
                Step::WaitUntil(at) => {
                    let due = self.start + at;
                    sleep_until(due).await;
                    if let Some(pulse) = self.pulse {
                        pulse.on_wake(due);
                    }
                }
                Step::Finished => return self.flush().await,
            }
        }
    }

    /// A packet that waits at a look longer than it may was held up for sure; one that left between two looks is not
    /// counted, however late this task is itself.
    fn count_held_up(&mut self, gone: u64) {
        let left = u64::from(self.sent).saturating_sub(gone);
        while self.waiting.len() as u64 > left {
            self.waiting.pop_front();
            self.counted = self.counted.saturating_sub(1);
        }
        let held = self.waiting.iter().take_while(|since| since.elapsed() > HELD_UP).count();
        let new = held.saturating_sub(self.counted);
        self.counted += new;
        self.held_up = self.held_up.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
    }

    fn is_spoiled(&self) -> bool {
        let packets = self.sent.max(packets_in(&self.grant, self.packet_bytes, SHORTEST));
        is_held_up(Sent { direction: Direction::Up, packets, held_up: self.held_up })
    }

    /// Packets that may be handed over and not yet sent.
    fn most_waiting(&self) -> u64 {
        self.grant.rate_bps.bytes_in(BACKLOG) / u64::from(self.packet_bytes) + 2
    }

    async fn hand_over(&mut self, packets: u32) -> Result<(), TrainError> {
        for _ in 0..packets {
            let header =
                PacketHeader { train: self.grant.train, seq: self.sent, sent_at: self.start.elapsed() };
            let datagram = header.to_datagram(train_datagram(self.mode).into()).into();
            // Waits where the plain call would silently drop the oldest packet of a full buffer.
            self.connection.send_datagram_wait(datagram).await.map_err(not_sent)?;
            self.sent += 1;
            self.waiting.push_back(Instant::now());
        }
        Ok(())
    }

    /// All that was handed over must have gone out: the receiver would take what is missing for lost on the link.
    async fn flush(&self) -> Result<(), TrainError> {
        let patience = Instant::now() + FLUSH;
        loop {
            let gone = OnTheLine::of(self.connection).datagrams - self.before.datagrams;
            if gone == u64::from(self.sent) {
                return Ok(());
            }
            if gone > u64::from(self.sent) || Instant::now() >= patience {
                return Err(TrainError::LocalFault);
            }
            sleep(RETRY).await;
        }
    }
}

impl OnTheLine {
    fn of(connection: &Connection) -> Self {
        let stats = connection.stats();
        Self { datagrams: stats.frame_tx.datagram, ip_bytes: ip_bytes_in(connection, &stats).sent }
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
