//! The daemon.

use std::{path::Path, sync::Arc};

use siaga_service::{
    http::{self as service_http, HttpServer},
    logging,
    program::block_on,
    signals::Shutdown,
};
use siaga_transport::{
    identity::{Identity, IdentityError, Trust},
    server::{Limits, ProbeServer},
};
use tracing::{info, level_filters::LevelFilter, warn};

use crate::{
    config::{self, Overrides, Settings},
    http,
    metrics::Metrics,
};

/// Serves until a signal ends it.
///
/// # Errors
/// Configuration, identity or an address can't be used.
pub fn run(dir: &Path, overrides: &Overrides) -> anyhow::Result<()> {
    logging::init(LevelFilter::INFO)?;
    let settings = config::load(dir, overrides)?;
    let (trust, identity) = load_identity(dir)?;
    block_on(serve(settings, trust, identity))?
}

/// The CA and the server's own identity in `dir`.
///
/// # Errors
/// A file is absent or can't be used.
pub fn load_identity(dir: &Path) -> Result<(Trust, Identity), IdentityError> {
    let trust = Trust::load(&dir.join("ca.pem"))?;
    let identity = Identity::load(&dir.join("server.pem"), &dir.join("server.key"))?;
    Ok((trust, identity))
}

async fn serve(settings: Settings, trust: Trust, identity: Identity) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let metrics = Arc::new(Metrics::new());
    let events = {
        let metrics = metrics.clone();
        Arc::new(move |event| metrics.count(&event))
    };
    let limits = Limits {
        open: settings.open,
        max_rate: settings.limits.max_rate,
        max_probes: settings.limits.max_probes.0,
    };
    let probes = ProbeServer::bind(settings.listen, &trust, &identity, limits, events)?;
    let web = HttpServer::bind(settings.http, service_http::Limits::default()).await?;
    if settings.open {
        warn!(
            "OPEN: anyone who reaches this port may probe and use this server's bandwidth; for trials and labs only"
        );
    }
    info!(probes = %probes.local_addr()?, http = %web.address(), "ready");
    tokio::join!(probes.serve(shutdown.requested()), web.serve(http::router(metrics), shutdown.requested()),);
    info!("stopped");
    Ok(())
}
