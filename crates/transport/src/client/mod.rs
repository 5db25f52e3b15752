//! One probe from the room's side.
//!
//! In the order things happen: `attempt` resolves, connects, asks and lets the trains run, and makes a finding of
//! whatever comes of it; `port` is the socket and the connection; `ask` is the request and its answer; `trains` are
//! both trains at once; `claims` is what a server may say and be believed; `tokens` is what the next probe profits by.

mod ask;
mod attempt;
mod claims;
pub(crate) mod port;
mod tokens;
mod trains;

use std::{future::Future, net::SocketAddr, time::Duration};

use siaga_probe::{Bitrate, Mode, ProbeResult, Reason, admission::Purpose, judge::Effort};

use self::attempt::Attempt;
pub use self::tokens::Tokens;
pub use crate::socket::Meter;
use crate::{
    failure::Failure,
    identity::{Identity, IdentityError, PROBE_ALPN, Trust},
    patience::Patience,
    quic,
    server_name::ServerName,
};

/// What to ask of which server.
#[derive(Debug, Clone)]
pub struct ProbeRequest {
    /// The server.
    pub server: ServerName,
    /// The CA that must have signed its certificate.
    pub trust: Trust,
    /// The room's own certificate, if it has one.
    pub identity: Option<Identity>,
    /// Kind of probe.
    pub mode: Mode,
    /// How much time the judges may take for how much certainty.
    pub effort: Effort,
    /// Rate to be judged from room to server.
    pub up: Bitrate,
    /// Rate to be judged from server to room.
    pub down: Bitrate,
    /// A probe at these rates passed on this network within the last day, so that no pre-train is needed.
    pub passed_before: bool,
    /// What the probe is for: a busy server serves what somebody waits for first.
    pub purpose: Purpose,
    /// What earlier probes have left; a new one for a probe that stands alone.
    pub tokens: Tokens,
    /// Counts what the probe puts on the line, while it runs.
    pub meter: Meter,
}

/// A finished probe and what the caller may want to know beyond it.
#[derive(Debug, Clone)]
pub struct Probed {
    /// What was found; a probe that could not be done is inconclusive and says why.
    pub result: ProbeResult,
    /// The address that was probed, once the name was resolved.
    pub address: Option<SocketAddr>,
    /// How long a busy server asks to be left alone.
    pub retry_after: Option<Duration>,
    /// When a server that granted would like to be asked next.
    pub next_probe_in: Option<Duration>,
    /// The server's clock less this machine's at the grant, seconds.
    pub clock_offset_s: Option<f64>,
}

/// Probes, and ends early when `cancel` resolves, inconclusive for the reason that it resolves to.
///
/// # Errors
/// The identity can't be used; everything else is a finding.
pub async fn probe(
    request: &ProbeRequest,
    cancel: impl Future<Output = Reason>,
) -> Result<Probed, IdentityError> {
    probe_within(request, Patience::default(), cancel).await
}

/// [`probe`] with other times.
pub(crate) async fn probe_within(
    request: &ProbeRequest,
    patience: Patience,
    cancel: impl Future<Output = Reason>,
) -> Result<Probed, IdentityError> {
    let mut config = quic::client(&request.trust, request.identity.as_ref(), PROBE_ALPN)?;
    request.tokens.serve(&mut config);
    let mut attempt = Attempt::new(request, patience);
    let ended = tokio::select! {
        ended = attempt.run(config) => ended,
        reason = cancel => Err(Failure::new(reason, why_ended(reason))),
    };
    Ok(attempt.finish(ended).await)
}

/// What the caller knows by its reason, in words.
fn why_ended(reason: Reason) -> &'static str {
    match reason {
        Reason::MeetingOn => "the probe was ended: a camera or microphone of the room is in use",
        Reason::OtherTraffic => "the probe was ended: this machine uses the network for something else",
        Reason::NetworkChanged => "the probe was ended: the machine is on another network",
        _ => "the probe was interrupted",
    }
}
