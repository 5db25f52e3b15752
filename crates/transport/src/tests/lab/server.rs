//! Our own server, and what it tells its operator.

use std::{net::SocketAddr, sync::Arc};

use siaga_probe::{Bitrate, admission};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{Lab, SHORT_TRAINS, mbps, within};
use crate::{
    patience::Patience,
    room,
    server::{Event, Limits, Observer, ProbeServer, Reload},
};

/// For rooms with an identity, on a line that is wide enough.
pub(crate) fn limits(max_rate: Bitrate, max_probes: u32) -> Limits {
    let shares = admission::Limits {
        uplink_up: mbps(1_000),
        uplink_down: mbps(1_000),
        share_percent: 80,
        max_rate,
        max_probes,
        daily_bytes: 1_000_000_000,
        daily_probes: 1_000,
    };
    Limits { open: false, shares }
}

/// Our own server.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) observer: Observer,
    pub(crate) reload: Reload,
    events: mpsc::UnboundedReceiver<Event>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl TestServer {
    /// For rooms with an identity, at most `max_probes` of them at once.
    pub(crate) fn start(lab: &Lab, max_probes: u32, patience: Patience) -> Self {
        Self::start_with(lab, limits(mbps(100), max_probes), patience, 256)
    }

    pub(crate) fn start_with(lab: &Lab, limits: Limits, patience: Patience, most_connections: usize) -> Self {
        Self::start_at(lab, ([127, 0, 0, 1], 0).into(), limits, patience, most_connections)
    }

    pub(crate) fn start_at(
        lab: &Lab,
        listen: SocketAddr,
        limits: Limits,
        patience: Patience,
        most_connections: usize,
    ) -> Self {
        Self::run(lab, listen, limits, patience, most_connections, |server| server)
    }

    /// One that takes in what rooms report.
    pub(crate) fn start_with_rooms(
        lab: &Lab,
        desk: Arc<dyn room::Desk>,
        most_rooms: usize,
        patience: room::LinkPatience,
    ) -> Self {
        let (listen, limits) = (([127, 0, 0, 1], 0).into(), limits(mbps(100), 1));
        let with_rooms = |server: ProbeServer| server.with_rooms_within(desk, most_rooms, patience);
        Self::run(lab, listen, limits, SHORT_TRAINS, 256, with_rooms)
    }

    fn run(
        lab: &Lab,
        listen: SocketAddr,
        limits: Limits,
        patience: Patience,
        most_connections: usize,
        with: impl FnOnce(ProbeServer) -> ProbeServer,
    ) -> Self {
        let (tell, events) = mpsc::unbounded_channel();
        let server = ProbeServer::bind_within(
            listen,
            &lab.authority.trust(),
            &lab.server,
            &lab.keys,
            limits,
            Arc::new(move |event| drop(tell.send(event))),
            patience,
            most_connections,
        )
        .unwrap();
        let server = with(server);
        let (address, observer, reload) = (server.local_addr().unwrap(), server.observer(), server.reload());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.serve(async { drop(stopped.await) }));
        Self { address, observer, reload, events, stop, task }
    }

    /// The next thing that an operator would count.
    pub(crate) async fn event(&mut self) -> Event {
        within(self.events.recv()).await.expect("the server runs")
    }

    pub(crate) async fn finished(&mut self) {
        loop {
            if let Event::Finished { .. } = self.event().await {
                return;
            }
        }
    }

    /// Ends it, and answers with what it still had to tell.
    pub(crate) async fn stop(mut self) -> Vec<Event> {
        let _ = self.stop.send(());
        within(self.task).await.unwrap();
        let mut left = Vec::new();
        while let Some(event) = self.events.recv().await {
            left.push(event);
        }
        left
    }
}
