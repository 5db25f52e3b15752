//! The two ends of a train, driven by the pure pacer and judge.

mod receive;
mod send;
mod silence;

use std::time::Duration;

use quinn::{Connection, ConnectionError};
use siaga_probe::{
    Bitrate, Direction, Mode,
    control::{Grant, Sent, TrainGrant},
    credit::packets_in,
    judge::Effort,
};
use thiserror::Error;

pub(crate) use receive::Receiver;
pub(crate) use send::send;
pub(crate) use silence::silence;

use crate::counts::{train_datagram, train_packet_bytes};

/// What is granted in one direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    pub(crate) mode: Mode,
    pub(crate) train: TrainGrant,
    pub(crate) pre_train: Option<TrainGrant>,
    pub(crate) window: Duration,
}

impl Line {
    pub(crate) fn of(grant: &Grant, mode: Mode, direction: Direction) -> Self {
        let pre_trains = grant.pre_trains;
        let (train, pre_train) = match direction {
            Direction::Up => (grant.up, pre_trains.map(|both| both.up)),
            Direction::Down => (grant.down, pre_trains.map(|both| both.down)),
        };
        Self { mode, train, pre_train, window: Duration::from_millis(grant.window_ms.into()) }
    }

    /// Packets that the train may have before its receiver says more.
    pub(crate) fn first_credit(&self, connection: &Connection) -> u32 {
        if self.pre_train.is_some() {
            return 0;
        }
        packets_in(&self.train, train_packet_bytes(connection, self.mode), self.window)
    }
}

/// What a train is to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    pub(crate) effort: Effort,
    pub(crate) target: Bitrate,
}

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
