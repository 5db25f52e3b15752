//! The sender's schedule: absolute, so that a late tick is made good, and bounded, so that making good never floods.
//!
//! Two limits hold at once, both over *all* IP bytes of the sending side (acknowledgements and control come off
//! the train, so that the line carries the granted rate and not more):
//! * the **schedule**: at time `t`, no more than `R·t` plus the one packet that is due at the start of its slot;
//! * the **bucket**: after a stall at most a small burst at once, then `1.5·R` until the schedule is met again.
//!
//! A third one comes from the receiver: no more packets than it has given credit for. A train that runs out of credit
//! ends; it does not wait, because a train with a pause in it would say nothing about a steady rate.
//!
//! Integer arithmetic throughout: a wait that is over is over, and no rounding adds up.

use std::time::Duration;

use crate::{Bitrate, control::TrainGrant};

/// After a stall the sender catches up at no more than this multiple of the rate, in per cent.
const CATCH_UP_PERCENT: u64 = 150;

/// The burst right after a stall: this much time at the catch-up rate, and one packet. The rate is kept with
/// timer ticks up to half as long again as this.
const BURST: Duration = Duration::from_millis(4);

/// Decides how many packets are due.
#[derive(Debug)]
pub struct Pacer {
    grant: TrainGrant,
    packet_bytes: u64,
    packets: u32,
    /// No more packets than these until the receiver says more.
    credit: u32,
    bucket: Bucket,
    /// What else this side had sent at the last step.
    other_bytes: u64,
    /// Time of the last step.
    last: Duration,
}

/// What the sender does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send this many packets (at least one) now, then ask again.
    Send(u32),
    /// Nothing before this time since the train's start.
    WaitUntil(Duration),
    /// The granted time, bytes or credit are used up.
    Finished,
}

impl Pacer {
    /// A train that starts at time zero, with all the credit there is; `packet_bytes` are the IP bytes of one full packet.
    #[must_use]
    pub fn new(grant: TrainGrant, packet_bytes: u32) -> Self {
        let packet_bytes = u64::from(packet_bytes.max(1));
        let catch_up_bps = grant.rate_bps.bps() * CATCH_UP_PERCENT / 100;
        Self {
            grant,
            packet_bytes,
            packets: 0,
            credit: u32::MAX,
            bucket: Bucket::full(catch_up_bps, bits_in(catch_up_bps, BURST) + bits(packet_bytes)),
            other_bytes: 0,
            last: Duration::ZERO,
        }
    }

    /// Packets handed out so far.
    #[must_use]
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// From now on, no more than `packets` packets in all.
    pub fn set_credit(&mut self, packets: u32) {
        self.credit = packets;
    }

    /// The next step at `now` since the train's start, with `other_bytes` IP bytes sent by this side since then
    /// that were not train packets.
    pub fn step(&mut self, now: Duration, other_bytes: u64) -> Step {
        let now = now.max(self.last);
        self.bucket.fill(now - self.last);
        self.bucket.take(bits(other_bytes.saturating_sub(self.other_bytes)));
        self.last = now;
        self.other_bytes = self.other_bytes.max(other_bytes);

        let end = Duration::from_millis(u64::from(self.grant.max_ms));
        let sent = u64::from(self.packets).saturating_mul(self.packet_bytes).saturating_add(self.other_bytes);
        let left = (self.grant.max_bytes.saturating_sub(sent) / self.packet_bytes)
            .min(u64::from(u32::MAX - self.packets));
        if now >= end || left == 0 {
            return Step::Finished;
        }

        let rate = self.grant.rate_bps;
        let packet = bits(self.packet_bytes);
        let scheduled = (bits_in(rate.bps(), now) + packet).saturating_sub(bits(sent)) / packet;
        let due = scheduled.min(self.bucket.bits / packet).min(u128::from(left));
        let credit = self.credit.saturating_sub(self.packets);
        if due > 0 && credit == 0 {
            return Step::Finished;
        }
        match u32::try_from(due.min(u128::from(credit).max(1))) {
            Ok(0) => {
                let on_schedule = time_for(bits(sent), rate);
                Step::WaitUntil(on_schedule.max(now + self.bucket.time_until(packet)).min(end))
            }
            // `left` keeps it inside u32.
            due => {
                let due = due.unwrap_or(u32::MAX);
                self.packets += due;
                self.bucket.take(u128::from(due) * packet);
                Step::Send(due)
            }
        }
    }
}

/// A token bucket in bits; the remainder below one bit is carried, so that many short steps fill it like one long.
#[derive(Debug)]
struct Bucket {
    bps: u64,
    capacity: u128,
    bits: u128,
    /// Bits times nanoseconds per second.
    remainder: u128,
}

impl Bucket {
    fn full(bps: u64, capacity: u128) -> Self {
        Self { bps, capacity, bits: capacity, remainder: 0 }
    }

    fn fill(&mut self, time: Duration) {
        let gained = u128::from(self.bps) * time.as_nanos() + self.remainder;
        self.bits = (self.bits + gained / NANOS_PER_SECOND).min(self.capacity);
        self.remainder = gained % NANOS_PER_SECOND;
    }

    fn take(&mut self, bits: u128) {
        self.bits = self.bits.saturating_sub(bits);
    }

    fn time_until(&self, bits: u128) -> Duration {
        let missing = (bits.saturating_sub(self.bits) * NANOS_PER_SECOND).saturating_sub(self.remainder);
        nanos(missing.div_ceil(u128::from(self.bps)))
    }
}

const NANOS_PER_SECOND: u128 = 1_000_000_000;

fn bits(bytes: u64) -> u128 {
    u128::from(bytes) * 8
}

fn bits_in(bps: u64, time: Duration) -> u128 {
    u128::from(bps) * time.as_nanos() / NANOS_PER_SECOND
}

/// The first moment at which `rate` has carried `bits`.
fn time_for(bits: u128, rate: Bitrate) -> Duration {
    nanos((bits * NANOS_PER_SECOND).div_ceil(u128::from(rate.bps())))
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
