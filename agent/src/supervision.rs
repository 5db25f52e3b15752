//! What systemd is told of the room, and when the daemon may be started anew.

use std::time::Duration;

use siaga_probe::schedule::Meeting;
use siaga_readiness::answer::RoomVerdict;
use siaga_service::{
    signals::{Hangups, Shutdown},
    systemd::{self, Hindrance},
};
use tokio::time::{Instant, sleep};
use tracing::info;

use crate::{config::Settings, desk::DeskState, host, room::Room};

/// How the room is, in a line for `systemctl status`.
#[must_use]
pub fn status(room: &Room, settings: &Settings) -> String {
    let verdict = match room.readiness(None, None, None).map(|readiness| readiness.verdict) {
        Ok(RoomVerdict::Ready) => "ready",
        Ok(RoomVerdict::NotReady) => "not ready",
        Ok(RoomVerdict::Unknown) | Err(_) => "unknown",
    };
    let desk = room.desk();
    let server = desk.server.as_deref().unwrap_or("its server");
    let link = match desk.state {
        DeskState::NotConfigured => {
            "no probe server is configured; add one under [[servers]] in agent.toml".to_owned()
        }
        DeskState::NotEnrolled => {
            format!("not enrolled with {server}; “siaga-agent enroll --help” says how")
        }
        DeskState::Disconnected => format!("not connected to {server}"),
        DeskState::Connected => format!("connected to {server}"),
    };
    format!("Room {} ({}): {verdict}, {link}", settings.room, settings.profile)
}

/// Tells that again whenever it has changed, for as long as the daemon runs.
pub async fn tell_status(room: &Room, settings: &Settings) {
    let mut told = String::new();
    loop {
        let status = status(room, settings);
        if status != told {
            systemd::status(&status);
            told = status;
        }
        sleep(BETWEEN_LOOKS).await;
    }
}

const BETWEEN_LOOKS: Duration = Duration::from_secs(2);

/// On SIGHUP ends the daemon as soon as nobody is disturbed by it and another one `could_serve`, so that systemd starts it with the
/// program and the configuration that are there then.
pub async fn end_when_idle(
    room: &Room,
    shutdown: &Shutdown,
    hangups: Option<Hangups>,
    could_serve: impl Fn(&Hindrance) -> anyhow::Result<()>,
) {
    let Some(mut hangups) = hangups else { return std::future::pending().await };
    hangups.next().await;
    let asked = Instant::now();
    let mut hindrance = Hindrance::default();
    info!("to be started anew: as soon as no meeting is on and nothing is probed or tried");
    loop {
        if is_idle(room, asked.elapsed()) && hindrance.is_gone(could_serve(&hindrance)) {
            info!("ending to be started anew");
            return shutdown.request();
        }
        sleep(BETWEEN_LOOKS).await;
    }
}

/// Whether nobody is disturbed by an end, for who has waited so long for one.
fn is_idle(room: &Room, waited: Duration) -> bool {
    let now = host::now();
    // Whoever holds these holds them for a probe or a trial; and neither begins while this looks.
    let (Ok(_line), Ok(_in_hand)) = (room.line().try_lock(), room.in_hand().try_lock()) else { return false };
    let in_a_meeting = match room.snapshot().meeting(now) {
        Meeting::On => true,
        Meeting::Off => false,
        Meeting::Unknown => waited < UNKNOWN_WAITS,
    };
    let is_booked = || room.bookings().at(now.wall).bookings.iter().any(|booking| booking.start <= now.wall);
    let is_asked = room.probe_demand().is_waiting() || room.trial_demand().is_waiting();
    !in_a_meeting && !is_asked && !is_booked()
}

/// Where nobody can tell whether a meeting is on, a new release has to come sometime.
const UNKNOWN_WAITS: Duration = Duration::from_secs(24 * 60 * 60);
