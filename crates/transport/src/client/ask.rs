//! The request, and the server's answer to it.

use std::time::Duration;

use quinn::{Connection, RecvStream, SendStream};
use siaga_probe::{
    Reason,
    control::{Ask, Deny, FromClient, FromServer, Grant, VERSION},
};
use tokio::time::timeout;

use super::{ProbeRequest, claims};
use crate::{
    allowance::Allowance,
    control::{self, ControlError},
    failure::{self, Failure, printable},
    patience::Patience,
    train,
};

/// A probe that may start now.
pub(super) struct Asked {
    pub(super) to_server: SendStream,
    pub(super) from_server: RecvStream,
    pub(super) grant: Grant,
    /// Counts since the request.
    pub(super) allowance: Allowance,
}

pub(super) async fn ask(
    connection: &Connection,
    request: &ProbeRequest,
    patience: Patience,
) -> Result<Asked, Failure> {
    let server = &request.server;
    let allowance = Allowance::start(connection);
    let asked = timeout(patience.answer, exchange(connection, request)).await.map_err(|_| {
        let waited = patience.answer.as_secs_f64();
        let words = format!(
            "{server} did not answer the request within {waited} s; look at the server's log and load"
        );
        Failure::new(Reason::PeerFailed, words)
    })?;
    let (message, to_server, from_server) = asked.map_err(|error| failure::of_control(&error, server))?;
    let grant = match message {
        FromServer::Grant(grant) => grant,
        FromServer::Busy(busy) => {
            let wait = Duration::from_millis(busy.retry_after_ms).min(LONGEST_WAIT);
            let why =
                busy.message.as_deref().map_or("is busy".into(), |why| format!("says: {}", printable(why)));
            let words = format!("{server} {why}; ask again in {:.0} s", wait.as_secs_f64());
            return Err(Failure { retry_after: Some(wait), ..Failure::new(Reason::ServerBusy, words) });
        }
        FromServer::Deny(deny) => return Err(denied(&deny)),
        FromServer::Report(_) | FromServer::Sent(_) | FromServer::Credit(_) | FromServer::Unknown => {
            let words = format!("{server} answered with something else than a grant");
            return Err(Failure::new(Reason::PeerFailed, words));
        }
    };
    if !train::fits(connection) {
        let words = format!("{server} does not take the datagrams that a probe is made of");
        return Err(Failure::new(Reason::PeerFailed, words));
    }
    claims::check_grant(&grant, request)?;
    Ok(Asked { to_server, from_server, grant, allowance })
}

async fn exchange(
    connection: &Connection,
    request: &ProbeRequest,
) -> Result<(FromServer, SendStream, RecvStream), ControlError> {
    let ProbeRequest { mode, effort, up: up_bps, down: down_bps, passed_before, purpose, .. } = *request;
    let ask = Ask { version: VERSION, mode, effort, up_bps, down_bps, passed_before, purpose };
    let (mut to_server, mut from_server) = connection.open_bi().await.map_err(ControlError::Lost)?;
    control::send(&mut to_server, &FromClient::Ask(ask)).await?;
    Ok((control::receive(&mut from_server).await?, to_server, from_server))
}

/// A refusal is never a statement about the link, whatever reason the server gives.
fn denied(deny: &Deny) -> Failure {
    let reason = match deny.reason {
        Reason::IdentityRequired | Reason::IdentityRefused | Reason::VersionMismatch | Reason::ServerBusy => {
            deny.reason
        }
        _ => Reason::ServerRefused,
    };
    Failure::new(reason, printable(&deny.message))
}

/// A server that asks for more has lost its mind.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
