//! What is known of the room in Prometheus' words: what its desk tells of it too, and what is the agent's own.

mod families;

use prometheus::{Registry, TextEncoder};
use siaga_readiness::{metrics::RoomMetrics, moment::Moment, profile::Profile, snapshot::Snapshot};

use self::families::Families;
use crate::{
    desk::{DeskState, DeskStatus},
    devices::Announcer,
    host,
    identities::Expiry,
    room::Room,
};

/// What is known of the room, now.
#[must_use]
pub fn render(room: &Room) -> String {
    let snapshot = room.snapshot();
    let now = host::now();
    let (announcer, desk, identities) = (room.hearing().now(), room.desk(), room.identities());
    let standards = room.standards();
    render_known(&snapshot, announcer, standards.profiles.iter(), &standards.own, &identities, &desk, now)
}

fn render_known<'a>(
    snapshot: &Snapshot,
    announcer: Option<Announcer>,
    profiles: impl Iterator<Item = &'a Profile>,
    own: &Profile,
    identities: &[Expiry],
    status: &DeskStatus,
    now: Moment,
) -> String {
    let registry = Registry::new();
    let version = Some(env!("CARGO_PKG_VERSION"));
    let certificates: Vec<_> = identities.iter().map(|it| (it.server.clone(), it.until)).collect();
    RoomMetrics { snapshot, now, presence: None, version, certificates: &certificates }
        .register(&registry, profiles, own);
    let families = Families::register(&registry);
    announcements(&families, announcer);
    desk(&families, status);
    TextEncoder::new().encode_to_string(&registry.gather()).unwrap_or_default()
}

fn announcements(families: &Families, announcer: Option<Announcer>) {
    let (source, is_heard) = match announcer {
        Some(Announcer::Udev) => ("udev", 1.0),
        Some(Announcer::Kernel) => ("kernel", 1.0),
        Some(Announcer::Nobody) => ("none", 0.0),
        None => return,
    };
    families.announcements.with_label_values(&[source]).set(is_heard);
}

/// A room without a server has no link that could be missing.
#[allow(clippy::cast_precision_loss)] // A journal's lines stay far below 2^53.
fn desk(families: &Families, status: &DeskStatus) {
    if let Some(server) = &status.server {
        let is = f64::from(u8::from(status.state == DeskState::Connected));
        families.link_connected.with_label_values(&[server.as_str()]).set(is);
    }
    if let Some(journal) = &status.journal {
        families.journal_waiting.with_label_values::<&str>(&[]).set(journal.waiting as f64);
        families.journal_dropped.with_label_values::<&str>(&[]).inc_by(journal.dropped as f64);
        families.journal_on_disk.with_label_values::<&str>(&[]).set(f64::from(u8::from(journal.on_disk)));
    }
    if let Some(offset) = status.clock_offset_s {
        families.clock_offset.with_label_values::<&str>(&[]).set(offset);
    }
}

#[cfg(test)]
mod tests;
