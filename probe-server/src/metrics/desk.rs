//! What is so at the desk, and what came over rooms' links that was not taken.

use std::sync::Arc;

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use siaga_service::http::Certificates;
use siaga_transport::room::REFUSALS;

use super::{register, whole};
use crate::desk::Desk;

/// Metrics of the desk.
#[derive(Debug)]
pub(super) struct AtDesk {
    online: IntGauge,
    known: IntGauge,
    store: IntGauge,
    store_max: IntGauge,
    https_refused: IntCounter,
    links_refused: IntCounterVec,
}

impl AtDesk {
    pub(super) fn register(registry: &Registry) -> Self {
        let gauge =
            |name: &str, help: &str| register(registry, IntGauge::new(name, help).expect("constant name"));
        let refused = "Links of rooms that were ended for what came over them, or were not taken, by reason.";
        let links = Opts::new("siaga_server_links_refused_total", refused);
        let https = "New certificates for HTTPS that could not be used; the one before is.";
        let it = Self {
            online: gauge("siaga_server_rooms_online", "Rooms that can be heard."),
            known: gauge("siaga_server_rooms_known", "Rooms that were ever heard of and are not forgotten."),
            store: gauge(
                "siaga_server_store_bytes",
                "What is used of rooms.sqlite, without the space that it can reuse.",
            ),
            store_max: gauge(
                "siaga_server_store_max_bytes",
                "How large rooms.sqlite may become; then nothing new is kept.",
            ),
            https_refused: register(
                registry,
                IntCounter::new("siaga_server_https_certificates_refused_total", https)
                    .expect("constant name"),
            ),
            links_refused: register(registry, IntCounterVec::new(links, &["reason"]).expect("constant name")),
        };
        for reason in REFUSALS {
            it.links_refused.with_label_values(&[reason]);
        }
        it
    }

    pub(super) fn link_refused(&self, reason: &str) {
        self.links_refused.with_label_values(&[reason]).inc();
    }

    /// Blocks: the store is asked.
    pub(super) fn look(&self, desk: &Desk, https: Option<&Arc<Certificates>>) {
        self.online.set(whole(desk.online()));
        self.store_max.set(whole(desk.store().max_bytes()));
        match desk.store().read(|reader| reader.extent()) {
            Ok((rooms, bytes)) => {
                self.known.set(whole(rooms));
                self.store.set(whole(bytes));
            }
            Err(error) => tracing::warn!(%error, "cannot tell how much is kept of rooms"),
        }
        let refused = https.map_or(0, |certificates| certificates.refused());
        self.https_refused.inc_by(refused.saturating_sub(self.https_refused.get()));
    }
}
