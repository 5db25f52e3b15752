//! Looks at the link: one probe, or one after the other.

use std::{
    future::Future,
    net::{IpAddr, UdpSocket},
    time::Duration,
};

use siaga_probe::{
    DirectionResult, Mode, ProbeResult, Reason, Verdict,
    judge::Effort,
    outcome::{ByteCount, RoundTrip},
    schedule::{Action, Attempt, Plan, Schedule, Situation},
};
use siaga_readiness::{
    moment::Moment,
    observation::{Evidence, Observation, ProbeEvidence, ServerPlace},
    profile::NetworkRequirement,
};
use siaga_service::signals::Shutdown;
use siaga_transport::{
    client::{ProbeRequest, Probed, probe},
    identity::IdentityError,
};
use tokio::time::sleep;
use tracing::{info, warn};

use crate::{changes::Changes, config::ServerSettings, host, room::Room};

/// The link to a server, at the rates that a profile requires.
#[derive(Debug, Clone)]
pub struct Link {
    server: ServerSettings,
    rates: NetworkRequirement,
}

impl Link {
    /// A link that nobody has looked at yet.
    #[must_use]
    pub fn new(server: &ServerSettings, rates: NetworkRequirement) -> Self {
        Self { server: server.clone(), rates }
    }

    /// Probes as planned, and after each change of the machine, until `shutdown`.
    pub async fn watch(&self, room: &Room, plan: Plan, mut changes: Changes, shutdown: &Shutdown) {
        let mut schedule = Schedule::new(plan, host::now().since_boot);
        let mut blocked = None;
        while !shutdown.is_requested() {
            let now = host::now();
            let situation = Situation { meeting: room.snapshot().is_in_use(now) };
            let until = match schedule.next(now.since_boot, situation) {
                Action::Probe => {
                    let seen = self.probe(shutdown.requested()).await;
                    schedule.on_result(host::now().since_boot, seen.attempt());
                    let result = seen.evidence.result.clone();
                    room.observe(seen.into());
                    // Whoever reads this line and asks gets the answer that rests on it.
                    log(&result);
                    blocked = None;
                    continue;
                }
                Action::WaitUntil(until) => until,
                Action::Blocked { reason, until } => {
                    if blocked.replace(reason) != Some(reason) {
                        warn!(%reason, "a probe is due and put off");
                    }
                    room.observe(self.put_off(now, reason).into());
                    until
                }
            };
            tokio::select! {
                () = sleep(until.saturating_sub(now.since_boot)) => {}
                () = changes.next() => schedule.on_change(host::now().since_boot),
                () = shutdown.requested() => {}
            }
        }
    }

    /// One look, ended early by `cancel`.
    pub async fn look(&self, cancel: impl Future<Output = ()>) -> Observation {
        self.probe(cancel).await.into()
    }

    async fn probe(&self, cancel: impl Future<Output = ()>) -> Seen {
        let at = host::now();
        let (server_place, result, retry_after) = match self.try_to_probe(cancel).await {
            Ok(Probed { result, address, retry_after, .. }) => {
                let place = address.map_or(ServerPlace::Unknown, |address| place_of(address.ip()));
                (place, result, retry_after)
            }
            Err(error) => {
                let result = self.not_done(at, Reason::LocalFault, Some(error.to_string()));
                (ServerPlace::Unknown, result, None)
            }
        };
        let took = at.age_at(&host::now()).unwrap_or_default();
        Seen { at, took, evidence: ProbeEvidence { server_place, result }, retry_after }
    }

    /// That nothing was tried is a finding too: when the evidence has run out, it is the reason.
    fn put_off(&self, at: Moment, reason: Reason) -> Seen {
        let result = self.not_done(at, reason, None);
        let evidence = ProbeEvidence { server_place: ServerPlace::Unknown, result };
        Seen { at, took: Duration::ZERO, evidence, retry_after: None }
    }

    /// The files are read each time: what an administrator mends is good at the next probe.
    async fn try_to_probe(&self, cancel: impl Future<Output = ()>) -> Result<Probed, IdentityError> {
        let (trust, identity) = self.server.load()?;
        let NetworkRequirement { up, down } = self.rates;
        let server = self.server.address.clone();
        probe(
            &ProbeRequest {
                server,
                trust,
                identity,
                mode: Mode::Gate,
                effort: Effort::Normal,
                up,
                down,
                passed_before: false,
            },
            cancel,
        )
        .await
    }

    /// A probe that could not be done or was not made; either must show in the answer.
    fn not_done(&self, at: Moment, reason: Reason, detail: Option<String>) -> ProbeResult {
        ProbeResult {
            mode: Mode::Gate,
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

struct Seen {
    at: Moment,
    took: Duration,
    evidence: ProbeEvidence,
    /// What a busy server asked for.
    retry_after: Option<Duration>,
}

impl Seen {
    fn attempt(&self) -> Attempt {
        let ProbeResult { verdict, bytes, .. } = self.evidence.result;
        let bytes = bytes.sent.saturating_add(bytes.received);
        Attempt { verdict, retry_after: self.retry_after, bytes }
    }
}

impl From<Seen> for Observation {
    fn from(Seen { at, took, evidence, .. }: Seen) -> Self {
        Self { at, took, evidence: Evidence::Probe(Box::new(evidence)) }
    }
}

fn log(result: &ProbeResult) {
    let ProbeResult { server, verdict, reason, up, down, detail, .. } = result;
    info!(server, %verdict, %reason, up = %up.verdict, down = %down.verdict, detail, "probed");
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
