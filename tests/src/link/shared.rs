//! A bottleneck whose rate moves, or that others use too: one first-in-first-out queue for all, others as a fluid.

use super::{
    bottleneck::Bottleneck,
    process::{Process, Radio, Steps},
    tcp,
};

/// An aggregate of Wi-Fi packets leaves when this time is over, s.
const AGGREGATE_S: f64 = 0.003;

#[derive(Debug)]
pub(super) struct Shared {
    nominal_bps: f64,
    limit_bits: f64,
    aggregates: bool,
    rate: Steps,
    bursts: Option<Steps>,
    flow: Option<tcp::Flow>,
    /// Everything in the queue, ours and others', at `at_s`.
    backlog_bits: f64,
    at_s: f64,
}

impl Shared {
    /// `None` if a plain line will do.
    pub(super) fn new(spec: &Bottleneck, seed: u64) -> Option<Self> {
        if spec.radio.is_none() && spec.bursts.is_none() && spec.tcp.is_none() {
            return None;
        }
        let nominal_bps = spec.rate.bps_f64();
        let limit_bits = spec.queue_bytes.map_or(f64::INFINITY, |bytes| f64::from(bytes) * 8.0);
        let steps = |bursts| Steps::new(Process::bursts(&bursts, spec.rate), seed ^ 0xb075);
        Some(Self {
            nominal_bps,
            limit_bits: limit_bits.min(spec.queue_ms / 1e3 * nominal_bps),
            aggregates: spec.radio == Some(Radio::WiFi),
            rate: Steps::new(Process::of(spec.radio), seed ^ 0x4ad10),
            bursts: spec.bursts.map(steps),
            flow: spec.tcp.map(|tcp| tcp::Flow::new(&tcp, nominal_bps)),
            backlog_bits: 0.0,
            at_s: 0.0,
        })
    }

    /// When a packet that comes at `at_s` has left; `None` if the queue is full.
    pub(super) fn departure(&mut self, at_s: f64, bytes: u32) -> Option<f64> {
        self.advance(at_s);
        let bits = f64::from(bytes) * 8.0;
        if self.backlog_bits + bits > self.limit_bits {
            if let Some(flow) = &mut self.flow {
                flow.on_overflow(at_s);
            }
            return None;
        }
        self.backlog_bits += bits;
        let mut left = self.backlog_bits;
        let mut now = at_s;
        loop {
            let (share, until_s) = self.rate.value(now);
            let bps = share * self.nominal_bps;
            if left <= bps * (until_s - now) {
                now += left / bps;
                break;
            }
            left -= bps * (until_s - now);
            now = until_s;
        }
        Some(if self.aggregates { (now / AGGREGATE_S).ceil() * AGGREGATE_S } else { now })
    }

    /// Lets the queue take in the others' traffic and serve until `to_s`.
    fn advance(&mut self, to_s: f64) {
        while self.at_s < to_s {
            let (share, mut until_s) = self.rate.value(self.at_s);
            let mut inflow_bps = 0.0;
            if let Some(bursts) = &mut self.bursts {
                let (load, bursts_until_s) = bursts.value(self.at_s);
                inflow_bps += load * self.nominal_bps;
                until_s = until_s.min(bursts_until_s);
            }
            if let Some(flow) = &mut self.flow {
                let (bps, flow_until_s) = flow.rate(self.at_s, self.backlog_bits / self.nominal_bps);
                inflow_bps += bps;
                until_s = until_s.min(flow_until_s);
            }
            let step_s = until_s.min(to_s) - self.at_s;
            let backlog_bits = self.backlog_bits + (inflow_bps - share * self.nominal_bps) * step_s;
            if backlog_bits > self.limit_bits
                && let Some(flow) = &mut self.flow
            {
                flow.on_overflow(until_s);
            }
            // What would overflow by the others' fault is their loss.
            self.backlog_bits = backlog_bits.clamp(0.0, self.limit_bits.max(self.backlog_bits));
            self.at_s = until_s.min(to_s);
        }
    }
}
