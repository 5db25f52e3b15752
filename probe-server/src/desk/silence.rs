//! Rooms that fell silent, and whether so many did at once that the server's own line is to blame.
//!
//! A room whose machine is switched off says goodbye; one that is cut off does not. So closing time is no outage.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use siaga_readiness::{moment::Moment, room::RoomId};

/// Rooms that fell silent and have not come back.
#[derive(Debug, Default)]
pub(super) struct Silences {
    since: Mutex<HashMap<RoomId, Moment>>,
    heard: AtomicBool,
}

impl Silences {
    /// A room's link ended without a word.
    pub(super) fn on_silence(&self, room: &RoomId, now: Moment) {
        self.all().insert(room.clone(), now);
    }

    /// A room was heard.
    pub(super) fn on_heard(&self, room: &RoomId) {
        self.heard.store(true, Ordering::Relaxed);
        self.all().remove(room);
    }

    /// Any room was heard.
    pub(super) fn has_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Whether most rooms fell silent at once and are so still; `online` is how many can be heard.
    pub(super) fn are_an_outage(&self, online: usize, now: Moment) -> bool {
        let mut all = self.all();
        // Who does not come back in that time is not on the way.
        all.retain(|_, since| since.age_at(&now).is_some_and(|age| age < FORGOTTEN_AFTER));
        let mut ages: Vec<Duration> = all.values().filter_map(|since| since.age_at(&now)).collect();
        drop(all);
        ages.sort_unstable();
        let until = |youngest: &Duration| ages.partition_point(|age| *age <= *youngest + AT_ONCE);
        let together = ages.iter().enumerate().map(|(before, youngest)| until(youngest) - before);
        let most = together.max().unwrap_or(0);
        most >= AT_LEAST && most >= online
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<RoomId, Moment>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Links are given up after half a minute of silence; all of those that the same cut ended are within this.
const AT_ONCE: Duration = Duration::from_secs(2 * 60);

/// Two rooms may share a fuse.
const AT_LEAST: usize = 3;

const FORGOTTEN_AFTER: Duration = Duration::from_secs(12 * 60 * 60);

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use siaga_readiness::moment::BootId;

    use super::*;

    fn at(seconds: u64) -> Moment {
        let since_boot = Duration::from_secs(seconds);
        Moment { wall: Timestamp::UNIX_EPOCH + since_boot, since_boot, boot: BootId(1) }
    }

    fn silent(seconds: &[u64]) -> Silences {
        let silences = Silences::default();
        for (number, second) in seconds.iter().enumerate() {
            silences.on_silence(&format!("r{number}").parse().unwrap(), at(*second));
        }
        silences
    }

    #[test]
    fn most_rooms_silent_at_once_is_an_outage_until_most_are_back() {
        let silences = silent(&[100, 110, 120, 130]);
        assert!(silences.are_an_outage(0, at(140)));
        assert!(silences.are_an_outage(4, at(140)));
        assert!(!silences.are_an_outage(5, at(140)), "most are there");
        assert!(silences.are_an_outage(0, at(7200)), "as long as it lasts");
        silences.on_heard(&"r0".parse().unwrap());
        assert!(silences.are_an_outage(1, at(7200)));
        silences.on_heard(&"r1".parse().unwrap());
        assert!(!silences.are_an_outage(2, at(7200)));
    }

    #[test]
    fn rooms_that_fall_silent_one_by_one_are_none() {
        assert!(!silent(&[0, 1000, 2000, 3000]).are_an_outage(0, at(3001)));
    }

    #[test]
    fn two_rooms_are_too_few_to_tell() {
        assert!(!silent(&[100, 100]).are_an_outage(0, at(101)));
    }

    #[test]
    fn rooms_that_never_came_back_are_no_outage_for_ever() {
        let silences = silent(&[0, 0, 0]);
        assert!(silences.are_an_outage(0, at(12 * 3600 - 1)));
        assert!(!silences.are_an_outage(0, at(12 * 3600)));
    }
}
