//! Who may probe now: the request's words, the clock, and the lock around [`siaga_probe::admission`].

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use siaga_probe::{
    Bitrate, Reason,
    admission::{self, Answer, Asker, Cause, Denial, Lease, LeaseId, Purpose, Request, Standing, Wait},
    control::{Ask, Busy, Deny, FromClient, FromServer, Grant, PreTrains, TrainGrant, VERSION},
    credit,
};
use tokio::time::Instant;

use crate::{patience::Patience, train::Pulse};

/// What a probe server admits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Clients without an identity may probe.
    pub open: bool,
    /// How the server's line is shared out.
    pub shares: admission::Limits,
}

/// The limits with what is taken of them.
pub(super) struct Admission {
    open: AtomicBool,
    /// Nothing more begins.
    draining: AtomicBool,
    patience: Patience,
    shares: Mutex<admission::Admission>,
    epoch: Instant,
    pulse: Pulse,
    next_train: AtomicU32,
}

/// A probe that may run.
pub(super) struct Admitted<'a> {
    pub(super) ask: Ask,
    pub(super) grant: Grant,
    pub(super) lease: Held<'a>,
}

/// A lease, for as long as it is held. One that nobody ended costs its room all that it could have cost.
pub(super) struct Held<'a> {
    admission: &'a Admission,
    lease: Lease,
    since: Instant,
    is_over: bool,
}

/// The answer to a room that may not probe, or not now.
#[derive(Debug)]
pub(super) enum Refusal {
    Busy(Wait),
    Deny(Refused),
}

/// Why a probe is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The first message asks for nothing, or in another version.
    Version(String),
    /// The client has no identity, and the server is not open to such.
    Stranger,
    /// What was asked for.
    Denied(Denial),
}

impl Refused {
    /// As it is written in metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Version(_) => "version",
            Self::Stranger => "no_identity",
            Self::Denied(denial) => denial.name(),
        }
    }

    fn to_deny(&self) -> Deny {
        let (reason, message) = match self {
            Self::Version(words) => (Reason::VersionMismatch, words.clone()),
            Self::Stranger => (
                Reason::IdentityRequired,
                "this server probes only with rooms that have an identity; enrol the room, or for a trial start the \
                 server with --open"
                    .to_owned(),
            ),
            Self::Denied(denial) => (Reason::ServerRefused, denial.to_string()),
        };
        Deny { reason, message }
    }
}

impl Refusal {
    pub(super) fn to_answer(&self) -> FromServer {
        match self {
            Self::Busy(Wait { retry_after, cause, .. }) => {
                let retry_after_ms = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
                let message =
                    (*cause == Cause::HoldsLease).then(|| "this room is probing already".to_owned());
                FromServer::Busy(Busy { retry_after_ms, message })
            }
            Self::Deny(refused) => FromServer::Deny(refused.to_deny()),
        }
    }
}

impl Admission {
    pub(super) fn new(limits: Limits, patience: Patience) -> Self {
        let epoch = Instant::now();
        Self {
            open: AtomicBool::new(limits.open),
            draining: AtomicBool::new(false),
            patience,
            shares: Mutex::new(admission::Admission::new(limits.shares)),
            epoch,
            pulse: Pulse::new(epoch),
            next_train: AtomicU32::new(1),
        }
    }

    /// Holds to other limits from now on; what is granted stays granted.
    pub(super) fn change(&self, limits: Limits) {
        self.open.store(limits.open, Ordering::Relaxed);
        // A server that has lost its accounts grants nothing by any limits.
        if let Ok(mut shares) = self.shares.lock() {
            shares.change(limits.shares);
        }
    }

    /// Puts off whatever is asked for from now on.
    pub(super) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// What the server's own trains tell of how late they are.
    pub(super) const fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// What is so now; `None` if it can't be known any more.
    pub(super) fn standing(&self) -> Option<Standing> {
        Some(self.shares.lock().ok()?.standing(self.epoch.elapsed()))
    }

    /// The answer to a room's first message: a grant with its lease, or the refusal to send. `ordered`: the most urgent
    /// purpose that the room may claim.
    pub(super) fn admit(
        &self,
        message: FromClient,
        asker: Asker,
        ordered: Purpose,
        rtt: Duration,
    ) -> Result<Admitted<'_>, Refusal> {
        let ask = self.understand(message, &asker).map_err(Refusal::Deny)?;
        let Ask { mode, up_bps: up, down_bps: down, purpose, .. } = ask;
        let purpose = purpose.min(ordered);
        let request = Request { asker, mode, up, down, purpose };
        // A server that is about to end has no strength left either.
        let late =
            self.draining.load(Ordering::Relaxed) || (self.patience.minds_lateness && self.pulse.is_late());
        let Ok(mut shares) = self.shares.lock() else {
            // Whoever panicked with it in hand has left accounts that nobody can trust.
            return Err(Refusal::Busy(Wait { retry_after: BROKEN, cause: Cause::TooManyAskers }));
        };
        match shares.ask(self.epoch.elapsed(), &request, late, rand::random()) {
            Answer::Grant(lease) => {
                drop(shares);
                let grant = self.grant(&ask, &lease, rtt);
                let lease = Held { admission: self, lease, since: Instant::now(), is_over: false };
                Ok(Admitted { ask, grant, lease })
            }
            Answer::Busy(wait) => Err(Refusal::Busy(wait)),
            Answer::Deny(denial) => Err(Refusal::Deny(Refused::Denied(denial))),
        }
    }

    fn understand(&self, message: FromClient, asker: &Asker) -> Result<Ask, Refused> {
        let FromClient::Ask(ask) = message else {
            return Err(Refused::Version("the first message must ask for a probe".into()));
        };
        if ask.version != VERSION {
            return Err(Refused::Version(format!(
                "the room speaks version {} of the probe protocol, this server version {VERSION}; \
                 bring both to the same release",
                ask.version
            )));
        }
        if matches!(asker, Asker::Address(_)) && !self.open.load(Ordering::Relaxed) {
            return Err(Refused::Stranger);
        }
        Ok(ask)
    }

    fn grant(&self, ask: &Ask, lease: &Lease, rtt: Duration) -> Grant {
        let id = self.next_train.fetch_add(4, Ordering::Relaxed);
        let longest = self.patience.longest_train(ask.mode).min(lease.longest_train);
        let looks_first = credit::looks_first(ask.mode, rtt) && !ask.passed_before;
        let pre_trains = looks_first.then(|| PreTrains {
            up: train(id.wrapping_add(2), lease.up, credit::PRE_TRAIN),
            down: train(id.wrapping_add(3), lease.down, credit::PRE_TRAIN),
        });
        Grant {
            version: VERSION,
            up: train(id, lease.up, longest),
            down: train(id.wrapping_add(1), lease.down, longest),
            window_ms: whole_ms(credit::window(ask.mode, rtt)),
            pre_trains,
            server_time_ms: Timestamp::now().as_millisecond(),
            next_probe_in_ms: lease.next_probe_in.map(|wish| whole_ms(wish).into()),
        }
    }

    fn end(&self, id: LeaseId, bytes: Option<u64>) {
        if let Ok(mut shares) = self.shares.lock() {
            shares.on_end(self.epoch.elapsed(), id, bytes);
        }
    }
}

impl Held<'_> {
    /// What it was granted for.
    pub(super) const fn purpose(&self) -> Purpose {
        self.lease.purpose
    }

    /// Who hears how late its train is sent.
    pub(super) const fn pulse(&self) -> &Pulse {
        &self.admission.pulse
    }

    /// Something of it is used. `false`: too late.
    pub(super) fn on_use(&self) -> bool {
        let Ok(mut shares) = self.admission.shares.lock() else { return false };
        shares.on_use(self.admission.epoch.elapsed(), self.lease.id)
    }

    /// When it is over by itself, used or not.
    pub(super) fn ends_at(&self) -> Instant {
        self.since + self.lease.ends_within
    }

    /// The same if nothing of it is used.
    pub(super) fn is_to_be_used_by(&self) -> Instant {
        self.since + self.lease.used_within
    }

    /// It is over, and has cost so many IP bytes, both ways.
    pub(super) fn end(mut self, bytes: u64) {
        self.is_over = true;
        self.admission.end(self.lease.id, Some(bytes));
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.admission.end(self.lease.id, None);
        }
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

/// How long a room is sent away by a server that has lost its accounts.
const BROKEN: Duration = Duration::from_secs(60);
