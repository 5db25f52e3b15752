//! The receiver's running decision on one train: does this link sustain the target rate?
//!
//! There is one judge for each kind of probe ([`for_train`]), with its rule on its own first page: `gate` decides in
//! about a second, `sustain` looks for 21 s and more, and `quality` measures and says nothing about a rate. What does not
//! depend on the kind is one machine for all of them, `watch`.
//!
//! # How it is built
//! * `watch`: waiting, silence, ends, the receiver's own sleep; around the evidence and one kind's rule;
//! * `admission`: which packets may count at all, what a peer must not do, and the bounds of memory;
//! * `delays`, `losses`, `sender`, `summary`: the evidence, collected packet by packet;
//! * [`view`]: the evidence as plain numbers, as it stands at one look;
//! * [`rule`]: the gate's decision, a pure function of a view and the thresholds; [`loss_odds`] and [`queue_odds`]: its
//!   statistics of losses and of a queue that comes and goes;
//! * [`doubt`]: whether its decision is near the border, a pure function of the same view;
//! * `limits`: the numbers that all kinds share.
//!
//! Delay means one-way delay *variation*: arrival by the receiver's clock less the sender's stamp, relative to the
//! smallest seen. It needs no agreement of clocks.

use std::{fmt, time::Duration};

use crate::{Bitrate, DirectionResult, Mode, Reason, control::TrainGrant, wire::PacketHeader};

mod admission;
mod delays;
pub mod doubt;
mod effort;
mod evidence;
mod gate;
mod limits;
pub mod loss_odds;
mod losses;
mod quality;
pub mod queue_odds;
pub mod rule;
mod sender;
mod summary;
mod sustain;
pub mod thresholds;
pub mod view;
mod watch;

pub use doubt::Doubt;
pub use effort::Effort;
use gate::Gate;
use quality::Quality;
use rule::Finding;
use sustain::Sustain;
pub use thresholds::Thresholds;

/// The receiver of one train, whatever kind of probe it belongs to. Times are the receiver's clock, any epoch.
pub trait TrainJudge: fmt::Debug + Send {
    /// A packet arrived at `now`. The caller has checked that the datagram has its full size: a rate is judged by
    /// the number of packets. Packets of other trains and duplicates are ignored.
    fn on_packet(&mut self, now: Duration, header: PacketHeader);

    /// The sender says that it sent this many packets and ended.
    fn on_sent(&mut self, now: Duration, packets: u32);

    /// The time of the next look; call [`Self::look`] then. Every input may bring it forward: ask again after each.
    fn next_look(&self) -> Duration;

    /// Looks at the evidence at `now`; earlier than [`Self::next_look`] it only repeats what is known. Hand over all
    /// packets that have arrived first. Once there is a verdict it stays.
    fn look(&mut self, now: Duration) -> Option<Finding>;

    /// After how much of the train there will be a verdict, if the rest is as quiet as all that came; `None` if there was
    /// trouble, or if that can't be said.
    fn needs(&self) -> Option<Duration>;

    /// Ends the judgement without a statement about the link, unless there is a verdict already.
    fn abandon(&mut self, reason: Reason);

    /// The finding so far, final once [`Self::look`] gave a verdict.
    fn result(&self) -> DirectionResult;
}

/// The judge for one train of a probe, or `None` for a kind of probe that this version does not know. A train that is
/// expected from `start` on (receiver's clock, any epoch) is held against `target`; `packet_bytes` are the IP bytes of
/// one full packet, `grant` holds the train's id, sending rate and limits. Only a gate knows efforts.
#[must_use]
pub fn for_train(
    mode: Mode,
    effort: Effort,
    grant: &TrainGrant,
    target: Bitrate,
    packet_bytes: u32,
    start: Duration,
) -> Option<Box<dyn TrainJudge>> {
    match mode {
        Mode::Gate => Some(Box::new(Gate::judge(grant, target, packet_bytes, start, effort))),
        Mode::Sustain => Some(Box::new(Sustain::judge(grant, target, packet_bytes, start))),
        Mode::Quality => Some(Box::new(Quality::judge(grant, packet_bytes, start))),
        Mode::Unknown => None,
    }
}

/// What no pass has less of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeastOfPass {
    /// From the first arrival to the verdict.
    pub observed: Duration,
    /// Share of the target that arrived; none of a stream that says nothing about a rate.
    pub delivered: f64,
}

/// What every pass of the judges here has, so that a pass with less is none of theirs.
#[must_use]
pub fn least_of_pass(mode: Mode, effort: Effort) -> LeastOfPass {
    match mode {
        Mode::Gate | Mode::Unknown => {
            let pass = Thresholds::of(effort).pass;
            let observed_s = pass.after_s.min(pass.after_single_s);
            let observed = Duration::try_from_secs_f64(observed_s).unwrap_or_default();
            LeastOfPass { observed, delivered: pass.delivered }
        }
        Mode::Sustain => LeastOfPass { observed: sustain::AT_LEAST, delivered: limits::DELIVERED },
        Mode::Quality => LeastOfPass { observed: quality::MEASURED_FOR, delivered: 0.0 },
    }
}

#[cfg(test)]
mod tests;
