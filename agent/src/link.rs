//! Looks at the link: one probe, or one after the other.

use std::{
    future::Future,
    net::{IpAddr, UdpSocket},
    time::Duration,
};

use siaga_probe::{
    DirectionResult, Mode, ProbeResult, Reason, Verdict,
    outcome::{ByteCount, RoundTrip},
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
use tracing::info;

use crate::{
    changes::Changes,
    config::{Interval, ServerSettings},
    host,
    room::Room,
};

/// After an attempt that came to no verdict, the next one comes this soon; then twice as late each time, up to the
/// usual interval.
const FIRST_RETRY: Duration = Duration::from_secs(10);

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

    /// Probes at the configured interval, and after each change of the machine, until `shutdown`.
    pub async fn watch(&self, room: &Room, every: Interval, mut changes: Changes, shutdown: &Shutdown) {
        let mut retry = FIRST_RETRY;
        while !shutdown.is_requested() {
            let seen = self.probe(shutdown.requested()).await;
            let result = seen.evidence.result.clone();
            room.observe(seen.into());
            log(&result);
            let conclusive = result.verdict != Verdict::Inconclusive;
            let pause = if conclusive { every.duration() } else { retry.min(every.duration()) };
            retry = if conclusive { FIRST_RETRY } else { retry.saturating_mul(2) };
            tokio::select! {
                () = sleep(pause) => {}
                () = changes.next() => retry = FIRST_RETRY,
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
        let (server_place, result) = match self.try_to_probe(cancel).await {
            Ok(Probed { result, address, .. }) => {
                (address.map_or(ServerPlace::Unknown, |address| place_of(address.ip())), result)
            }
            Err(error) => (ServerPlace::Unknown, self.not_done(at, &error)),
        };
        let took = at.age_at(&host::now()).unwrap_or_default();
        Seen { at, took, evidence: ProbeEvidence { server_place, result } }
    }

    /// The files are read each time: what an administrator mends is good at the next probe.
    async fn try_to_probe(&self, cancel: impl Future<Output = ()>) -> Result<Probed, IdentityError> {
        let (trust, identity) = self.server.load()?;
        let NetworkRequirement { up, down } = self.rates;
        let server = self.server.address.clone();
        probe(&ProbeRequest { server, trust, identity, mode: Mode::Gate, up, down }, cancel).await
    }

    /// A fault of this machine is a finding too: it must show in the answer.
    fn not_done(&self, at: Moment, error: &IdentityError) -> ProbeResult {
        ProbeResult {
            mode: Mode::Gate,
            server: self.server.address.to_string(),
            started_at: format!("{:.3}", at.wall),
            duration_s: 0.0,
            bytes: ByteCount::default(),
            verdict: Verdict::Inconclusive,
            reason: Reason::LocalFault,
            detail: Some(error.to_string()),
            up: DirectionResult::unmeasured(self.rates.up, Reason::LocalFault),
            down: DirectionResult::unmeasured(self.rates.down, Reason::LocalFault),
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
}

impl From<Seen> for Observation {
    fn from(Seen { at, took, evidence }: Seen) -> Self {
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
