//! What the sender's stamps say of the sender: was it on its schedule?

use std::time::Duration;

use super::view::SenderView;

/// Compares stamps with the schedule, from the first packet seen to the newest.
#[derive(Debug)]
pub(super) struct SenderClock {
    gap_s: f64,
    first: Option<(u32, Duration)>,
    newest: Option<(u32, Duration)>,
    worst_lag_s: f64,
}

impl SenderClock {
    pub(super) fn new(gap_s: f64) -> Self {
        Self { gap_s, first: None, newest: None, worst_lag_s: 0.0 }
    }

    /// The packet with the highest number so far, and when it was sent.
    pub(super) fn newest(&self) -> Option<(u32, Duration)> {
        self.newest
    }

    pub(super) fn on_packet(&mut self, seq: u32, sent_at: Duration) {
        self.first.get_or_insert((seq, sent_at));
        if self.newest.is_none_or(|(newest, _)| seq > newest) {
            self.newest = Some((seq, sent_at));
            let view = self.view();
            self.worst_lag_s = self.worst_lag_s.max(view.passed_s - view.sent_s);
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
