//! What the sender's stamps say of the sender: was it on its schedule?

use std::time::Duration;

use super::view::SenderView;

/// Compares stamps with the schedule, from the first packet seen to the newest.
#[derive(Debug)]
pub(super) struct SenderClock {
    gap_s: f64,
    first: Option<(u32, Duration)>,
    newest: Option<(u32, Duration)>,
    /// How far a stall has set it back, less what it has caught up since.
    lag_s: f64,
    worst_lag_s: f64,
}

/// A sender that is slower than its schedule by up to this share does not stand still: what else it must send counts
/// against its rate too. The queues that stalls leave behind come of catching up, and it never does.
const STEADILY_SLOW: f64 = 0.03;

impl SenderClock {
    pub(super) fn new(gap_s: f64) -> Self {
        Self { gap_s, first: None, newest: None, lag_s: 0.0, worst_lag_s: 0.0 }
    }

    /// The packet with the highest number so far, and when it was sent.
    pub(super) fn newest(&self) -> Option<(u32, Duration)> {
        self.newest
    }

    pub(super) fn on_packet(&mut self, seq: u32, sent_at: Duration) {
        self.first.get_or_insert((seq, sent_at));
        let Some((newest, then)) = self.newest else {
            self.newest = Some((seq, sent_at));
            return;
        };
        if seq > newest {
            self.newest = Some((seq, sent_at));
            let passed_s = sent_at.saturating_sub(then).as_secs_f64() * (1.0 - STEADILY_SLOW);
            self.lag_s = (self.lag_s + passed_s - f64::from(seq - newest) * self.gap_s).max(0.0);
            self.worst_lag_s = self.worst_lag_s.max(self.lag_s);
        }
    }

    pub(super) fn view(&self) -> SenderView {
        let (passed_s, packets) = match (self.first, self.newest) {
            (Some((first, from)), Some((newest, to))) => {
                (to.saturating_sub(from).as_secs_f64(), newest.saturating_sub(first))
            }
            _ => (0.0, 0),
        };
        SenderView { passed_s, sent_s: f64::from(packets) * self.gap_s, worst_lag_s: self.worst_lag_s }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_millis(1);

    /// What is known after packets that were sent at these multiples of the gap.
    fn after(times: impl Iterator<Item = f64>) -> SenderView {
        let mut clock = SenderClock::new(GAP.as_secs_f64());
        for (seq, time) in times.enumerate() {
            clock.on_packet(u32::try_from(seq).unwrap(), GAP.mul_f64(time));
        }
        clock.view()
    }

    #[test]
    fn a_sender_on_its_schedule_never_lags() {
        assert!(after((0..8_000).map(f64::from)).worst_lag_s < 1e-9);
    }

    #[test]
    fn a_stall_counts_as_long_as_it_was_also_once_it_is_caught_up() {
        // 30 ms late from the 500th packet on, caught up at half as fast again.
        let times = (0..2_000).map(f64::from).map(|seq| {
            let late = if seq < 500.0 { 0.0 } else { (30.0 - (seq - 500.0) / 3.0).max(0.0) };
            seq + late
        });
        let lag_s = after(times).worst_lag_s;
        assert!((0.028..=0.031).contains(&lag_s), "{lag_s}");
    }

    #[test]
    fn a_sender_that_is_a_little_slow_all_the_time_does_not_stall() {
        let view = after((0..8_000).map(|seq| f64::from(seq) * 1.02));
        assert!(view.worst_lag_s < 1e-3, "{}", view.worst_lag_s);
        assert!(view.passed_s - view.sent_s > 0.15, "it is behind all the same");
    }

    #[test]
    fn numbers_and_stamps_that_lie_make_no_lag_of_their_own() {
        let mut clock = SenderClock::new(GAP.as_secs_f64());
        for (seq, sent_at) in [(5, 50 * GAP), (3, 900 * GAP), (5, 900 * GAP), (6, 10 * GAP)] {
            clock.on_packet(seq, sent_at);
        }
        assert!(clock.view().worst_lag_s < 1e-9);
    }
}
