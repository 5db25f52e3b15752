//! Receivers as they are, and as they should not be.

use std::net::SocketAddr;

use rcgen::{CertificateParams, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::TlsAcceptor;

use super::*;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3";
const BODY: &str = r#"{"a":1}"#;

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap()
}

/// Answers each connection with the same bytes, and tells what it was sent.
async fn receiver(answer: impl Into<Vec<u8>>) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (told, came) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (answer, told) = (answer.clone(), told.clone());
            tokio::spawn(async move { serve(stream, &answer, &told).await });
        }
    });
    (address, came)
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answer: &[u8],
    told: &mpsc::UnboundedSender<String>,
) {
    let mut request = Vec::new();
    while !request.ends_with(BODY.as_bytes()) {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let _ = told.send(String::from_utf8(request).unwrap());
    // It may hang up while an endless answer is being sent.
    while stream.write_all(answer).await.is_ok() && answer.len() > 100_000 {}
    // Held open: whoever waits for the end of it waits for ever.
    std::future::pending::<()>().await;
}

fn sender(address: SocketAddr, path: &str) -> Sender {
    let target = format!("http://{address}{path}").parse().unwrap();
    Sender::new(target, SECRET.parse().unwrap(), Path::new("/nowhere")).unwrap()
}

#[tokio::test]
async fn a_letter_comes_with_its_signature_to_the_address_of_the_configuration() {
    let (address, mut came) = receiver("HTTP/1.1 204 No Content\r\n\r\n").await;
    sender(address, "/hook?office=1").post("evt_1", BODY, now()).await.unwrap();
    let request = came.recv().await.unwrap();
    assert!(request.starts_with("POST /hook?office=1 HTTP/1.1\r\n"), "{request}");
    for line in [
        &format!("host: {address}"),
        "content-type: application/json",
        "content-length: 7",
        "webhook-id: evt_1",
        "webhook-timestamp: 1790000000",
        "webhook-signature: v1,6SbFcJB6TRIgw2PFnsAjfaKBJFnsVqDH1CN4Vup/ybI=",
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
    }
}

#[tokio::test]
async fn only_an_answer_of_success_is_one() {
    for (answer, said) in [
        (
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            "answered 500 Internal Server Error",
        ),
        ("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", "answered 410 Gone"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "no HTTP answer"),
    ] {
        let (address, _came) = receiver(answer).await;
        let failure = sender(address, "/").post("evt_1", BODY, now()).await.unwrap_err();
        assert_eq!((failure.to_string().as_str(), failure.is_final()), (said, answer.contains("410")));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, mut came) = receiver("HTTP/1.1 200 OK\r\n\r\n").await;
    let (address, _) =
        receiver(format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{elsewhere}/\r\n\r\n")).await;
    let failure = sender(address, "/").post("evt_1", BODY, now()).await.unwrap_err();
    assert_eq!(failure.to_string(), "answered 307 Temporary Redirect");
    assert!(came.try_recv().is_err());
}

#[tokio::test]
async fn of_an_endless_answer_only_the_status_is_read() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1_000_000));
    let (address, _) = receiver(endless).await;
    sender(address, "/").post("evt_1", BODY, now()).await.unwrap();
}

#[tokio::test]
async fn a_head_without_end_is_no_answer() {
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1_000_000));
    let (address, _) = receiver(endless).await;
    assert!(matches!(sender(address, "/").post("evt_1", BODY, now()).await, Err(Failure::NotHttp)));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_is_not_waited_for() {
    let (address, _) = receiver("HTTP/1.1 2").await;
    assert!(matches!(sender(address, "/").post("evt_1", BODY, now()).await, Err(Failure::Silent)));
}

#[tokio::test]
async fn nobody_at_the_address_is_told_as_that() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(sender(address, "/").post("evt_1", BODY, now()).await, Err(Failure::Unreachable(_))));
}

/// A receiver with a certificate of its own making for `name`, and the file that vouches for it.
async fn with_tls(name: &str) -> (SocketAddr, TempDir) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("ca.pem"), certificate.pem()).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (told, _came) = mpsc::unbounded_channel();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(stream) = acceptor.accept(stream).await {
                let told = told.clone();
                tokio::spawn(async move { serve(stream, b"HTTP/1.1 200 OK\r\n\r\n", &told).await });
            }
        }
    });
    (address, dir)
}

async fn post_over_tls(address: SocketAddr, host: &str, ca: &Path) -> Result<(), Failure> {
    let target = format!("https://{host}:{}/", address.port()).parse().unwrap();
    Sender::new(target, SECRET.parse().unwrap(), ca).unwrap().post("evt_1", BODY, now()).await
}

#[tokio::test]
async fn over_tls_a_receiver_is_believed_that_the_operator_s_certificates_vouch_for() {
    let (address, dir) = with_tls("127.0.0.1").await;
    post_over_tls(address, "127.0.0.1", &dir.path().join("ca.pem")).await.unwrap();
}

#[tokio::test]
async fn over_tls_nobody_else_is_told_anything() {
    let (address, dir) = with_tls("127.0.0.1").await;
    let (_, others) = with_tls("127.0.0.1").await;
    let ca = dir.path().join("ca.pem");
    // By the name of somebody else, and vouched for by somebody else.
    assert!(matches!(post_over_tls(address, "localhost", &ca).await, Err(Failure::Tls(_))));
    let failed = post_over_tls(address, "127.0.0.1", &others.path().join("ca.pem")).await;
    assert!(matches!(failed, Err(Failure::Tls(_))));
}

#[test]
fn without_certificates_nobody_is_trusted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    let sender = || {
        let target = "https://booking.example/".parse().unwrap();
        Sender::new(target, SECRET.parse().unwrap(), &file).unwrap_err().to_string()
    };
    assert!(sender().contains("/etc/ssl/certs/ca-certificates.crt"));
    std::fs::write(&file, "nothing").unwrap();
    assert!(sender().contains("holds no certificate"));
}
