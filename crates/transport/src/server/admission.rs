//! Who may probe, and how much.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use siaga_probe::{
    Bitrate, Mode, Reason,
    control::{Ask, Busy, Deny, FromClient, FromServer, Grant, PreTrains, TrainGrant, VERSION},
    credit, spread,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::patience::Patience;

/// What a probe server admits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Clients without an identity may probe.
    pub open: bool,
    /// Highest rate that may be asked about, per direction.
    pub max_rate: Bitrate,
    /// Probes at the same time; one more is told to come back.
    pub max_probes: usize,
}

/// The limits with what is taken of them.
pub(super) struct Admission {
    limits: Limits,
    patience: Patience,
    places: Arc<Semaphore>,
    next_train: AtomicU32,
}

/// A probe that may run, for as long as it holds its place.
pub(super) struct Admitted {
    pub(super) ask: Ask,
    pub(super) grant: Grant,
    pub(super) place: OwnedSemaphorePermit,
}

/// The answer to a room that may not probe, or not now.
#[derive(Debug)]
pub(super) enum Refusal {
    Busy(Busy),
    Deny(Deny),
}

impl From<Refusal> for FromServer {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Busy(busy) => Self::Busy(busy),
            Refusal::Deny(deny) => Self::Deny(deny),
        }
    }
}

impl Admission {
    pub(super) fn new(limits: Limits, patience: Patience) -> Self {
        let places = Arc::new(Semaphore::new(limits.max_probes));
        Self { limits, patience, places, next_train: AtomicU32::new(1) }
    }

    /// The answer to a room's first message: a grant with its place, or the refusal to send.
    pub(super) fn admit(
        &self,
        message: FromClient,
        identified: bool,
        rtt: Duration,
    ) -> Result<Admitted, Refusal> {
        let deny = |reason, message: String| Err(Refusal::Deny(Deny { reason, message }));
        let FromClient::Ask(ask) = message else {
            return deny(Reason::VersionMismatch, "the first message must ask for a probe".into());
        };
        if ask.version != VERSION {
            let message = format!(
                "the room speaks version {} of the probe protocol, this server version {VERSION}; \
                 bring both to the same release",
                ask.version
            );
            return deny(Reason::VersionMismatch, message);
        }
        if !(identified || self.limits.open) {
            let message = "this server probes only with rooms that have an identity; enrol the room, or for a trial \
                           start the server with --open";
            return deny(Reason::IdentityRequired, message.into());
        }
        if ask.mode == Mode::Unknown {
            return deny(Reason::ServerRefused, "this server does not know that kind of probe".into());
        }
        let lowest = ask.mode.lowest_rate();
        if ask.up_bps < lowest || ask.down_bps < lowest {
            let message = format!(
                "a {} probe judges {lowest} or more in each direction; ask for that, or for a quality probe",
                ask.mode
            );
            return deny(Reason::ServerRefused, message);
        }
        let highest = self.limits.max_rate;
        if ask.up_bps > highest || ask.down_bps > highest {
            return deny(
                Reason::ServerRefused,
                format!("this server probes up to {highest} in each direction"),
            );
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let retry_after_ms = u64::try_from(RETRY_AFTER.as_millis()).unwrap_or(u64::MAX);
            return Err(Refusal::Busy(Busy { retry_after_ms }));
        };
        let grant = self.grant(&ask, rtt);
        Ok(Admitted { ask, grant, place })
    }

    fn grant(&self, ask: &Ask, rtt: Duration) -> Grant {
        let id = self.next_train.fetch_add(4, Ordering::Relaxed);
        let longest = self.patience.longest_train(ask.mode);
        let (up, down) = (ask.mode.sending_rate(ask.up_bps), ask.mode.sending_rate(ask.down_bps));
        let looks_first = credit::looks_first(ask.mode, rtt) && !ask.passed_before;
        let pre_trains = looks_first.then(|| PreTrains {
            up: train(id.wrapping_add(2), up, credit::PRE_TRAIN),
            down: train(id.wrapping_add(3), down, credit::PRE_TRAIN),
        });
        Grant {
            version: VERSION,
            up: train(id, up, longest),
            down: train(id.wrapping_add(1), down, longest),
            window_ms: whole_ms(credit::window(ask.mode, rtt)),
            pre_trains,
            server_time_ms: wall_clock_ms(),
            next_probe_in_ms: self.next_probe_in().map(|wish| whole_ms(wish).into()),
        }
    }

    /// Called while the probe that it is for holds a place.
    fn next_probe_in(&self) -> Option<Duration> {
        let places = self.limits.max_probes;
        let others = places.saturating_sub(self.places.available_permits()).saturating_sub(1);
        spread::next_probe_in(others, places, rand::random())
    }
}

fn train(train: u32, rate_bps: Bitrate, longest: Duration) -> TrainGrant {
    // In whole milliseconds, so that the bytes are exactly those of the time that is told.
    let max_ms = whole_ms(longest);
    let max_bytes = rate_bps.bytes_in(Duration::from_millis(max_ms.into()));
    TrainGrant { train, rate_bps, max_bytes, max_ms }
}

fn whole_ms(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn wall_clock_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// How long a room that is told “busy” should wait.
const RETRY_AFTER: Duration = Duration::from_secs(5);
