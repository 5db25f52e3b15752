//! The end of a daemon: asked for by SIGINT or SIGTERM, or by the daemon itself; and what else it is asked by signals.

use std::io;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Exit status after a second signal: what a shell reports for a program ended by Ctrl-C (128 + SIGINT).
pub const EXIT_INTERRUPTED: i32 = 130;

/// A request to shut down, shared by all tasks: clones are one and the same request.
#[derive(Debug, Clone)]
pub struct Shutdown {
    requested: Arc<watch::Sender<bool>>,
}

impl Shutdown {
    /// Takes over SIGINT and SIGTERM: the first requests shutdown, the second ends the process at once
    /// with [`EXIT_INTERRUPTED`].
    ///
    /// # Errors
    /// The system refuses to install a signal handler.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O enabled.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::manual();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        tokio::spawn(shutdown.clone().listen(interrupt, terminate));
        Ok(shutdown)
    }

    /// A request that only [`Shutdown::request`] makes; leaves signals alone.
    pub fn manual() -> Self {
        Self { requested: Arc::new(watch::Sender::new(false)) }
    }

    /// Requests shutdown, as a signal would. Repeating it changes nothing.
    pub fn request(&self) {
        self.requested.send_replace(true);
    }

    /// Whether shutdown has been requested.
    pub fn is_requested(&self) -> bool {
        *self.requested.borrow()
    }

    /// Resolves once shutdown has been requested; at once if it was before.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + 'static {
        let shutdown = self.clone();
        async move {
            // Never fails: `shutdown` keeps the sending side alive.
            let _ = shutdown.requested.subscribe().wait_for(|requested| *requested).await;
        }
    }

    async fn listen(self, mut interrupt: Signal, mut terminate: Signal) {
        let name = either(&mut interrupt, &mut terminate).await;
        tracing::info!(signal = name, "shutting down; a second signal ends at once");
        self.request();
        let name = either(&mut interrupt, &mut terminate).await;
        tracing::warn!(signal = name, "ended by a second signal");
        std::process::exit(EXIT_INTERRUPTED);
    }
}

/// SIGHUP: asks a daemon to read its files anew.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// Takes over SIGHUP, which would end the process otherwise.
    ///
    /// # Errors
    /// The system refuses to install a signal handler.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O enabled.
    pub fn on_signals() -> io::Result<Self> {
        signal(SignalKind::hangup()).map(Self)
    }

    /// Resolves at the next one.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// SIGUSR1: asks a daemon to end as soon as that disturbs nobody, so that it is started anew.
#[derive(Debug)]
pub struct Relief(Signal);

impl Relief {
    /// Takes over SIGUSR1, which would end the process at once otherwise.
    ///
    /// # Errors
    /// The system refuses to install a signal handler.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O enabled.
    pub fn on_signals() -> io::Result<Self> {
        signal(SignalKind::user_defined1()).map(Self)
    }

    /// Resolves once it was asked for.
    pub async fn asked(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> &'static str {
    tokio::select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_task_that_waits_is_told() {
        let shutdown = Shutdown::manual();
        let first = tokio::spawn(shutdown.requested());
        let second = tokio::spawn(shutdown.clone().requested());
        assert!(!shutdown.is_requested());
        shutdown.request();
        first.await.unwrap();
        second.await.unwrap();
        assert!(shutdown.is_requested());
    }

    #[tokio::test]
    async fn a_task_that_asks_late_is_told_at_once() {
        let shutdown = Shutdown::manual();
        shutdown.clone().request();
        shutdown.requested().await;
    }
}
