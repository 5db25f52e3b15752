use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, sink};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::limits::Limits;

/// Drives one connection to its end: the client's, the end of its lifetime, or `closing`.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    limits: Limits,
    closing: impl Future<Output = ()>,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_read_timeout)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(SMALLEST_BUFFER))
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    let result = tokio::select! {
        result = &mut connection => result,
        () = ended(closing, &limits) => {
            connection.as_mut().graceful_shutdown();
            timeout(limits.shutdown_grace, connection).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "HTTP connection ended early");
    }
}

/// The same over TLS, after a handshake that is given its time. Who speaks plain HTTP is told in it that this is HTTPS.
pub(super) async fn serve_tls(
    tls: &TlsAcceptor,
    stream: TcpStream,
    router: Router,
    limits: Limits,
    closing: impl Future<Output = ()>,
) {
    tokio::pin!(closing);
    let shake_hands = async {
        if speaks_http(&stream).await {
            refuse_plain(stream).await;
            None
        } else {
            Some(tls.accept(stream).await)
        }
    };
    let handshake = tokio::select! {
        handshake = timeout(limits.handshake_timeout, shake_hands) => handshake.transpose(),
        () = &mut closing => return,
    };
    let Some(handshake) = handshake else { return tracing::debug!("plain HTTP where HTTPS is spoken") };
    match handshake {
        Ok(Ok(stream)) => serve(stream, router, limits, closing).await,
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake took too long"),
    }
}

/// By the first byte: a method begins with a letter, a handshake with the number 22 (RFC 8446, 5.1), and noise with anything.
async fn speaks_http(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1) if first[0].is_ascii_uppercase())
}

async fn refuse_plain(mut stream: TcpStream) {
    let body = r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"This is HTTPS: ask with https:// instead of http://."}"#;
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    if stream.write_all(answer.as_bytes()).await.is_ok() && stream.shutdown().await.is_ok() {
        // To close on what was not read would take the answer away again.
        let mut rest = stream.take(LARGEST_REST);
        let _ = copy(&mut rest, &mut sink()).await;
    }
}

/// Bytes of a refused request that are read and thrown away.
const LARGEST_REST: u64 = 64 * 1024;

/// hyper refuses smaller ones.
const SMALLEST_BUFFER: usize = 8192;

async fn ended(closing: impl Future<Output = ()>, limits: &Limits) {
    tokio::select! {
        () = closing => {}
        () = sleep(limits.connection_lifetime) => {}
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::time::Duration;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio::time::Instant;

    use super::{Limits, Router, serve, sleep, timeout};
    use crate::signals::Shutdown;

    /// The default for headers, 2 s. Each limit differs from the others, so that the time shows which one has
    /// cut the connection.
    fn limits() -> Limits {
        Limits {
            connection_lifetime: Duration::from_secs(100),
            shutdown_grace: Duration::from_secs(1),
            ..Limits::default()
        }
    }

    fn connect(closing: impl Future<Output = ()> + Send + 'static) -> (DuplexStream, JoinHandle<()>) {
        let router = Router::new()
            .route("/", get(|| async { "here" }))
            .route("/large", get(|| async { "x".repeat(1_000_000) }))
            .route("/never", get(pending::<()>));
        let (client, server) = duplex(1024);
        (client, tokio::spawn(async move { serve(server, router, limits(), closing).await }))
    }

    /// Waits for the server's end of the connection; an hour of the paused clock is for ever.
    async fn ended(server: JoinHandle<()>) {
        timeout(Duration::from_secs(3600), server).await.expect("never cut").unwrap();
    }

    async fn read_answer(client: &mut DuplexStream) {
        let mut answer = Vec::new();
        while !answer.ends_with(b"here") {
            assert_ne!(client.read_buf(&mut answer).await.unwrap(), 0, "closed before the answer");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_its_header_a_byte_a_second_is_cut() {
        let (mut client, server) = connect(pending());
        let start = Instant::now();
        for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\nSlow: loris" {
            if client.write_all(&[*byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_secs(1)).await;
        }
        ended(server).await;
        assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_cut() {
        let (_client, server) = connect(pending());
        let start = Instant::now();
        ended(server).await;
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_keeps_an_idle_connection_after_an_answer_is_cut() {
        let (mut client, server) = connect(pending());
        sleep(Duration::from_secs(1)).await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        read_answer(&mut client).await;
        let start = Instant::now();
        ended(server).await;
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_reads_its_answer_is_cut_at_the_end_of_the_lifetime() {
        let (mut client, server) = connect(pending());
        client.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let start = Instant::now();
        ended(server).await;
        assert_eq!(start.elapsed().as_secs(), 101);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_ends_an_idle_keep_alive_connection_at_once() {
        let shutdown = Shutdown::manual();
        let (mut client, server) = connect(shutdown.requested());
        client.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        read_answer(&mut client).await;
        let start = Instant::now();
        shutdown.request();
        ended(server).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn closing_waits_for_a_running_request_no_longer_than_its_grace() {
        let shutdown = Shutdown::manual();
        let (mut client, server) = connect(shutdown.requested());
        client.write_all(b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        sleep(Duration::from_secs(3)).await;
        let start = Instant::now();
        shutdown.request();
        ended(server).await;
        assert_eq!(start.elapsed().as_secs(), 1);
    }
}
