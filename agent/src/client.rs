//! Asks the running daemon: reads over loopback, and has things done over its unix socket.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::{BodyExt, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, de::DeserializeOwned};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// The daemon answers from memory; a longer wait means that it is stuck.
const PATIENCE: Duration = Duration::from_secs(3);

/// No answer is anywhere near this size.
const LARGEST: usize = 1024 * 1024;

/// Gets `path` from the daemon at `address`, whether it grants (200) or not (503).
///
/// # Errors
/// Nobody listens there, the answer does not come in time, or it is something else.
pub async fn get<T: DeserializeOwned>(address: SocketAddr, path: &str) -> Result<T, ClientError> {
    in_time(address, ask(address, path)).await
}

/// Asks the daemon at `address` to do something, over its unix socket; the answer is that it will.
///
/// # Errors
/// As [`get`]; it may refuse, or have no socket that this user may open.
pub async fn post<T: DeserializeOwned>(
    address: SocketAddr,
    socket: &Path,
    path: &str,
) -> Result<T, ClientError> {
    let exchange = async {
        let stream = match UnixStream::connect(socket).await {
            Ok(stream) => stream,
            Err(error) => return Ok(Err(shut(address, socket, &error).await)),
        };
        talk(stream, "localhost", Method::POST, path).await
    };
    in_time(address, exchange).await
}

/// Gets `path` from the daemon at `address` as a text, whatever it says.
///
/// # Errors
/// Nobody listens there, or the answer does not come in time.
pub async fn text(address: SocketAddr, path: &str) -> Result<String, ClientError> {
    let Answer { body, .. } = answered(address, ask(address, path)).await?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

async fn ask(address: SocketAddr, path: &str) -> Exchange {
    let stream = match TcpStream::connect(address).await {
        Ok(stream) => stream,
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            return Ok(Err(ClientError::NobodyThere));
        }
        Err(error) => return Err(error.into()),
    };
    talk(stream, &address.to_string(), Method::GET, path).await
}

/// Why its socket can't be opened: a daemon that runs must not be taken for one that does not.
async fn shut(address: SocketAddr, socket: &Path, error: &io::Error) -> ClientError {
    let socket = socket.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => ClientError::Stranger { socket },
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            if TcpStream::connect(address).await.is_err() =>
        {
            ClientError::NobodyThere
        }
        _ => ClientError::NoSocket { address, socket },
    }
}

async fn in_time<T: DeserializeOwned>(
    address: SocketAddr,
    exchange: impl Future<Output = Exchange>,
) -> Result<T, ClientError> {
    let Answer { status, retry_after, body } = answered(address, exchange).await?;
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

async fn answered(
    address: SocketAddr,
    exchange: impl Future<Output = Exchange>,
) -> Result<Answer, ClientError> {
    timeout(PATIENCE, exchange)
        .await
        .map_err(|_| ClientError::Silent(address))?
        .map_err(|cause| ClientError::Broken { address, cause })?
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

type Exchange = Result<Result<Answer, ClientError>, Box<dyn std::error::Error + Send + Sync>>;

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    host: &str,
    method: Method,
    path: &str,
) -> Exchange {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let request =
        Request::builder().method(method).uri(path).header(header::HOST, host).body(Body::empty())?;
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
    #[error(
        "this user may not ask the daemon for that: {} is for root and the group siaga; \
         use sudo, or have an administrator run “usermod -aG siaga USER”", socket.display()
    )]
    Stranger { socket: PathBuf },
    #[error(
        "the daemon at {address} has no socket at {}; its log says why, and `socket` under [http] sets another path",
        socket.display()
    )]
    NoSocket { address: SocketAddr, socket: PathBuf },
    #[error(
        "what listens at {0} does not answer: the daemon, if it is stopped or hangs, or another program; \
         `ss -ltnp 'sport = :{port}'` shows which: restart the daemon, or set another port under [http]",
        port = .0.port()
    )]
    Silent(SocketAddr),
    #[error(
        "talking to what listens at {address} failed: {cause}; `ss -ltnp 'sport = :{port}'` shows whether that is \
         siaga-agent: restart it then, or set another port under [http]",
        port = address.port()
    )]
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
