//! Whether the server itself is to blame for what it can't have checked.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use siaga_readiness::{
    booking::precheck::{Fault, Server},
    moment::Moment,
};

/// What the server knows of itself at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signs {
    /// When.
    pub now: Moment,
    /// It has heard a room since it was started.
    pub has_heard: bool,
    /// Most rooms fell silent at once.
    pub rooms_away: bool,
    /// What was last to be written could not be.
    pub cannot_write: bool,
    /// Probes that it has granted, in all.
    pub granted: u64,
    /// Probes that it has put off, in all.
    pub put_off: u64,
    /// How late its senders woke, 99th percentile of the last second.
    pub lateness: Duration,
}

/// Judges by signs, from time to time.
#[derive(Debug)]
pub struct Health {
    started: Moment,
    before: VecDeque<Signs>,
}

impl Health {
    /// Of a server that was started at that moment.
    #[must_use]
    pub const fn new(started: Moment) -> Self {
        Self { started, before: VecDeque::new() }
    }

    /// What the signs say, beside those before.
    #[must_use]
    pub fn look(&mut self, signs: Signs) -> Server {
        let old = |before: &Signs| before.now.age_at(&signs.now).is_none_or(|age| age > LOOKS_BACK);
        while self.before.front().is_some_and(old) {
            self.before.pop_front();
        }
        let fault = self.fault(&signs);
        self.before.push_back(signs);
        Server { fault, started: self.started() }
    }

    /// The one that explains most.
    fn fault(&self, signs: &Signs) -> Option<Fault> {
        let since = self.started.age_at(&signs.now).unwrap_or_default();
        let first = self.before.front().unwrap_or(signs);
        let (granted, put_off) =
            (signs.granted - first.granted.min(signs.granted), signs.put_off.saturating_sub(first.put_off));
        [
            (signs.cannot_write, Fault::Store),
            (since < ROOMS_COME_WITHIN || !signs.has_heard, Fault::JustStarted),
            (signs.rooms_away, Fault::RoomsAway),
            (granted == 0 && put_off >= PUT_OFF_AT_LEAST, Fault::NoGrant),
            (signs.lateness > LATE, Fault::Late),
        ]
        .into_iter()
        .find_map(|(is_so, fault)| is_so.then_some(fault))
    }

    const fn started(&self) -> Timestamp {
        self.started.wall
    }
}

/// Rooms come back within half a minute; a server that is busy has them wait a little longer.
const ROOMS_COME_WITHIN: Duration = Duration::from_secs(3 * 60);

/// Over which time it grants nothing, and has put off so many.
const LOOKS_BACK: Duration = Duration::from_secs(5 * 60);
const PUT_OFF_AT_LEAST: u64 = 3;

/// Beyond this admission calls itself busy too.
const LATE: Duration = siaga_probe::lateness::LATE;

#[cfg(test)]
mod tests {
    use siaga_readiness::moment::BootId;

    use super::*;

    fn at(seconds: u64) -> Moment {
        let since_boot = Duration::from_secs(seconds);
        Moment { wall: Timestamp::UNIX_EPOCH + since_boot, since_boot, boot: BootId(1) }
    }

    fn well(seconds: u64) -> Signs {
        Signs {
            now: at(seconds),
            has_heard: true,
            rooms_away: false,
            cannot_write: false,
            granted: 10,
            put_off: 10,
            lateness: Duration::from_micros(100),
        }
    }

    fn of(signs: Signs) -> Option<Fault> {
        Health::new(at(0)).look(signs).fault
    }

    #[test]
    fn a_server_that_was_just_started_or_has_heard_nobody_knows_of_no_room_whether_it_is_off() {
        assert_eq!(of(well(179)), Some(Fault::JustStarted));
        assert_eq!(of(well(180)), None);
        assert_eq!(of(Signs { has_heard: false, ..well(9000) }), Some(Fault::JustStarted));
    }

    #[test]
    fn each_sign_is_a_fault_of_its_own() {
        assert_eq!(of(Signs { rooms_away: true, ..well(900) }), Some(Fault::RoomsAway));
        assert_eq!(of(Signs { cannot_write: true, ..well(900) }), Some(Fault::Store));
        assert_eq!(of(Signs { lateness: LATE + Duration::from_micros(1), ..well(900) }), Some(Fault::Late));
        assert_eq!(of(Signs { lateness: LATE, ..well(900) }), None);
    }

    #[test]
    fn a_server_that_grants_nothing_for_minutes_is_at_fault_and_one_that_is_busy_is_not() {
        let mut health = Health::new(at(0));
        let mut look =
            |seconds, granted, put_off| health.look(Signs { granted, put_off, ..well(seconds) }).fault;
        assert_eq!(look(900, 10, 10), None);
        assert_eq!(look(910, 10, 12), None, "that happens");
        assert_eq!(look(920, 10, 13), Some(Fault::NoGrant));
        assert_eq!(look(930, 11, 20), None, "it grants");
        assert_eq!(look(1230, 11, 24), Some(Fault::NoGrant), "not for five minutes");
        assert_eq!(look(1600, 11, 24), None, "nobody asks");
    }
}
