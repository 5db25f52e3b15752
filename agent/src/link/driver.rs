//! Carries out what the schedule says.

use std::time::Duration;

use siaga_probe::{
    Mode, ProbeResult, Reason, Verdict,
    admission::Purpose,
    network::{NetworkFingerprint, Question},
    schedule::{Action, PutOff, Schedule, Sustained, Traffic},
};
use siaga_readiness::moment::Moment;
use siaga_service::signals::Shutdown;
use siaga_transport::client::Meter;
use tokio::time::sleep;
use tracing::info;

use super::{Links, Seen, memory::Memory, surroundings::Surroundings, watch::Watch};
use crate::{changes::Changes, config::Settings, host, network::Network, room::Room};

/// Probes the link to the nearest server as planned, after each change of the machine, and when somebody asks for it.
#[derive(Debug)]
pub struct Driver {
    links: Links,
    surroundings: Surroundings,
    schedule: Schedule,
    memory: Memory,
    /// The network that the schedule knows of.
    recognized: Option<NetworkFingerprint>,
    /// What was put off at the last look: it is logged once.
    put_off: Vec<PutOff>,
}

impl Driver {
    /// A driver that knows what is remembered in the settings' state directory.
    #[must_use]
    pub fn new(links: Links, settings: &Settings) -> Self {
        let now = host::now();
        let rates = links.first(now).rates;
        let (memory, spent) = Memory::load(&settings.state_dir, now.wall.as_second());
        let schedule = Schedule::new(settings.plan(rates, now.boot), spent, now.since_boot);
        let surroundings = Surroundings::new(&settings.network);
        Self { links, surroundings, schedule, memory, recognized: None, put_off: Vec::new() }
    }

    /// Goes on until `shutdown`.
    pub async fn run(mut self, room: &Room, mut changes: Changes, shutdown: &Shutdown) {
        let mut traffic = Traffic::Unmeasured;
        // Somebody asked the driver before this one.
        if room.probe_demand().is_waiting() {
            self.on_demand(room);
        }
        while !shutdown.is_requested() {
            // One that came while a probe ran.
            if changes.take() {
                self.on_change();
            }
            let (now, network) = (host::now(), changes.network());
            self.recognize(&network, now);
            self.remind(room, &network, now);
            let situation = self.surroundings.situation(room, &network, traffic, now);
            traffic = Traffic::Unmeasured;
            room.pulse().within(DRIVER, AT_WORK);
            let until = match self.schedule.next(now.since_boot, situation) {
                Action::Probe(mode) => {
                    self.probe(mode, room, &changes, shutdown).await;
                    continue;
                }
                Action::Listen => {
                    tokio::select! {
                        heard = self.surroundings.listen(&network) => traffic = heard,
                        _ = changes.next() => self.on_change(),
                        () = room.probe_demand().asked() => self.on_demand(room),
                        () = shutdown.requested() => {}
                    }
                    continue;
                }
                Action::Wait { until, put_off } => {
                    self.tell(room, put_off);
                    // What came of the probe, or why there is none, is known now.
                    if !self.schedule.is_demanded(Mode::Gate) {
                        room.probe_demand().on_served();
                    }
                    until
                }
            };
            let wait = until.saturating_sub(now.since_boot);
            room.pulse().within(DRIVER, wait + AT_WORK);
            tokio::select! {
                () = sleep(wait) => {}
                _ = changes.next() => self.on_change(),
                () = room.probe_demand().asked() => self.on_demand(room),
                () = shutdown.requested() => {}
            }
        }
        room.pulse().ended(DRIVER);
    }

    async fn probe(&mut self, mode: Mode, room: &Room, changes: &Changes, shutdown: &Shutdown) {
        let _line = room.line().lock().await;
        let (began, network) = (host::now(), changes.network());
        // Whoever pulls the plug meanwhile must not get a second budget for it.
        let at_most = self.schedule.spent_at_most(began.since_boot, mode);
        self.memory.save(&at_most, began.wall.as_second()).await;
        let yields = self.schedule.minds_traffic(mode, began.since_boot);
        let meter = Meter::default();
        let _probing = room.live().probing(mode, &meter);
        let watch = Watch {
            room,
            changes: changes.clone(),
            quiet_above: yields.then_some(self.surroundings.quiet_above()),
            meter: meter.clone(),
        };
        let cancel = async {
            tokio::select! {
                () = shutdown.requested() => Reason::Interrupted,
                reason = watch.disturbed() => reason,
            }
        };
        if let Some(place) = self.links.to_measure(began).filter(|_| mode == Mode::Quality) {
            let seen = self.links.measure(place, meter, cancel).await;
            return self.measured(room, &seen);
        }
        let (fingerprint, history) = (network.fingerprint(), &self.memory.history);
        let passed_before = |question: &Question| {
            let at = began.wall.as_second();
            fingerprint.as_ref().is_some_and(|network| history.passed_before(network, question, at))
        };
        let demanded = self.schedule.is_demanded(mode);
        let purpose = if demanded { room.probe_demand().purpose() } else { Purpose::Routine };
        let (question, mut seen) = self.links.probe(mode, purpose, passed_before, meter, cancel).await;
        let now = host::now();
        self.schedule.on_result(now.since_boot, mode, seen.attempt());
        let result = seen.evidence.result.clone();
        if demanded && !result.reason.is_postponement() && result.reason != Reason::ServerBusy {
            room.probe_demand().on_probed();
        }
        // What was found on the way from one network to another is about neither. The room learns
        // first what is remembered of where it is now, so that a pass can't grant without it.
        let after = Network::now().knowing(&network);
        let fingerprint = after.fingerprint().filter(|_| !after.differs_from(&network));
        seen.evidence.network = fingerprint.as_ref().map(NetworkFingerprint::id);
        self.remind(room, &after, now);
        room.observe(self.links.standings(now));
        room.observe(seen.into());
        if let Some(fingerprint) = fingerprint {
            self.memory.history.remember(&fingerprint, &question, &result, now.wall.as_second());
        }
        self.memory.save(&self.schedule.spent(now.since_boot), now.wall.as_second()).await;
        self.put_off.clear();
        // Whoever reads this line and asks gets the answer that rests on it.
        log(&result);
    }

    /// The stream went to another server than the nearest, for the distance: what it found is no part of the room's trend.
    fn measured(&mut self, room: &Room, seen: &Seen) {
        let now = host::now();
        self.schedule.on_result(now.since_boot, Mode::Quality, seen.attempt());
        room.observe(self.links.standings(now));
        log(&seen.evidence.result);
    }

    fn on_change(&mut self) {
        self.schedule.on_change(host::now().since_boot);
        self.links.on_change();
        self.recognized = None;
    }

    fn on_demand(&mut self, room: &Room) {
        info!("somebody asks for a probe");
        room.probe_demand().on_taken();
        self.schedule.on_demand();
    }

    /// Tells the schedule what is remembered of the network that the machine is on. A gateway's hardware address may
    /// become known a while after the rest.
    fn recognize(&mut self, network: &Network, now: Moment) {
        let network = network.fingerprint();
        if network == self.recognized {
            return;
        }
        self.recognized = network;
        let Some(network) = &self.recognized else { return };
        let question = self.links.first(now).question(Mode::Sustain);
        if let Some((verdict, ago)) =
            self.memory.history.last_verdict(network, &question, now.wall.as_second())
        {
            let passed = verdict == Verdict::Pass;
            self.schedule.recall(now.since_boot, Sustained { ago, passed });
        }
    }

    /// Tells the room which failures are remembered of the network that it is on. It hears them again and again: what
    /// makes its evidence worthless makes it forget them.
    fn remind(&self, room: &Room, network: &Network, now: Moment) {
        if let Some(remembered) = self.memory.failures_to_sustain(network, self.links.addresses(), now) {
            room.observe(remembered);
        }
    }

    fn tell(&mut self, room: &Room, put_off: Vec<PutOff>) {
        let now = host::now();
        for it in &put_off {
            if !self.put_off.contains(it) {
                info!(mode = %it.mode, reason = %it.reason, "a probe is due and put off");
            }
            room.observe(self.links.put_off(now, *it));
        }
        self.put_off = put_off;
    }
}

/// What the driver is called among the loops that the program lives by.
const DRIVER: &str = "link";

/// The longest probe (40 s) at two servers, with what is tried in vain before it, and what is written after it.
const AT_WORK: Duration = Duration::from_secs(300);

fn log(result: &ProbeResult) {
    let ProbeResult { mode, server, verdict, reason, up, down, detail, .. } = result;
    info!(%mode, server, %verdict, %reason, up = %up.verdict, down = %down.verdict, detail, "probed");
}
