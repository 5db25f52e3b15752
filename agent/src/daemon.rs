//! The daemon: looks at regular intervals, answers at any time.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use siaga_service::{
    http::{HttpServer, Limits},
    logging,
    signals::Shutdown,
};
use tokio::runtime::Runtime;
use tracing::{info, level_filters::LevelFilter, warn};

use crate::{config::Settings, devices, host, http, link::Link, room::Room};

/// A driver that hangs must not hold up the end of the program.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Runs until a signal ends it. `listen` replaces the configured HTTP address.
///
/// # Errors
/// The configuration is wrong, or the HTTP address can't be used.
pub fn run(config: Option<&Path>, listen: Option<std::net::SocketAddr>) -> anyhow::Result<()> {
    logging::init(LevelFilter::INFO)?;
    let mut settings = Settings::load(config)?;
    settings.http.listen = listen.unwrap_or(settings.http.listen);
    let runtime = Runtime::new().context("cannot start the runtime's threads")?;
    let ended = runtime.block_on(serve(settings));
    runtime.shutdown_timeout(LAST_WORDS);
    ended
}

async fn serve(settings: Settings) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let room = Room::new(settings.setup(), settings.profiles()?, settings.profile.as_str(), host::now())?;
    let room = Arc::new(room);
    let web = HttpServer::bind(settings.http.listen, Limits::default()).await?;
    for warning in settings.warnings() {
        warn!("{warning}");
    }
    info!(room = %settings.room, profile = %settings.profile, http = %web.address(), "ready");
    tokio::select! {
        () = async {
            tokio::join!(
                web.serve(http::router(room.clone()), shutdown.requested()),
                watch_link(&room, &settings, &shutdown),
            );
        } => {}
        () = devices::watch(&room, &settings.devices) => {}
    }
    info!("stopped");
    Ok(())
}

/// Without a usable server the rest of the daemon goes on, and the network stays unknown.
async fn watch_link(room: &Room, settings: &Settings, shutdown: &Shutdown) {
    let Some(server) = settings.servers.first() else {
        return warn!("no probe server is configured: the network stays unknown; add one under [[servers]]");
    };
    let Some(rates) = room.default_profile().requirements.network else {
        return info!("the profile asks nothing of the network: it is not probed");
    };
    match Link::new(server, rates) {
        Ok(link) => link.watch(room, settings.network.probe_interval, shutdown).await,
        Err(error) => warn!(%error, "the link can't be probed: the network stays unknown"),
    }
}
