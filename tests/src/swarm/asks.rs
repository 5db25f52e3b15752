//! Rooms that ask for a probe at the same moment. They speak what docs/protocol.md says, and not the client's code: it would
//! connect and ask in one go.

use std::{
    collections::BTreeMap,
    fs, io,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use quinn::{ClientConfig, Connection, Endpoint, TransportConfig, crypto::rustls::QuicClientConfig};
use rustls::{
    ConfigBuilder, RootCertStore,
    client::WantsClientCert,
    pki_types::{CertificateDer, pem::PemObject},
};
use serde_json::{Value, json};
use siaga_probe::Bitrate;
use tokio::{
    sync::{Barrier, Semaphore},
    task::JoinSet,
    time::timeout,
};

use super::identities::RoomIdentity;

/// What came of the asks.
#[derive(Debug, Default)]
pub struct Answers {
    /// How long it took to open all connections, one after the other as far as two processors go.
    pub opening: Duration,
    /// How many got each kind of answer.
    pub kinds: BTreeMap<String, usize>,
    /// How long those who were told “busy” waited from their question to that, on a connection that was open, ms, sorted.
    pub busy_ms: Vec<f64>,
}

/// How long anybody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Handshakes at a time: all must be done within the 5 s that a server waits for a question.
const AT_A_TIME: usize = 64;
/// Rooms that share a socket: the buffer that it has by default holds their answers.
const OF_A_SOCKET: usize = 64;

/// Connects all rooms, then lets all of them ask at once for a gate probe. Nobody begins one that is granted.
///
/// # Errors
/// A room can't connect, or was let go before all could.
pub async fn ask_at_once(
    server: SocketAddr,
    ca: &Path,
    rooms: &[RoomIdentity],
    [up, down]: [Bitrate; 2],
) -> io::Result<Answers> {
    let roots = roots(ca)?;
    let sockets = rooms.len().div_ceil(OF_A_SOCKET);
    let endpoints =
        (0..sockets).map(|_| Endpoint::client(([127, 0, 0, 1], 0).into())).collect::<io::Result<Vec<_>>>()?;
    let ready = Arc::new(Barrier::new(rooms.len()));
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let began = Instant::now();
    let mut asking = JoinSet::new();
    for (room, endpoint) in rooms
        .chunks(OF_A_SOCKET)
        .zip(&endpoints)
        .flat_map(|(rooms, endpoint)| rooms.iter().map(move |room| (room, endpoint)))
    {
        let config = client_config(&roots, room)?;
        let (endpoint, ready, places) = (endpoint.clone(), ready.clone(), places.clone());
        asking.spawn(async move {
            let place = places.acquire_owned().await.map_err(io::Error::other)?;
            let connecting = endpoint.connect_with(config, server, "127.0.0.1").map_err(io::Error::other)?;
            let connection = connecting.await;
            drop(place);
            ready.wait().await;
            let (connection, opening) = (connection?, began.elapsed());
            let asked = ask(&connection, up, down).await;
            let (answer, waited) = asked.map_err(|error| {
                let words = format!(
                    "{error}; it took {:.1} s to open all connections, and a server waits 5 s for a question",
                    opening.as_secs_f64()
                );
                io::Error::other(words)
            })?;
            Ok::<_, io::Error>((answer, waited, opening, connection))
        });
    }
    let mut answers = Answers::default();
    // What somebody was granted is not free for another until all have their answers.
    let mut held = Vec::new();
    while let Some(answer) = asking.join_next().await {
        let (answer, waited, opening, connection) = answer.map_err(io::Error::other)??;
        held.push(connection);
        answers.opening = answers.opening.max(opening);
        let kind = answer["type"].as_str().unwrap_or("nothing that is known").to_owned();
        if kind == "busy" {
            answers.busy_ms.push(waited.as_secs_f64() * 1e3);
        }
        *answers.kinds.entry(kind).or_default() += 1;
    }
    answers.busy_ms.sort_by(f64::total_cmp);
    endpoints.iter().for_each(|endpoint| endpoint.close(0_u8.into(), b""));
    Ok(answers)
}

async fn ask(connection: &Connection, up: Bitrate, down: Bitrate) -> io::Result<(Value, Duration)> {
    let body =
        json!({ "type": "ask", "version": 1, "mode": "gate", "up_bps": up, "down_bps": down }).to_string();
    let length = u32::try_from(body.len()).map_err(io::Error::other)?.to_be_bytes();
    let began = Instant::now();
    let answer = timeout(PATIENCE, async {
        let (mut to_server, mut from_server) = connection.open_bi().await?;
        to_server.write_all(&[&length[..], body.as_bytes()].concat()).await?;
        let mut length = [0; 4];
        from_server.read_exact(&mut length).await.map_err(io::Error::other)?;
        let mut body = vec![0; (u32::from_be_bytes(length) as usize).min(1 << 16)];
        from_server.read_exact(&mut body).await.map_err(io::Error::other)?;
        Ok::<_, io::Error>(serde_json::from_slice(&body)?)
    });
    let answer = answer.await.map_err(|_| io::Error::other("a room got no answer for 30 s"))??;
    Ok((answer, began.elapsed()))
}

fn roots(ca: &Path) -> io::Result<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&fs::read(ca)?) {
        roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
    }
    Ok(Arc::new(roots))
}

/// As somebody without a certificate connects for a probe.
///
/// # Errors
/// The CA can't be read.
pub fn stranger_config(ca: &Path) -> io::Result<ClientConfig> {
    quic(tls(&roots(ca)?)?.with_no_client_auth())
}

fn client_config(roots: &Arc<RootCertStore>, room: &RoomIdentity) -> io::Result<ClientConfig> {
    let (chain, key) = room.for_tls();
    quic(tls(roots)?.with_client_auth_cert(chain, key).map_err(io::Error::other)?)
}

fn tls(roots: &Arc<RootCertStore>) -> io::Result<ConfigBuilder<rustls::ClientConfig, WantsClientCert>> {
    let builder =
        rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(io::Error::other)?;
    Ok(builder.with_root_certificates(roots.clone()))
}

fn quic(mut tls: rustls::ClientConfig) -> io::Result<ClientConfig> {
    tls.alpn_protocols = vec![b"siaga-probe/1".to_vec()];
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).map_err(io::Error::other)?));
    let mut transport = TransportConfig::default();
    transport.datagram_receive_buffer_size(Some(64 * 1024));
    config.transport_config(Arc::new(transport));
    Ok(config)
}
