//! Carries one direction's packets: a thread takes them in and asks the link for their fates, another lets them out when
//! they are due.

use std::{
    io,
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, MutexGuard,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    end::{End, MTU},
    flight::Flight,
};
use crate::link::{Fate, Link};

/// IP bytes of a train's packet: 1188, but its number takes one byte to four and an acknowledgement may ride along. A
/// handshake's packets have 1228, or far fewer.
const TRAIN: RangeInclusive<u32> = 1176..=1212;

#[derive(Debug)]
pub(super) struct Carrier(Arc<Mutex<Tally>>);

/// What happened to the packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// Packets that entered.
    pub entered: u64,
    /// Their IP bytes.
    pub entered_bytes: u64,
    /// Packets that the link dropped.
    pub dropped: u64,
    /// Packets that came out; duplicates count.
    pub delivered: u64,
    /// How much later than due they came out, ms: the mean, and the worst.
    pub late_ms_mean: f64,
    /// The worst of it, ms.
    pub late_ms_max: f64,
    /// How old the link was when the first packet of a train's size entered, s; `None` if none did.
    pub train_at_s: Option<f64>,
}

impl Carrier {
    pub(super) fn start(
        name: &str,
        link: Link,
        from: &Arc<End>,
        to: &Arc<End>,
        start: Instant,
    ) -> io::Result<Self> {
        let tally = Arc::new(Mutex::default());
        let (sender, receiver) = mpsc::channel();
        let thread = |side| thread::Builder::new().name(format!("{name} {side}"));
        let (end, count) = (from.clone(), Self(tally.clone()));
        thread("in").spawn(move || count.take_in(&end, link, &sender, start))?;
        let (end, count) = (to.clone(), Self(tally.clone()));
        thread("out").spawn(move || count.let_out(&end, &receiver, start))?;
        Ok(Self(tally))
    }

    #[allow(clippy::cast_precision_loss)]
    pub(super) fn count(&self) -> Count {
        let Tally { entered, entered_bytes, dropped, delivered, late, latest, train_at } = *self.tally();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let late_ms_mean = ms(late) / delivered.max(1) as f64;
        let train_at_s = train_at.map(|at| at.as_secs_f64());
        Count {
            entered,
            entered_bytes,
            dropped,
            delivered,
            late_ms_mean,
            late_ms_max: ms(latest),
            train_at_s,
        }
    }

    fn take_in(&self, end: &End, mut link: Link, sender: &Sender<(Fate, Arc<[u8]>)>, start: Instant) {
        let mut buffer = [0; MTU as usize];
        loop {
            let length = end.receive(&mut buffer).expect("the device stays while the emulator runs");
            let bytes = u32::try_from(length).expect("a packet is no longer than the MTU");
            let now = start.elapsed();
            let fate = link.send(now, bytes);
            {
                let mut tally = self.tally();
                tally.entered += 1;
                tally.entered_bytes += u64::from(bytes);
                tally.dropped += u64::from(fate.arrival.is_none());
                if TRAIN.contains(&bytes) {
                    tally.train_at.get_or_insert(now);
                }
            }
            if fate.arrival.is_some() && sender.send((fate, buffer[..length].into())).is_err() {
                return;
            }
        }
    }

    fn let_out(&self, end: &End, receiver: &Receiver<(Fate, Arc<[u8]>)>, start: Instant) {
        let mut flight = Flight::default();
        loop {
            while let Some((due, packet)) = flight.land(start.elapsed()) {
                end.deliver(&packet).expect("the device stays up while the emulator runs");
                let late = start.elapsed().saturating_sub(due);
                let mut tally = self.tally();
                tally.delivered += 1;
                tally.late += late;
                tally.latest = tally.latest.max(late);
            }
            let patience = flight.next_due().map_or(Duration::MAX, |due| due.saturating_sub(start.elapsed()));
            match receiver.recv_timeout(patience) {
                Ok((fate, packet)) => flight.add(fate, &packet),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().expect("nobody panics while counting")
    }
}

#[derive(Debug, Default)]
struct Tally {
    entered: u64,
    entered_bytes: u64,
    dropped: u64,
    delivered: u64,
    late: Duration,
    latest: Duration,
    train_at: Option<Duration>,
}
