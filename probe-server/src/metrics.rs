//! What the operator counts.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use siaga_transport::{identity::Identity, server::Event};

/// The server's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    refusals: IntCounterVec,
    verdicts: IntCounterVec,
    active: IntGauge,
    bytes: IntCounterVec,
    enrolments: IntCounterVec,
    certificate_expiry: IntGauge,
    reload_worked: IntGauge,
    revocations_read: IntGauge,
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let registry = Registry::new();
        let vec = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels).expect("constant name");
            registry.register(Box::new(metric.clone())).expect("names differ");
            metric
        };
        let requests = vec("siaga_server_probe_requests_total", "Probes asked for, by answer.", &["answer"]);
        let refusals = vec("siaga_server_probe_refusals_total", "Probes denied, by reason.", &["reason"]);
        let verdicts = vec(
            "siaga_server_up_verdicts_total",
            "Up trains judged by this server, by verdict.",
            &["verdict"],
        );
        let bytes = vec(
            "siaga_server_probe_bytes_total",
            "IP bytes of probes, by direction seen from the room.",
            &["direction"],
        );
        let active =
            IntGauge::new("siaga_server_probes_active", "Probes running now.").expect("constant name");
        registry.register(Box::new(active.clone())).expect("names differ");
        let build = IntGaugeVec::new(
            Opts::new("siaga_build_info", "Version of this program; always 1."),
            &["version"],
        )
        .expect("constant name");
        registry.register(Box::new(build.clone())).expect("names differ");
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        for answer in ["granted", "busy", "denied"] {
            requests.with_label_values(&[answer]);
        }
        let enrolments = vec(
            "siaga_server_enrolments_total",
            "Rooms that asked for a certificate, the first or the next, by answer.",
            &["answer"],
        );
        for answer in ["given", "refused"] {
            enrolments.with_label_values(&[answer]);
        }
        let gauge = |name: &str, help: &str, value| {
            let metric = IntGauge::new(name, help).expect("constant name");
            registry.register(Box::new(metric.clone())).expect("names differ");
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
        Self {
            registry,
            requests,
            refusals,
            verdicts,
            active,
            bytes,
            enrolments,
            certificate_expiry,
            reload_worked,
            revocations_read,
        }
    }

    /// Counts one event.
    pub fn count(&self, event: &Event) {
        match event {
            Event::Granted => {
                self.answered("granted").inc();
                self.active.inc();
            }
            Event::Busy => self.answered("busy").inc(),
            Event::Denied(reason) => {
                self.answered("denied").inc();
                self.refusals.with_label_values(&[reason.to_string()]).inc();
            }
            Event::Enrolment { given } => {
                self.enrolments.with_label_values(&[if *given { "given" } else { "refused" }]).inc();
            }
            Event::RevocationsRead(readable) => self.revocations_read.set((*readable).into()),
            Event::Finished { up, sent, received } => {
                self.active.dec();
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

    /// In Prometheus' text format.
    #[must_use]
    pub fn render(&self) -> String {
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
