//! The daemon: looks at regular intervals, answers at any time.

use std::{net::SocketAddr, path::Path, sync::Arc};

use siaga_service::{
    http::{Access, HttpServer, Limits, Socket},
    logging,
    program::block_on,
    signals::Shutdown,
};
use tracing::{info, level_filters::LevelFilter, warn};

use crate::{
    changes::{ChangeWatch, Changes},
    config::Settings,
    desk, devices, facts, host, http, identities,
    link::{Driver, Links},
    room::Room,
};

/// Runs until a signal ends it. `listen` replaces the configured HTTP address.
///
/// # Errors
/// The configuration is wrong, or the HTTP address can't be used.
pub fn run(config: Option<&Path>, listen: Option<SocketAddr>) -> anyhow::Result<()> {
    logging::init(LevelFilter::INFO)?;
    let mut settings = Settings::load(config)?;
    settings.http.listen = listen.unwrap_or(settings.http.listen);
    block_on(serve(settings))?
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let room = Room::new(settings.setup(), settings.profiles()?, settings.profile.as_str(), host::now())?;
    let room = Arc::new(room);
    let web = bind_http(&settings).await?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    let socket = web.socket().map(|path| tracing::field::display(path.display()));
    info!(room = %settings.room, profile = %settings.profile, http = %web.address(), socket, "ready");
    let (watch, changes) = ChangeWatch::new();
    let watch = Arc::new(watch);
    let answering = async {
        tokio::join!(
            web.serve(http::router(room.clone(), watch.clone()), shutdown.requested()),
            // A probe in progress ends cleanly on both sides before the program does.
            watch_link(&room, &settings, changes.clone(), &shutdown),
            desk::keep(&room, &settings, &watch, changes.clone(), &shutdown),
        )
    };
    let looking = async {
        tokio::join!(
            devices::watch(&room, &settings, changes.clone()),
            facts::watch(&room, &settings, changes.clone()),
            watch.run(&room),
            identities::keep(&room, &settings)
        )
    };
    tokio::select! {
        _ = answering => {}
        _ = looking => {}
    }
    info!("stopped");
    Ok(())
}

/// Without a socket that nobody has asked for the room can still be read.
async fn bind_http(settings: &Settings) -> anyhow::Result<HttpServer> {
    let web = HttpServer::bind(settings.http.listen, Limits::default()).await?;
    let web = web.with_access(Access::by_socket());
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
    let Some(rates) = room.default_profile().requirements.network else {
        return info!("the profile asks nothing of the network: it is not probed");
    };
    let Some(links) = Links::new(&settings.servers, &settings.state_dir, rates) else {
        return warn!("no probe server is configured: the network stays unknown; add one under [[servers]]");
    };
    Driver::new(links, settings).run(room, changes, shutdown).await;
}
