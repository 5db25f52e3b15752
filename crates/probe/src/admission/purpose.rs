//! What a probe is for.

use std::{cmp::Ordering, fmt};

use serde::{Deserialize, Serialize};

/// What a probe is for. The more urgent is the greater.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A booking is decided on it now.
    Booking,
    /// Somebody prepares the room and waits for the answer.
    PreCheck,
    /// The room's own schedule; also what a purpose of a newer room is taken for.
    #[default]
    #[serde(other)]
    Routine,
}

impl Purpose {
    /// Every purpose, the least urgent first.
    pub const ALL: [Self; 3] = [Self::Routine, Self::PreCheck, Self::Booking];

    /// The part of the server's share that probes of this purpose may fill together with all others, in per cent. What
    /// is left is kept free for the more urgent.
    pub(super) const fn ceiling_percent(self) -> u64 {
        match self {
            Self::Routine => 75,
            Self::PreCheck => 90,
            Self::Booking => 100,
        }
    }

    pub(super) const fn index(self) -> usize {
        match self {
            Self::Routine => 0,
            Self::PreCheck => 1,
            Self::Booking => 2,
        }
    }
}

impl PartialOrd for Purpose {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Purpose {
    fn cmp(&self, other: &Self) -> Ordering {
        self.index().cmp(&other.index())
    }
}

/// As it is written in JSON and in metrics.
impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_room_calls_urgent_is_routine_to_an_older_server() {
        let read = |json: &str| serde_json::from_str::<Purpose>(json).unwrap();
        assert_eq!(read("\"pre_check\""), Purpose::PreCheck);
        assert_eq!(read("\"routine\""), Purpose::Routine);
        assert_eq!(read("\"emergency\""), Purpose::Routine);
        assert!(Purpose::ALL.is_sorted());
        assert_eq!(Purpose::ALL.map(|purpose| purpose.to_string()), ["routine", "pre_check", "booking"]);
    }
}
