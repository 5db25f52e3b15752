//! A UDP socket that can be made to fail in ways that real ones do.

use std::{
    io::{self, IoSliceMut},
    net::{SocketAddr, UdpSocket},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use quinn::{
    AsyncUdpSocket, Endpoint, EndpointConfig, Runtime, TokioRuntime, UdpPoller,
    udp::{RecvMeta, Transmit},
};

/// What happens to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// They pass.
    Well,
    /// They vanish on their way out, as in a link that went down.
    Deaf,
    /// The kernel takes none, as when a driver's queue is full.
    Full,
}

/// A socket with a mood.
#[derive(Debug)]
pub(super) struct MoodySocket {
    inner: Arc<dyn AsyncUdpSocket>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    mood: Mood,
    waiting: Vec<Waker>,
}

impl MoodySocket {
    pub(super) fn bind() -> Arc<Self> {
        let inner = TokioRuntime.wrap_udp_socket(UdpSocket::bind("127.0.0.1:0").unwrap()).unwrap();
        Arc::new(Self { inner, state: Mutex::new(State { mood: Mood::Well, waiting: Vec::new() }) })
    }

    pub(super) fn endpoint(self: &Arc<Self>) -> Endpoint {
        let runtime = Arc::new(TokioRuntime);
        Endpoint::new_with_abstract_socket(EndpointConfig::default(), None, self.clone(), runtime).unwrap()
    }

    pub(super) fn set(&self, mood: Mood) {
        let mut state = self.state.lock().unwrap();
        state.mood = mood;
        state.waiting.drain(..).for_each(Waker::wake);
    }

    fn mood(&self) -> Mood {
        self.state.lock().unwrap().mood
    }
}

#[derive(Debug)]
struct Poller {
    socket: Arc<MoodySocket>,
    inner: Pin<Box<dyn UdpPoller>>,
}

impl UdpPoller for Poller {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let State { mood: Mood::Full, waiting } = &mut *self.socket.state.lock().unwrap() {
            waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        self.inner.as_mut().poll_writable(cx)
    }
}

impl AsyncUdpSocket for MoodySocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        let inner = self.inner.clone().create_io_poller();
        Box::pin(Poller { socket: self, inner })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        match self.mood() {
            Mood::Well => self.inner.try_send(transmit),
            Mood::Deaf => Ok(()),
            Mood::Full => Err(io::ErrorKind::WouldBlock.into()),
        }
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
}
