//! The train in windows of 300 ms of its schedule, as the ground truth counts them.

use crate::{
    judge::{evidence::InTime, limits},
    wire::PacketHeader,
};

/// Length of a window, s.
pub(super) const WINDOW_S: f64 = limits::WINDOW.as_secs_f64();
/// More windows are never kept; a train of a minute, the longest that is judged, has 200.
const MOST_WINDOWS: usize = 512;
/// How far two clocks may drift apart; twice what a PC's crystal is specified for.
const SKEW: f64 = 200e-6;

/// Collects packet by packet.
#[derive(Debug)]
pub(super) struct Windows {
    gap_s: f64,
    windows: Vec<Window>,
    /// Packets by their time of arrival.
    arrivals: Vec<u32>,
    newest: Option<PacketHeader>,
    /// The longest time for which the sender sent nothing that was due, s.
    pub(super) pause_s: f64,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    min_s: f64,
    came: u32,
    first_at_s: f64,
}

const EMPTY: Window = Window { min_s: f64::INFINITY, came: 0, first_at_s: f64::INFINITY };

/// A window of which no packet is on its way any more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Slot {
    /// The smallest delay over the base; `None` if nothing came.
    pub(super) queue_s: Option<f64>,
    /// Packets sent, and those of them that came in time.
    pub(super) sent: u32,
    pub(super) came: u32,
    /// When the first of them came, since the first of all, s.
    pub(super) first_at_s: f64,
}

impl Windows {
    /// One packet every `gap_s` seconds.
    pub(super) fn new(gap_s: f64) -> Self {
        Self { gap_s, windows: Vec::new(), arrivals: Vec::new(), newest: None, pause_s: 0.0 }
    }

    pub(super) fn on_packet(&mut self, header: PacketHeader, arrived: InTime) {
        let at_s = arrived.since_first.as_secs_f64();
        let at = self.window(header.seq);
        if let Some(window) = grown(&mut self.windows, at, EMPTY) {
            window.min_s = window.min_s.min(arrived.delay_s);
            window.first_at_s = window.first_at_s.min(at_s);
            window.came += 1;
        }
        if let Some(count) = grown(&mut self.arrivals, window_at(at_s), 0) {
            *count += 1;
        }
        if let Some(newest) = self.newest.filter(|newest| newest.seq < header.seq) {
            let passed_s = header.sent_at.saturating_sub(newest.sent_at).as_secs_f64();
            self.pause_s = self.pause_s.max(passed_s - f64::from(header.seq - newest.seq) * self.gap_s);
        }
        if self.newest.is_none_or(|newest| newest.seq < header.seq) {
            self.newest = Some(header);
        }
    }

    /// How many windows lie wholly below packet `covered`.
    pub(super) fn complete(&self, covered: u32) -> usize {
        self.window(covered).min(MOST_WINDOWS)
    }

    /// The first `count` windows.
    pub(super) fn slots(&self, count: usize) -> Vec<Slot> {
        let windows: Vec<Window> =
            self.windows.iter().copied().chain(std::iter::repeat(EMPTY)).take(count).collect();
        let bases = bases(&windows);
        let slot = |(at, (window, base)): (usize, (&Window, f64))| Slot {
            queue_s: window.min_s.is_finite().then_some(window.min_s - base),
            sent: self.first_of(at + 1) - self.first_of(at),
            came: window.came,
            first_at_s: window.first_at_s,
        };
        windows.iter().zip(bases).enumerate().map(slot).collect()
    }

    /// Share of the windows of time in which fewer packets came than `share` of those due, but for the last one.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn slow_share(&self, share: f64) -> f64 {
        let whole = self.arrivals.len().saturating_sub(1);
        let due = WINDOW_S / self.gap_s;
        let slow = self.arrivals.iter().take(whole).filter(|came| f64::from(**came) < share * due).count();
        slow as f64 / whole.max(1) as f64
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.windows.capacity() * size_of::<Window>() + self.arrivals.capacity() * size_of::<u32>()
    }

    /// The window of a packet; by number, because stamps may lie.
    fn window(&self, seq: u32) -> usize {
        window_at(f64::from(seq) * self.gap_s)
    }

    /// The first packet of a window.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    fn first_of(&self, window: usize) -> u32 {
        let about = (window as f64 * WINDOW_S / self.gap_s) as u32;
        (about.saturating_sub(1)..=about.saturating_add(1))
            .find(|seq| self.window(*seq) >= window)
            .unwrap_or(about)
    }
}

/// The delay without a queue at each window: the smallest of all, if the clocks drifted apart as far as they may since
/// or until then. So a drift is never taken for a queue, and a queue is taken for at most 12 ms less than it is.
fn bases(windows: &[Window]) -> Vec<f64> {
    let mut bases: Vec<f64> = windows.iter().map(|window| window.min_s).collect();
    let drift_s = SKEW * WINDOW_S;
    let mut lowest = f64::INFINITY;
    for base in &mut bases {
        lowest = base.min(lowest + drift_s);
        *base = lowest;
    }
    for base in bases.iter_mut().rev() {
        lowest = base.min(lowest + drift_s);
        *base = lowest;
    }
    bases
}

/// The element `at`, with the list made as long as that takes; `None` beyond what is kept.
fn grown<T: Clone>(list: &mut Vec<T>, at: usize, empty: T) -> Option<&mut T> {
    if at >= list.len() && at < MOST_WINDOWS {
        list.resize(at + 1, empty);
    }
    list.get_mut(at)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn window_at(at_s: f64) -> usize {
    (at_s / WINDOW_S) as usize
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const GAP_S: f64 = 0.001;

    /// A train of `seconds` with the delay `delay_ms` at each time.
    fn windows(seconds: u32, delay_ms: impl Fn(f64) -> Option<f64>) -> Vec<Slot> {
        let mut windows = Windows::new(GAP_S);
        for seq in 0..seconds * 1_000 {
            let sent_at = Duration::from_millis(seq.into());
            if let Some(delay_ms) = delay_ms(sent_at.as_secs_f64()) {
                let since_first = sent_at + Duration::from_secs_f64(delay_ms / 1e3);
                let header = PacketHeader { train: 1, seq, sent_at };
                windows.on_packet(header, InTime { since_first, delay_s: delay_ms / 1e3 });
            }
        }
        windows.slots(windows.complete(seconds * 1_000))
    }

    #[test]
    fn every_packet_is_sent_in_one_window() {
        let slots = windows(30, |_| Some(0.0));
        assert_eq!(slots.len(), 100);
        assert_eq!(slots.iter().map(|slot| slot.sent).sum::<u32>(), 30_000);
        assert!(slots.iter().all(|slot| slot.came == slot.sent && slot.queue_s == Some(0.0)));
    }

    #[test]
    fn a_drift_of_200_ppm_either_way_is_no_queue_and_hides_hardly_any() {
        for ppm in [-200.0, 200.0] {
            let queue = |at_s: f64| if (10.0..20.0).contains(&at_s) { 50.0 } else { 0.0 };
            let slots = windows(30, |at_s| Some(20.0 + queue(at_s) + at_s * ppm / 1e3));
            for (at, slot) in (0_u32..).zip(&slots) {
                let begins_s = f64::from(at) * WINDOW_S;
                let real_s = queue(begins_s).min(queue(begins_s + WINDOW_S - GAP_S)) / 1e3;
                let seen_s = slot.queue_s.unwrap();
                assert!(seen_s > real_s - 0.0125 && seen_s < real_s + 0.000_1, "{at}: {seen_s}");
            }
        }
    }

    #[test]
    fn a_window_in_which_nothing_came_has_no_queue_to_speak_of() {
        let slots = windows(2, |at_s| (!(0.6..0.9).contains(&at_s)).then_some(0.0));
        assert_eq!((slots[2].queue_s, slots[2].came), (None, 0));
        assert_eq!(slots[3].queue_s, Some(0.0));
    }
}
