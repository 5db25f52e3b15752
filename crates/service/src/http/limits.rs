use std::time::Duration;

/// What one server grants to its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; more wait in the kernel's queue.
    pub connections: usize,
    /// Open connections of one client (an IPv4 address, or a network of 64 bits); more are closed at once.
    pub connections_per_client: usize,
    /// Time for a TLS handshake.
    pub handshake_timeout: Duration,
    /// Time for a whole request header, counted from the connection or from the end of the request before:
    /// bounds slow senders and idle keep-alive connections, and with them how long surplus connections wait.
    pub header_read_timeout: Duration,
    /// Bytes of a request's line and header; more is 431. At least 8192 are buffered.
    pub header_bytes: usize,
    /// Bytes of a request's body; more is 413.
    pub body_bytes: usize,
    /// Time for a handler to produce the head of its answer, reading the body included; then 503.
    /// Handlers are dropped at that point: work that must be finished belongs in a task of its own.
    pub answer_timeout: Duration,
    /// Life of a connection; then it ends after the running answer, or after [`Limits::shutdown_grace`].
    /// Bounds clients that never read their answer.
    pub connection_lifetime: Duration,
    /// Time for running requests to end at shutdown.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    /// Fit for a machine that answers itself: 128 connections whoever has them, 2 s per header, 8 KiB of header, 64 KiB of body,
    /// 30 s per answer, 5 min per connection, 500 ms to shut down.
    fn default() -> Self {
        Self {
            connections: 128,
            connections_per_client: usize::MAX,
            handshake_timeout: Duration::from_secs(5),
            header_read_timeout: Duration::from_secs(2),
            header_bytes: 8 * 1024,
            body_bytes: 64 * 1024,
            answer_timeout: Duration::from_secs(30),
            connection_lifetime: Duration::from_secs(300),
            shutdown_grace: Duration::from_millis(500),
        }
    }
}

impl Limits {
    /// Fit for a server that anyone can reach: 512 connections, of which one client has 256 at most, and 5 s for a handshake.
    #[must_use]
    pub fn public() -> Self {
        Self { connections: 512, connections_per_client: 256, ..Self::default() }
    }
}
