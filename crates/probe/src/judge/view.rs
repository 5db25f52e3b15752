//! The evidence at one look, as plain numbers: all that the rule may know. Times are in seconds.

/// The evidence at one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Time observed since the first arrival (`t`).
    pub observed_s: f64,
    /// Time since the last arrival; at the end of a train, how much of it is missing at its end.
    pub silence_s: f64,
    /// Whether there will be another look.
    pub ending: Ending,
    /// Rate delivered over the rate asked about.
    pub delivered: f64,
    /// How the delay moved.
    pub delay: DelayView,
    /// What was lost.
    pub loss: LossView,
    /// What the sender's stamps say of the sender.
    pub sender: SenderView,
}

/// Whether there will be another look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// More may come.
    Running,
    /// The train is over, or its time is.
    LastLook,
}

/// How the delay moved, in minima over arrival bins of 20 ms (a minimum does not see the receiver's own stalls).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DelayView {
    /// Bins that hold a packet.
    pub filled_bins: usize,
    /// Smallest delay of the last 4 bins over the smallest of all (`S`); `None` if they are empty ("silent").
    pub recent_s: Option<f64>,
    /// Largest past minimum over 6 successive bins, over the smallest of all (`E`).
    pub excursion_s: f64,
    /// Largest distance of a bin's minimum from the straight line between the first and the last (`D`).
    pub bridge_s: f64,
    /// Smallest delay of the last 16 bins over the smallest of all; `None` if they are empty.
    pub standing_s: Option<f64>,
    /// How many of these 16 bins hold a packet.
    pub standing_bins: usize,
    /// Largest minimum over a window of 15 successive bins (300 ms), over the smallest of all: the standing queue as
    /// the ground truth counts it.
    pub worst_window_s: f64,
    /// Share of such windows (each bin begins one) that stood above 100 ms, 0 to 1.
    pub high_windows: f64,
    /// Share of filled bins within 5 ms of the smallest delay.
    pub drained_share: f64,
    /// Mean delay of the filled bins over the smallest.
    pub mean_s: f64,
    /// Distance between the largest and the smallest minimum of the last four blocks of 5 bins; `None` if a block is
    /// empty or there were not yet as many.
    pub plateau_spread_s: Option<f64>,
}

/// What was lost, of those packets on which that can be said: a later packet came at least 20 ms ago.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossView {
    /// Packets covered.
    pub covered: u32,
    /// Packets before the newest that have not come and are not covered yet: overtaken, or lost.
    pub missing: u32,
    /// Packets covered that did not come in time.
    pub lost: u32,
    /// Times that one or more were lost in a row.
    pub holes: u32,
    /// The most that were lost in a row.
    pub longest_hole: u32,
    /// Time between two packets of the train at the granted rate.
    pub gap_s: f64,
}

/// What the sender's stamps say of the sender, from the first packet seen to the newest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SenderView {
    /// Time that passed by its own stamps.
    pub passed_s: f64,
    /// Time that the packets sent would have taken at the granted rate.
    pub sent_s: f64,
    /// The furthest that it was ever behind its schedule. A queue of that length may be its own making: the line was
    /// idle, then it caught up.
    pub worst_lag_s: f64,
}

impl SenderView {
    /// Whether it sent less than `share` of what was due, not counting `slack_s` at the end.
    #[must_use]
    pub fn is_behind(&self, share: f64, slack_s: f64) -> bool {
        self.sent_s < share * (self.passed_s - slack_s)
    }
}
