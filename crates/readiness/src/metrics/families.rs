//! Names, help texts and labels of the metrics: a contract with dashboards and rules.

use prometheus::{CounterVec, GaugeVec, Opts, Registry, core::Collector};

/// One scrape's metrics.
pub(super) struct Families {
    pub(super) build_info: GaugeVec,
    pub(super) identity_expiry: GaugeVec,
    pub(super) ready: GaugeVec,
    pub(super) readiness_state: GaugeVec,
    pub(super) check_state: GaugeVec,
    pub(super) check_age: GaugeVec,
    pub(super) check_duration: GaugeVec,
    pub(super) scans: CounterVec,
    pub(super) scan_age: GaugeVec,
    pub(super) scan_duration: GaugeVec,
    pub(super) device_info: GaugeVec,
    pub(super) device_missing: GaugeVec,
    pub(super) trial_duration: GaugeVec,
    pub(super) probes: CounterVec,
    pub(super) probe_bytes: CounterVec,
    pub(super) target: GaugeVec,
    pub(super) delivered: GaugeVec,
    pub(super) loss: GaugeVec,
    pub(super) delay: GaugeVec,
    pub(super) standing_queue: GaugeVec,
    pub(super) rtt: GaugeVec,
    pub(super) shaper_rate: GaugeVec,
    pub(super) shaper_bucket: GaugeVec,
    pub(super) quality_loss: GaugeVec,
    pub(super) quality_jitter: GaugeVec,
    pub(super) quality_rtt: GaugeVec,
    pub(super) server_serves: GaugeVec,
    pub(super) server_contradicted: GaugeVec,
    pub(super) server_rtt: GaugeVec,
    pub(super) online: GaugeVec,
    pub(super) last_report_age: GaugeVec,
}

impl Families {
    pub(super) fn register(registry: &Registry) -> Self {
        let gauge = |name, help, labels: &[&str]| {
            added(registry, GaugeVec::new(Opts::new(name, help), labels).expect("constant name"))
        };
        let counter = |name, help, labels: &[&str]| {
            added(registry, CounterVec::new(Opts::new(name, help), labels).expect("constant name"))
        };
        Self {
            build_info: gauge("siaga_build_info", "Version of this program; always 1.", &["version"]),
            identity_expiry: gauge(
                "siaga_identity_expiry_timestamp_seconds",
                "When the room's certificate for a server runs out; it is renewed after two thirds of its life.",
                &["server"],
            ),
            ready: gauge(
                "siaga_ready",
                "1 only if the profile is granted and all its evidence is fresh.",
                &["profile"],
            ),
            readiness_state: gauge(
                "siaga_readiness_state",
                "The verdict for a profile: 1 for the state that holds, 0 for the others.",
                &["profile", "state"],
            ),
            check_state: gauge(
                "siaga_check_state",
                "A check of the room's own profile: 1 for the state that holds, 0 for the others.",
                &["check", "state"],
            ),
            check_age: gauge("siaga_check_age_seconds", "Age of the evidence behind a check.", &["check"]),
            check_duration: gauge(
                "siaga_check_duration_seconds",
                "How long the last look behind a check took, whatever came of it.",
                &["check"],
            ),
            scans: counter("siaga_device_scans_total", "Device scans, by outcome.", &["outcome"]),
            scan_age: gauge(
                "siaga_device_scan_age_seconds",
                "Age of the last device scan that was done.",
                &[],
            ),
            scan_duration: gauge(
                "siaga_device_scan_duration_seconds",
                "How long the last device scan took, whatever came of it.",
                &[],
            ),
            device_info: gauge(
                "siaga_device_info",
                "A device of the last scan; always 1.",
                &["kind", "id", "name", "usb_id", "virtual", "state"],
            ),
            device_missing: gauge(
                "siaga_device_missing",
                "A device that was found good before and is not there; always 1.",
                &["kind", "id", "name"],
            ),
            trial_duration: gauge(
                "siaga_device_trial_duration_seconds",
                "How long the last trial of a device took, whatever came of it.",
                &["kind", "id"],
            ),
            probes: counter(
                "siaga_probes_total",
                "Probes of the link, by kind and verdict.",
                &["mode", "verdict"],
            ),
            probe_bytes: counter(
                "siaga_probe_bytes_total",
                "IP bytes that probes cost, by direction.",
                &["direction"],
            ),
            target: gauge(
                "siaga_probe_target_bytes_per_second",
                "Rate that the last measuring probe of its kind asked about, IP layer.",
                &["mode", "direction"],
            ),
            delivered: gauge(
                "siaga_probe_delivered_bytes_per_second",
                "Rate at which its train arrived, IP layer; not the capacity of the link.",
                &["mode", "direction"],
            ),
            loss: gauge(
                "siaga_probe_loss_ratio",
                "Share of its packets that were lost.",
                &["mode", "direction"],
            ),
            delay: gauge(
                "siaga_probe_delay_seconds",
                "One-way delay of its packets over their minimum.",
                &["mode", "direction", "percentile"],
            ),
            standing_queue: gauge(
                "siaga_probe_standing_queue_seconds",
                "Delay that had not drained when it ended.",
                &["mode", "direction"],
            ),
            rtt: gauge("siaga_probe_rtt_seconds", "Round-trip time to the probe server.", &["mode", "load"]),
            shaper_rate: gauge(
                "siaga_shaper_rate_bytes_per_second",
                "Rate to which the last sustain probe saw the link fall once a bucket was empty.",
                &["direction"],
            ),
            shaper_bucket: gauge(
                "siaga_shaper_bucket_bytes",
                "What that bucket held when the sustain probe began.",
                &["direction"],
            ),
            quality_loss: gauge(
                "siaga_quality_loss_ratio",
                "Share of packets lost while nothing loads the link.",
                &["direction"],
            ),
            quality_jitter: gauge(
                "siaga_quality_jitter_seconds",
                "Mean difference of successive delays while nothing loads the link.",
                &["direction"],
            ),
            quality_rtt: gauge(
                "siaga_quality_rtt_seconds",
                "Round-trip time to the probe server while nothing loads the link.",
                &[],
            ),
            server_serves: gauge(
                "siaga_probe_server_serves",
                "Whether a probe server answered and served when it was last asked.",
                &["server"],
            ),
            server_contradicted: gauge(
                "siaga_probe_server_contradicted",
                "Whether another server saw a link pass that this one saw fail.",
                &["server"],
            ),
            server_rtt: gauge(
                "siaga_probe_server_rtt_seconds",
                "Round-trip time to a probe server when it was last reached.",
                &["server"],
            ),
            online: gauge("siaga_room_online", "1 while the room's link to this server stands.", &[]),
            last_report_age: gauge(
                "siaga_room_last_report_age_seconds",
                "How long ago this server last heard of the room.",
                &[],
            ),
        }
    }
}

fn added<C: Collector + Clone + 'static>(registry: &Registry, family: C) -> C {
    registry.register(Box::new(family.clone())).expect("names differ");
    family
}
