//! A UDP socket that loses no packet to a machine that can't split them.

use std::{
    io::{self, IoSliceMut},
    net::{SocketAddr, UdpSocket},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use quinn::{
    AsyncUdpSocket, Runtime, TokioRuntime, UdpPoller,
    udp::{RecvMeta, Transmit},
};

/// For packets that leave together, in one call.
///
/// Some machines refuse such a call: their card makes no checksums, or IPsec lies between. quinn's socket takes note of that for
/// the next calls, and what was in this one is gone. Each train would begin with a loss that is not the link's.
#[derive(Debug)]
pub(crate) struct Segments(Arc<dyn AsyncUdpSocket>);

/// For Tokio.
pub(crate) fn wrap(socket: UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
    Ok(Arc::new(Segments(TokioRuntime.wrap_udp_socket(socket)?)))
}

impl AsyncUdpSocket for Segments {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.0.clone().create_io_poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.0.try_send(transmit)?;
        match transmit.segment_size {
            // Taken back at this call, or at another's just before it: then a packet may go twice, which QUIC bears.
            Some(size) if self.0.max_transmit_segments() <= 1 => {
                transmit.contents.chunks(size.max(1)).try_for_each(|contents| {
                    self.0.try_send(&Transmit { contents, segment_size: None, ..transmit.clone() })
                })
            }
            _ => Ok(()),
        }
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_recv(cx, bufs, meta)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.0.max_transmit_segments()
    }

    fn max_receive_segments(&self) -> usize {
        self.0.max_receive_segments()
    }

    fn may_fragment(&self) -> bool {
        self.0.may_fragment()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::poll_fn,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    /// As on a machine that refuses: what was to be split is gone, and known not to work from then on.
    #[derive(Debug)]
    struct Refusing {
        inner: Arc<dyn AsyncUdpSocket>,
        most: AtomicUsize,
    }

    impl AsyncUdpSocket for Refusing {
        fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
            self.inner.clone().create_io_poller()
        }

        fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
            if transmit.segment_size.is_some() {
                self.most.store(1, Ordering::Relaxed);
                return Ok(());
            }
            self.inner.try_send(transmit)
        }

        fn poll_recv(
            &self,
            cx: &mut Context<'_>,
            bufs: &mut [IoSliceMut<'_>],
            meta: &mut [RecvMeta],
        ) -> Poll<io::Result<usize>> {
            self.inner.poll_recv(cx, bufs, meta)
        }

        fn local_addr(&self) -> io::Result<SocketAddr> {
            self.inner.local_addr()
        }

        fn max_transmit_segments(&self) -> usize {
            self.most.load(Ordering::Relaxed)
        }
    }

    /// What arrives of packets that were to leave together.
    async fn arrived(inner: Arc<dyn AsyncUdpSocket>) -> Vec<Vec<u8>> {
        let socket = Arc::new(Segments(inner));
        let mut writable = socket.clone().create_io_poller();
        poll_fn(|cx| writable.as_mut().poll_writable(cx)).await.unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        let transmit = Transmit {
            destination: peer.local_addr().unwrap(),
            ecn: None,
            contents: b"onetwotrefo",
            segment_size: Some(3),
            src_ip: None,
        };
        socket.try_send(&transmit).unwrap();
        let mut buffer = [0; 16];
        [(); 4].map(|()| peer.recv(&mut buffer).map(|length| buffer[..length].to_vec()).unwrap()).to_vec()
    }

    #[tokio::test]
    async fn packets_that_can_t_leave_together_leave_one_by_one() {
        let inner = TokioRuntime.wrap_udp_socket(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        let words = [&b"one"[..], b"two", b"tre", b"fo"];
        assert_eq!(arrived(inner.clone()).await, words);
        let refusing = Arc::new(Refusing { inner, most: AtomicUsize::new(10) });
        assert_eq!(arrived(refusing.clone()).await, words);
        assert_eq!(refusing.max_transmit_segments(), 1);
    }
}
