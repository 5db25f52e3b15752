//! Looks at the link: one probe, or one after the other.
//!
//! [`Links`] are the links to all servers, of which one is probed; [`Driver`] carries out what the schedule says; `surroundings` tells it what stands in the way, `watch` what has come
//! into the way of a probe that runs; `memory` is what it knows after a restart.

mod driver;
mod links;
mod memory;
#[cfg(test)]
mod several_servers;
mod surroundings;
mod watch;

use std::{
    future::Future,
    net::{IpAddr, UdpSocket},
    path::{Path, PathBuf},
    time::Duration,
};

use siaga_probe::{
    DirectionResult, Mode, ProbeResult, Reason, Verdict,
    admission::Purpose,
    judge::Effort,
    network::Question,
    outcome::{ByteCount, RoundTrip},
    schedule::{Attempt, PutOff},
};
use siaga_readiness::{
    moment::Moment,
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace},
    profile::NetworkRequirement,
};
use siaga_transport::{
    client::{Meter, ProbeRequest, Probed, Tokens, probe},
    identity::IdentityError,
};

use crate::{config::ServerSettings, host};

pub use driver::Driver;
pub use links::Links;

/// The link to a server, at the rates that a profile requires.
#[derive(Debug, Clone)]
struct Link {
    server: ServerSettings,
    /// Where an enrolled identity is.
    state_dir: PathBuf,
    rates: NetworkRequirement,
    tokens: Tokens,
}

impl Link {
    fn new(server: &ServerSettings, state_dir: &Path, rates: NetworkRequirement) -> Self {
        Self { server: server.clone(), state_dir: state_dir.to_owned(), rates, tokens: Tokens::default() }
    }

    /// `passed_before`: the same probe has passed on this network within the last day.
    async fn probe(
        &self,
        mode: Mode,
        purpose: Purpose,
        passed_before: bool,
        meter: Meter,
        cancel: impl Future<Output = Reason>,
    ) -> Seen {
        let at = host::now();
        let probed = self.try_to_probe(mode, purpose, passed_before, meter, cancel).await;
        let (server_place, clock_offset_s, result, wishes) = match probed {
            Ok(Probed { result, address, retry_after, next_probe_in, clock_offset_s, .. }) => {
                let place = address.map_or(ServerPlace::Unknown, |address| place_of(address.ip()));
                (place, clock_offset_s, result, Wishes { retry_after, next_probe_in })
            }
            Err(error) => {
                let result = self.not_done(mode, at, Reason::LocalFault, Some(error.to_string()));
                (ServerPlace::Unknown, None, result, Wishes::default())
            }
        };
        let took = at.age_at(&host::now()).unwrap_or_default();
        Seen {
            at,
            took,
            evidence: ProbeEvidence { server_place, network: None, clock_offset_s, gateway: None, result },
            wishes,
        }
    }

    /// That nothing was tried is a finding too: when the evidence has run out, it is the reason.
    fn put_off(&self, at: Moment, PutOff { mode, reason }: PutOff) -> Observation {
        self.not_seen(at, mode, reason).into()
    }

    fn not_seen(&self, at: Moment, mode: Mode, reason: Reason) -> Seen {
        let result = self.not_done(mode, at, reason, None);
        let evidence = ProbeEvidence {
            server_place: ServerPlace::Unknown,
            network: None,
            clock_offset_s: None,
            gateway: None,
            result,
        };
        Seen { at, took: Duration::ZERO, evidence, wishes: Wishes::default() }
    }

    /// What a probe asks, as it is remembered.
    fn question(&self, mode: Mode) -> Question {
        let NetworkRequirement { up, down } = self.rates;
        Question { mode, server: self.server.address.to_string(), up_bps: up, down_bps: down }
    }

    async fn try_to_probe(
        &self,
        mode: Mode,
        purpose: Purpose,
        passed_before: bool,
        meter: Meter,
        cancel: impl Future<Output = Reason>,
    ) -> Result<Probed, IdentityError> {
        let (trust, identity) = self.server.load(&self.state_dir)?;
        let NetworkRequirement { up, down } = self.rates;
        let server = self.server.address.clone();
        let (effort, tokens) = (Effort::Normal, self.tokens.clone());
        probe(
            &ProbeRequest {
                server,
                trust,
                identity,
                mode,
                effort,
                up,
                down,
                passed_before,
                purpose,
                tokens,
                meter,
            },
            cancel,
        )
        .await
    }

    /// A probe that could not be done or was not made; either must show in the answer.
    fn not_done(&self, mode: Mode, at: Moment, reason: Reason, detail: Option<String>) -> ProbeResult {
        ProbeResult {
            mode,
            server: self.server.address.to_string(),
            started_at: format!("{:.3}", at.wall),
            duration_s: 0.0,
            bytes: ByteCount::default(),
            verdict: Verdict::Inconclusive,
            reason,
            detail,
            up: DirectionResult::unmeasured(self.rates.up, reason),
            down: DirectionResult::unmeasured(self.rates.down, reason),
            rtt_ms: RoundTrip::default(),
        }
    }
}

/// A server on this machine is inside the office's network whatever its address is called.
fn place_of(server: IpAddr) -> ServerPlace {
    if is_of_this_machine(server) { ServerPlace::Internal } else { ServerPlace::of(server) }
}

/// A socket can be bound to one's own addresses only.
fn is_of_this_machine(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

/// A probe that was made.
struct Seen {
    at: Moment,
    took: Duration,
    evidence: ProbeEvidence,
    wishes: Wishes,
}

/// What a server would like of the schedule.
#[derive(Default)]
struct Wishes {
    retry_after: Option<Duration>,
    next_probe_in: Option<Duration>,
}

impl Seen {
    fn attempt(&self) -> Attempt {
        let ProbeResult { verdict, reason, bytes, .. } = self.evidence.result;
        let Wishes { retry_after, next_probe_in } = self.wishes;
        Attempt {
            verdict,
            reason,
            retry_after,
            next_probe_in,
            bytes: bytes.sent.saturating_add(bytes.received),
        }
    }
}

impl From<Seen> for Observation {
    fn from(Seen { at, took, evidence, .. }: Seen) -> Self {
        Self { at, took, evidence: Evidence::Probe(Box::new(evidence)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_s_own_addresses_are_told_from_others() {
        assert!(is_of_this_machine("127.0.0.1".parse().unwrap()));
        // Reserved for documentation (RFC 5737): nobody's.
        assert!(!is_of_this_machine("192.0.2.77".parse().unwrap()));
    }
}
