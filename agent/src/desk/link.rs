//! Keeps a link to the room's desk: connects, and again when it is lost.

use std::{
    os::unix::fs::MetadataExt,
    path::Path,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use siaga_probe::admission::Purpose;
use siaga_readiness::{
    report::{Hello, VERSION},
    snapshot::Cause,
};
use siaga_service::signals::Shutdown;
use siaga_transport::{
    identity::IdentityError,
    room::{LinkEnd, LinkRequest, Retry, RoomLink, Why},
};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use super::{
    DeskState, Ruled,
    keeper::Keeper,
    talk::{self, Talk},
};
use crate::{
    changes::{ChangeWatch, Changes},
    config::{ServerSettings, Settings},
    past::Past,
    room::Room,
};

/// A link that stood for this long counts as one: the next loss of it is the first.
const STOOD: Duration = Duration::from_secs(60);

/// A room without an identity that can be used tries again this often, and as soon as it gets one.
const ENROLLED_YET: Duration = Duration::from_secs(30);

/// Between two looks whether the room has been enrolled meanwhile.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Reports to the first configured server until `shutdown`. Without one it does nothing.
pub async fn keep(
    room: &Room,
    settings: &Settings,
    ruled: &Ruled,
    watch: &ChangeWatch,
    changes: Changes,
    shutdown: &Shutdown,
) {
    let Some(server) = settings.servers.first() else { return shutdown.requested().await };
    room.tell_of_desk(|desk| desk.server = Some(server.address.to_string()));
    let Some(history) = room.history() else { return };
    let keeper = Keeper::open(settings.state_dir.clone()).await;
    let since = Past::since(Timestamp::now());
    room.past().before(&keeper.with(move |journal| journal.recent(since)).await);
    let talk = Talk { room, ruled, watch, keeper: &keeper };
    tokio::select! {
        () = keeper.write(room, history) => {}
        () = connect(&talk, settings, server, changes, shutdown) => {}
    }
}

async fn connect(
    talk: &Talk<'_>,
    settings: &Settings,
    server: &ServerSettings,
    mut changes: Changes,
    shutdown: &Shutdown,
) {
    let Talk { room, keeper, .. } = *talk;
    let mut retry = Retry::default();
    while !shutdown.is_requested() {
        let certificate = server.identity_dir(&settings.state_dir).join("cert.pem");
        let stamp = Stamp::of(&certificate);
        let wait = match request(server, &settings.state_dir) {
            Ok(Some(request)) => {
                let hello = Hello {
                    version: VERSION,
                    agent: env!("CARGO_PKG_VERSION").to_owned(),
                    room: settings.room.clone(),
                    site: settings.site.as_ref().map(ToString::to_string),
                    journal: keeper.with(|journal| journal.id()).await,
                    clock_ms: Timestamp::now().as_millisecond(),
                };
                let opened = tokio::select! {
                    opened = RoomLink::open(&request, hello) => opened,
                    () = moved(&mut changes) => Err(talk::moved()),
                    () = shutdown.requested() => return,
                };
                let end = match opened {
                    Ok(link) => {
                        let began = Instant::now();
                        info!(server = %server.address, release = link.welcome().server, "the room's desk is connected");
                        become_(room, DeskState::Connected, None);
                        let ended = tokio::select! {
                            end = talk.run(link, shutdown) => end,
                            () = moved(&mut changes) => Some(talk::moved()),
                        };
                        let Some(end) = ended else { return };
                        if began.elapsed() >= STOOD {
                            retry.succeeded();
                        }
                        end
                    }
                    Err(end) => end,
                };
                tell_of_end(room, &end);
                if end.why == Why::RunOut {
                    room.renewal().notify_one();
                }
                retry.wait(end.why, rand::random())
            }
            Ok(None) => {
                become_(
                    room,
                    DeskState::NotEnrolled,
                    Some("this room has no identity for the server: enrol it"),
                );
                ENROLLED_YET
            }
            Err(error) => {
                tell_of_end(room, &LinkEnd { why: Why::Unwanted, words: error.to_string() });
                ENROLLED_YET
            }
        };
        tokio::select! {
            () = sleep(wait) => {}
            () = stamp.changed(&certificate) => {
                info!("this room has another identity: the desk is tried at once");
                // Probes may have been put off for hours for want of one.
                if room.is_probed() {
                    room.probe_demand().ask(Purpose::Routine);
                }
            }
            // Any change may have been what it was for: a clock that is set makes certificates count.
            _ = changes.next() => sleep(retry.wait(Why::Moved, rand::random())).await,
            () = shutdown.requested() => return,
        }
    }
}

/// The identity is read anew for each link: it may have been renewed.
fn request(server: &ServerSettings, state_dir: &Path) -> Result<Option<LinkRequest>, IdentityError> {
    let (trust, identity) = server.load(state_dir)?;
    Ok(identity.map(|identity| LinkRequest { server: server.address.clone(), trust, identity }))
}

/// Tells a file from the one that is put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp(Option<(u64, SystemTime)>);

impl Stamp {
    fn of(file: &Path) -> Self {
        Self(file.metadata().and_then(|it| Ok((it.ino(), it.modified()?))).ok())
    }

    /// Resolves when the file is another one than this.
    async fn changed(self, file: &Path) {
        while Self::of(file) == self {
            sleep(BETWEEN_LOOKS).await;
        }
    }
}

/// Resolves when the way to the server is another one, or the machine slept.
async fn moved(changes: &mut Changes) {
    loop {
        if matches!(changes.next().await, Cause::Resumed | Cause::NetworkChanged) {
            return;
        }
    }
}

fn tell_of_end(room: &Room, end: &LinkEnd) {
    // One line for a server that is away for a week.
    let before = room.desk();
    if before.state != DeskState::Disconnected || before.detail.as_ref() != Some(&end.words) {
        warn!(why = end.words, "the room's desk is not connected");
    }
    become_(room, DeskState::Disconnected, Some(&end.words));
}

fn become_(room: &Room, state: DeskState, detail: Option<&str>) {
    room.tell_of_desk(|desk| desk.becomes(state, detail, Timestamp::now()));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_room_that_is_enrolled_again_tries_at_once_and_not_when_its_patience_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cert.pem");
        let nobody = Stamp::of(&file);
        let five_minutes = Duration::from_secs(300);
        assert!(timeout(five_minutes, nobody.changed(&file)).await.is_err(), "nothing has changed");
        fs::write(&file, "revoked").unwrap();
        timeout(five_minutes, nobody.changed(&file)).await.unwrap();
        let revoked = Stamp::of(&file);
        fs::write(dir.path().join("new.pem"), "new").unwrap();
        fs::rename(dir.path().join("new.pem"), &file).unwrap();
        let began = Instant::now();
        timeout(five_minutes, revoked.changed(&file)).await.unwrap();
        assert!(began.elapsed() <= BETWEEN_LOOKS);
    }
}
