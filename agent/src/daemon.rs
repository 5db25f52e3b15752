//! The daemon: looks at regular intervals, answers at any time.

use std::{
    fs::{self, File, TryLockError},
    net::SocketAddr,
    path::Path,
    sync::Arc,
};

use siaga_service::{
    http::{Access, HttpServer, Limits, Socket, overlap, try_address},
    logging,
    program::block_on,
    signals::{Hangups, Shutdown},
    systemd::{self, Hindrance},
};
use tracing::{info, level_filters::LevelFilter, warn};

use crate::{
    changes::{ChangeWatch, Changes},
    config::{Own, Settings},
    desk::{self, Ruled},
    devices, facts, host, http, identities,
    link::{Driver, Links},
    page::Page,
    room::Room,
    supervision,
};

/// Runs until a signal ends it. `listen` replaces the configured HTTP address.
///
/// # Errors
/// The configuration is wrong, or the HTTP address can't be used.
pub fn run(config: Option<&Path>, listen: Option<SocketAddr>) -> anyhow::Result<()> {
    logging::init(LevelFilter::INFO)?;
    let (ruled, mut settings) = Ruled::new(Own::load(config)?);
    let configured = settings.http.listen;
    let could_serve = |hindrance: &Hindrance| match listen {
        Some(_) => Ok(()),
        None => another_could_serve(config, configured, hindrance),
    };
    settings.http.listen = listen.unwrap_or(configured);
    let _alone = alone(&settings.state_dir)?;
    block_on(serve(settings, ruled, could_serve))?
}

/// Whether a daemon that is started now could serve where the configuration says; where this one listens is free by then.
fn another_could_serve(config: Option<&Path>, here: SocketAddr, hindrance: &Hindrance) -> anyhow::Result<()> {
    let listen = match Own::load(config) {
        Ok(next) => next.settings().http.listen,
        // The release that is to start may know more keys, and has checked the file. What is wrong in one that is being mended
        // nobody has checked.
        Err(_) if !hindrance.is_there() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if overlap(listen, here) { Ok(()) } else { Ok(try_address(listen)?) }
}

/// Two agents would take each other's journal, spend one budget twice, and hold one identity's link in turns. Where nothing can be
/// kept, there is nothing to be kept apart.
fn alone(state_dir: &Path) -> anyhow::Result<Option<File>> {
    // At the first start nothing is there, and two may start at once.
    let _ = fs::create_dir_all(state_dir);
    let lock = state_dir.join(LOCK);
    // A file system that was made read-only meanwhile still holds what others have locked.
    let Ok(file) = File::create(&lock).or_else(|_| File::open(&lock)) else { return Ok(None) };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another siaga-agent runs with the state directory {}; stop it, or give this one a state_dir of its own",
            state_dir.display()
        ),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

const LOCK: &str = "agent.lock";

async fn serve(
    settings: Settings,
    ruled: Ruled,
    could_serve: impl Fn(&Hindrance) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    // Without systemd SIGHUP ends a daemon, as always.
    let hangups = systemd::is_there().then(Hangups::on_signals).transpose()?;
    let room = Room::new(settings.setup(), settings.profiles()?, settings.profile.as_str(), host::now())?;
    let room = Arc::new(room);
    let (watch, changes) = ChangeWatch::new();
    let watch = Arc::new(watch);
    let as_set = ruled.settings();
    let zone = move || as_set.borrow().network.time_zone.time_zone();
    let page = Page::new(room.clone(), watch.clone(), zone);
    let web = bind_http(&settings, page.access()).await?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    let socket = web.socket().map(|path| tracing::field::display(path.display()));
    info!(room = %settings.room, profile = %settings.profile, http = %web.address(), socket, "ready");
    systemd::ready(&supervision::status(&room, &settings));
    let routes = http::router(room.clone(), watch.clone()).merge(page.routes());
    let answering = async {
        tokio::join!(
            web.serve(routes, shutdown.requested()),
            work(&room, &ruled, &changes, &shutdown),
            desk::keep(&room, &settings, &ruled, &watch, changes.clone(), &shutdown),
        )
    };
    let looking = async {
        tokio::join!(
            watch.run(&room),
            identities::keep(&room, &settings),
            supervision::end_when_idle(&room, &shutdown, hangups, could_serve),
            supervision::tell_status(&room, &settings),
            room.pulse().feed_watchdog(),
        )
    };
    tokio::select! {
        _ = answering => {}
        _ = looking => {}
    }
    systemd::stopping();
    info!("stopped");
    Ok(())
}

/// Looks and probes as the room is set, and begins anew when its desk has it set otherwise.
async fn work(room: &Room, ruled: &Ruled, changes: &Changes, shutdown: &Shutdown) {
    let mut settings = ruled.settings();
    while !shutdown.is_requested() {
        let as_set = settings.borrow_and_update().clone();
        let end = Shutdown::manual();
        let ending = async {
            tokio::select! {
                () = shutdown.requested() => {}
                _ = settings.changed() => {}
            }
            end.request();
        };
        let looking = async {
            tokio::join!(
                devices::watch(room, &as_set, changes.clone()),
                facts::watch(room, &as_set, changes.clone())
            )
        };
        tokio::join!(
            ending,
            // A probe in progress ends cleanly on both sides.
            watch_link(room, &as_set, changes.clone(), &end),
            async {
                tokio::select! {
                    _ = looking => {}
                    () = end.requested() => {}
                }
            }
        );
        room.trial_demand().on_restart();
    }
}

/// Without a socket that nobody has asked for the room can still be read.
async fn bind_http(settings: &Settings, access: Access) -> anyhow::Result<HttpServer> {
    let web = HttpServer::bind(settings.http.listen, Limits::default()).await?;
    let web = web.with_access(access);
    match Socket::bind(&settings.socket()) {
        Ok(socket) => Ok(web.with_socket(socket)),
        Err(error) if settings.http.socket.is_some() => Err(error.into()),
        Err(error) => {
            warn!("{error}; nobody can ask for probes and trials");
            Ok(web)
        }
    }
}

/// Without a server the rest of the daemon goes on, and the network stays unknown.
async fn watch_link(room: &Room, settings: &Settings, changes: Changes, shutdown: &Shutdown) {
    let Some(rates) = room.standards().own.requirements.network else {
        return info!("the profile asks nothing of the network: it is not probed");
    };
    let Some(links) = Links::new(&settings.servers, &settings.state_dir, rates) else {
        return warn!("no probe server is configured: the network stays unknown; add one under [[servers]]");
    };
    Driver::new(links, settings).run(room, changes, shutdown).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_agent_with_the_same_state_directory_is_refused_while_the_first_runs() {
        let dir = tempfile::tempdir().unwrap();
        let first = alone(dir.path()).unwrap();
        let refused = alone(dir.path()).unwrap_err().to_string();
        assert!(refused.contains("another siaga-agent") && refused.contains("state_dir"), "{refused}");
        drop(first);
        alone(dir.path()).unwrap();
        let at_the_first_start = dir.path().join("not/yet");
        let _first = alone(&at_the_first_start).unwrap();
        assert!(alone(&at_the_first_start).is_err());
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(alone(&dir.path().join("file/below")).unwrap().is_none(), "nothing can be kept there");
    }
}
