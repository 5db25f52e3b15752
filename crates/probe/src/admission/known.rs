//! What is remembered of each asker, bounded.

use std::{collections::BTreeMap, time::Duration};

use super::{Asker, LeaseId, Purpose, day::Meter, queue::Ticket};
use crate::Mode;

#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) bytes: Meter,
    pub(super) probes: Meter,
    /// Probes that were given precedence.
    pub(super) urgent: Meter,
    pub(super) lease: Option<LeaseId>,
    /// At most one for each kind of probe.
    tickets: Vec<Ticket>,
}

impl Known {
    /// The turn that somebody with this question came back for; one of higher precedence stays so.
    pub(super) fn ticket(&self, now: Duration, mode: Mode, purpose: Purpose) -> Option<Ticket> {
        let of_it =
            |ticket: &&Ticket| ticket.mode == mode && ticket.purpose >= purpose && !ticket.is_void(now);
        self.tickets.iter().find(of_it).copied()
    }

    /// Answers with the one that it takes the place of.
    pub(super) fn set_ticket(&mut self, mode: Mode, ticket: Option<Ticket>) -> Option<Ticket> {
        let at = self.tickets.iter().position(|ticket| ticket.mode == mode);
        let old = at.map(|at| self.tickets.swap_remove(at));
        self.tickets.extend(ticket);
        old
    }

    /// Nothing is lost if it is forgotten.
    fn is_as_new(&self, now: Duration) -> bool {
        let meters = [self.bytes, self.probes, self.urgent];
        self.lease.is_none()
            && meters.iter().all(|meter| meter.is_new(now))
            && self.tickets.iter().all(|ticket| ticket.is_void(now))
    }
}

/// Everyone that something must be remembered of.
#[derive(Debug, Default)]
pub(super) struct Everyone {
    known: BTreeMap<Asker, Known>,
    strangers: usize,
    swept_at: Duration,
}

/// Rooms that are remembered at a time; at 0.3 kB each 40 MB.
pub(super) const MOST_ROOMS: usize = 128 * 1024;

/// Strangers' networks. Whoever has a /48 has more, and must not crowd out anybody but strangers.
pub(super) const MOST_STRANGERS: usize = 4 * 1024;

/// How often it is looked for those that may be forgotten, at the most.
const SWEEP: Duration = Duration::from_secs(60);

impl Everyone {
    pub(super) fn get(&self, asker: &Asker) -> Option<&Known> {
        self.known.get(asker)
    }

    pub(super) fn get_mut(&mut self, asker: &Asker) -> Option<&mut Known> {
        self.known.get_mut(asker)
    }

    /// `None`: there is no room for another one, and none that may be forgotten.
    pub(super) fn meet(&mut self, now: Duration, asker: &Asker) -> Option<&mut Known> {
        if !self.known.contains_key(asker) {
            if self.is_full_for(asker) {
                self.sweep(now);
            }
            if self.is_full_for(asker) {
                return None;
            }
            self.strangers += usize::from(!asker.is_room());
        }
        Some(self.known.entry(asker.clone()).or_default())
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    fn is_full_for(&self, asker: &Asker) -> bool {
        if asker.is_room() {
            self.known.len() - self.strangers >= MOST_ROOMS
        } else {
            self.strangers >= MOST_STRANGERS
        }
    }

    fn sweep(&mut self, now: Duration) {
        if now < self.swept_at.saturating_add(SWEEP) && !self.swept_at.is_zero() {
            return;
        }
        self.swept_at = now;
        self.known.retain(|_, known| !known.is_as_new(now));
        self.strangers = self.known.keys().filter(|asker| !asker.is_room()).count();
    }
}
