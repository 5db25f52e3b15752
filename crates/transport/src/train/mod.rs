//! The two ends of a train, driven by the pure pacer and judge.

mod receive;
mod send;
mod silence;

use quinn::{Connection, ConnectionError};
use thiserror::Error;

pub(crate) use receive::receive;
pub(crate) use send::send;
pub(crate) use silence::silence;

use crate::counts::TRAIN_DATAGRAM;

/// Whether the peer takes datagrams of a train's size.
pub(crate) fn fits(connection: &Connection) -> bool {
    connection.max_datagram_size().is_some_and(|most| most >= usize::from(TRAIN_DATAGRAM))
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
