//! The two ends of a train, driven by the pure pacer and reception.

mod pulse;
mod receive;
mod send;
mod silence;

use quinn::{Connection, ConnectionError};
use siaga_probe::{Mode, control::Sent};
use thiserror::Error;

pub(crate) use pulse::Pulse;
pub(crate) use receive::Receiver;
pub(crate) use send::send;
pub(crate) use silence::silence;

use crate::counts::train_datagram;

/// More than this share of a train held up in the sender's machine, in per cent: its stamps say nothing about the link.
const HELD_UP_PERCENT: u64 = 5;

/// Whether the sender's own machine spoiled the train.
pub(crate) fn is_held_up(sent: Sent) -> bool {
    u64::from(sent.held_up) * 100 > u64::from(sent.packets) * HELD_UP_PERCENT
}

/// Credit only grows; whether it did.
pub(crate) fn raise(most: &mut u32, packets: u32) -> bool {
    let more = packets > *most;
    *most = packets.max(*most);
    more
}

/// Whether the peer takes datagrams of the largest train's size.
pub(crate) fn fits(connection: &Connection) -> bool {
    connection.max_datagram_size().is_some_and(|most| most >= usize::from(train_datagram(Mode::Gate)))
}

/// Why a train ended before its time.
#[derive(Debug, Error)]
pub(crate) enum TrainError {
    #[error(transparent)]
    Lost(#[from] ConnectionError),
    /// What was handed over did not go out, or what came in was dropped on this machine: no statement about the link.
    #[error("packets were lost on this machine, before or after the network")]
    LocalFault,
}
