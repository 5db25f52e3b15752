//! The probing core: what to send when, what arrived, and what it means.
//!
//! **Pure.** No clock, no socket, no randomness of its own: time comes in as an argument (a [`Duration`]
//! since an epoch of the caller's choice), packets come in as headers, and answers come out as values. The
//! same code runs in the daemon, in the probe server and in simulation.
//!
//! In the order data travels:
//! * [`control`]: a room asks, the server grants a [`control::TrainGrant`] in each direction;
//! * [`admission`]: who may probe now, who later, and who not;
//! * [`pacer`]: the sender's absolute schedule;
//! * [`credit`]: how far ahead of its receiver a sender may be;
//! * [`wire`]: the header on each train packet;
//! * [`judge`]: the receiver's running decision; each kind's rule stands on its first page;
//! * [`wakefulness`]: whether the receiver's machine ran as it should meanwhile;
//! * [`reception`]: one direction's receiving end, which puts judge, credit and wakefulness together;
//! * [`lateness`]: whether the sender's machine keeps up;
//! * [`outcome`]: what was found, as it is reported and printed;
//! * [`schedule`]: when the next probe is due;
//! * [`servers`]: which of several servers to ask;
//! * [`spread`]: when a server would like to be asked next;
//! * [`network`]: which network the room is on, and what is remembered of each.
//!
//! [`Duration`]: std::time::Duration

pub mod admission;
pub mod control;
pub mod credit;
pub mod judge;
pub mod lateness;
mod mode;
pub mod network;
pub mod outcome;
pub mod pacer;
pub mod reception;
pub mod schedule;
pub mod servers;
pub mod spread;
mod units;
pub mod wakefulness;
pub mod wire;

pub use mode::{Direction, Mode};
pub use outcome::{DirectionResult, Percentiles, ProbeResult, Reason, Verdict};
pub use units::{Bitrate, BitrateError, TRAIN_PAYLOAD, UDP_PAYLOAD, ip_overhead};
