//! What systemd is told of the server: that its loops go on, how it is, and when it may be started anew.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use siaga_booking::NotDone;
use siaga_service::{
    signals::{Relief, Shutdown},
    systemd::{self, Hindrance, Pulse},
};
use siaga_transport::server::{HEARD_EVERY, Observer, ProbeServer, Reload};
use tokio::time::sleep;
use tracing::info;

use crate::{
    desk::{self, Desk},
    gate::Gate,
};

/// The loops that the server lives by: connections are taken, decisions get their turns, approvals are looked after.
#[derive(Debug, Clone, Default)]
pub struct Loops(Pulse);

impl Loops {
    /// A server whose loop of connections is one of them.
    #[must_use]
    pub fn hear(&self, probes: ProbeServer) -> ProbeServer {
        let pulse = self.0.clone();
        probes.heard_by(move || pulse.within("connections", HEARD_EVERY + SILENT))
    }

    /// To be said at each look at what is approved.
    pub fn on_precheck(&self) {
        self.0.within("prechecks", SILENT);
    }

    /// Takes a turn among the decisions again and again, in which nothing is done: for ever.
    pub async fn take_turns(&self, gate: &Gate) {
        let bookings = gate.opened().await;
        loop {
            self.0.within("decisions", SILENT);
            // A disk that refuses is told elsewhere, and mended by no restart.
            let _ = bookings.in_turn(desk::now().wall, |_| Ok::<(), NotDone<()>>(())).await;
            sleep(HEARD_EVERY).await;
        }
    }

    /// Feeds the watchdog as long as they go on: for ever.
    pub async fn feed_watchdog(&self) {
        self.0.feed_watchdog().await;
    }
}

/// A disk may take its time; what takes longer is stuck.
const SILENT: Duration = Duration::from_secs(120);

/// Tells systemd how many rooms can be heard, whenever that has changed: for ever.
pub async fn tell_status(probes: SocketAddr, http: SocketAddr, desk: &Arc<Desk>) {
    systemd::ready("serves");
    let mut told = None;
    loop {
        let online = desk.online();
        if told != Some(online) {
            systemd::status(&format!("Probes on UDP {probes}, HTTP on {http}; {online} rooms can be heard"));
            told = Some(online);
        }
        sleep(HEARD_EVERY).await;
    }
}

/// On SIGUSR1, once another one `could_serve`, lets no more probes begin, and ends the server when those that run are over (40 s at the
/// most).
pub async fn end_when_idle(
    reload: Reload,
    observer: Observer,
    shutdown: &Shutdown,
    mut relief: Relief,
    could_serve: impl Fn(&Hindrance) -> anyhow::Result<()>,
) {
    relief.asked().await;
    let mut hindrance = Hindrance::default();
    while !hindrance.is_gone(could_serve(&hindrance)) {
        sleep(BETWEEN_TRIES).await;
    }
    info!("to be started anew: no probe begins any more, and those that run go on to their end");
    reload.drain();
    while observer.standing().is_some_and(|standing| standing.leases.iter().sum::<usize>() > 0) {
        sleep(BETWEEN_LOOKS).await;
    }
    info!("ending to be started anew");
    shutdown.request();
}

const BETWEEN_TRIES: Duration = Duration::from_secs(5);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
