//! Forty rooms that want a gate probe at the same moment, on processors that they share with the server.

use std::{
    collections::BTreeMap,
    fs,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use siaga_probe::{Bitrate, Mode, Reason, Verdict, admission::Purpose, judge::Effort};
use siaga_transport::{
    client::{Meter, ProbeRequest, Probed, Tokens, probe},
    identity::Trust,
};
use tokio::{sync::Barrier, task::JoinSet};

use super::{
    Measured,
    figure::Figure,
    machine::{get, metric},
    standing::sign,
};
use crate::{
    programs::{Daemon, Lab},
    swarm::links::identity,
};

const ROOMS: usize = 40;
/// For 24 routine ones, with both ends on two processors: a quarter is left to those that are urgent.
const TOGETHER: usize = 32;
const RATE: u64 = 20_000_000;

/// Whoever is judged is judged rightly; the others are told to come back.
///
/// # Errors
/// The programs can't be run.
pub async fn measure() -> Measured {
    let lab = Lab::new()?;
    // As docs/operations.md says of a small machine; this one bears both ends of each probe.
    fs::write(lab.server_dir().join("probe-server.toml"), format!("[limits]\nmax_probes = {TOGETHER}\n"))?;
    let server = lab.server(&[])?;
    let watch = Watch::begin(server.http, "siaga_server_leases{purpose=\"routine\"}".to_owned());
    let probed = probes(&lab, &server, ROOMS, Mode::Gate).await?;
    let together = watch.end();
    let mut kinds = BTreeMap::<String, usize>::new();
    for Probed { result, .. } in &probed {
        *kinds.entry(format!("{} ({})", result.verdict, result.reason)).or_default() += 1;
    }
    let count = |what: fn(&Probed) -> bool| probed.iter().filter(|it| what(it)).count();
    // Loopback carries far more than this.
    let wrong = count(|it| it.result.verdict == Verdict::Fail);
    let busy = count(|it| it.result.reason == Reason::ServerBusy && it.retry_after.is_some());
    let passed = count(|it| it.result.verdict == Verdict::Pass);
    let told: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    Ok(vec![
        Figure::held(
            format!("{ROOMS} rooms ask at once for a gate probe of 20/20: wrong verdicts"),
            format!("{wrong}; {}", told.join(", ")),
            "none",
            wrong == 0,
        ),
        Figure::held("of these at the same time", together.to_string(), "≥ 20", together >= 20),
        Figure::held(
            "with a verdict, or told when to come back",
            format!("{passed} and {busy}"),
            "all",
            passed + wrong + busy == ROOMS,
        ),
    ])
}

/// So many rooms' probes at 20 up and 20 down, begun at the same moment.
pub(super) async fn probes(
    lab: &Lab,
    server: &Daemon,
    rooms: usize,
    mode: Mode,
) -> Result<Vec<Probed>, Box<dyn std::error::Error>> {
    let trust = Trust::load(&lab.ca())?;
    let rate = Bitrate::from_bps(RATE)?;
    let address = server.probes.ok_or("the server has no address")?;
    let ready = Arc::new(Barrier::new(rooms));
    let mut probing = JoinSet::new();
    for room in sign(&lab.server_dir(), rooms)? {
        let request = ProbeRequest {
            server: address.to_string().parse()?,
            trust: trust.clone(),
            identity: Some(identity(&room)?),
            mode,
            effort: Effort::Normal,
            up: rate,
            down: rate,
            passed_before: false,
            purpose: Purpose::Routine,
            tokens: Tokens::default(),
            meter: Meter::default(),
        };
        let ready = ready.clone();
        probing.spawn(async move {
            ready.wait().await;
            probe(&request, pending()).await
        });
    }
    let mut all = Vec::new();
    while let Some(probed) = probing.join_next().await {
        all.push(probed??);
    }
    Ok(all)
}

/// Asks a server again and again for one of its metrics.
pub(super) struct Watch {
    over: Arc<AtomicBool>,
    most: thread::JoinHandle<u64>,
}

impl Watch {
    pub(super) fn begin(http: SocketAddr, name: String) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let is_over = over.clone();
        let most = thread::spawn(move || {
            let mut most = 0;
            while !is_over.load(Ordering::Relaxed) {
                let text = get(http, "/metrics").map(|(_, text)| text).unwrap_or_default();
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let now = metric(&text, &name).unwrap_or_default() as u64;
                most = most.max(now);
                thread::sleep(EVERY);
            }
            most
        });
        Self { over, most }
    }

    /// The most that it was.
    pub(super) fn end(self) -> u64 {
        self.over.store(true, Ordering::Relaxed);
        self.most.join().unwrap_or_default()
    }
}

/// A gate probe takes a second.
const EVERY: Duration = Duration::from_millis(50);
