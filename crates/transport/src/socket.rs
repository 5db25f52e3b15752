//! UDP sockets with room for a stalled reader.

use std::{
    io::{self, IoSliceMut},
    net::{SocketAddr, UdpSocket},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use quinn::{
    AsyncUdpSocket, UdpPoller,
    udp::{RecvMeta, Transmit},
};
use rustix::net::sockopt::set_socket_recv_buffer_size_force;
use siaga_probe::{ip_overhead, outcome::ByteCount};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::sync::{Notify, futures::Notified};

use crate::segments;

/// Asked of the kernel, which may give less (`net.core.rmem_max`). A 2-core machine stalls up to 30 ms now and
/// then; what arrives meanwhile must not be lost here and blamed on the link.
const BUFFER: usize = 4 * 1024 * 1024;

/// A UDP socket bound to `address`; an IPv6 wildcard takes IPv4 too.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    // Whoever administers the network is given more than others.
    if set_socket_recv_buffer_size_force(&socket, BUFFER).is_err() {
        socket.set_recv_buffer_size(BUFFER)?;
    }
    socket.set_send_buffer_size(BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// What the kernel gives to arriving packets, bytes, if that is less than what was asked for.
pub(crate) fn missing_buffer(socket: &UdpSocket) -> Option<Missing> {
    // The kernel tells twice what was set (socket(7)).
    let given = SockRef::from(socket).recv_buffer_size().ok()? / 2;
    (given < BUFFER).then_some(Missing { given, wanted: BUFFER })
}

/// What arriving packets lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) given: usize,
    pub(crate) wanted: usize,
}

/// Counts what passes a probe's socket. Copies share what they count.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    /// Bytes in front of each packet's payload, IP and UDP.
    header: AtomicU32,
    sent: Counter,
    received: Counter,
}

impl Meter {
    /// What an Ethernet or Wi-Fi interface counts for what has passed so far.
    #[must_use]
    pub fn on_the_interface(&self) -> ByteCount {
        self.with_headers(ETHERNET)
    }

    /// IP bytes so far.
    #[must_use]
    pub fn ip_bytes(&self) -> ByteCount {
        self.with_headers(0)
    }

    fn with_headers(&self, more: u32) -> ByteCount {
        let each = self.0.header.load(Ordering::Relaxed) + more;
        ByteCount { sent: self.0.sent.with_headers(each), received: self.0.received.with_headers(each) }
    }
}

/// Bytes of an Ethernet header.
const ETHERNET: u32 = 14;

/// A client's socket that counts what passes, the handshake's first packets too, which no connection statistics see.
#[derive(Debug)]
pub(crate) struct CountingSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    meter: Meter,
    /// Tells whoever waits for it that a packet has left.
    left: Notify,
}

#[derive(Debug, Default)]
struct Counter {
    packets: AtomicU64,
    bytes: AtomicU64,
}

impl CountingSocket {
    /// For packets of one IP version.
    pub(crate) fn new(socket: UdpSocket, ipv6: bool, meter: &Meter) -> io::Result<Arc<Self>> {
        meter.0.header.store(ip_overhead(ipv6), Ordering::Relaxed);
        let inner = segments::wrap(socket)?;
        Ok(Arc::new(Self { inner, meter: meter.clone(), left: Notify::new() }))
    }

    /// IP bytes so far.
    pub(crate) fn ip_bytes(&self) -> ByteCount {
        self.meter.ip_bytes()
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

    fn with_headers(&self, each: u32) -> u64 {
        let headers = self.packets.load(Ordering::Relaxed) * u64::from(each);
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
        self.meter.0.sent.add(size.div_ceil(transmit.segment_size.unwrap_or(size).max(1)), size);
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
                self.meter.0.received.add(meta.len.div_ceil(meta.stride.max(1)), meta.len);
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
