//! A network link on virtual time: packets with times go in, arrival times or drops come out.
//!
//! The same seed gives the same link. In the order a packet meets them: [`Outage`], [`policer`](Policer), random loss
//! ([`RandomLoss`]), the [`bottleneck`](Bottleneck) with its queue, jitter and propagation delay, reordering and
//! duplication.
//!
//! Around it:
//! * [`train`]: one direction of a probe over such a link, from the real pacer to the real reception;
//! * [`truth`]: what 30 seconds at exactly the target rate find on it;
//! * [`scenario`]: a story as data, with its expected end.

use std::{str::FromStr, time::Duration};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::Deserialize;

mod bottleneck;
mod codel;
mod loss;
mod policer;
mod process;
pub mod scenario;
mod sender;
mod shared;
mod stalls;
mod tcp;
pub mod train;
pub mod truth;

pub use bottleneck::Bottleneck;
pub use loss::RandomLoss;
pub use policer::Policer;
pub use process::{Bursts, Radio};
pub use stalls::{Stall, Stalls};
pub use tcp::Tcp;

/// What a link is like. Everything that is left out is ideal.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkSpec {
    /// Propagation delay, one way, ms.
    pub delay_ms: f64,
    /// Extra delay, evenly between zero and this, ms; packets keep their order.
    pub jitter_ms: f64,
    /// The slowest hop and the queue in front of it.
    pub bottleneck: Option<Bottleneck>,
    /// A hop that drops what exceeds a rate.
    pub policer: Option<Policer>,
    /// Loss that does not depend on the load.
    pub loss: Option<RandomLoss>,
    /// When nothing gets through.
    pub outages: Vec<Outage>,
    /// Packets that take a longer way and are overtaken.
    pub reordering: Option<Reordering>,
    /// Share of packets that come twice, 0 to 1.
    pub duplicates: f64,
}

impl LinkSpec {
    /// The same link for a target that is `factor` times as high: rates, and the bytes that go with them.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn scaled(&self, factor: f64) -> Self {
        let bytes = |bytes: u32| (f64::from(bytes) * factor) as u32;
        let bottleneck = self.bottleneck.map(|hop| Bottleneck {
            rate: hop.rate.scaled(factor),
            bucket_bytes: bytes(hop.bucket_bytes),
            queue_bytes: hop.queue_bytes.map(bytes),
            bursts: hop.bursts.map(|bursts| Bursts { leaves: bursts.leaves.scaled(factor), ..bursts }),
            ..hop
        });
        let policer = self
            .policer
            .map(|hop| Policer { rate: hop.rate.scaled(factor), bucket_bytes: bytes(hop.bucket_bytes) });
        Self { bottleneck, policer, ..self.clone() }
    }

    /// Whether two seeds give two different links.
    #[must_use]
    pub fn is_random(&self) -> bool {
        self.loss.is_some()
            || self.jitter_ms > 0.0
            || self.reordering.is_some()
            || self.bottleneck.is_some_and(|hop| hop.is_random())
    }
}

/// As it is written in a line: `delay_ms = 15, bottleneck = { rate = "25M" }`.
impl FromStr for LinkSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Line {
            link: LinkSpec,
        }
        let line: Line =
            toml::from_str(&format!("link = {{ {text} }}")).map_err(|error| error.message().to_owned())?;
        Ok(line.link)
    }
}

/// A time in which every packet is lost.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Its begin, s since the train's start.
    pub at_s: f64,
    /// Its length, ms.
    pub for_ms: f64,
}

/// A longer way that some packets take.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reordering {
    /// Share of packets that take it, 0 to 1.
    pub ratio: f64,
    /// How much longer it takes, ms.
    pub extra_ms: f64,
}

/// When a packet arrives: not at all, once, or twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fate {
    /// The packet itself; `None` if it was dropped.
    pub arrival: Option<Duration>,
    /// Its duplicate.
    pub duplicate: Option<Duration>,
}

/// A link in use.
#[derive(Debug)]
pub struct Link {
    spec: LinkSpec,
    random: Pcg64Mcg,
    bottleneck: bottleneck::State,
    policer: policer::State,
    loss: loss::State,
    last_arrival_s: f64,
}

impl Link {
    /// An idle link; `seed` fixes all that is random about it.
    #[must_use]
    pub fn new(spec: &LinkSpec, seed: u64) -> Self {
        let random = Pcg64Mcg::seed_from_u64(seed);
        Self {
            bottleneck: bottleneck::State::new(spec.bottleneck, seed),
            policer: policer::State::new(spec.policer),
            loss: loss::State::new(spec.loss, seed ^ 0x1055),
            spec: spec.clone(),
            random,
            last_arrival_s: 0.0,
        }
    }

    /// Propagation delay, one way.
    #[must_use]
    pub fn delay(&self) -> Duration {
        Duration::from_secs_f64(self.spec.delay_ms / 1e3)
    }

    /// A packet of `bytes` IP bytes enters the link at `at`, not before the one ahead of it.
    pub fn send(&mut self, at: Duration, bytes: u32) -> Fate {
        let at_s = at.as_secs_f64();
        let is_out = |outage: &Outage| (outage.at_s..outage.at_s + outage.for_ms / 1e3).contains(&at_s);
        if self.spec.outages.iter().any(is_out)
            || !self.policer.lets_through(at_s, bytes)
            || self.loss.takes(at_s)
        {
            return Fate::default();
        }
        let Some(departure_s) = self.bottleneck.departure(at_s, bytes) else { return Fate::default() };
        let jitter_s = match self.spec.jitter_ms {
            0.0 => 0.0,
            most_ms => self.random.random::<f64>() * most_ms / 1e3,
        };
        let mut arrival_s = (departure_s + self.spec.delay_ms / 1e3 + jitter_s).max(self.last_arrival_s);
        self.last_arrival_s = arrival_s;
        if let Some(reordering) = self.spec.reordering
            && self.random.random_bool(reordering.ratio)
        {
            arrival_s += reordering.extra_ms / 1e3;
        }
        let twice = self.spec.duplicates > 0.0 && self.random.random_bool(self.spec.duplicates);
        Fate {
            arrival: Some(Duration::from_secs_f64(arrival_s)),
            duplicate: twice.then(|| Duration::from_secs_f64(arrival_s + 0.0005)),
        }
    }
}

#[cfg(test)]
mod tests;
