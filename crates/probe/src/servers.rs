//! Which of several probe servers to ask: the nearest that answers.
//!
//! One that did not serve rests for a while and the next is asked at once. A failure that one server alone has seen may
//! be that server's own: it counts, and the next probe goes to another, whose finding tells whose fault it was.

use std::time::Duration;

use crate::{Mode, ProbeResult, Verdict};

/// What is known of each server, by its place in the configuration. Times are spans by a clock that is never set back.
#[derive(Debug, Clone, PartialEq)]
pub struct Servers {
    servers: Vec<Server>,
    /// The one that a gate or sustain probe came to a verdict with last.
    last: Option<usize>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Server {
    distance: Option<Distance>,
    rest: Option<Rest>,
    /// Until when it is not trusted to tell the link's failures from its own.
    doubted_until: Option<Duration>,
}

/// A round trip, and when it was last measured.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Distance {
    ms: f64,
    at: Duration,
}

/// Not to be asked unless all others rest longer.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Rest {
    until: Duration,
    /// Attempts in a row that it did not serve.
    misses: u32,
}

/// What a verdict says about the servers beside the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Nothing.
    Nothing,
    /// This server saw the link fail, and no other has been asked since.
    Alone,
    /// Another server saw the link fail too: it is the room's link.
    Confirmed,
    /// What the server at this place saw fail passes here: the fault is likely its own.
    Contradicted(usize),
}

impl Servers {
    /// So many servers that nobody has asked yet.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { servers: vec![Server::default(); count], last: None }
    }

    /// All of them, in the order in which to ask at `now`.
    #[must_use]
    pub fn order(&self, now: Duration) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.servers.len()).collect();
        // Stable: the configuration's order where nothing else decides.
        order.sort_by(|a, b| {
            let (rank_a, rank_b) = (self.rank(*a, now), self.rank(*b, now));
            rank_a.0.cmp(&rank_b.0).then(rank_a.1.total_cmp(&rank_b.1))
        });
        order
    }

    /// A server whose distance should be measured at `now`, by a probe that costs next to nothing.
    #[must_use]
    pub fn to_measure(&self, now: Duration) -> Option<usize> {
        if self.servers.len() < 2 {
            return None;
        }
        let due = |server: &Server| {
            let rests = server.rest.is_some_and(|rest| rest.until > now);
            let known = server.distance.is_some_and(|distance| now < distance.at + DISTANCE_LIFE);
            !rests && !known
        };
        (0..self.servers.len()).find(|place| due(&self.servers[*place]))
    }

    /// A probe of the server at `place` ended at `now`.
    pub fn on_result(
        &mut self,
        now: Duration,
        place: usize,
        result: &ProbeResult,
        retry_after: Option<Duration>,
    ) -> Comparison {
        let Some(server) = self.servers.get_mut(place) else { return Comparison::Nothing };
        if let Some(ms) = result.rtt_ms.idle.filter(|ms| ms.is_finite()) {
            server.distance = Some(Distance { ms, at: now });
        }
        if result.reason.is_about_the_server() {
            let misses = server.rest.map_or(0, |rest| rest.misses).saturating_add(1);
            let rest = (FIRST_REST * 2_u32.saturating_pow(misses - 1)).min(LONGEST_REST);
            server.rest = Some(Rest { until: now + rest.max(retry_after.unwrap_or_default()), misses });
            return Comparison::Nothing;
        }
        if !result.reason.is_postponement() {
            server.rest = None;
        }
        match (result.mode, result.verdict) {
            (Mode::Quality | Mode::Unknown, _) | (_, Verdict::Inconclusive) => Comparison::Nothing,
            (_, verdict) => {
                self.last = Some(place);
                self.compare(now, place, verdict == Verdict::Pass)
            }
        }
    }

    /// The machine is on another network: distances and doubts are worthless.
    pub fn on_change(&mut self) {
        *self = Self::new(self.servers.len());
    }

    fn compare(&mut self, now: Duration, place: usize, passed: bool) -> Comparison {
        let doubted = |server: &Server| server.doubted_until.is_some_and(|until| until > now);
        let other = (0..self.servers.len()).find(|other| *other != place && doubted(&self.servers[*other]));
        match (passed, other) {
            (true, other) => {
                self.servers[place].doubted_until = None;
                other.map_or(Comparison::Nothing, Comparison::Contradicted)
            }
            (false, Some(_)) => {
                for server in &mut self.servers {
                    server.doubted_until = None;
                }
                Comparison::Confirmed
            }
            (false, None) if self.servers.len() < 2 => Comparison::Nothing,
            (false, None) => {
                self.servers[place].doubted_until = Some(now + DOUBT);
                Comparison::Alone
            }
        }
    }

    /// Smaller is better: first whether it serves at all, then how far it is.
    fn rank(&self, place: usize, now: Duration) -> (u8, f64) {
        let Server { distance, rest, doubted_until } = &self.servers[place];
        if let Some(rest) = rest.filter(|rest| rest.until > now) {
            return (3, rest.until.as_secs_f64());
        }
        if doubted_until.is_some_and(|until| until > now) {
            return (2, 0.0);
        }
        let Some(Distance { ms, .. }) = distance else { return (1, 0.0) };
        // Two that are about as near must not take turns: their findings would be compared for nothing.
        let stays = if self.last == Some(place) { (ms * 0.8).min(ms - 5.0) } else { *ms };
        (0, stays)
    }
}

/// How long one that did not serve is left alone, doubled each time.
const FIRST_REST: Duration = Duration::from_secs(60);
/// At most.
const LONGEST_REST: Duration = Duration::from_secs(30 * 60);
/// How long a distance counts.
const DISTANCE_LIFE: Duration = Duration::from_secs(60 * 60);
/// How long a failure that no other server has seen makes its server the last choice: until after the next probe or two.
const DOUBT: Duration = Duration::from_secs(60 * 60);

#[cfg(test)]
mod tests;
