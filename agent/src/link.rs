//! Looks at the link: one probe, or one after the other.

use std::{future::Future, time::Duration};

use siaga_probe::{Mode, ProbeResult, Verdict};
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

use crate::{
    config::{Interval, ServerSettings},
    host,
    room::Room,
};

/// After an attempt that came to no verdict, the next one comes this soon; then twice as late each time, up to the
/// usual interval.
const FIRST_RETRY: Duration = Duration::from_secs(10);

/// A link to be watched.
#[derive(Debug, Clone)]
pub struct Link {
    request: ProbeRequest,
}

impl Link {
    /// The link to a server, at the rates that a profile requires.
    ///
    /// # Errors
    /// A certificate or key can't be read or used.
    pub fn new(server: &ServerSettings, rates: NetworkRequirement) -> Result<Self, IdentityError> {
        let (trust, identity) = server.load()?;
        let NetworkRequirement { up, down } = rates;
        Ok(Self {
            request: ProbeRequest {
                server: server.address.clone(),
                trust,
                identity,
                mode: Mode::Gate,
                up,
                down,
            },
        })
    }

    /// Probes at the configured interval until `shutdown`.
    pub async fn watch(&self, room: &Room, every: Interval, shutdown: &Shutdown) {
        let mut retry = FIRST_RETRY;
        while !shutdown.is_requested() {
            let seen = match self.probe(shutdown.requested()).await {
                Ok(seen) => seen,
                Err(error) => return warn!(%error, "the link can't be probed"),
            };
            let result = seen.evidence.result.clone();
            room.observe(seen.into());
            log(&result);
            let conclusive = result.verdict != Verdict::Inconclusive;
            let pause = if conclusive { every.duration() } else { retry.min(every.duration()) };
            retry = if conclusive { FIRST_RETRY } else { retry.saturating_mul(2) };
            tokio::select! {
                () = sleep(pause) => {}
                () = shutdown.requested() => {}
            }
        }
    }

    /// One look, ended early by `cancel`.
    ///
    /// # Errors
    /// The identity can't be used.
    pub async fn look(&self, cancel: impl Future<Output = ()>) -> Result<Observation, IdentityError> {
        self.probe(cancel).await.map(Observation::from)
    }

    async fn probe(&self, cancel: impl Future<Output = ()>) -> Result<Seen, IdentityError> {
        let at = host::now();
        let Probed { result, address, .. } = probe(&self.request, cancel).await?;
        let server_place = address.map_or(ServerPlace::Unknown, |address| ServerPlace::of(address.ip()));
        let took = at.age_at(&host::now()).unwrap_or_default();
        Ok(Seen { at, took, evidence: ProbeEvidence { server_place, result } })
    }
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
