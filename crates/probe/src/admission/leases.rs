//! What is granted now.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Asker, Purpose, limits::longest_lease, load::Load};
use crate::Mode;

/// A granted probe, as the server's driver names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseId(u64);

/// A lease of which nothing is used within this time is over.
pub const USED_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub(super) asker: Asker,
    pub(super) mode: Mode,
    pub(super) purpose: Purpose,
    pub(super) load: Load,
    /// IP bytes that were taken of the asker's day for it.
    pub(super) bytes: u64,
    since: Duration,
    used: bool,
    /// When it probably ends.
    likely_end: Duration,
}

impl Lease {
    /// When it is over by itself.
    fn end(&self) -> Duration {
        self.since + if self.used { longest_lease(self.mode) } else { USED_WITHIN }
    }
}

#[derive(Debug)]
pub(super) struct Leases {
    ids: u64,
    by_id: BTreeMap<LeaseId, Lease>,
    ends: BTreeSet<(Duration, LeaseId)>,
    likely_ends: BTreeSet<(Duration, LeaseId)>,
    used: Load,
    used_by_sustain: Load,
    holds: Holds,
}

impl Leases {
    pub(super) fn new() -> Self {
        Self {
            ids: 0,
            by_id: BTreeMap::new(),
            ends: BTreeSet::new(),
            likely_ends: BTreeSet::new(),
            used: Load::default(),
            used_by_sustain: Load::default(),
            holds: Holds::usual(),
        }
    }

    /// What all of them take.
    pub(super) fn used(&self) -> Load {
        self.used
    }

    /// What sustain probes take of it.
    pub(super) fn used_by_sustain(&self) -> Load {
        self.used_by_sustain
    }

    /// How long a probe of this kind holds what it takes, as far as was seen.
    pub(super) fn usual_hold(&self, mode: Mode) -> Duration {
        *self.holds.of(mode)
    }

    pub(super) fn grant(
        &mut self,
        now: Duration,
        asker: Asker,
        mode: Mode,
        purpose: Purpose,
        load: Load,
        bytes: u64,
    ) -> LeaseId {
        self.ids += 1;
        let id = LeaseId(self.ids);
        let likely_end = now.saturating_add(self.usual_hold(mode));
        let lease = Lease { asker, mode, purpose, load, bytes, since: now, used: false, likely_end };
        self.ends.insert((lease.end(), id));
        self.likely_ends.insert((likely_end, id));
        self.used = self.used.plus(load);
        if mode == Mode::Sustain {
            self.used_by_sustain = self.used_by_sustain.plus(load);
        }
        self.by_id.insert(id, lease);
        id
    }

    /// Something of it is used. `false`: there is no such lease any more.
    pub(super) fn on_use(&mut self, id: LeaseId) -> bool {
        let Some(lease) = self.by_id.get_mut(&id) else { return false };
        self.ends.remove(&(lease.end(), id));
        lease.used = true;
        self.ends.insert((lease.end(), id));
        true
    }

    pub(super) fn end(&mut self, now: Duration, id: LeaseId) -> Option<Lease> {
        let lease = self.by_id.remove(&id)?;
        self.ends.remove(&(lease.end(), id));
        self.likely_ends.remove(&(lease.likely_end, id));
        self.used = self.used.minus(lease.load);
        if lease.mode == Mode::Sustain {
            self.used_by_sustain = self.used_by_sustain.minus(lease.load);
        }
        self.holds.learn(lease.mode, now.saturating_sub(lease.since));
        Some(lease)
    }

    /// One that is over by itself at `now`.
    pub(super) fn overdue(&self, now: Duration) -> Option<LeaseId> {
        self.ends.first().filter(|(end, _)| *end <= now).map(|(_, id)| *id)
    }

    /// When so much has probably ended that no more than `most` is used; `None` if that is so already.
    pub(super) fn likely_below(&self, most: Load) -> Option<Duration> {
        self.likely_end(self.used, most, |_| true)
    }

    /// The same for sustain probes alone.
    pub(super) fn sustain_likely_below(&self, most: Load) -> Option<Duration> {
        self.likely_end(self.used_by_sustain, most, |lease| lease.mode == Mode::Sustain)
    }

    fn likely_end(&self, mut used: Load, most: Load, counts: fn(&Lease) -> bool) -> Option<Duration> {
        if used.fits(most) {
            return None;
        }
        for (end, id) in &self.likely_ends {
            if let Some(lease) = self.by_id.get(id).filter(|lease| counts(lease)) {
                used = used.minus(lease.load);
            }
            if used.fits(most) {
                return Some(*end);
            }
        }
        None
    }

    pub(super) fn count(&self) -> [usize; 3] {
        let mut count = [0; 3];
        for lease in self.by_id.values() {
            count[lease.purpose.index()] += 1;
        }
        count
    }
}

/// Means of what was seen of each kind, the newest counting most.
#[derive(Debug)]
struct Holds {
    gate: Duration,
    sustain: Duration,
    quality: Duration,
}

impl Holds {
    /// What is expected until something was seen: on a steady link that passes 1.3, 23 and 4.5 s, and some gate probes take
    /// longer. Turns that are given too near by mistake make all who have one come twice.
    const fn usual() -> Self {
        Self {
            gate: Duration::from_millis(1_500),
            sustain: Duration::from_secs(23),
            quality: Duration::from_millis(4_500),
        }
    }

    const fn of(&self, mode: Mode) -> &Duration {
        match mode {
            Mode::Gate | Mode::Unknown => &self.gate,
            Mode::Sustain => &self.sustain,
            Mode::Quality => &self.quality,
        }
    }

    fn learn(&mut self, mode: Mode, seen: Duration) {
        let mean = (*self.of(mode) * (WEIGHT - 1) + seen) / WEIGHT;
        // Probes that break off at once must not make turns so near that they are none.
        let mean = mean.clamp(SHORTEST, longest_lease(mode));
        match mode {
            Mode::Gate | Mode::Unknown => self.gate = mean,
            Mode::Sustain => self.sustain = mean,
            Mode::Quality => self.quality = mean,
        }
    }
}

const WEIGHT: u32 = 32;
const SHORTEST: Duration = Duration::from_millis(500);
