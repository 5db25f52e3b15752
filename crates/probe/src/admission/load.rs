//! What a probe takes of a server, and what there is of it.

use crate::Bitrate;

/// Bits per second each way, seen from the room, and places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) places: u64,
}

impl Load {
    /// One probe that sends at these rates.
    pub(super) fn of_probe(up: Bitrate, down: Bitrate) -> Self {
        Self { up: up.bps(), down: down.bps(), places: 1 }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            up: self.up.saturating_add(other.up),
            down: self.down.saturating_add(other.down),
            places: self.places.saturating_add(other.places),
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            up: self.up.saturating_sub(other.up),
            down: self.down.saturating_sub(other.down),
            places: self.places.saturating_sub(other.places),
        }
    }

    /// Rounded up, so that a part of one place is one.
    pub(super) fn percent(self, percent: u64) -> Self {
        let part = |whole: u64| whole.saturating_mul(percent).div_ceil(100);
        Self { up: part(self.up), down: part(self.down), places: part(self.places) }
    }

    pub(super) fn fits(self, within: Self) -> bool {
        self.up <= within.up && self.down <= within.down && self.places <= within.places
    }

    pub(super) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// The largest of its three parts of `whole`.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn part_of(self, whole: Self) -> f64 {
        let part = |mine: u64, all: u64| mine as f64 / all.max(1) as f64;
        part(self.up, whole.up).max(part(self.down, whole.down)).max(part(self.places, whole.places))
    }
}
