//! Peers made by hand, which do as they are told.

use std::net::SocketAddr;

use quinn::{ApplicationClose, ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream};
use serde::Serialize;
use siaga_probe::{
    Bitrate, Direction, Mode,
    control::{Ask, FromClient, FromServer, Grant, TrainGrant, VERSION},
    judge::Effort,
    reception::Terms,
};
use tokio::sync::{Notify, watch};

use super::{SHORT, mbps, within};
use crate::{
    control::{self, ControlError},
    train::{self, TrainError},
};

/// The room that a server made by hand talks to.
pub(crate) struct Peer {
    pub(crate) connection: Connection,
    pub(crate) to_room: SendStream,
    from_room: RecvStream,
    pub(crate) ask: Ask,
}

impl Peer {
    /// Hears what the room asks for.
    pub(crate) async fn meet(connection: Connection) -> Self {
        let (to_room, mut from_room) = connection.accept_bi().await.unwrap();
        let FromClient::Ask(ask) = control::receive(&mut from_room).await.unwrap() else {
            panic!("a room asks first")
        };
        Self { connection, to_room, from_room, ask }
    }

    pub(crate) async fn say(&mut self, message: &FromServer) {
        control::send(&mut self.to_room, message).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> Result<FromClient, ControlError> {
        within(control::receive(&mut self.from_room)).await
    }

    pub(crate) async fn grant(&mut self) -> Grant {
        let grant = grant(&self.ask);
        self.say(&FromServer::Grant(grant.clone())).await;
        grant
    }

    /// Until the room leaves.
    pub(crate) async fn linger(self) -> ConnectionError {
        self.connection.closed().await
    }
}

/// What an honest server grants: 0.6 s.
pub(crate) fn grant(ask: &Ask) -> Grant {
    let train = |train, target: Bitrate| {
        let rate_bps = target.scaled(1.05);
        TrainGrant { train, rate_bps, max_bytes: rate_bps.bytes_in(SHORT.train), max_ms: 600 }
    };
    Grant {
        version: VERSION,
        up: train(1, ask.up_bps),
        down: train(2, ask.down_bps),
        window_ms: 1_000,
        pre_trains: None,
        server_time_ms: 0,
        next_probe_in_ms: None,
    }
}

/// Sends a train with all the credit there is, and no pre-train.
pub(crate) async fn send_train(connection: &Connection, grant: TrainGrant) -> Result<u32, TrainError> {
    let terms = Terms { mode: Mode::Gate, train: grant, pre_train: None, window: SHORT.train };
    let (_source, mut credit) = watch::channel(u32::MAX);
    let sent = train::send(connection, Direction::Up, &terms, &mut credit, &Notify::new(), None).await?;
    Ok(sent.packets)
}

/// A room made by hand.
pub(crate) struct Room {
    pub(crate) endpoint: Endpoint,
    pub(crate) connection: Connection,
    pub(crate) to_server: SendStream,
    pub(crate) from_server: RecvStream,
}

impl Room {
    pub(crate) async fn connect(
        endpoint: Endpoint,
        server: SocketAddr,
        config: ClientConfig,
    ) -> Result<Self, ConnectionError> {
        let connection = within(endpoint.connect_with(config, server, "127.0.0.1").unwrap()).await?;
        let (to_server, from_server) = connection.open_bi().await?;
        Ok(Self { endpoint, connection, to_server, from_server })
    }

    pub(crate) async fn say(&mut self, message: &impl Serialize) {
        control::send(&mut self.to_server, message).await.unwrap();
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.to_server.write_all(bytes).await.unwrap();
    }

    pub(crate) async fn hear(&mut self) -> FromServer {
        within(control::receive(&mut self.from_server)).await.unwrap()
    }

    /// Asks as an honest room does.
    pub(crate) async fn ask(&mut self) -> FromServer {
        self.say(&ask(VERSION)).await;
        self.hear().await
    }

    pub(crate) async fn granted(&mut self) -> Grant {
        match self.ask().await {
            FromServer::Grant(grant) => grant,
            other => panic!("{other:?}"),
        }
    }

    /// How the server closed the connection: code and words.
    pub(crate) async fn closed(&self) -> (u64, String) {
        match within(self.connection.closed()).await {
            ConnectionError::ApplicationClosed(ApplicationClose { error_code, reason }) => {
                (error_code.into_inner(), String::from_utf8_lossy(&reason).into_owned())
            }
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn ask(version: u16) -> FromClient {
    FromClient::Ask(Ask {
        version,
        mode: Mode::Gate,
        effort: Effort::Normal,
        up_bps: mbps(1),
        down_bps: mbps(1),
        passed_before: false,
        purpose: siaga_probe::admission::Purpose::Routine,
    })
}
