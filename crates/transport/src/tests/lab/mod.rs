//! A CA, our own server, and peers that do as they are told.

mod authority;
mod office;
mod peers;
mod relay;
mod server;

use std::{
    future::{Future, pending},
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    time::Duration,
};

use quinn::{ClientConfig, Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig};
use siaga_probe::{Bitrate, Mode, Reason, Verdict, judge::Effort};
use tokio::time::timeout;

pub(crate) use self::{
    authority::{Authority, Purpose, VALID},
    office::{Office, identity_of, loaded, room_id},
    peers::{Peer, Room, ask, grant, send_train},
    relay::Relay,
    server::{TestServer, limits},
};
use crate::{
    client::{Meter, ProbeRequest, Probed, Tokens, probe_within},
    identity::{Identity, PROBE_ALPN},
    patience::Patience,
    quic,
    server::Keys,
};

/// What a test waits for comes sooner than this, even on a machine that is busy with something else.
const HANG: Duration = Duration::from_secs(20);

/// The future's output, unless it hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(HANG, future).await.expect("it hangs")
}

/// Times for stories in which a side waits in vain.
pub(crate) const SHORT: Patience = Patience {
    handshake: Duration::from_secs(5),
    answer: Duration::from_millis(300),
    train: Duration::from_millis(600),
    silence: Duration::from_secs(1),
    grace: Duration::from_millis(300),
    unused: Duration::from_secs(5),
    minds_lateness: false,
};

/// Times for stories in which nobody does; the trains are too short for a verdict.
pub(crate) const SHORT_TRAINS: Patience = Patience {
    handshake: Duration::from_secs(10),
    answer: Duration::from_secs(10),
    train: Duration::from_millis(600),
    silence: Duration::from_secs(1),
    grace: Duration::from_secs(10),
    unused: Duration::from_secs(5),
    minds_lateness: false,
};

pub(crate) fn mbps(rate: u64) -> Bitrate {
    Bitrate::from_bps(rate * 1_000_000).unwrap()
}

/// A CA with a server's and a room's identity.
pub(crate) struct Lab {
    pub(crate) authority: Authority,
    pub(crate) server: Identity,
    pub(crate) room: Identity,
    /// Of every server that is started here.
    pub(crate) keys: Keys,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let authority = Authority::new("lab");
        let server = authority.issue(Purpose::Server, "127.0.0.1", VALID);
        let room = authority.issue(Purpose::Room, "room", VALID);
        Self { authority, server, room, keys: Keys::random().unwrap() }
    }

    /// One megabit each way, asked by a room with an identity.
    pub(crate) fn request(&self, server: SocketAddr) -> ProbeRequest {
        ProbeRequest {
            server: server.to_string().parse().unwrap(),
            trust: self.authority.trust(),
            identity: Some(self.room.clone()),
            mode: Mode::Gate,
            effort: Effort::Normal,
            up: mbps(1),
            down: mbps(1),
            passed_before: false,
            purpose: siaga_probe::admission::Purpose::Routine,
            tokens: Tokens::default(),
            meter: Meter::default(),
        }
    }

    pub(crate) async fn probe(&self, server: SocketAddr, patience: Patience) -> Probed {
        within(probe_within(&self.request(server), patience, pending())).await.unwrap()
    }

    pub(crate) fn server_config(&self) -> ServerConfig {
        quic::server(&self.authority.trust(), &self.server, &self.keys).unwrap()
    }

    pub(crate) fn client_config(&self) -> ClientConfig {
        quic::client(&self.authority.trust(), Some(&self.room), PROBE_ALPN).unwrap()
    }

    /// A room made by hand, connected.
    pub(crate) async fn room(&self, server: SocketAddr) -> Room {
        self.room_with(server, self.client_config()).await
    }

    /// The same, of another name.
    pub(crate) async fn room_called(&self, name: &str, server: SocketAddr) -> Room {
        let identity = self.authority.issue(Purpose::Room, name, VALID);
        let config = quic::client(&self.authority.trust(), Some(&identity), PROBE_ALPN).unwrap();
        self.room_with(server, config).await
    }

    pub(crate) async fn room_with(&self, server: SocketAddr, config: ClientConfig) -> Room {
        let endpoint = Endpoint::client(([127, 0, 0, 1], 0).into()).unwrap();
        Room::connect(endpoint, server, config).await.unwrap()
    }

    /// A server made by hand, which takes one connection, hears its request and then does as it is told.
    pub(crate) fn hostile<F>(&self, play: impl FnOnce(Peer) -> F + Send + 'static) -> SocketAddr
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut transport = TransportConfig::default();
        // Alive however silent it is: nobody is spared by QUIC's own time-out.
        transport.keep_alive_interval(Some(Duration::from_millis(100)));
        let mut config = self.server_config();
        config.transport_config(Arc::new(transport));
        self.hostile_with(config, EndpointConfig::default(), play)
    }

    pub(crate) fn hostile_with<F>(
        &self,
        config: ServerConfig,
        endpoint: EndpointConfig,
        play: impl FnOnce(Peer) -> F + Send + 'static,
    ) -> SocketAddr
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let endpoint = Endpoint::new(endpoint, Some(config), socket, Arc::new(TokioRuntime)).unwrap();
        let address = endpoint.local_addr().unwrap();
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let Ok(connection) = incoming.await else { continue };
                return play(Peer::meet(connection).await).await;
            }
        });
        address
    }
}

/// No statement about the link, for this reason and in these words.
#[track_caller]
pub(crate) fn assert_told(probed: &Probed, reason: Reason, words: &[&str]) {
    let result = &probed.result;
    assert_eq!((result.verdict, result.reason), (Verdict::Inconclusive, reason), "{result:?}");
    for direction in [&result.up, &result.down] {
        assert_ne!(direction.verdict, Verdict::Pass, "{result:?}");
    }
    let detail = result.detail.as_deref().unwrap_or_default();
    for word in words {
        assert!(detail.contains(word), "“{word}” is not in: {detail}");
    }
}

/// Both trains ran to their ends; on a busy machine the verdict may be any that a judge gives.
#[track_caller]
pub(crate) fn assert_served(probed: &Probed) {
    let result = &probed.result;
    assert_eq!(result.detail, None);
    assert!(result.up.observed_s > 0.0 && result.down.observed_s > 0.0, "{result:?}");
}
