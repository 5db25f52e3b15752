//! What the operator counts.

use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};
use siaga_transport::server::Event;

/// The server's metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    refusals: IntCounterVec,
    verdicts: IntCounterVec,
    active: IntGauge,
    bytes: IntCounterVec,
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
        Self { registry, requests, refusals, verdicts, active, bytes }
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
