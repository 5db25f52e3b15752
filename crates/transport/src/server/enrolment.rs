//! A connection by which a room gets a certificate.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use quinn::Connection;
use tokio::{
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tracing::warn;

use super::{
    Desk, Event,
    arrival::{first_message, linger},
    ended::Ended,
};
use crate::{
    control,
    enrol::{Asker, Channel, FromRoom, FromServer, Registrar},
    identity::Peer,
};

/// One question and its answer.
pub(super) async fn serve(
    connection: &Connection,
    room: Option<Peer>,
    registrar: &Arc<Registrar>,
    desk: &Desk,
) -> Result<(), Ended> {
    let patience = desk.patience;
    let first = timeout(patience.answer, first_message::<FromRoom>(connection)).await;
    let (message, mut to_room, _from_room) = first.map_err(|_| Ended::TooSlow)??;
    let address = connection.remote_address().ip();
    let channel = Channel::of(connection);
    let asker = Asker { address, room, channel, now: Timestamp::now(), clock: Instant::now() };
    let registrar = registrar.clone();
    let answer = spawn_blocking(move || registrar.answer(&message, &asker)).await.map_err(|error| {
        warn!(%error, "an enrolment broke off");
        Ended::Fault
    })?;
    (desk.events)(Event::Enrolment { given: matches!(answer, FromServer::Certificate(_)) });
    // A room that takes nothing would keep us here for ever.
    timeout(patience.grace, control::send(&mut to_room, &answer)).await.map_err(|_| Ended::TooSlow)??;
    let _ = to_room.finish();
    linger(connection, desk).await;
    Ok(())
}

/// Looks again and again which keys have been revoked; never ends. What can't be read leaves the list as it was.
pub(super) async fn look_at_revocations(desk: &Desk) {
    let Some(registrar) = &desk.registrar else { return pending().await };
    let mut readable = true;
    loop {
        sleep(BETWEEN_LOOKS).await;
        let registrar = registrar.clone();
        let look = spawn_blocking(move || registrar.look_at_revocations().map_err(|error| error.to_string()));
        let failed = look.await.unwrap_or_else(|error| Err(error.to_string())).err();
        if let (Some(error), true) = (&failed, readable) {
            warn!(
                error,
                "cannot tell which keys are revoked; those that were stay so, newer ones get in until this is mended"
            );
        }
        if readable != failed.is_none() {
            readable = failed.is_none();
            (desk.events)(Event::RevocationsRead(readable));
        }
    }
}

/// A directory with a few names in it is read in well under a millisecond.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
