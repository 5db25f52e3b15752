//! Whether a machine that sends trains keeps up: how late its pacers wake.
//!
//! A packet that leaves late is stamped late, and a train of such packets says nothing about the link. A server whose
//! pacers are late begins nothing more until those that run have ended.

use std::time::Duration;

/// A pacer that wakes later than this is late.
pub const LATE: Duration = Duration::from_millis(5);

/// So many of the wakes of the last second may be, in per cent: the 99th percentile is within [`LATE`].
const MAY_BE_LATE_PERCENT: u64 = 1;

/// Fewer wakes say nothing: one train of a gate probe has about a thousand in a second.
const TELLING: u64 = 200;

const SLOT: Duration = Duration::from_millis(100);
const SLOTS: usize = 10;

/// Upper ends of the classes in which wakes are counted, ms; what is later is in one more.
const CLASSES_MS: [u64; 9] = [1, 2, 3, 5, 10, 20, 50, 100, 200];

/// The wakes of the last second.
#[derive(Debug, Clone, Default)]
pub struct Lateness {
    slots: [Slot; SLOTS],
    wakes: u64,
    late: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Which tenth of a second since the epoch.
    number: u64,
    wakes: u64,
    late: u64,
    classes: [u32; CLASSES_MS.len() + 1],
}

impl Lateness {
    /// A pacer woke at `now`, `late_by` after it had to.
    pub fn on_wake(&mut self, now: Duration, late_by: Duration) {
        let number = slot_number(now);
        let slot = &mut self.slots[place(number)];
        if slot.number != number {
            *slot = Slot { number, ..Slot::default() };
        }
        let is_late = u64::from(late_by > LATE);
        let class = CLASSES_MS.partition_point(|ms| late_by > Duration::from_millis(*ms));
        slot.wakes += 1;
        slot.late += is_late;
        slot.classes[class] = slot.classes[class].saturating_add(1);
        self.wakes += 1;
        self.late += is_late;
    }

    /// Whether more of the last second's wakes were late than may be.
    #[must_use]
    pub fn is_late(&self, now: Duration) -> bool {
        let (wakes, late) =
            self.recent(now).fold((0, 0), |(wakes, late), slot| (wakes + slot.wakes, late + slot.late));
        wakes >= TELLING && late * 100 > wakes * MAY_BE_LATE_PERCENT
    }

    /// The 99th percentile of the last second, rounded up to the end of its class; zero if nothing was sent.
    #[must_use]
    pub fn p99(&self, now: Duration) -> Duration {
        let wakes: u64 = self.recent(now).map(|slot| slot.wakes).sum();
        let mut beyond = wakes / 100;
        for class in (0..=CLASSES_MS.len()).rev() {
            let here = self.recent(now).map(|slot| u64::from(slot.classes[class])).sum::<u64>();
            if here > beyond {
                let ms = CLASSES_MS.get(class).copied().unwrap_or(1_000);
                return Duration::from_millis(ms);
            }
            beyond -= here;
        }
        Duration::ZERO
    }

    /// All wakes so far, and those of them that were late.
    #[must_use]
    pub const fn totals(&self) -> (u64, u64) {
        (self.wakes, self.late)
    }

    fn recent(&self, now: Duration) -> impl Iterator<Item = &Slot> {
        let number = slot_number(now);
        let since = number.saturating_sub(SLOTS as u64 - 1);
        self.slots.iter().filter(move |slot| (since..=number).contains(&slot.number))
    }
}

fn slot_number(now: Duration) -> u64 {
    u64::try_from(now.as_nanos() / SLOT.as_nanos()).unwrap_or(u64::MAX)
}

fn place(number: u64) -> usize {
    usize::try_from(number % SLOTS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A wake each millisecond of two seconds, every `one_in`th of them `late` ms late.
    fn woken(one_in: u32, late: u32) -> Lateness {
        let mut lateness = Lateness::default();
        for ms in 1..=2_000 {
            lateness.on_wake(ms * MS, if ms % one_in == 0 { late * MS } else { MS / 2 });
        }
        lateness
    }

    #[test]
    fn one_late_wake_in_a_hundred_is_borne_and_two_are_not() {
        let now = 1_999 * MS;
        assert!(!woken(100, 30).is_late(now));
        assert!(woken(50, 30).is_late(now));
        assert!(!woken(2, 5).is_late(now), "five milliseconds are in time");
        assert_eq!(woken(50, 30).totals(), (2_000, 40));
    }

    #[test]
    fn the_99th_percentile_is_that_of_the_last_second() {
        let lateness = woken(50, 30);
        assert_eq!(lateness.p99(1_999 * MS), 50 * MS);
        assert_eq!(woken(200, 30).p99(1_999 * MS), MS);
        assert_eq!(lateness.p99(4_000 * MS), Duration::ZERO);
        assert!(!lateness.is_late(4_000 * MS), "what was is over");
    }

    #[test]
    fn a_few_wakes_say_nothing() {
        let mut lateness = Lateness::default();
        for ms in 1..=150 {
            lateness.on_wake(ms * MS, 100 * MS);
        }
        assert!(!lateness.is_late(150 * MS));
    }

    #[test]
    fn the_ends_of_time_do_no_harm() {
        let mut lateness = Lateness::default();
        for now in [Duration::MAX, Duration::ZERO] {
            lateness.on_wake(now, Duration::MAX);
            let _ = (lateness.is_late(now), lateness.p99(now));
        }
    }
}
