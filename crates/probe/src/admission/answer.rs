//! What is asked for, and what is answered.

use std::{fmt, time::Duration};

use super::{Asker, LeaseId, Purpose};
use crate::{Bitrate, Mode};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub asker: Asker,
    /// Kind of probe.
    pub mode: Mode,
    /// Rate to be judged from room to server.
    pub up: Bitrate,
    /// Rate to be judged from server to room.
    pub down: Bitrate,
    /// What for. Strangers are believed to come for nothing but routine.
    pub purpose: Purpose,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Now.
    Grant(Lease),
    /// Later.
    Busy(Wait),
    /// Not at all.
    Deny(Denial),
}

/// A probe that may begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// To be told when it is used and when it ends.
    pub id: LeaseId,
    /// The purpose that it was granted for.
    pub purpose: Purpose,
    /// Sending rate of the up train, all IP bytes included.
    pub up: Bitrate,
    /// Sending rate of the down train.
    pub down: Bitrate,
    /// Neither train is longer than this, nor has more bytes than its rate carries in it.
    pub longest_train: Duration,
    /// Something of it must be used this soon, or it is over.
    pub used_within: Duration,
    /// And it is over after this.
    pub ends_within: Duration,
    /// When the asker would best come for the next gate probe; `None` is as it likes.
    pub next_probe_in: Option<Duration>,
}

/// A turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Come back after this.
    pub retry_after: Duration,
    /// Why not now.
    pub cause: Cause,
}

/// Why a probe can't begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The share of the line, or of the places, is taken or is others' turn.
    Taken,
    /// The server's machine sends too late to judge by.
    Late,
    /// The asker holds a lease already.
    HoldsLease,
    /// No more askers can be kept account of.
    TooManyAskers,
}

impl Cause {
    /// As it is written in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Late => "late",
            Self::HoldsLease => "holds_lease",
            Self::TooManyAskers => "too_many_askers",
        }
    }

    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Taken, Self::Late, Self::HoldsLease, Self::TooManyAskers];
}

/// Why a probe is not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// A kind of probe that this version does not know.
    UnknownKind,
    /// A rate below what this kind of probe can judge.
    TooSlow {
        /// The lowest that can be asked about.
        lowest: Bitrate,
    },
    /// A rate above what this server ever grants.
    TooFast {
        /// The highest that can be asked about, up.
        up: Bitrate,
        /// The same, down.
        down: Bitrate,
    },
    /// The asker's bytes of the day are spent.
    DayBytes {
        /// When there is enough again for what was asked.
        again_in: Duration,
    },
    /// The asker's probes of the day are spent.
    DayProbes {
        /// When there is one again.
        again_in: Duration,
    },
}

impl Denial {
    /// As it is written in metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::UnknownKind => "unknown_kind",
            Self::TooSlow { .. } => "too_slow",
            Self::TooFast { .. } => "too_fast",
            Self::DayBytes { .. } => "day_bytes",
            Self::DayProbes { .. } => "day_probes",
        }
    }
}

/// For the room's people.
impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind => f.write_str("this server does not know that kind of probe"),
            Self::TooSlow { lowest } => write!(
                f,
                "this kind of probe judges {lowest} or more in each direction; ask for that, or for a quality probe"
            ),
            Self::TooFast { up, down } if up == down => {
                write!(f, "this server probes up to {up} in each direction")
            }
            Self::TooFast { up, down } => write!(f, "this server probes up to {up} up and {down} down"),
            Self::DayBytes { again_in } => write!(
                f,
                "this room has had the data that this server gives one room in a day; there is enough again in {}",
                Hours(*again_in)
            ),
            Self::DayProbes { again_in } => write!(
                f,
                "this room has made the probes that this server gives one room in a day; there is one again in {}",
                Hours(*again_in)
            ),
        }
    }
}

/// In hours and minutes, rounded up.
struct Hours(Duration);

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.as_secs().div_ceil(60);
        write!(f, "{} h {} min", minutes / 60, minutes % 60)
    }
}

/// What is so now, for the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Leases by purpose, in the order of [`Purpose::ALL`].
    pub leases: [usize; 3],
    /// Askers that were told a turn and are expected, by purpose.
    pub queue: [usize; 3],
    /// Granted now, bit/s: up and down.
    pub granted_bps: [u64; 2],
    /// What may be granted, bit/s: up and down.
    pub share_bps: [u64; 2],
    /// Askers that something is remembered of.
    pub known: usize,
}
