//! Asks the running daemon.

use std::{io, net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;
use tokio::{net::TcpStream, time::timeout};

/// The daemon answers from memory; a longer wait means that it is stuck.
const PATIENCE: Duration = Duration::from_secs(3);

/// No answer is anywhere near this size.
const LARGEST: usize = 1024 * 1024;

/// Gets `path` from the daemon at `address`, whether it grants (200) or not (503).
///
/// # Errors
/// Nobody listens there, the answer does not come in time, or it is something else.
pub async fn get<T: DeserializeOwned>(address: SocketAddr, path: &str) -> Result<T, ClientError> {
    ask(address, Method::GET, path).await
}

/// Asks the daemon at `address` to do something; the answer is that it will.
///
/// # Errors
/// As [`get`]; it may refuse.
pub async fn post<T: DeserializeOwned>(address: SocketAddr, path: &str) -> Result<T, ClientError> {
    ask(address, Method::POST, path).await
}

async fn ask<T: DeserializeOwned>(address: SocketAddr, method: Method, path: &str) -> Result<T, ClientError> {
    let Answer { status, retry_after, body } = timeout(PATIENCE, exchange(address, method, path))
        .await
        .map_err(|_| ClientError::Silent(address))?
        .map_err(|cause| ClientError::Broken { address, cause })??;
    match status {
        StatusCode::OK | StatusCode::ACCEPTED | StatusCode::SERVICE_UNAVAILABLE => {
            serde_json::from_slice(&body).map_err(|_| ClientError::SomethingElse { address, status })
        }
        _ => Err(match serde_json::from_slice::<Refusal>(&body) {
            Ok(Refusal { kind, detail }) => ClientError::Refused { address, kind, detail, retry_after },
            Err(_) => ClientError::SomethingElse { address, status },
        }),
    }
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(rename = "type", default)]
    kind: String,
    detail: String,
}

struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}

async fn exchange(
    address: SocketAddr,
    method: Method,
    path: &str,
) -> Result<Result<Answer, ClientError>, Box<dyn std::error::Error + Send + Sync>> {
    let stream = match TcpStream::connect(address).await {
        Ok(stream) => stream,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return Ok(Err(ClientError::NobodyThere));
        }
        Err(error) => return Err(error.into()),
    };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, address.to_string())
        .body(Body::empty())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let seconds =
        response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let retry_after = seconds.map(Duration::from_secs);
    let body = Limited::new(response.into_body(), LARGEST).collect().await?.to_bytes().to_vec();
    driver.abort();
    Ok(Ok(Answer { status, retry_after, body }))
}

/// Why the daemon gave no answer.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum ClientError {
    #[error("no daemon is running")]
    NobodyThere,
    #[error("the daemon at {0} does not answer: it is stopped or hangs; restart it")]
    Silent(SocketAddr),
    #[error("talking to the daemon at {address} failed: {cause}")]
    Broken { address: SocketAddr, cause: Box<dyn std::error::Error + Send + Sync> },
    #[error("the daemon at {address} refuses: {detail}")]
    Refused {
        address: SocketAddr,
        /// The problem's type.
        kind: String,
        detail: String,
        /// When asking again may help.
        retry_after: Option<Duration>,
    },
    #[error(
        "what answers at {address} (status {status}) is not this version of siaga-agent; \
         see which program has the port, or set another one under [http]"
    )]
    SomethingElse { address: SocketAddr, status: StatusCode },
}
