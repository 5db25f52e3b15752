//! The daemon.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use siaga_booking::{Retention, Store, webhook::Sender};
use siaga_service::{
    http::{self as service_http, Access, Certificates, HttpServer, Login, Socket},
    logging,
    program::block_on_few,
    signals::{Hangups, Relief, Shutdown},
    systemd::{self, Hindrance},
    tokens::Tokens,
};
use siaga_transport::{
    identity::{Identity, IdentityError, Trust},
    server::{Keys, ProbeServer},
};
use tokio::{sync::watch, time::MissedTickBehavior};
use tracing::{info, level_filters::LevelFilter, warn};

use crate::{
    api_token,
    config::{self, Overrides, Settings},
    desk::{self, Desk, Reception},
    gate::Gate,
    http::{self, Answers},
    letters,
    metrics::Metrics,
    office::Office,
    page,
    prechecks::{Prechecks, sheet::Sheet},
    reload::{Reloader, Running},
    revoked,
    supervision::{self, Loops},
    warnings::warnings,
};

/// Serves until a signal ends it.
///
/// # Errors
/// Configuration, identity or an address can't be used.
pub fn run(dir: &Path, overrides: &Overrides) -> anyhow::Result<()> {
    logging::init(LevelFilter::INFO)?;
    let settings = config::load(dir, overrides)?;
    let (trust, identity) = load_identity(dir)?;
    for warning in warnings(dir, &settings, (&trust, &identity), Timestamp::now()) {
        warn!("{warning}");
    }
    block_on_few(serve(dir, overrides, settings, trust, identity))?
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

async fn serve(
    dir: &Path,
    overrides: &Overrides,
    settings: Settings,
    trust: Trust,
    identity: Identity,
) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let (hangups, relief) = (Hangups::on_signals()?, Relief::on_signals()?);
    let metrics = Arc::new(Metrics::new());
    let events = {
        let metrics = metrics.clone();
        Arc::new(move |event| metrics.count(&event))
    };
    let limits = settings.probe_limits();
    let desk = open_desk(dir, &settings)?;
    desk.set_rules(settings.rules());
    let office = Office::load(dir, &settings)?;
    let probes = ProbeServer::bind(settings.listen, &trust, &identity, &Keys::kept(dir)?, limits, events)?
        .with_rooms(Arc::new(Reception(desk.clone())), settings.limits.max_rooms.0)
        .enrolling(dir)?;
    let loops = Loops::default();
    let probes = loops.hear(probes);
    metrics.certificate(&identity);
    let gate = Arc::new(Gate::open(dir, desk.clone(), office)?);
    let (sender, receiver) = watch::channel(settings.webhook.sender(dir)?);
    let running = Running {
        probes: probes.reload(),
        desk: desk.clone(),
        gate: gate.clone(),
        receiver: sender,
        metrics: metrics.clone(),
    };
    let reloader = Reloader::new(dir, overrides, &settings, running);
    metrics.watch(probes.observer());
    let Web { server: web, certificates, login } = bind_http(dir, &settings).await?;
    metrics.watch_desk(desk.clone(), certificates);
    if settings.open {
        warn!("{OPEN}");
    }
    revoked::tell(dir, &desk).await;
    info!(probes = %probes.local_addr()?, http = %web.address(), tls = web.is_tls(), "ready");
    let kept_in = gate.clone();
    let sheet = Sheet::new(move || kept_in.bookings().cloned(), Box::new(desk::now));
    desk.keep_ticks_in(Arc::new(sheet));
    let bookings = look_after_bookings(&gate, &desk, &metrics, &loops, receiver, &shutdown);
    let (reload, observer, (at, http)) =
        (probes.reload(), probes.observer(), (probes.local_addr()?, web.address()));
    let could_serve = |hindrance: &Hindrance| another_could_serve(dir, overrides, &settings, hindrance);
    let supervised = async {
        tokio::join!(
            loops.feed_watchdog(),
            loops.take_turns(&gate),
            supervision::tell_status(at, http, &desk),
            supervision::end_when_idle(reload, observer, &shutdown, relief, could_serve),
        )
    };
    let answers = Answers {
        metrics: metrics.clone(),
        desk: desk.clone(),
        gate: gate.clone(),
        tls: web.is_tls(),
        login,
    };
    let router = http::router(answers);
    let serving = async {
        tokio::join!(
            probes.serve(shutdown.requested()),
            web.serve(router, shutdown.requested()),
            tidy(&desk, shutdown.requested()),
            revoked::look(dir, &desk, shutdown.requested()),
            bookings,
        )
    };
    tokio::select! {
        _ = serving => {}
        () = reloader.run(hangups) => {}
        _ = supervised => {}
    }
    systemd::stopping();
    info!("stopped");
    Ok(())
}

/// Whether a server that is started now could serve where its configuration says; where this one listens, as it is set `here`, is
/// free by then.
fn another_could_serve(
    dir: &Path,
    overrides: &Overrides,
    here: &Settings,
    hindrance: &Hindrance,
) -> anyhow::Result<()> {
    let next = match config::load(dir, overrides) {
        Ok(next) => next,
        // The release that is to start may know more keys, and has checked the file. What is wrong in one that is being mended
        // nobody has checked.
        Err(_) if !hindrance.is_there() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if !service_http::overlap(next.listen, here.listen) {
        ProbeServer::try_address(next.listen)?;
    }
    if !service_http::overlap(next.http, here.http) {
        service_http::try_address(next.http)?;
    }
    Ok(())
}

/// Said loudly whenever it is so.
pub(crate) const OPEN: &str =
    "OPEN: anyone who reaches this port may probe and use this server's bandwidth; for trials and labs only";

fn open_desk(dir: &Path, settings: &Settings) -> anyhow::Result<Arc<Desk>> {
    let retention = Retention { max_bytes: settings.store.max_size.bytes(), ..Retention::default() };
    let (store, _set_aside) = Store::open(&desk::file(dir), retention, desk::now().wall)?;
    Ok(Arc::new(Desk::new(store, Box::new(desk::now))))
}

/// What is done about bookings that nobody asks for, as soon as they can be read: rooms check themselves, and letters are carried.
async fn look_after_bookings(
    gate: &Arc<Gate>,
    desk: &Arc<Desk>,
    metrics: &Arc<Metrics>,
    loops: &Loops,
    receiver: watch::Receiver<Option<Sender>>,
    shutdown: &Shutdown,
) {
    let bookings = tokio::select! {
        bookings = gate.opened() => bookings,
        () = shutdown.requested() => return,
    };
    let (office, metrics, loops) = (gate.clone(), metrics.clone(), loops.clone());
    let prechecks = Prechecks::new(
        desk.clone(),
        bookings.clone(),
        move || office.office(),
        // Asked at each look.
        move || {
            loops.on_precheck();
            metrics.traffic()
        },
        gate.metrics().clone(),
    );
    let now = || desk::now().wall;
    tokio::join!(
        prechecks.run(shutdown.requested()),
        letters::carry(bookings, receiver, now, gate.metrics().clone(), shutdown.requested()),
    );
}

/// Drops what has grown old, a few rooms each minute.
async fn tidy(desk: &Desk, shutdown: impl Future<Output = ()>) {
    tokio::pin!(shutdown);
    let mut minutes = tokio::time::interval(Duration::from_secs(60));
    minutes.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            _ = minutes.tick() => {}
        }
        if let Err(error) = desk.store().tidy(desk.now().wall).await {
            warn!(%error, "cannot drop what has grown old; trying again in a minute");
        }
    }
}

/// Plain for this machine, over loopback and a socket; for others over TLS, with tokens.
async fn bind_http(dir: &Path, settings: &Settings) -> anyhow::Result<Web> {
    let tokens = Arc::new(Tokens::of(&dir.join(api_token::FILE)));
    let (access, login) = Access::by_tokens(tokens, http::need).with_login(page::LOGIN);
    let (web, certificates) = if settings.speaks_tls() {
        let certificates = Arc::new(settings.https.certificates(dir)?);
        let limits = service_http::Limits::public();
        (HttpServer::bind_tls(settings.http, limits, certificates.clone(), access).await?, Some(certificates))
    } else {
        let web = HttpServer::bind(settings.http, service_http::Limits::default()).await?;
        (web.with_access(access), None)
    };
    let server = web.with_socket(Socket::bind(&dir.join(&settings.socket))?);
    // In the clear, on this machine, nobody needs a token to read.
    let login = login.filter(|_| server.is_tls());
    Ok(Web { server, certificates, login })
}

struct Web {
    server: HttpServer,
    certificates: Option<Arc<Certificates>>,
    login: Option<Login>,
}
