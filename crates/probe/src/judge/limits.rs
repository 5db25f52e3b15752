//! What all judges hold a link and a sender against: the ground truth's limits, and what counts as empty, as a hole, as
//! behind, and as no link at all.

use std::time::Duration;

/// A longer standing queue is too high; as in the ground truth.
pub(super) const QUEUE_S: f64 = 0.1;

/// The windows in which the ground truth looks for one.
pub(super) const WINDOW: Duration = Duration::from_millis(300);

/// Share of the target rate that has to arrive, as in the ground truth.
pub(super) const DELIVERED: f64 = 0.98;

/// A queue this short is empty.
pub(super) const DRAINED_S: f64 = 0.005;

/// So long a hole is an outage and no loss ratio, unless a queue overflowed. Links faster than 0.12 Mbit/s leave no such
/// holes when they overflow.
pub(super) const HOLE_S: f64 = 0.08;

/// A sender that sent less than this share of what it should have is behind its schedule.
pub(super) const ON_SCHEDULE: f64 = 0.98;

/// Nothing for this long from the expected start is an outage. Covers the round trip of a satellite link (0.6 s) and one
/// retransmission of the grant.
pub(super) const FIRST_PACKET: Duration = Duration::from_secs(3);
