//! The laws, stories of single rooms, and a hundred thousand of them in virtual time.

mod fleet;
mod laws;
mod stories;

use std::time::Duration;

use super::{Admission, Answer, Asker, Cause, Denial, Lease, Limits, Purpose, Request, Wait};
use crate::{Bitrate, Mode};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn mbps(rate: u64) -> Bitrate {
    Bitrate::from_bps(rate * 1_000_000).unwrap()
}

/// A server on a line of `uplink` Mbit/s each way, of which probes get four fifths.
fn limits(uplink: u64) -> Limits {
    Limits {
        uplink_up: mbps(uplink),
        uplink_down: mbps(uplink),
        share_percent: 80,
        max_rate: mbps(100),
        max_probes: 1_000,
        daily_bytes: 1_000_000_000,
        daily_probes: 1_000,
    }
}

fn room(number: usize) -> Asker {
    Asker::Room(format!("room-{number}").into())
}

/// A gate probe at 20 up and 20 down: 21 Mbit/s each way.
fn gate(asker: Asker) -> Request {
    Request { asker, mode: Mode::Gate, up: mbps(20), down: mbps(20), purpose: Purpose::Routine }
}

#[track_caller]
fn granted(answer: Answer) -> Lease {
    match answer {
        Answer::Grant(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn busy(answer: Answer) -> Wait {
    match answer {
        Answer::Busy(wait) => wait,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn denied(answer: Answer) -> Denial {
    match answer {
        Answer::Deny(denial) => denial,
        other => panic!("{other:?}"),
    }
}
