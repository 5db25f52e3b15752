//! UDP sockets with room for a stalled reader.

use std::{
    io::{self, IoSliceMut},
    net::{SocketAddr, UdpSocket},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use quinn::{
    AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller,
    udp::{RecvMeta, Transmit},
};
use siaga_probe::{ip_overhead, outcome::ByteCount};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::{Notify, futures::Notified};

/// Asked of the kernel, which may give less (`net.core.rmem_max`). A 2-core machine stalls up to 30 ms now and
/// then; what arrives meanwhile must not be lost here and blamed on the link.
const BUFFER: usize = 4 * 1024 * 1024;

/// A UDP socket bound to `address`; an IPv6 wildcard takes IPv4 too.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// A client's socket that counts what passes, the handshake's first packets too, which no connection statistics see.
#[derive(Debug)]
pub(crate) struct CountingSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    sent: Counter,
    received: Counter,
    /// Tells whoever waits for it that a packet has left.
    left: Notify,
}

#[derive(Debug, Default)]
struct Counter {
    packets: AtomicU64,
    bytes: AtomicU64,
}

impl CountingSocket {
    pub(crate) fn new(socket: UdpSocket) -> io::Result<Arc<Self>> {
        let inner = TokioRuntime.wrap_udp_socket(socket)?;
        Ok(Arc::new(Self {
            inner,
            sent: Counter::default(),
            received: Counter::default(),
            left: Notify::new(),
        }))
    }

    /// IP bytes so far.
    pub(crate) fn ip_bytes(&self, ipv6: bool) -> ByteCount {
        ByteCount { sent: self.sent.ip_bytes(ipv6), received: self.received.ip_bytes(ipv6) }
    }

    /// Resolves once a packet has left after this call.
    pub(crate) fn next_sent(&self) -> Notified<'_> {
        self.left.notified()
    }
}

impl Counter {
    fn add(&self, packets: usize, bytes: usize) {
        self.packets.fetch_add(packets as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn ip_bytes(&self, ipv6: bool) -> u64 {
        let headers = self.packets.load(Ordering::Relaxed) * u64::from(ip_overhead(ipv6));
        self.bytes.load(Ordering::Relaxed) + headers
    }
}

impl AsyncUdpSocket for CountingSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.inner.clone().create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.inner.try_send(transmit)?;
        let size = transmit.contents.len();
        self.sent.add(size.div_ceil(transmit.segment_size.unwrap_or(size).max(1)), size);
        self.left.notify_waiters();
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let polled = self.inner.poll_recv(cx, bufs, meta);
        if let Poll::Ready(Ok(count)) = &polled {
            for meta in meta.iter().take(*count) {
                self.received.add(meta.len.div_ceil(meta.stride.max(1)), meta.len);
            }
        }
        polled
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.inner.max_transmit_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.inner.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.inner.may_fragment()
    }
}
