//! What the operator counts.

mod desk;

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use prometheus::{
    Gauge, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector,
};
use siaga_probe::{
    Verdict,
    admission::{Cause, Purpose},
};
use siaga_service::http::Certificates;
use siaga_transport::{
    identity::Identity,
    server::{Event, Observer},
};

use self::desk::AtDesk;
use crate::desk::Desk;

use crate::prechecks::Traffic;

/// The server's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    grants: IntCounterVec,
    refusals: IntCounterVec,
    verdicts: IntCounterVec,
    bytes: IntCounterVec,
    enrolments: IntCounterVec,
    certificate_expiry: IntGauge,
    reload_worked: IntGauge,
    revocations_read: IntGauge,
    looked_at: LookedAt,
    observer: OnceLock<Observer>,
    at_desk: AtDesk,
    desk: OnceLock<(Arc<Desk>, Option<Arc<Certificates>>)>,
    /// Two scrapes at once must not both add what is new.
    scrape: Mutex<()>,
}

/// Why probes are denied, as events name it.
const DENIALS: [&str; 7] =
    ["no_identity", "version", "unknown_kind", "too_slow", "too_fast", "day_bytes", "day_probes"];

/// What is so at the moment of a scrape.
#[derive(Debug)]
struct LookedAt {
    leases: IntGaugeVec,
    queue: IntGaugeVec,
    granted: IntGaugeVec,
    share: IntGaugeVec,
    askers: IntGauge,
    lateness: Gauge,
    wakes: IntCounterVec,
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let counters = |name: &str, help: &str, label: &str| {
            let metric = IntCounterVec::new(Opts::new(name, help), &[label]).expect("constant name");
            register(&registry, metric)
        };
        let gauges = |name: &str, help: &str, label: &str| {
            register(&registry, IntGaugeVec::new(Opts::new(name, help), &[label]).expect("constant name"))
        };
        let requests =
            counters("siaga_server_probe_requests_total", "Probes asked for, by answer.", "answer");
        let grants = counters("siaga_server_probe_grants_total", "Probes granted, by purpose.", "purpose");
        let refusals = counters(
            "siaga_server_probe_refusals_total",
            "Probes that were not granted, by reason: what makes a server busy, or what is never to be had.",
            "reason",
        );
        let verdicts = counters(
            "siaga_server_up_verdicts_total",
            "Up trains judged by this server, by verdict.",
            "verdict",
        );
        let bytes = counters(
            "siaga_server_probe_bytes_total",
            "IP bytes of probes, by direction seen from the room.",
            "direction",
        );
        let looked_at = LookedAt {
            leases: gauges("siaga_server_leases", "Probes running now, by purpose.", "purpose"),
            queue: gauges(
                "siaga_server_queue",
                "Rooms that were told a turn and are expected, by purpose.",
                "purpose",
            ),
            granted: gauges(
                "siaga_server_granted_bytes_per_second",
                "Sum of the rates that are granted now, by direction seen from the room.",
                "direction",
            ),
            share: gauges(
                "siaga_server_share_bytes_per_second",
                "What may be granted together, by direction seen from the room.",
                "direction",
            ),
            askers: register(
                &registry,
                IntGauge::new(
                    "siaga_server_known_askers",
                    "Rooms and networks that something is remembered of.",
                )
                .expect("constant name"),
            ),
            lateness: register(
                &registry,
                Gauge::new(
                    "siaga_server_pacer_lateness_seconds",
                    "How late the senders of trains woke within the last second, 99th percentile.",
                )
                .expect("constant name"),
            ),
            wakes: counters(
                "siaga_server_pacer_wakes_total",
                "Wakes of the senders of trains; late is later than 5 ms.",
                "late",
            ),
        };
        gauges("siaga_build_info", "Version of this program; always 1.", "version")
            .with_label_values(&[env!("CARGO_PKG_VERSION")])
            .set(1);
        for answer in ["granted", "busy", "denied"] {
            requests.with_label_values(&[answer]);
        }
        let enrolments = counters(
            "siaga_server_enrolments_total",
            "Rooms that asked for a certificate, the first or the next, by answer.",
            "answer",
        );
        for answer in ["given", "refused"] {
            enrolments.with_label_values(&[answer]);
        }
        let gauge = |name: &str, help: &str, value| {
            let metric = register(&registry, IntGauge::new(name, help).expect("constant name"));
            metric.set(value);
            metric
        };
        let certificate_expiry = gauge(
            "siaga_server_certificate_expiry_timestamp_seconds",
            "When the server's own certificate runs out; rooms come no longer then.",
            0,
        );
        let reload_worked = gauge(
            "siaga_server_reload_successful",
            "0 if the last certificate or configuration that was to be taken over was refused, and the one before is \
             used; else 1.",
            1,
        );
        let revocations_read = gauge(
            "siaga_server_revocations_readable",
            "0 while it can't be read which keys are revoked, and newer revocations don't count; else 1.",
            1,
        );
        for purpose in Purpose::ALL {
            grants.with_label_values(&[purpose.to_string()]);
        }
        for cause in Cause::ALL.map(|cause| cause.name()).into_iter().chain(DENIALS) {
            refusals.with_label_values(&[cause]);
        }
        // What has not happened yet is told as such: an increase from nothing can't be seen.
        for verdict in [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive] {
            verdicts.with_label_values(&[verdict.to_string()]);
        }
        for direction in ["up", "down"] {
            bytes.with_label_values(&[direction]);
        }
        let at_desk = AtDesk::register(&registry);
        let (observer, desk, scrape) = (OnceLock::new(), OnceLock::new(), Mutex::new(()));
        Self {
            registry,
            requests,
            grants,
            refusals,
            verdicts,
            bytes,
            enrolments,
            certificate_expiry,
            reload_worked,
            revocations_read,
            looked_at,
            observer,
            at_desk,
            desk,
            scrape,
        }
    }

    /// From now on each scrape looks at this server.
    pub fn watch(&self, server: Observer) {
        let _ = self.observer.set(server);
    }

    /// How its probes go.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let lateness = self.observer.get().map_or(Duration::ZERO, |server| server.pacers().p99);
        Traffic { granted: self.answered("granted").get(), put_off: self.answered("busy").get(), lateness }
    }

    /// The same of this desk, and of the certificates that HTTPS is spoken with.
    pub fn watch_desk(&self, desk: Arc<Desk>, https: Option<Arc<Certificates>>) {
        let _ = self.desk.set((desk, https));
    }

    /// Counts one event.
    pub fn count(&self, event: &Event) {
        match event {
            Event::Granted(purpose) => {
                self.answered("granted").inc();
                self.grants.with_label_values(&[purpose.to_string()]).inc();
            }
            Event::Busy(cause) => {
                self.answered("busy").inc();
                self.refusals.with_label_values(&[cause.name()]).inc();
            }
            Event::Denied(refused) => {
                self.answered("denied").inc();
                self.refusals.with_label_values(&[refused.name()]).inc();
            }
            Event::Enrolment { given } => {
                self.enrolments.with_label_values(&[if *given { "given" } else { "refused" }]).inc();
            }
            Event::RevocationsRead(readable) => self.revocations_read.set((*readable).into()),
            Event::LinkRefused(reason) => self.at_desk.link_refused(reason),
            Event::Finished { up, sent, received } => {
                self.bytes.with_label_values(&["down"]).inc_by(*sent);
                self.bytes.with_label_values(&["up"]).inc_by(*received);
                if let Some(up) = up {
                    self.verdicts.with_label_values(&[up.verdict.to_string()]).inc();
                }
            }
        }
    }

    /// Notes which certificate the server shows.
    pub fn certificate(&self, identity: &Identity) {
        self.certificate_expiry.set(identity.validity().map_or(0, |validity| validity.until.as_second()));
    }

    /// Notes whether what was to be taken over was.
    pub fn reloaded(&self, worked: bool) {
        self.reload_worked.set(worked.into());
    }

    /// In Prometheus' text format. Blocks.
    #[must_use]
    pub fn render(&self) -> String {
        let _one_at_a_time = self.scrape.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = self.observer.get() {
            self.looked_at.look(server);
        }
        if let Some((desk, https)) = self.desk.get() {
            self.at_desk.look(desk, https.as_ref());
        }
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }

    fn answered(&self, answer: &str) -> IntCounter {
        self.requests.with_label_values(&[answer])
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl LookedAt {
    fn look(&self, server: &Observer) {
        let pacers = server.pacers();
        self.lateness.set(pacers.p99.as_secs_f64());
        for (late, all) in [("true", pacers.late), ("false", pacers.wakes - pacers.late)] {
            let counter = self.wakes.with_label_values(&[late]);
            counter.inc_by(all.saturating_sub(counter.get()));
        }
        let Some(standing) = server.standing() else { return };
        for (n, purpose) in Purpose::ALL.into_iter().enumerate() {
            let purpose = [purpose.to_string()];
            self.leases.with_label_values(&purpose).set(whole(standing.leases[n]));
            self.queue.with_label_values(&purpose).set(whole(standing.queue[n]));
        }
        for (n, direction) in ["up", "down"].into_iter().enumerate() {
            self.granted.with_label_values(&[direction]).set(whole(standing.granted_bps[n] / 8));
            self.share.with_label_values(&[direction]).set(whole(standing.share_bps[n] / 8));
        }
        self.askers.set(whole(standing.known));
    }
}

fn register<M: Collector + Clone + 'static>(registry: &Registry, metric: M) -> M {
    registry.register(Box::new(metric.clone())).expect("names differ");
    metric
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_metrics_of_a_server_are_as_in_the_golden_file_before_it_serves() {
        let metrics = Metrics::new().render();
        insta::assert_snapshot!(metrics.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    }
}
