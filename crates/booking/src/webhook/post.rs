//! One attempt to hand a letter over.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use http_body_util::Full;
use hyper::{Request, StatusCode, body::Bytes, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{Secret, Target, target::Host};

/// Hands letters over to one receiver. Goes where it was told to and nowhere else: it follows no redirect and asks no proxy.
#[derive(Debug, Clone)]
pub struct Sender {
    target: Target,
    secret: Secret,
    tls: Option<Arc<ClientConfig>>,
}

impl Sender {
    /// To `target`; over TLS it must show a certificate that one of those in `ca` (PEM) vouches for.
    ///
    /// # Errors
    /// The file of certificates can't be read or holds none.
    pub fn new(target: Target, secret: Secret, ca: &Path) -> Result<Self, TrustError> {
        let tls = if target.tls { Some(Arc::new(trusting(ca)?)) } else { None };
        Ok(Self { target, secret, tls })
    }

    /// Where letters go.
    #[must_use]
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// Tries once, for [`LONGEST`] at most. Of the answer only its status is read.
    ///
    /// # Errors
    /// The receiver has not said that it has the letter.
    pub async fn post(&self, id: &str, body: &str, now: Timestamp) -> Result<(), Failure> {
        timeout(LONGEST, self.try_once(id, body, now)).await.map_err(|_| Failure::Silent)?
    }

    async fn try_once(&self, id: &str, body: &str, now: Timestamp) -> Result<(), Failure> {
        let stream = self.connect().await.map_err(Failure::Unreachable)?;
        let Some(tls) = &self.tls else { return self.talk(stream, id, body, now).await };
        let name = self.target.host.server_name().ok_or(Failure::NotHttp)?;
        let stream = TlsConnector::from(tls.clone()).connect(name, stream).await.map_err(Failure::Tls)?;
        self.talk(stream, id, body, now).await
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let port = self.target.port;
        match (&self.target.host, self.target.host.addresses()) {
            (_, Some(addresses)) => {
                let addresses: Vec<_> = addresses.into_iter().map(|address| (address, port).into()).collect();
                TcpStream::connect(addresses.as_slice()).await
            }
            (Host::Name(name), None) => TcpStream::connect((name.as_str(), port)).await,
            (_, None) => Err(io::ErrorKind::AddrNotAvailable.into()),
        }
    }

    async fn talk<S>(&self, stream: S, id: &str, body: &str, now: Timestamp) -> Result<(), Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let seconds = now.as_second();
        let request = Request::post(&self.target.path)
            .header(header::HOST, &self.target.authority)
            .header(header::USER_AGENT, concat!("siaga-probe-server/", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONNECTION, "close")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", self.secret.sign(id, seconds, body))
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .map_err(|_| Failure::NotHttp)?;
        let mut client = http1::Builder::new();
        client.max_buf_size(LARGEST_HEAD).max_headers(100);
        let (mut letters, connection) =
            client.handshake(TokioIo::new(stream)).await.map_err(|_| Failure::NotHttp)?;
        let answered = letters.send_request(request);
        let talking = async {
            // With its end an answer has come, or will not.
            let _ = connection.await;
            std::future::pending().await
        };
        // With the connection all that is still to come of the answer is dropped.
        let status = tokio::select! {
            answer = answered => answer.map_err(|_| Failure::NotHttp)?.status(),
            never = talking => never,
        };
        if status.is_success() { Ok(()) } else { Err(Failure::Refused(status)) }
    }
}

/// A receiver that has not answered by then has not got it.
pub const LONGEST: Duration = Duration::from_secs(10);

const LARGEST_HEAD: usize = 16 * 1024;

fn trusting(ca: &Path) -> Result<ClientConfig, TrustError> {
    let failed = |cause| TrustError::Unreadable { path: ca.to_owned(), cause };
    let pem = std::fs::read(ca).map_err(failed)?;
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
    let (added, _unusable) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(TrustError::NoneInside { path: ca.to_owned() });
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Why a letter was not handed over.
#[derive(Debug, Error)]
pub enum Failure {
    /// No connection.
    #[error("cannot connect: {0}")]
    Unreachable(io::Error),
    /// A connection to somebody who is not trusted.
    #[error("no TLS connection: {0}")]
    Tls(io::Error),
    /// Not an answer of the web.
    #[error("no HTTP answer")]
    NotHttp,
    /// No answer in time.
    #[error("no answer within {} s", LONGEST.as_secs())]
    Silent,
    /// Another answer than 2xx. A redirect is one too.
    #[error("answered {0}")]
    Refused(StatusCode),
}

impl Failure {
    /// The receiver wants no more of it (410).
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(StatusCode::GONE))
    }
}

/// Why nobody can be trusted.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum TrustError {
    #[error(
        "cannot read {}: {cause}; `ca_file` names the certificates (PEM) of whom the webhook's receiver is vouched for by; \
         those that this system trusts are in /etc/ssl/certs/ca-certificates.crt", path.display()
    )]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} holds no certificate in PEM form; expected a block like -----BEGIN CERTIFICATE-----", path.display())]
    NoneInside { path: PathBuf },
    #[error("TLS for the webhook cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

#[cfg(test)]
mod tests;
