//! Carries one direction's packets: a thread takes them in and asks the link for their fates, another lets them out when
//! they are due.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use serde::Serialize;

use super::{
    end::{End, MTU},
    flight::Flight,
};
use crate::link::{Fate, Link};

#[derive(Debug)]
pub(super) struct Carrier(Arc<Mutex<Tally>>);

/// What happened to the packets of one direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
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
        let Tally { entered, entered_bytes, dropped, delivered, late, latest } = *self.tally();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let late_ms_mean = ms(late) / delivered.max(1) as f64;
        Count { entered, entered_bytes, dropped, delivered, late_ms_mean, late_ms_max: ms(latest) }
    }

    fn take_in(&self, end: &End, mut link: Link, sender: &Sender<(Fate, Arc<[u8]>)>, start: Instant) {
        let mut buffer = [0; MTU as usize];
        loop {
            let length = end.receive(&mut buffer).expect("the device stays while the emulator runs");
            let bytes = u32::try_from(length).expect("a packet is no longer than the MTU");
            let fate = link.send(start.elapsed(), bytes);
            {
                let mut tally = self.tally();
                tally.entered += 1;
                tally.entered_bytes += u64::from(bytes);
                tally.dropped += u64::from(fate.arrival.is_none());
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
}
