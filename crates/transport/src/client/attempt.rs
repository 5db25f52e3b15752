//! One attempt, with what is known of it however it ends.

use std::{net::SocketAddr, time::Duration};

use jiff::Timestamp;
use quinn::ClientConfig;
use siaga_probe::{
    DirectionResult, ProbeResult, Reason, Verdict,
    outcome::{ByteCount, RoundTrip, combine},
};
use tokio::time::Instant;

use super::{
    ProbeRequest, Probed, ask,
    port::{self, Port},
    trains,
};
use crate::{failure::Failure, patience::Patience};

pub(super) struct Attempt<'a> {
    request: &'a ProbeRequest,
    patience: Patience,
    started_at: Timestamp,
    started: Instant,
    address: Option<SocketAddr>,
    port: Option<Port>,
    rtt: RoundTrip,
    clock_offset_s: Option<f64>,
    next_probe_in: Option<Duration>,
    findings: Findings,
}

/// What was found in each direction.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) up: DirectionResult,
    pub(super) down: DirectionResult,
    /// When both were known.
    pub(super) at: Instant,
}

impl Findings {
    /// No statement about the link.
    pub(super) fn none(request: &ProbeRequest, reason: Reason) -> Self {
        Self {
            up: DirectionResult::unmeasured(request.up, reason),
            down: DirectionResult::unmeasured(request.down, reason),
            at: Instant::now(),
        }
    }
}

impl<'a> Attempt<'a> {
    pub(super) fn new(request: &'a ProbeRequest, patience: Patience) -> Self {
        Self {
            request,
            patience,
            started_at: Timestamp::now(),
            started: Instant::now(),
            address: None,
            port: None,
            rtt: RoundTrip::default(),
            clock_offset_s: None,
            next_probe_in: None,
            findings: Findings::none(request, Reason::Interrupted),
        }
    }

    pub(super) async fn run(&mut self, config: ClientConfig) -> Result<(), Failure> {
        let server = &self.request.server;
        let address = port::resolve(server).await?;
        self.address = Some(address);
        let port = self.port.insert(Port::open(address, &self.request.meter)?);
        // The contract counts from the first UDP packet; a slow resolver is not the link.
        self.started = Instant::now();
        let connection = port.connect(config, server, self.patience.handshake).await?;
        let asked = ask::ask(&connection, self.request, self.patience).await?;
        // After the ask: the handshake's own round trips hold the time that the cryptography took.
        self.rtt.idle = Some(millis(connection.stats().path.min_rtt));
        self.clock_offset_s = Some(seconds_ahead(asked.grant.server_time_ms));
        self.next_probe_in = asked.grant.next_probe_in_ms.map(Duration::from_millis);
        let (findings, ended) = trains::run(&connection, asked, self.request, self.patience).await;
        self.findings = findings;
        self.rtt.loaded = Some(millis(connection.rtt()));
        ended
    }

    pub(super) async fn finish(mut self, ended: Result<(), Failure>) -> Probed {
        let end = if ended.is_ok() { self.findings.at } else { Instant::now() };
        let duration = end.saturating_duration_since(self.started);
        let bytes = match self.port {
            Some(port) => port.close().await,
            None => ByteCount::default(),
        };
        let Findings { up, down, .. } = &mut self.findings;
        let retry_after = ended.as_ref().err().and_then(|failure| failure.retry_after);
        let (verdict, reason, detail) = match ended {
            Ok(()) => {
                let (verdict, reason) = combine(up, down);
                (verdict, reason, None)
            }
            Err(failure) => {
                for direction in [up, down] {
                    if direction.verdict == Verdict::Inconclusive {
                        direction.reason = failure.reason;
                    }
                }
                (Verdict::Inconclusive, failure.reason, Some(failure.words))
            }
        };
        Probed {
            result: ProbeResult {
                mode: self.request.mode,
                server: self.request.server.to_string(),
                started_at: format!("{:.3}", self.started_at),
                duration_s: duration.as_secs_f64(),
                bytes,
                verdict,
                reason,
                detail,
                up: self.findings.up,
                down: self.findings.down,
                rtt_ms: self.rtt,
            }
            .rounded(),
            address: self.address,
            retry_after,
            next_probe_in: self.next_probe_in,
            clock_offset_s: self.clock_offset_s,
        }
    }
}

/// How far the server's clock is ahead of this machine's. The server may say anything.
#[allow(clippy::cast_precision_loss)]
fn seconds_ahead(server_time_ms: i64) -> f64 {
    server_time_ms.saturating_sub(Timestamp::now().as_millisecond()) as f64 / 1e3
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
