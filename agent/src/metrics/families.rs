//! Names, help texts and labels of what is the agent's own: a contract with dashboards and rules.

use prometheus::{CounterVec, GaugeVec, Opts, Registry, core::Collector};

/// One scrape's metrics.
pub(super) struct Families {
    pub(super) announcements: GaugeVec,
    pub(super) link_connected: GaugeVec,
    pub(super) journal_waiting: GaugeVec,
    pub(super) journal_dropped: CounterVec,
    pub(super) journal_on_disk: GaugeVec,
    pub(super) clock_offset: GaugeVec,
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
            announcements: gauge(
                "siaga_device_announcements",
                "Whether devices that come and go are announced, and by whom; 0: a pulled cable shows at the next scan only.",
                &["source"],
            ),
            link_connected: gauge(
                "siaga_link_connected",
                "1 while the link to the server that is the room's desk stands.",
                &["server"],
            ),
            journal_waiting: gauge(
                "siaga_journal_waiting",
                "What happened here and the room's desk does not have yet.",
                &[],
            ),
            journal_dropped: counter(
                "siaga_journal_dropped_total",
                "What happened here and was lost before the room's desk had it.",
                &[],
            ),
            journal_on_disk: gauge("siaga_journal_on_disk", "1 while the journal outlasts the program.", &[]),
            clock_offset: gauge(
                "siaga_clock_offset_seconds",
                "How far the clock of the room's desk is ahead of this machine's.",
                &[],
            ),
        }
    }
}

fn added<C: Collector + Clone + 'static>(registry: &Registry, family: C) -> C {
    registry.register(Box::new(family.clone())).expect("names differ");
    family
}
