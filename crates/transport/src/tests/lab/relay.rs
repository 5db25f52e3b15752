//! A box on the way, such as a NAT: it forwards packets, and counts and changes what a test wants.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    net::UdpSocket,
    select,
    sync::watch,
    task::{AbortHandle, spawn},
};

/// Forwards between one room and a server, until it goes out of scope.
pub(crate) struct Relay {
    /// What the room takes for the server.
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
    moves: watch::Sender<SocketAddr>,
    task: AbortHandle,
}

#[derive(Default)]
struct Counts {
    retries: AtomicU64,
    /// Packets from the server.
    packets: AtomicU64,
}

impl Relay {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let inside = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = inside.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let (moves, moved) = watch::channel(server);
        let task = spawn(forward(inside, counts.clone(), moved)).abort_handle();
        Self { address, counts, moves, task }
    }

    /// Retry packets that the server has sent (RFC 9000, 17.2.5).
    pub(crate) fn retries(&self) -> u64 {
        self.counts.retries.load(Ordering::Relaxed)
    }

    /// Packets that the server has sent.
    pub(crate) fn packets(&self) -> u64 {
        self.counts.packets.load(Ordering::Relaxed)
    }

    /// From now on the room has another port to the outside, as after a NAT has forgotten it.
    pub(crate) fn change_port(&self) {
        self.moves.send_modify(|_| {});
    }

    /// From now on another server is at the server's address.
    pub(crate) fn change_server(&self, server: SocketAddr) {
        self.moves.send_replace(server);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(inside: UdpSocket, counts: Arc<Counts>, mut moved: watch::Receiver<SocketAddr>) {
    let server = *moved.borrow();
    let mut outside = new_port(server).await;
    let mut room = None;
    let (mut up, mut down) = ([0; 2_000], [0; 2_000]);
    loop {
        select! {
            Ok((length, from)) = inside.recv_from(&mut up) => {
                room = Some(from);
                let _ = outside.send(&up[..length]).await;
            }
            Ok(length) = outside.recv(&mut down) => {
                counts.packets.fetch_add(1, Ordering::Relaxed);
                counts.retries.fetch_add(u64::from(down[0] & 0xf0 == 0xf0), Ordering::Relaxed);
                if let Some(room) = room {
                    let _ = inside.send_to(&down[..length], room).await;
                }
            }
            Ok(()) = moved.changed() => {
                let server = *moved.borrow_and_update();
                outside = new_port(server).await;
            }
        }
    }
}

async fn new_port(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server).await.unwrap();
    socket
}
